//! Bills: the list, and one with its explanation down to the frame's bytes.

use askama::Template;
use axum::response::Response;
use billing::content::{BilledLine, CounterMove};
use billing::inputs::FrozenSegment;
use documents::labels::Labels;
use jiff::Timestamp;
use jobs::bill_document::Document;
use metering::{Language, Zone};
use store::pages::bills::{Bill, BillFilter, BillRow, bill, list as bill_list};
use store::pages::meters::{FrameRow, frames_of};

use crate::page::{Frame, Paged, Size, after_id, at};
use crate::problem::Problem;
use crate::state::App;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "bills.html")]
struct BillsPage {
    t: &'static Labels,
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

impl Read {
    fn of(segment: &FrozenSegment, zone: &Zone) -> Self {
        Self {
            serial: segment.serial.to_string(),
            register: segment.name.to_string(),
            unit: segment.unit.to_string(),
            from: at(zone, segment.from),
            to: at(zone, segment.to),
            open: segment.open.normalize().to_string(),
            close: segment.close.normalize().to_string(),
            multiplier: segment.multiplier.normalize().to_string(),
            rollover: segment.rollover.is_some(),
        }
    }
}

/// A line with the printed name of its item, where the tariff gives one.
struct Item {
    name: String,
    code: String,
    qty: String,
    unit: String,
    price: Option<String>,
    amount: String,
    payee: Option<String>,
}

impl Item {
    fn of(line: &BilledLine, name: String) -> Self {
        Self {
            name,
            code: line.code.to_string(),
            qty: line.qty.normalize().to_string(),
            unit: line.unit.to_string(),
            price: line.price.map(|price| price.normalize().to_string()),
            amount: line.amount.to_string(),
            payee: line.payee.as_ref().map(ToString::to_string),
        }
    }
}

/// What the bill moved a tier counter by.
struct Moved {
    counter: String,
    year: i16,
    before: String,
    by: String,
}

impl Moved {
    fn of(moved: &CounterMove) -> Self {
        Self {
            counter: moved.counter.to_string(),
            year: moved.tier_year,
            before: moved.prior.normalize().to_string(),
            by: moved.by.normalize().to_string(),
        }
    }
}

#[derive(Template)]
#[template(path = "bill.html")]
struct BillPage {
    t: &'static Labels,
    frame: Frame,
    bill: Bill,
    /// The document that takes this one back.
    reversed_by: Option<String>,
    /// The run in which another person is to approve that it is taken back.
    cancelled_in: Option<i64>,
    /// The bill that this one takes back.
    reverses: Option<String>,
    from: String,
    to: String,
    items: Vec<Item>,
    counters: Vec<Moved>,
    /// What each line was made of.
    sentences: Vec<String>,
    reads: Vec<Read>,
    frames: Vec<Shown>,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let (bill_no, t, app) = (visit.segment("bill_no")?, visit.t, visit.app());
    let client = visit.client().await?;
    let document = Document::read(&**client, &bill_no).await?.ok_or(Problem::Unknown)?;
    let bill = bill(&**client, document.bill.id).await?.ok_or(Problem::Unknown)?;
    let segments = document.inputs.iter().flat_map(|inputs| &inputs.segments);
    let mut frames = Vec::new();
    for segment in segments.clone() {
        for (title, time) in [(t.opening_frame, segment.from), (t.closing_frame, segment.to)] {
            let candidates = frames_of(&**client, segment.meter, &segment.name, time).await?;
            frames.extend(shown(app, t.language(), title, &segment.name, time, &candidates));
        }
    }
    let reads = segments.map(|segment| Read::of(segment, &app.zone)).collect();
    let (from, to) = (at(&app.zone, bill.from), at(&app.zone, bill.to));
    let (reversed_by, reverses) = (document.bill.reversed_by.clone(), document.bill.reverses.clone());
    let cancelled_in = document.bill.cancelled_in;
    // A reversal has the lines of the bill that it takes back, and so their names.
    let original = match &reverses {
        Some(no) => Document::read(&**client, no).await?,
        None => None,
    };
    let mut names = original.as_ref().unwrap_or(&document).names(t.language());
    names.resize(document.lines.len(), String::new());
    let items = document.lines.iter().zip(names).map(|(line, name)| Item::of(line, name)).collect();
    let counters = document.counters.iter().map(Moved::of).collect();
    let sentences = if document.inputs.is_some() { document.sentences(t.language()) } else { Vec::new() };
    let frame = visit.frame("bills");
    visit.show(&BillPage {
        t,
        frame,
        bill,
        reversed_by,
        cancelled_in,
        reverses,
        from,
        to,
        items,
        counters,
        sentences,
        reads,
        frames,
    })
}

/// Of the frames that came in the same second, the one that says this time; where none does (a meter without a
/// clock), the first.
fn shown(
    app: &App,
    language: Language,
    title: &'static str,
    register: &str,
    time: Timestamp,
    frames: &[FrameRow],
) -> Option<Shown> {
    let civil = app.zone.civil(time).to_string();
    let instant = time.to_string();
    let read: Vec<_> = frames
        .iter()
        .map(|frame| (frame, (app.frame_reader)(language, &frame.format, &frame.bytes)))
        .collect();
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
