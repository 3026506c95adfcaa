//! The arrears list at a day: sums by age, and the bills behind them, the oldest first.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use billing::arrears::{Bucket, days_overdue};
use documents::labels::Labels;
use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use store::arrears::{self, Arrear};

use crate::page::{Frame, Paged, Size};
use crate::problem::{Part, Problem, Wanted};
use crate::visit::Visit;

struct Row {
    arrear: Arrear,
    late_fee: Decimal,
    open: Decimal,
    days: i32,
    bucket: Bucket,
}

/// Without the late fees that still accrue: they are counted for the bills that are shown.
struct Sum {
    bucket: Bucket,
    bills: i64,
    open: Decimal,
}

#[derive(Template)]
#[template(path = "arrears.html")]
struct ArrearsPage {
    t: &'static Labels,
    frame: Frame,
    as_of: Date,
    bucket: Option<Bucket>,
    sums: Vec<Sum>,
    bills: i64,
    total: Decimal,
    list: Paged<Row>,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let (as_of, bucket) = (as_of(&visit)?, bucket(&visit)?);
    let size = Size::of(&visit, "size")?;
    let slice = size.after(after(&visit)?);
    // A day that is past takes all that moved since.
    let _turn = if as_of < visit.today() { Some(visit.turn().await?) } else { None };
    let client = visit.client().await?;
    let rules = store::policies::settlement_rules(&**client).await;
    let rules = rules.map_err(|error| Problem::fault(Part::Policy, error))?;
    let mut sums: BTreeMap<Bucket, (i64, Decimal)> = BTreeMap::new();
    for (due_on, bills, open) in arrears::by_due_date(&**client, as_of).await? {
        let sum = sums.entry(Bucket::of(days_overdue(due_on, as_of))).or_default();
        *sum = (sum.0.saturating_add(bills), sum.1 + open);
    }
    let (bills, total) = (sums.values().map(|sum| sum.0).sum(), sums.values().map(|sum| sum.1).sum());
    let sums = sums.into_iter().map(|(bucket, (bills, open))| Sum { bucket, bills, open }).collect();
    let (from, until) = bucket.map_or((None, None), |bucket| bucket.due(as_of));
    let due = (from.unwrap_or(arrears::FIRST), until.unwrap_or(arrears::LAST));
    let found = arrears::page(&**client, as_of, due, &slice).await?;
    let mut rows = Vec::with_capacity(found.len());
    for arrear in found {
        let days = days_overdue(arrear.due_on, as_of);
        let accrued = rules.fees().due(&arrear.fee, as_of);
        let late_fee = arrear.late_fee + accrued.map_err(|error| Problem::fault(Part::Policy, error))?;
        let open = arrear.principal + late_fee;
        rows.push(Row { late_fee, open, days, bucket: Bucket::of(days), arrear });
    }
    let list = Paged::by_key(&visit, size, rows, |row| format!("{}~{}", row.arrear.due_on, row.arrear.bill));
    let frame = visit.frame("arrears");
    visit.show(&ArrearsPage { t: visit.t, frame, as_of, bucket, sums, bills, total, list })
}

/// The key of the list: a due date and a bill.
fn after(visit: &Visit) -> Result<Option<(Date, i64)>, Problem> {
    let Some(given) = visit.given("after") else { return Ok(None) };
    let key = given.split_once('~').and_then(|(day, bill)| Some((day.parse().ok()?, bill.parse().ok()?)));
    key.map(Some).ok_or_else(|| Problem::invalid("after", given, Wanted::Cursor))
}

/// Today, or the day that is asked for; nobody plans further than a year.
fn as_of(visit: &Visit) -> Result<Date, Problem> {
    let today = visit.today();
    let last = today.saturating_add(1.year());
    match visit.day("as_of")? {
        None => Ok(today),
        Some(day) if day <= last => Ok(day),
        Some(day) => Err(Problem::invalid("as_of", &day.to_string(), Wanted::DayUntil(last))),
    }
}

fn bucket(visit: &Visit) -> Result<Option<Bucket>, Problem> {
    let Some(given) = visit.given("bucket") else { return Ok(None) };
    let found = Bucket::all().find(|bucket| bucket.name() == given);
    let names = || Bucket::all().map(Bucket::name).collect();
    found.map(Some).ok_or_else(|| Problem::invalid("bucket", given, Wanted::OneOf(names())))
}
