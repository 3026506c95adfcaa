//! The arrears list at a day: sums by age, and the bills behind them.

use std::collections::BTreeMap;
use std::pin::pin;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use billing::arrears::{Bucket, days_overdue};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jobs::policies::LateFeePolicies;
use rust_decimal::Decimal;
use serde::Deserialize;
use store::arrears::{self, Arrear};
use store::pages::PAGE;

use crate::app::Shared;
use crate::render::{Failure, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    as_of: Option<String>,
    #[serde(default)]
    bucket: String,
    #[serde(default)]
    page: usize,
}

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
    here: &'static str,
    as_of: Date,
    bucket: String,
    number: usize,
    sums: Vec<Sum>,
    total: Decimal,
    late_fees: Decimal,
    rows: Vec<Row>,
    more: bool,
}

pub(crate) async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let today = app.zone.date(Timestamp::now());
    let as_of = asked.as_of.as_deref().and_then(|day| day.parse().ok()).unwrap_or(today);
    let client = super::connection(&app).await?;
    let fees = LateFeePolicies::read(&**client).await.map_err(|error| Failure::Policy(error.to_string()))?;
    let page_rows = usize::try_from(PAGE).unwrap_or(50);
    let (first, last) =
        (asked.page.saturating_mul(page_rows), asked.page.saturating_add(1).saturating_mul(page_rows));
    let mut sums: BTreeMap<Bucket, (u64, Decimal, Decimal)> = BTreeMap::new();
    let (mut rows, mut matching) = (Vec::new(), 0);
    // A stream: the sums need every row, the page holds only its own.
    let mut stream = pin!(arrears::at(&**client, as_of, arrears::always(), None).await?);
    while let Some(arrear) = stream.try_next().await? {
        let days = days_overdue(arrear.due_on, as_of);
        let bucket = Bucket::of(days);
        let late_fee = arrear.late_fee + fees.due(&arrear, as_of);
        let open = arrear.principal + late_fee;
        let sum = sums.entry(bucket).or_default();
        *sum = (sum.0 + 1, sum.1 + late_fee, sum.2 + open);
        if asked.bucket.is_empty() || asked.bucket == bucket.name() {
            if (first..last).contains(&matching) {
                rows.push(Row { arrear, late_fee, open, days, bucket });
            }
            matching += 1;
        }
    }
    let late_fees = sums.values().map(|sum| sum.1).sum();
    let total = sums.values().map(|sum| sum.2).sum();
    let sum = |(bucket, (bills, late_fee, open))| Sum { bucket, bills, late_fee, open };
    let sums = sums.into_iter().map(sum).collect();
    let shown = ArrearsPage {
        t: Text::of(language),
        here: "arrears",
        as_of,
        bucket: asked.bucket,
        number: asked.page,
        sums,
        total,
        late_fees,
        rows,
        more: matching > last,
    };
    page(&shown, lang)
}
