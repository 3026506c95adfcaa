//! Alarms.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use store::pages::{PAGE, alarms};

use crate::app::Shared;
use crate::render::{Failure, at, at_or_dash, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    past: Option<String>,
    #[serde(default)]
    page: i64,
}

struct Row {
    serial: Option<String>,
    kind: String,
    severity: String,
    began: String,
    ended: String,
    acked_by: String,
}

#[derive(Template)]
#[template(path = "alarms.html")]
struct AlarmsPage {
    t: &'static Text,
    here: &'static str,
    past: bool,
    number: i64,
    rows: Vec<Row>,
    more: bool,
}

pub(crate) async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let past = asked.past.is_some();
    let client = super::connection(&app).await?;
    let found = alarms::list(&**client, past, asked.page).await?;
    let more = i64::try_from(found.len()) == Ok(PAGE);
    let rows = found
        .into_iter()
        .map(|alarm| Row {
            serial: alarm.serial,
            kind: alarm.kind,
            severity: alarm.severity,
            began: at(&app.zone, alarm.began_at),
            ended: at_or_dash(&app.zone, alarm.ended_at),
            acked_by: alarm.acked_by.unwrap_or_default(),
        })
        .collect();
    page(
        &AlarmsPage { t: Text::of(language), here: "alarms", past, number: asked.page.max(0), rows, more },
        lang,
    )
}
