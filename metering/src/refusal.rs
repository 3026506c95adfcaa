//! A refusal: why something is not done, as data. It has no sentence: `documents` says it in the reader's language, a
//! program reads its kind and facts.
//!
//! Every error of the house maps into one of these where a person or another program meets it. What it lacks on
//! purpose: command lines and SQL statements. What helps is a [`Mend`]; the command line, a page or the API name their
//! own way to it.

use std::fmt;

use crate::closed_list;

closed_list! {
    /// What sort of refusal: the label of a metric, a word in the database, a row in docs/operations.md.
    pub enum RefusalKind: "kind of refusal" {
        /// The caller's role may not do it, or this person in particular may not.
        Forbidden = "forbidden",
        /// Nobody has said, or nobody has proven, who it is.
        Unsigned = "unsigned",
        /// What is named is not there.
        Unknown = "unknown",
        /// It is there already.
        Exists = "exists",
        /// What is named is not in a state in which that can be done.
        State = "state",
        /// A sum of money.
        Amount = "amount",
        /// A day.
        Day = "day",
        /// The month's books are closed.
        ClosedMonth = "closed_month",
        /// At odds with what is stored.
        Conflict = "conflict",
        /// More than is allowed at once.
        TooMany = "too_many",
        /// What was given cannot be read or breaks a rule.
        Invalid = "invalid",
        /// The same again a moment later may succeed.
        Busy = "busy",
        /// A number outgrows its place.
        Overflow = "overflow",
        /// The house's own fault, or its settings'.
        Internal = "internal",
    }
}

closed_list! {
    /// What helps.
    pub enum Mend: "mend" {
        /// The name of a known user.
        NameYourself = "name_yourself",
        /// A password, or a session that has not ended.
        SignIn = "sign_in",
        /// Someone with another role.
        OtherRole = "other_role",
        /// Another person.
        OtherPerson = "other_person",
        /// A look at the list of what is there.
        LookUp = "look_up",
        /// Another name, number or reference.
        OtherName = "other_name",
        /// Another day.
        OtherDay = "other_day",
        /// A reason.
        GiveReason = "give_reason",
        /// A supervisor with a reason.
        Supervisor = "supervisor",
        /// Another amount.
        OtherAmount = "other_amount",
        /// The run that holds it is issued or aborted first.
        EndRun = "end_run",
        /// A corrected document or file.
        CorrectDocument = "correct_document",
        /// The settings.
        Settings = "settings",
        /// The server, which is not running.
        StartServer = "start_server",
        /// The right address, user and password of the server.
        NameServer = "name_server",
        /// A database of that name.
        MakeDatabase = "make_database",
        /// The schema, brought up to date.
        Migrate = "migrate",
        /// A broker that keeps what it has acknowledged, however much.
        BrokerQueues = "broker_queues",
        /// An earlier month, closed first.
        EarlierMonth = "earlier_month",
        /// The same again in a moment.
        Again = "again",
        /// Whoever runs the program: its log has more.
        Operator = "operator",
    }
}

