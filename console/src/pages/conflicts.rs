//! Readings at odds with stored ones, which wait for a supervisor.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use store::conflicts::{self, Conflict};
use store::pages::PAGE;

use crate::app::Shared;
use crate::render::{Failure, at, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    #[serde(default)]
    after: i64,
}

struct Row {
    conflict: Conflict,
    time: String,
    received: String,
}

#[derive(Template)]
#[template(path = "conflicts.html")]
struct ConflictsPage {
    t: &'static Text,
    here: &'static str,
    rows: Vec<Row>,
    next: Option<i64>,
}

pub(crate) async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let client = super::connection(&app).await?;
    let found = conflicts::open(&client, asked.after.max(0), PAGE).await?;
    let full = i64::try_from(found.len()) == Ok(PAGE);
    let next = found.last().map(|last| last.id).filter(|_| full);
    let row = |conflict: Conflict| Row {
        time: at(&app.zone, conflict.time),
        received: at(&app.zone, conflict.received),
        conflict,
    };
    let rows = found.into_iter().map(row).collect();
    page(&ConflictsPage { t: Text::of(language), here: "home", rows, next }, lang)
}
