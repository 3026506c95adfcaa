//! `bill export`: a row a line of the issued documents of a period.

use std::io::Write as _;

use anyhow::Result;
use billing::label::Label;
use store::{Role, bills};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill export --period 2026-10 --format csv > october.csv")]
pub(crate) struct Export {
    /// The period's label
    #[arg(long)]
    period: String,
    /// csv
    #[arg(long, default_value = "csv", value_parser = ["csv"])]
    format: String,
}

const HEADER: [&str; 16] = [
    "bill_no",
    "account_no",
    "service_no",
    "service",
    "kind",
    "period",
    "service_from",
    "service_to",
    "code",
    "qty",
    "unit",
    "price",
    "amount",
    "currency",
    "due_on",
    "reverses",
];

/// Documents a page: what is held in memory at once.
const PAGE: i64 = 2_000;

pub(crate) async fn run(app: &App, args: &Export) -> Result<Outcome> {
    args.period.parse::<Label>().map_err(|error| Unusable(error.to_string()))?;
    let zone = app.settings.zone()?;
    let client = servers::connect(&app.settings, Role::Read).await?;
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    writer.write_record(HEADER)?;
    let mut after = 0;
    loop {
        let rows = bills::export(&client, &args.period, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.bill.id;
        for row in rows {
            let (bill, line) = (row.bill, row.line);
            writer.write_record([
                bill.bill_no,
                bill.account_no,
                bill.service_no,
                bill.service,
                bill.kind,
                bill.period,
                zone.date(bill.from).to_string(),
                zone.date(bill.to).to_string(),
                line.code,
                line.qty.to_string(),
                line.unit,
                line.price.map_or_else(String::new, |price| price.to_string()),
                line.amount.to_string(),
                bill.currency,
                bill.due_on.map_or_else(String::new, |due| due.to_string()),
                bill.reverses.unwrap_or_default(),
            ])?;
        }
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)?.flush()?;
    Ok(Outcome::Done)
}
