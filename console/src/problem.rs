//! Why a request is not answered with what it asked for, as data. A handler returns one; the guard makes a page in the
//! console's frame of it, `application/problem+json` or a line, in the reader's language ([`answer`]).

mod answer;
mod words;

use std::fmt;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jobs::bill_run::BillError;
use metering::refusal::{Refusal, RefusalKind};
use store::SqlState;

pub(crate) use answer::answer;

/// What a parameter or part of an address has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A whole number from the first to the last.
    Number(i64, i64),
    /// A civil day.
    Day,
    /// A civil day that is not after this one.
    DayUntil(jiff::civil::Date),
    /// A civil month.
    Month,
    /// At most so many characters, none of which is a control character.
    Text(usize),
    /// One of these.
    OneOf(Vec<&'static str>),
    /// Nothing: there is no such parameter.
    Nothing,
    /// What the answer before gave as `next`.
    Cursor,
}

/// Which part of the house failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The database's answer to a query.
    Query,
    /// A page could not be made.
    Page,
    /// A bill's frozen inputs or tariff cannot be read.
    Bill,
    /// A published policy cannot be read.
    Policy,
    /// Whatever else.
    Program,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// What was asked for cannot be read.
    Invalid { field: &'static str, value: String, wanted: Wanted },
    /// A request that HTTP itself does not allow.
    Malformed,
    /// It comes from another site, or its form is too old.
    Forged,
    /// There is no such thing.
    Unknown,
    /// That cannot be done here.
    Method,
    /// The body is larger than any form of ours.
    TooLarge,
    /// Under a name that is not ours.
    Misdirected,
    /// Too many are being answered.
    Crowded,
    /// Too many requests of one caller.
    TooMany,
    /// The database is not reached.
    NoDatabase(String),
    /// It took too long.
    Late(String),
    /// A fault of the house.
    Fault(Part, String),
    /// A deed of the office was refused.
    Refused(Box<Refusal>),
}

impl Problem {
    pub(crate) fn invalid(field: &'static str, value: &str, wanted: Wanted) -> Self {
        Self::Invalid { field, value: shortened(value), wanted }
    }

    pub(crate) fn fault(part: Part, cause: impl fmt::Display) -> Self {
        Self::Fault(part, cause.to_string())
    }

    /// Of an answer that the router or an extractor made without a word of ours.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::FORBIDDEN => Self::Forged,
            StatusCode::NOT_FOUND => Self::Unknown,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::MISDIRECTED_REQUEST => Self::Misdirected,
            StatusCode::TOO_MANY_REQUESTS => Self::TooMany,
            StatusCode::SERVICE_UNAVAILABLE => Self::Crowded,
            status if status.is_client_error() => Self::Malformed,
            status => Self::fault(Part::Program, status),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid { .. } | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Crowded | Self::NoDatabase(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Late(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Fault(..) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refused(refusal) => status_of(refusal.kind()),
        }
    }

    /// The word for programs, of a closed list (docs/operations.md).
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Invalid { .. } | Self::Malformed => "invalid",
            Self::Forged => "forbidden",
            Self::Unknown => "unknown",
            Self::Method => "method",
            Self::TooLarge => "too_large",
            Self::Misdirected => "misdirected",
            Self::TooMany => "too_many",
            Self::Crowded | Self::NoDatabase(_) => "busy",
            Self::Late(_) => "late",
            Self::Fault(..) => "internal",
            Self::Refused(refusal) => refusal.kind().name(),
        }
    }

    /// The parameter that it is about; empty: the whole.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Self::Invalid { field, .. } => field,
            Self::Refused(refusal) => refusal.field,
            _ => "",
        }
    }

    /// What stands in the log and nowhere else.
    fn cause(&self) -> Option<String> {
        match self {
            Self::NoDatabase(cause) | Self::Late(cause) | Self::Fault(_, cause) => Some(cause.clone()),
            Self::Refused(refusal) if self.status().is_server_error() => Some(refusal.to_string()),
            _ => None,
        }
    }
}

/// What HTTP says of a refusal. The kind says more.
const fn status_of(kind: RefusalKind) -> StatusCode {
    match kind {
        RefusalKind::Unsigned => StatusCode::UNAUTHORIZED,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        RefusalKind::Unknown => StatusCode::NOT_FOUND,
        RefusalKind::Exists | RefusalKind::State | RefusalKind::Conflict | RefusalKind::ClosedMonth => {
            StatusCode::CONFLICT
        }
        RefusalKind::Amount | RefusalKind::Day | RefusalKind::Overflow => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::Invalid => StatusCode::BAD_REQUEST,
        RefusalKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        RefusalKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        RefusalKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Enough of a value to know it again.
fn shortened(value: &str) -> String {
    let clean = value.chars().map(|sign| if sign.is_control() { '\u{fffd}' } else { sign });
    let mut short: String = clean.clone().take(40).collect();
    if clean.count() > 40 {
        short.push('…');
    }
    short
}

/// The status alone: the guard writes the answer.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<store::SqlError> for Problem {
    fn from(error: store::SqlError) -> Self {
        // The server's classes: 08 connection, 53 resources, 57P it is stopped; 57014 the query was.
        match error.code().map(SqlState::code) {
            Some("57014") => Self::Late(error.to_string()),
            Some(code) if ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => {
                Self::NoDatabase(error.to_string())
            }
            None if error.is_of_connection() => Self::NoDatabase(error.to_string()),
            _ => Self::fault(Part::Query, error),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<BillError> for Problem {
    fn from(error: BillError) -> Self {
        match error {
            BillError::Sql(error) => error.into(),
            other => Self::fault(Part::Bill, other),
        }
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        Self::fault(Part::Page, error)
    }
}

#[cfg(test)]
mod tests {
    use metering::Language;
    use metering::refusal::Why;

    use super::*;

    #[test]
    fn each_refusal_of_the_office_is_an_answer_in_both_languages() {
        for why in Why::ALL {
            let refusal =
                why.facts().iter().fold(Refusal::new(*why, "run"), |refusal, fact| refusal.with(fact, "7"));
            let problem = Problem::from(refusal);
            assert!(problem.status().is_client_error() || problem.status().is_server_error(), "{why}");
            assert_eq!(problem.kind(), why.kind().name());
            let (zh, en) = (problem.detail(Language::Zh), problem.detail(Language::En));
            assert!(zh != en && !zh.is_empty() && !en.is_empty(), "{why}: {zh} / {en}");
            assert_ne!(problem.title(Language::Zh), problem.title(Language::En));
        }
        let closed = Problem::from(Refusal::new(Why::ClosedMonth, "month").with("month", "2026-10"));
        assert_eq!(
            (closed.status(), closed.kind(), closed.field()),
            (StatusCode::CONFLICT, "closed_month", "month")
        );
        assert_eq!(closed.cause(), None, "what a person did is no line of the log");
    }

    #[test]
    fn a_value_is_shown_short_and_harmless() {
        assert_eq!(shortened("abc"), "abc");
        assert_eq!(shortened("a\0b\u{1b}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(shortened(&"号".repeat(1000)).chars().count(), 41);
    }
}
