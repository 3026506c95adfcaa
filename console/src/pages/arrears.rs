//! The arrears list at a day: sums by age, and the bills behind them.

use std::collections::BTreeMap;
use std::pin::pin;

use askama::Template;
use axum::response::Response;
use billing::arrears::{Bucket, days_overdue};
use futures_util::TryStreamExt as _;
use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use store::arrears::{self, Arrear};

use crate::page::{Frame, Paged, Size, number};
use crate::problem::{Part, Problem, Wanted};
use crate::text::Text;
use crate::visit::Visit;

struct Row {
    arrear: Arrear,
    late_fee: Decimal,
    open: Decimal,
    days: i32,
    bucket: Bucket,
}

struct Sum {
    bucket: Bucket,
    bills: u64,
    late_fee: Decimal,
    open: Decimal,
}

#[derive(Template)]
#[template(path = "arrears.html")]
struct ArrearsPage {
    t: &'static Text,
    frame: Frame,
    as_of: Date,
    bucket: Option<Bucket>,
    sums: Vec<Sum>,
    total: Decimal,
    late_fees: Decimal,
    list: Paged<Row>,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let (as_of, bucket) = (as_of(&visit)?, bucket(&visit)?);
    let (size, number) = (Size::of(&visit, "size")?, number(&visit)?);
    let _turn = visit.turn().await?;
    let client = visit.client().await?;
    let rules = store::policies::settlement_rules(&**client).await;
    let rules = rules.map_err(|error| Problem::fault(Part::Policy, error))?;
    let first = number.saturating_mul(size.rows());
    let window = first..first.saturating_add(size.rows()).saturating_add(1);
    let mut sums: BTreeMap<Bucket, (u64, Decimal, Decimal)> = BTreeMap::new();
    let (mut found, mut matching) = (Vec::new(), 0_i64);
    // A stream: the sums need every row, the page holds only its own.
    let mut stream = pin!(arrears::at(&**client, as_of, arrears::always(), None).await?);
    while let Some(arrear) = stream.try_next().await? {
        let days = days_overdue(arrear.due_on, as_of);
        let age = Bucket::of(days);
        let accrued = rules.fees().due(&arrear.fee, as_of);
        let late_fee = arrear.late_fee + accrued.map_err(|error| Problem::fault(Part::Policy, error))?;
        let open = arrear.principal + late_fee;
        let sum = sums.entry(age).or_default();
        *sum = (sum.0 + 1, sum.1 + late_fee, sum.2 + open);
        if bucket.is_none_or(|bucket| bucket == age) {
            if window.contains(&matching) {
                found.push(Row { arrear, late_fee, open, days, bucket: age });
            }
            matching = matching.saturating_add(1);
        }
        // Others have their turn, and the end of our time can come.
        tokio::task::yield_now().await;
    }
    let late_fees = sums.values().map(|sum| sum.1).sum();
    let total = sums.values().map(|sum| sum.2).sum();
    let sum = |(bucket, (bills, late_fee, open))| Sum { bucket, bills, late_fee, open };
    let sums = sums.into_iter().map(sum).collect();
    let list = Paged::by_number(&visit, size, number, found);
    let frame = visit.frame("arrears");
    visit.show(&ArrearsPage { t: visit.t, frame, as_of, bucket, sums, total, late_fees, list })
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
