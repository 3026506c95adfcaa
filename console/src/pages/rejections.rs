//! Rejected frames that wait until their cause is mended.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use store::pages::PAGE;
use store::rejections::{self, Rejected};

use crate::app::Shared;
use crate::render::{Failure, at, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    #[serde(default)]
    after: i64,
    kind: Option<String>,
}

struct Row {
    id: i64,
    received: String,
    source: &'static str,
    format: String,
    address: String,
    kind: String,
    message: String,
    offset: i32,
    bytes: String,
}

#[derive(Template)]
#[template(path = "rejections.html")]
struct RejectionsPage {
    t: &'static Text,
    here: &'static str,
    kind: String,
    rows: Vec<Row>,
    next: Option<i64>,
}

/// Bytes of a frame in the list; `meterline rejections show` has all of them.
const SHOWN: usize = 64;

pub(crate) async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let kind = asked.kind.filter(|kind| !kind.is_empty());
    let client = super::connection(&app).await?;
    let found = rejections::open(&client, kind.as_deref(), asked.after.max(0), PAGE).await?;
    let full = i64::try_from(found.len()) == Ok(PAGE);
    let next = found.last().map(|last| last.id).filter(|_| full);
    let rows = found.into_iter().map(|frame| row(&app, frame)).collect();
    let kind = kind.unwrap_or_default();
    page(&RejectionsPage { t: Text::of(language), here: "home", kind, rows, next }, lang)
}

fn row(app: &Shared, frame: Rejected) -> Row {
    let shown: Vec<String> =
        frame.arrival.bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    let mut bytes = shown.join(" ");
    if frame.arrival.bytes.len() > SHOWN {
        bytes.push_str(" …");
    }
    Row {
        id: frame.id,
        received: at(&app.zone, frame.arrival.received),
        source: frame.arrival.source.name(),
        format: frame.arrival.format.to_string(),
        address: frame.arrival.address.map(|address| address.to_string()).unwrap_or_default(),
        kind: frame.kind,
        message: frame.message,
        offset: frame.offset,
        bytes,
    }
}
