//! Bills: the list, and one with its explanation down to the frame's bytes.

use askama::Template;
use axum::response::Response;
use billing::content::{BilledLine, CounterMove};
use billing::inputs::FrozenSegment;
use documents::labels::Labels;
use metering::{Language, Zone};
use office::bill::Document;
use office::bill::explain::{Boundary, Explained, explain};
use store::pages::bills::{Bill, BillFilter, BillRow, bill, list as bill_list};

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
    let explained = explain(&**client, &app.zone, t.language(), &bill_no).await?.ok_or(Problem::Unknown)?;
    let Explained { document, lines, boundaries } = explained;
    let bill = bill(&**client, document.bill.id).await?.ok_or(Problem::Unknown)?;
    let segments = document.inputs.iter().flat_map(|inputs| &inputs.segments);
    let mut frames = Vec::new();
    for (segment, [opening, closing]) in segments.clone().zip(&boundaries) {
        frames.extend(shown(app, t.language(), t.opening_frame, &segment.name, opening));
        frames.extend(shown(app, t.language(), t.closing_frame, &segment.name, closing));
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
    let sentences =
        lines.into_iter().map(|line| line.sentence).filter(|sentence| !sentence.is_empty()).collect();
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

/// The frame that brought the index of a boundary.
fn shown(
    app: &App,
    language: Language,
    title: &'static str,
    register: &str,
    boundary: &Boundary,
) -> Option<Shown> {
    let (origin, (format, bytes)) = boundary.origin.as_ref().zip(boundary.frame.as_ref())?;
    Some(Shown {
        title,
        register: register.to_owned(),
        format: format.clone(),
        received: at(&app.zone, origin.received),
        bytes: bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        means: (app.frame_reader)(language, format, bytes),
    })
}