closed_list! {
    /// Which refusal: each has one sentence in each language, which may name the facts listed in [`Why::facts`].
    pub enum Why: "refusal" {
        /// A person has to sign, and nobody is named.
        Unsigned = "unsigned",
        /// The user has a password, and nothing proves that it is they.
        Unproven = "unproven",
        /// Name or password is wrong; which one is not said.
        WrongPassword = "wrong_password",
        /// The session is unknown, has ended or was revoked.
        SessionEnded = "session_ended",
        /// Too many wrong passwords within a short time.
        TooManyTries = "too_many_tries",
        /// The role may not do it.
        Forbidden = "forbidden",
        /// The user is disabled.
        Disabled = "disabled",
        /// Whoever started it may not approve it.
        FourEyes = "four_eyes",
        /// The approver was added or changed by the starter, or from the machine account of the start, since then.
        MadeByStarter = "made_by_starter",
        /// Without them nobody could keep the users.
        LastAdministrator = "last_administrator",
        /// There is no such thing.
        Unknown = "unknown",
        /// There is one already.
        Exists = "exists",
        /// It is in another state than the step needs.
        State = "state",
        /// A value that breaks a rule; the detail is a sentence of the crate that knows the rule.
        Invalid = "invalid",
        /// A name that is none, or that looks like another; the rule is a word of a closed list.
        Name = "name",
        /// A user's name is a small letter and up to 31 of a-z 0-9 _ . -
        UserName = "user_name",
        /// A password has at least eight characters.
        PasswordTooShort = "password_too_short",
        /// A reason is missing.
        NoReason = "no_reason",
        /// A document that does not come out; the details are sentences.
        Document = "document",
        /// Another version has some of the days.
        Overlap = "overlap",
        /// A payment of this identity is recorded with another content.
        PaymentDiffers = "payment_differs",
        /// Under this idempotency key another wish was carried out.
        KeyTaken = "key_taken",
        /// No payment of this channel and amount is there to be taken back.
        NothingToReverse = "nothing_to_reverse",
        /// Less is prepaid than is asked back.
        Short = "short",
        /// Not above zero, or with more than four decimals.
        Amount = "amount",
        /// More than one payment may be.
        AmountTooLarge = "amount_too_large",
        /// The account has no agreement, and so no company whose money it could be.
        NoCompany = "no_company",
        /// A cancellation of the bill waits for approval.
        CancellationWaits = "cancellation_waits",
        /// A trial bill of the same agreement waits in a run.
        TrialWaits = "trial_waits",
        /// The day lies in the future.
        FutureDay = "future_day",
        /// The day lies further back than a clerk may go.
        PastDay = "past_day",
        /// What stands in the run is not what was approved.
        NotApproved = "not_approved",
        /// The month is closed.
        ClosedMonth = "closed_month",
        /// The month has not ended.
        MonthNotOver = "month_not_over",
        /// An earlier month holds postings and is open.
        EarlierMonthOpen = "earlier_month_open",
        /// The alarm was acknowledged by someone else.
        Acknowledged = "acknowledged",
        /// A setting cannot be used.
        Settings = "settings",
        /// A stored document or row cannot be read.
        Stored = "stored",
        /// Control totals that must agree do not.
        Totals = "totals",
        /// The database does not answer, or another change came in between.
        Busy = "busy",
        /// A number outgrows its place.
        Overflow = "overflow",
        /// The database refuses; the detail is its text.
        Database = "database",
        /// No server is named, and none of the program's own runs; the field says which.
        NoServer = "no_server",
        /// An address cannot be read, or asks for a connection that is not safe.
        ServerAddress = "server_address",
        /// The database does not answer.
        NoDatabase = "no_database",
        /// The database knows no such user or password.
        DatabaseLogin = "database_login",
        /// The server has no such database.
        DatabaseMissing = "database_missing",
        /// Tables or roles are missing, or are another version's.
        Schema = "schema",
        /// The broker does not answer, or refuses.
        NoBroker = "no_broker",
        /// The broker drops messages that it has acknowledged.
        BrokerDrops = "broker_drops",
        /// The spool's folder cannot be used.
        Spool = "spool",
        /// A door of ingest cannot be opened.
        Door = "door",
    }
}

