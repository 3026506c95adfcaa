//! Rejected frames that wait until their cause is mended.

use askama::Template;
use axum::response::Response;
use store::rejections::{self, Rejected};

use crate::page::{Frame, Paged, Size, after_id, at};
use crate::problem::Problem;
use crate::visit::Visit;
use documents::labels::Labels;

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
    t: &'static Labels,
    frame: Frame,
    kind: String,
    list: Paged<Row>,
}

/// Bytes of a frame in the list; `meterline rejections show` has all of them.
const SHOWN: usize = 64;

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let kind = visit.text("kind")?;
    let size = Size::of(&visit, "size")?;
    let slice = size.after(after_id(&visit)?);
    let client = visit.client().await?;
    let named = Some(kind.as_str()).filter(|kind| !kind.is_empty());
    let found = rejections::open(&client, named, slice.after.unwrap_or(0), slice.most).await?;
    let list =
        Paged::by_key(&visit, size, found, |frame| frame.id.to_string()).map(|frame| row(&visit, frame));
    visit.show(&RejectionsPage { t: visit.t, frame: visit.frame("rejections"), kind, list })
}

fn row(visit: &Visit, frame: Rejected) -> Row {
    let shown: Vec<String> =
        frame.arrival.bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    let mut bytes = shown.join(" ");
    if frame.arrival.bytes.len() > SHOWN {
        bytes.push_str(" …");
    }
    Row {
        id: frame.id,
        received: at(&visit.app().zone, frame.arrival.received),
        source: frame.arrival.source.name(),
        format: frame.arrival.content.format().to_owned(),
        address: frame.arrival.address.map(|address| address.to_string()).unwrap_or_default(),
        kind: frame.kind,
        message: frame.message,
        offset: frame.offset,
        bytes,
    }
}
