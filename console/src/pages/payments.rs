//! Payments of a month.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use store::pages::PAGE;
use store::pages::payments::{self, PaymentRow};

use crate::app::Shared;
use crate::render::{Failure, at, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    month: Option<String>,
    #[serde(default)]
    page: i64,
}

#[derive(Template)]
#[template(path = "payments.html")]
struct PaymentsPage {
    t: &'static Text,
    here: &'static str,
    month: String,
    number: i64,
    rows: Vec<(String, PaymentRow)>,
    more: bool,
}

pub(crate) async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let asked_month = asked.month.and_then(|month| format!("{month}-01").parse::<Date>().ok());
    let month = asked_month.unwrap_or_else(|| app.zone.date(Timestamp::now())).first_of_month();
    let from = app.zone.start_of(month).unwrap_or(Timestamp::MIN);
    let to = app.zone.start_of(month.saturating_add(1.month())).unwrap_or(Timestamp::MAX);
    let number = asked.page.max(0);
    let client = super::connection(&app).await?;
    let found = payments::list(&**client, from, to, number).await?;
    let more = i64::try_from(found.len()) == Ok(PAGE);
    let rows = found.into_iter().map(|row| (at(&app.zone, row.paid_at), row)).collect();
    let month = month.strftime("%Y-%m").to_string();
    page(&PaymentsPage { t: Text::of(language), here: "payments", month, number, rows, more }, lang)
}