impl Why {
    /// What sort of refusal it is.
    pub const fn kind(self) -> RefusalKind {
        match self {
            Self::Unsigned | Self::Unproven | Self::WrongPassword | Self::SessionEnded => {
                RefusalKind::Unsigned
            }
            Self::TooManyTries => RefusalKind::TooMany,
            Self::Forbidden | Self::Disabled | Self::FourEyes | Self::MadeByStarter => RefusalKind::Forbidden,
            Self::Unknown | Self::NothingToReverse => RefusalKind::Unknown,
            Self::Exists => RefusalKind::Exists,
            Self::State
            | Self::LastAdministrator
            | Self::NoCompany
            | Self::CancellationWaits
            | Self::TrialWaits
            | Self::EarlierMonthOpen
            | Self::Acknowledged => RefusalKind::State,
            Self::Invalid
            | Self::Name
            | Self::UserName
            | Self::PasswordTooShort
            | Self::NoReason
            | Self::Document => RefusalKind::Invalid,
            Self::Overlap | Self::PaymentDiffers | Self::KeyTaken | Self::NotApproved => {
                RefusalKind::Conflict
            }
            Self::Short | Self::Amount | Self::AmountTooLarge => RefusalKind::Amount,
            Self::FutureDay | Self::PastDay | Self::MonthNotOver => RefusalKind::Day,
            Self::ClosedMonth => RefusalKind::ClosedMonth,
            Self::Busy | Self::NoDatabase | Self::NoBroker => RefusalKind::Busy,
            Self::Overflow => RefusalKind::Overflow,
            Self::Settings
            | Self::Stored
            | Self::Totals
            | Self::Database
            | Self::NoServer
            | Self::ServerAddress
            | Self::DatabaseLogin
            | Self::DatabaseMissing
            | Self::Schema
            | Self::BrokerDrops
            | Self::Spool
            | Self::Door => RefusalKind::Internal,
        }
    }

