//! Bills: the list, and one with its explanation down to the frame's bytes.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use jobs::bill_document::Document;
use serde::Deserialize;
use store::pages::PAGE;
use store::pages::bills::{Bill, BillFilter, BillRow, bill, list as bill_list};
use store::pages::meters::{FrameRow, frames_of};

use crate::app::{App, Shared};
use crate::render::{Failure, at, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    #[serde(default)]
    period: String,
    #[serde(default)]
    q: String,
    open: Option<String>,
    #[serde(default)]
    page: i64,
}

#[derive(Template)]
#[template(path = "bills.html")]
struct BillsPage {
    t: &'static Text,
    here: &'static str,
    filter: BillFilter,
    rows: Vec<BillRow>,
    more: bool,
}

pub(crate) async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let filter = BillFilter {
        period: asked.period,
        query: asked.q,
        open: asked.open.is_some(),
        page: asked.page.max(0),
    };
    let client = super::connection(&app).await?;
    let rows = bill_list(&**client, &filter).await?;
    let more = i64::try_from(rows.len()) == Ok(PAGE);
    page(&BillsPage { t: Text::of(language), here: "bills", filter, rows, more }, lang)
}

/// A frame with what it says.
struct Shown {
    title: &'static str,
    register: String,
    format: String,
    received: String,
    bytes: Vec<String>,
    means: Vec<(String, String)>,
}

struct Read {
    serial: String,
    register: String,
    unit: String,
    from: String,
    to: String,
    open: String,
    close: String,
    multiplier: String,
    rollover: bool,
}

#[derive(Template)]
#[template(path = "bill.html")]
struct BillPage {
    t: &'static Text,
    here: &'static str,
    bill: Bill,
    from: String,
    to: String,
    /// The printed name of each line, where the tariff gives one.
    names: Vec<String>,
    /// What each line was made of.
    sentences: Vec<String>,
    reads: Vec<Read>,
    frames: Vec<Shown>,
}

#[derive(Deserialize)]
pub(crate) struct Lang {
    lang: Option<String>,
}

pub(crate) async fn show(
    State(app): State<Shared>,
    Path(bill_no): Path<String>,
    Query(asked): Query<Lang>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let t = Text::of(language);
    let client = super::connection(&app).await?;
    let bill = bill(&**client, &bill_no).await?.ok_or(Failure::Missing(t))?;
    let mut frames = Vec::new();
    for segment in &bill.segments {
        for (title, time) in [(t.opening_frame, segment.from), (t.closing_frame, segment.to)] {
            let candidates = frames_of(&**client, segment.meter_id, &segment.register, time).await?;
            frames.extend(shown(&app, title, &segment.register, time, &candidates));
        }
    }
    let reads = bill
        .segments
        .iter()
        .map(|s| Read {
            serial: s.serial.clone(),
            register: s.register.clone(),
            unit: s.unit.clone(),
            from: at(&app.zone, s.from),
            to: at(&app.zone, s.to),
            open: s.open.clone(),
            close: s.close.clone(),
            multiplier: s.multiplier.clone(),
            rollover: s.rollover,
        })
        .collect();
    let (from, to) = (at(&app.zone, bill.from), at(&app.zone, bill.to));
    let document = Document::read(&**client, &bill_no).await.map_err(Failure::Bill)?;
    let mut names = document.as_ref().map(|document| document.names(language)).unwrap_or_default();
    names.resize(bill.lines.len(), String::new());
    let sentences = document.filter(|document| document.inputs.is_some());
    let sentences = sentences.map(|document| document.sentences(language)).unwrap_or_default();
    page(&BillPage { t, here: "bills", bill, from, to, names, sentences, reads, frames }, lang)
}

/// Of the frames that came in the same second, the one that says this time; where none does (a meter without a
/// clock), the first.
fn shown(
    app: &App,
    title: &'static str,
    register: &str,
    time: Timestamp,
    frames: &[FrameRow],
) -> Option<Shown> {
    let civil = app.zone.civil(time).to_string();
    let instant = time.to_string();
    let read: Vec<_> =
        frames.iter().map(|frame| (frame, (app.frame_reader)(&frame.format, &frame.bytes))).collect();
    let says_it = |means: &[(String, String)]| {
        means.iter().any(|(_, value)| value.contains(&civil) || value.contains(&instant))
    };
    let (frame, means) = read.iter().find(|(_, means)| says_it(means)).or_else(|| read.first())?;
    Some(Shown {
        title,
        register: register.to_owned(),
        format: frame.format.clone(),
        received: at(&app.zone, frame.received),
        bytes: frame.bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        means: means.clone(),
    })
}
