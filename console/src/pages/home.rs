//! The first page.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use store::pages::home::{Home, home};

use crate::app::Shared;
use crate::render::{Failure, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    t: &'static Text,
    here: &'static str,
    month: String,
    home: Home,
    percent: i64,
}

pub(crate) async fn show(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, asked) = language(asked.lang.as_deref(), &headers, app.language);
    let today = app.zone.date(Timestamp::now());
    let month = today.first_of_month();
    let month_start = app.zone.start_of(month).unwrap_or_default();
    let client = super::connection(&app).await?;
    let next_month = month.saturating_add(1.month());
    let next_month = app.zone.start_of(next_month).unwrap_or(Timestamp::MAX);
    let home = home(&**client, month_start, next_month, today).await?;
    let percent = if home.meters == 0 { 0 } else { home.heard * 100 / home.meters };
    page(
        &HomePage {
            t: Text::of(language),
            here: "home",
            month: month.strftime("%Y-%m").to_string(),
            home,
            percent,
        },
        asked,
    )
}