    /// The facts that come with it; a sentence names no others.
    pub const fn facts(self) -> &'static [&'static str] {
        match self {
            Self::Unsigned => &["action"],
            Self::Unproven
            | Self::WrongPassword
            | Self::SessionEnded
            | Self::Disabled
            | Self::LastAdministrator
            | Self::UserName => &["name"],
            Self::TooManyTries => &["name", "until"],
            Self::Forbidden => &["name", "role", "action", "roles"],
            Self::FourEyes => &["name", "run"],
            Self::MadeByStarter => &["name", "starter", "run"],
            Self::Unknown | Self::Exists | Self::NothingToReverse => &["value"],
            Self::State => &["value", "state", "step"],
            Self::Invalid => &["value", "detail"],
            Self::PasswordTooShort | Self::NoReason | Self::Overflow | Self::NoServer => &[],
            Self::Document
            | Self::Settings
            | Self::Stored
            | Self::Totals
            | Self::Busy
            | Self::Database
            | Self::ServerAddress
            | Self::Schema => &["detail"],
            Self::NoDatabase | Self::DatabaseLogin | Self::DatabaseMissing | Self::NoBroker => {
                &["target", "detail"]
            }
            Self::BrokerDrops => &["kept", "of"],
            Self::Spool => &["folder", "detail"],
            Self::Door => &["door", "detail"],
            Self::Overlap => &["code", "from", "to"],
            Self::PaymentDiffers => &["identity", "kind", "amount", "account"],
            Self::Name => &["value", "rule"],
            Self::KeyTaken => &["key"],
            Self::Short => &["balance"],
            Self::Amount => &["amount"],
            Self::AmountTooLarge => &["amount", "most"],
            Self::NoCompany => &["account"],
            Self::CancellationWaits => &["bill"],
            Self::TrialWaits | Self::NotApproved => &["run"],
            Self::FutureDay => &["day", "today"],
            Self::PastDay => &["day", "most"],
            Self::ClosedMonth | Self::MonthNotOver | Self::EarlierMonthOpen => &["month"],
            Self::Acknowledged => &["alarm", "by", "at"],
        }
    }

    /// What helps.
    pub const fn mends(self) -> &'static [Mend] {
        match self {
            Self::Unsigned => &[Mend::NameYourself],
            Self::Unproven | Self::SessionEnded | Self::WrongPassword => &[Mend::SignIn],
            Self::TooManyTries | Self::Busy => &[Mend::Again],
            Self::Forbidden => &[Mend::OtherRole],
            Self::Disabled | Self::FourEyes | Self::MadeByStarter | Self::LastAdministrator => {
                &[Mend::OtherPerson]
            }
            Self::Unknown | Self::NothingToReverse | Self::State | Self::Acknowledged | Self::NoCompany => {
                &[Mend::LookUp]
            }
            Self::Exists | Self::Name | Self::UserName | Self::PaymentDiffers | Self::KeyTaken => {
                &[Mend::OtherName]
            }
            Self::Invalid | Self::Document | Self::Overlap => &[Mend::CorrectDocument],
            Self::PasswordTooShort => &[],
            Self::NoReason => &[Mend::GiveReason],
            Self::Short | Self::Amount | Self::Overflow => &[Mend::OtherAmount],
            Self::AmountTooLarge => &[Mend::OtherAmount, Mend::Supervisor],
            Self::CancellationWaits => &[Mend::OtherPerson],
            Self::TrialWaits | Self::NotApproved => &[Mend::EndRun],
            Self::FutureDay | Self::ClosedMonth | Self::MonthNotOver => &[Mend::OtherDay],
            Self::EarlierMonthOpen => &[Mend::EarlierMonth],
            Self::PastDay => &[Mend::OtherDay, Mend::Supervisor],
            Self::Settings | Self::Spool | Self::Door => &[Mend::Settings],
            Self::NoServer | Self::NoBroker => &[Mend::StartServer, Mend::NameServer],
            Self::NoDatabase => &[Mend::StartServer],
            Self::ServerAddress | Self::DatabaseLogin => &[Mend::NameServer],
            Self::DatabaseMissing => &[Mend::MakeDatabase, Mend::NameServer],
            Self::Schema => &[Mend::Migrate],
            Self::BrokerDrops => &[Mend::BrokerQueues],
            Self::Stored | Self::Totals | Self::Database => &[Mend::Operator],
        }
    }
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which refusal.
    pub why: Why,
    /// What it is about: a field of the wish or a noun of the trade (`run`, `account`, `amount`). Empty: the whole.
    pub field: &'static str,
    /// Named values, in the order of [`Why::facts`]; `detail` may come more than once.
    pub facts: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal without facts.
    pub const fn new(why: Why, field: &'static str) -> Self {
        Self { why, field, facts: Vec::new() }
    }

    /// With one more fact.
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    /// There is no such `noun`.
    pub fn unknown(noun: &'static str, value: impl fmt::Display) -> Self {
        Self::new(Why::Unknown, noun).with("value", value)
    }

    /// There is one already.
    pub fn exists(noun: &'static str, value: impl fmt::Display) -> Self {
        Self::new(Why::Exists, noun).with("value", value)
    }

    /// It is in a state in which the step cannot be done.
    pub fn state(noun: &'static str, value: impl fmt::Display, state: impl fmt::Display, step: &str) -> Self {
        Self::new(Why::State, noun).with("value", value).with("state", state).with("step", step)
    }

    /// A value breaks a rule, in the words of the crate that knows it.
    pub fn invalid(field: &'static str, value: impl fmt::Display, rule: impl fmt::Display) -> Self {
        Self::new(Why::Invalid, field).with("value", value).with("detail", rule)
    }

    /// The database or the house itself, in its own words.
    pub fn detail(why: Why, detail: impl fmt::Display) -> Self {
        Self::new(why, "").with("detail", detail)
    }

    /// What sort it is.
    pub const fn kind(&self) -> RefusalKind {
        self.why.kind()
    }

    /// The first fact of that name; empty where there is none.
    pub fn fact(&self, name: &str) -> &str {
        self.facts.iter().find(|(fact, _)| *fact == name).map_or("", |(_, value)| value.as_str())
    }

    /// What helps.
    pub const fn mends(&self) -> &'static [Mend] {
        self.why.mends()
    }
}

/// For logs and programmers, not for people: `unknown run value=99`.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why.name())?;
        if !self.field.is_empty() {
            write!(f, " {}", self.field)?;
        }
        self.facts.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_occurs() {
        for kind in RefusalKind::ALL {
            assert!(Why::ALL.iter().any(|why| why.kind() == *kind), "{kind}");
        }
    }

    #[test]
    fn a_log_line_is_readable_alone() {
        let refusal = Refusal::state("run", 7, "issued", "abort");
        assert_eq!(refusal.to_string(), "state run value=7 state=issued step=abort");
        assert_eq!((refusal.kind(), refusal.fact("state")), (RefusalKind::State, "issued"));
    }
}
