//! Bills: the list, and one with its explanation down to the frame's bytes.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use jobs::bill_document::Document;
use store::pages::bills::{Bill, BillFilter, BillRow, bill, list as bill_list};
use store::pages::meters::{FrameRow, frames_of};

use crate::page::{Frame, Paged, Size, after_id, at};
use crate::problem::Problem;
use crate::state::App;
use crate::text::Text;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "bills.html")]
struct BillsPage {
    t: &'static Text,
    frame: Frame,
    filter: BillFilter,
    list: Paged<BillRow>,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let filter =
        BillFilter { period: visit.text("period")?, query: visit.text("q")?, open: visit.flag("open") };
    let size = Size::of(&visit, "size")?;
    let slice = size.after(after_id(&visit)?);
    let client = visit.client().await?;
    let found = bill_list(&**client, &filter, &slice).await?;
    let list = Paged::by_key(&visit, size, found, |row| row.id.to_string());
    visit.show(&BillsPage { t: visit.t, frame: visit.frame("bills"), filter, list })
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
    frame: Frame,
    bill: Bill,
    /// The document that takes this one back, or is to do so once it is approved.
    reversed_by: Option<String>,
    /// The bill that this one takes back.
    reverses: Option<String>,
    from: String,
    to: String,
    /// The printed name of each line, where the tariff gives one.
    names: Vec<String>,
    /// What each line was made of.
    sentences: Vec<String>,
    reads: Vec<Read>,
    frames: Vec<Shown>,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let (bill_no, t, app) = (visit.segment("bill_no")?, visit.t, visit.app());
    let client = visit.client().await?;
    let document = Document::read(&**client, &bill_no).await?.ok_or(Problem::Unknown)?;
    let bill = bill(&**client, &document.bill.bill_no).await?.ok_or(Problem::Unknown)?;
    let mut frames = Vec::new();
    for segment in &bill.segments {
        for (title, time) in [(t.opening_frame, segment.from), (t.closing_frame, segment.to)] {
            let candidates = frames_of(&**client, segment.meter_id, &segment.register, time).await?;
            frames.extend(shown(app, title, &segment.register, time, &candidates));
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
    let (reversed_by, reverses) = (document.bill.reversed_by.clone(), document.bill.reverses.clone());
    // A reversal has the lines of the bill that it takes back, and so their names.
    let original = match &reverses {
        Some(no) => Document::read(&**client, no).await?,
        None => None,
    };
    let mut names = original.as_ref().unwrap_or(&document).names(t.language());
    names.resize(bill.lines.len(), String::new());
    let sentences = if document.inputs.is_some() { document.sentences(t.language()) } else { Vec::new() };
    let frame = visit.frame("bills");
    visit.show(&BillPage { t, frame, bill, reversed_by, reverses, from, to, names, sentences, reads, frames })
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
