//! From a template or a failure to a response.

use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use jobs::bill_run::BillError;
use metering::Zone;

use crate::text::{Language, Text};

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection.
    Pool(String),
    /// A query failed.
    Sql(store::SqlError),
    /// The template failed.
    Template(askama::Error),
    /// A bill's frozen inputs or tariff cannot be read.
    Bill(BillError),
    /// A published policy cannot be read.
    Policy(String),
    /// There is no such thing.
    Missing(&'static Text),
}

impl From<store::SqlError> for Failure {
    fn from(error: store::SqlError) -> Self {
        Self::Sql(error)
    }
}

/// The page around a message.
#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    t: &'static Text,
    here: &'static str,
    said: &'static str,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, t, message) = match self {
            Self::Missing(t) => (StatusCode::NOT_FOUND, t, t.not_found),
            Self::Pool(error) => {
                tracing::error!(%error, "no database connection for a page");
                (StatusCode::SERVICE_UNAVAILABLE, Text::of(Language::Zh), Text::of(Language::Zh).no_database)
            }
            Self::Sql(error) => {
                tracing::error!(error = %root(&error), "a page's query failed");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    Text::of(Language::Zh),
                    Text::of(Language::Zh).no_database,
                )
            }
            Self::Bill(error) => {
                tracing::error!(%error, "a bill cannot be told");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    Text::of(Language::Zh),
                    Text::of(Language::Zh).no_database,
                )
            }
            Self::Policy(error) => {
                tracing::error!(%error, "a page's policy cannot be read");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    Text::of(Language::Zh),
                    Text::of(Language::Zh).no_database,
                )
            }
            Self::Template(error) => {
                tracing::error!(%error, "a page could not be rendered");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    Text::of(Language::Zh),
                    Text::of(Language::Zh).no_database,
                )
            }
        };
        match (Message { t, here: "", said: message }).render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => status.into_response(),
        }
    }
}

/// The driver's "db error" hides what the server said.
fn root(error: &store::SqlError) -> String {
    match error.as_db_error() {
        Some(server) => server.to_string(),
        None => error.to_string(),
    }
}

/// A rendered page. A language that was asked for is remembered by the browser.
pub(crate) fn page(template: &impl Template, asked: Option<Language>) -> Result<Response, Failure> {
    let html = Html(template.render().map_err(Failure::Template)?);
    Ok(match asked {
        Some(language) => {
            let cookie = format!("lang={}; Path=/; Max-Age=31536000; SameSite=Lax", language.name());
            ([(header::SET_COOKIE, cookie)], html).into_response()
        }
        None => html.into_response(),
    })
}

/// The language a request asks for: in its address, else in its cookie, else the utility's.
pub(crate) fn language(
    asked: Option<&str>,
    headers: &HeaderMap,
    default: Language,
) -> (Language, Option<Language>) {
    let asked = asked.and_then(Language::parse);
    let cookie =
        headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(|value| {
            value.split(';').filter_map(|pair| pair.trim().strip_prefix("lang=")).find_map(Language::parse)
        });
    (asked.or(cookie).unwrap_or(default), asked)
}

/// A civil date and time for people, to the minute.
pub(crate) fn at(zone: &Zone, instant: Timestamp) -> String {
    zone.civil(instant).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The same, or a dash.
pub(crate) fn at_or_dash(zone: &Zone, instant: Option<Timestamp>) -> String {
    instant.map_or_else(|| "–".to_owned(), |instant| at(zone, instant))
}
