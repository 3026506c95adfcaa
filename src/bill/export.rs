//! `bill export`: a row a line of the issued documents of a period.

use anyhow::Result;
use billing::label::Label;
use sheets::{Audience, Writer};
use store::{Role, bills};

use crate::app::App;
use crate::out::is_gone;
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
    /// For a spreadsheet: with a byte order mark, and nothing that runs as a formula
    #[arg(long)]
    excel: bool,
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
    match write(app, args).await {
        // A reader that went away (`| head`) is no error.
        Err(error) if error.downcast_ref().is_some_and(is_gone) => Ok(Outcome::Done),
        written => written.map(|()| Outcome::Done),
    }
}

async fn write(app: &App, args: &Export) -> Result<()> {
    args.period.parse::<Label>().map_err(|error| Unusable(error.to_string()))?;
    let zone = app.settings.zone()?;
    let client = servers::connect(&app.settings, Role::Read).await?;
    let audience = if args.excel { Audience::Spreadsheet } else { Audience::Program };
    let mut writer = Writer::new(std::io::stdout().lock(), audience)?;
    writer.row(HEADER)?;
    let mut after = 0;
    loop {
        let rows = bills::export(&client, &args.period, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.bill.id;
        for row in rows {
            let (bill, line) = (row.bill, row.line);
            writer.row([
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
    writer.flush()?;
    Ok(())
}
