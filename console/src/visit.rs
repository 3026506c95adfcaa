//! What every page asks for: who reads, what they ask for, and a connection.

use askama::Template;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use office::{Caller, Proof, Scope};

use crate::forms;
use crate::page::Frame;
use crate::problem::{Problem, Wanted};
use crate::reader::Reader;
use crate::state::{App, Shared};
use documents::labels::Labels;

pub(crate) type Connection = deadpool_postgres::Object;

/// The longest text that an address may carry.
const LONGEST: usize = 200;

/// The one thing that every page takes.
pub(crate) struct Visit {
    state: Shared,
    reader: Reader,
    /// The parts of the path that have a name.
    segments: Vec<(String, String)>,
    /// The words of the reader's language.
    pub(crate) t: &'static Labels,
    /// What the forms of the page are bound to: the browser's cookie, or a new one.
    visitor: Option<String>,
    /// Who asks, in which language, and when. Until there is a log-in it is whoever reaches loopback, who may read alone.
    pub(crate) caller: Caller,
    /// What of the utility they may see.
    scope: Scope,
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let reader = parts.extensions.get::<Reader>().cloned();
        let reader = reader.unwrap_or_else(|| Reader::of(parts, state.app.language));
        let segments = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::Unknown)?;
        let segments = segments.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let visitor = reader.visitor.clone().or_else(forms::new_visitor);
        let t = Labels::of(reader.language);
        let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
        let caller = Caller {
            name: None,
            proof: Proof::Name,
            os_account: "console".to_owned(),
            language: reader.language,
            now: Timestamp::now(),
            key: key.map(str::to_owned),
        };
        Ok(Self { state: state.clone(), reader, segments, t, visitor, caller, scope: Scope::All })
    }
}

impl Visit {
    pub(crate) fn app(&self) -> &App {
        &self.state.app
    }

    /// The civil day in the utility's zone.
    pub(crate) fn today(&self) -> Date {
        self.app().zone.date(self.caller.now)
    }

    /// A connection that may read, all that there is.
    pub(crate) async fn client(&self) -> Result<Connection, Problem> {
        let Scope::All = self.scope;
        self.app().pool.get().await.map_err(|error| Problem::NoDatabase(error.to_string()))
    }

    /// A turn for a page that counts through all there is; it ends when the page is done.
    pub(crate) async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        self.state.long.acquire().await.map_err(|_| Problem::Crowded)
    }

    /// What stands around the page.
    pub(crate) fn frame(&self, here: &'static str) -> Frame {
        let token = self.visitor.as_deref().map(|visitor| self.state.seal.token(visitor));
        Frame::of(&self.reader, here, token, self.caller.name.clone())
    }

    /// This address with some parameters changed.
    pub(crate) fn link(&self, changes: &[(&str, Option<&str>)]) -> String {
        self.reader.link(changes)
    }

    /// The page. The browser remembers a language that was asked for, and what its forms are bound to.
    pub(crate) fn show(&self, page: &impl Template) -> Result<Response, Problem> {
        let mut response = Html(page.render()?).into_response();
        let mut remember = |cookie: String| {
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        };
        if let Some(language) = self.reader.asked {
            remember(kept("lang", language.name()));
        }
        if let (None, Some(visitor)) = (&self.reader.visitor, &self.visitor) {
            remember(format!("visitor={visitor}; Path=/; HttpOnly; SameSite=Strict"));
        }
        Ok(response)
    }

    /// A parameter as it stands in the address.
    pub(crate) fn given(&self, field: &str) -> Option<&str> {
        self.reader.parameter(field)
    }

    /// Every parameter's name.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.reader.parameters.iter().map(|(name, _)| name.as_str())
    }

    /// Whether a parameter is given.
    pub(crate) fn flag(&self, field: &str) -> bool {
        self.given(field).is_some()
    }

    /// A text, empty where there is none.
    pub(crate) fn text(&self, field: &'static str) -> Result<String, Problem> {
        text(field, self.given(field).unwrap_or_default())
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn number(&self, field: &'static str, least: i64, most: i64) -> Result<Option<i64>, Problem> {
        let Some(given) = self.given(field) else { return Ok(None) };
        let number = given.parse().ok().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| Problem::invalid(field, given, Wanted::Number(least, most)))
    }

    /// A civil day.
    pub(crate) fn day(&self, field: &'static str) -> Result<Option<Date>, Problem> {
        let Some(given) = self.given(field) else { return Ok(None) };
        day(given).map(Some).ok_or_else(|| Problem::invalid(field, given, Wanted::Day))
    }

    /// The first day of a civil month.
    pub(crate) fn month(&self, field: &'static str) -> Result<Option<Date>, Problem> {
        let Some(given) = self.given(field) else { return Ok(None) };
        let first = day(&format!("{given}-01"));
        first.map(Some).ok_or_else(|| Problem::invalid(field, given, Wanted::Month))
    }

    /// A part of the path.
    pub(crate) fn segment(&self, field: &'static str) -> Result<String, Problem> {
        let found = self.segments.iter().find(|(name, _)| name == field);
        text(field, found.map_or("", |(_, value)| value))
    }

    /// A part of the path that is a number of ours.
    pub(crate) fn segment_id(&self, field: &'static str) -> Result<i64, Problem> {
        let text = self.segment(field)?;
        let id = text.parse().ok().filter(|id| *id > 0);
        id.ok_or_else(|| Problem::invalid(field, &text, Wanted::Number(1, i64::MAX)))
    }
}

/// A cookie of taste, kept for a year.
pub(crate) fn kept(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax")
}

/// `2026-10-31` and nothing else: jiff reads more.
fn day(text: &str) -> Option<Date> {
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| is_plain)
}

/// A text that the database takes and a person can have meant.
fn text(field: &'static str, given: &str) -> Result<String, Problem> {
    if given.chars().count() > LONGEST || given.chars().any(char::is_control) {
        return Err(Problem::invalid(field, given, Wanted::Text(LONGEST)));
    }
    Ok(given.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_in_one_way() {
        assert_eq!(day("2026-10-31"), Some(jiff::civil::date(2026, 10, 31)));
        for given in ["foo", "2026-13-01", "2026-10-31T00:00", "20261031", "2026-02-30", "+002026-10-1", ""] {
            assert_eq!(day(given), None, "{given}");
        }
    }

    #[test]
    fn a_text_holds_no_control_characters_and_has_an_end() {
        assert_eq!(text("q", "徐明 & Son").unwrap(), "徐明 & Son");
        for given in ["\0", "a\u{7f}", &"x".repeat(201)] {
            assert_eq!(text("q", given).unwrap_err().field(), "q");
        }
    }
}
