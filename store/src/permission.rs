//! Which role may do what: the whole matrix, in one place. Commands and pages ask [`UserRole::may`].

use std::fmt;
use std::str::FromStr;

macro_rules! names {
    ($(#[$tdoc:meta])* $type:ident $what:literal; $($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        $(#[$tdoc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$doc])* $variant,)* }

        impl $type {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name on the command line and in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.name()) }
        }

        impl FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(format!(concat!("unknown ", $what, " {:?}: one of ", $($name, " ",)*), text)),
                }
            }
        }
    };
}

names! {
    /// What a user is.
    UserRole "role";
    /// Keeps master data and tariffs, runs bills.
    Clerk "clerk";
    /// Approves, cancels, decides conflicts, closes months.
    Supervisor "supervisor";
    /// Takes payments.
    Cashier "cashier";
    /// Keeps meters and their connections going.
    Operator "operator";
    /// Sees everything, changes nothing.
    Auditor "auditor";
    /// Keeps users; in a small utility also stands in for the others.
    Admin "admin";
}

names! {
    /// What can be done that leaves a trace.
    Action "action";
    /// Add, disable users; set their passwords.
    ManageUsers "user.manage";
    /// Areas, books, accounts, services, attributes, openings: add and change.
    KeepMasterData "master.keep";
    /// Meters, installations, lines, devices: add and change.
    KeepMeters "meter.keep";
    /// Enter readings by file or by hand.
    EnterReadings "reading.enter";
    /// Put another value in the place of a stored reading.
    ReplaceReadings "reading.replace";
    /// Let rejected frames pass through the pipeline again.
    ReplayRejections "rejection.replay";
    /// Acknowledge alarms.
    AcknowledgeAlarms "alarm.acknowledge";
    /// Publish tariffs, policies and calendars.
    PublishTariffs "tariff.publish";
    /// Start a bill run, issue or abort it, propose a cancellation.
    RunBills "bill.run";
    /// Approve what another person started.
    ApproveBills "bill.approve";
    /// Take payments and deposits.
    TakePayments "payment.take";
    /// Refund and reverse payments.
    ReversePayments "payment.reverse";
    /// Close a month.
    CloseMonth "month.close";
}

/// Whether someone must say who they are. Money and decisions carry a person's name; what a machine may do at
/// night (a nightly import) falls back to the account of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// By a known user, always.
    Person,
    /// By a known user, else by the operating system's account (`os:NAME`).
    PersonOrMachine,
}

impl Action {
    /// The roles that may do it, and how it is signed.
    pub const fn rule(self) -> (&'static [UserRole], Signed) {
        use Signed::{Person, PersonOrMachine};
        use UserRole::{Admin, Cashier, Clerk, Operator, Supervisor};
        match self {
            Self::ManageUsers => (&[Admin], PersonOrMachine),
            Self::KeepMasterData => (&[Clerk, Supervisor, Admin], PersonOrMachine),
            Self::KeepMeters | Self::EnterReadings => {
                (&[Clerk, Supervisor, Operator, Admin], PersonOrMachine)
            }
            Self::ReplaceReadings => (&[Supervisor], Person),
            Self::ReplayRejections => (&[Operator, Supervisor, Admin], PersonOrMachine),
            Self::AcknowledgeAlarms => (&[Operator, Clerk, Supervisor, Admin], Person),
            // A document is published only if its examples come out; what it bills is approved by another person.
            Self::PublishTariffs | Self::RunBills => (&[Clerk, Supervisor, Admin], Person),
            Self::ApproveBills | Self::CloseMonth => (&[Supervisor, Admin], Person),
            Self::TakePayments => (&[Cashier, Clerk, Supervisor, Admin], PersonOrMachine),
            Self::ReversePayments => (&[Cashier, Supervisor, Admin], PersonOrMachine),
        }
    }
}

impl UserRole {
    /// Whether this role may do that.
    pub fn may(self, action: Action) -> bool {
        action.rule().0.contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_changes_nothing() {
        assert!(Action::ALL.iter().all(|action| !UserRole::Auditor.may(*action)));
    }

    #[test]
    fn every_action_is_somebodys() {
        assert!(Action::ALL.iter().all(|action| UserRole::ALL.iter().any(|role| role.may(*action))));
    }

    #[test]
    fn who_starts_a_run_cannot_be_given_its_approval_by_the_role_alone() {
        assert!(UserRole::Clerk.may(Action::RunBills) && !UserRole::Clerk.may(Action::ApproveBills));
        assert!(!UserRole::Cashier.may(Action::RunBills) && UserRole::Cashier.may(Action::TakePayments));
        assert!(!UserRole::Admin.may(Action::ReplaceReadings));
    }
}
