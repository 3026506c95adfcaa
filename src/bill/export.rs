//! `bill export`: a row a line of the issued documents of a period.

use anyhow::Result;
use billing::label::Label;
use sheets::Kind;
use store::{Role, bills};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::rows::{Column, RowFormat, Rows, written};
use crate::servers;
use crate::table::Sheet;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill export --period 2026-10 --format csv > october.csv")]
pub(crate) struct Export {
    /// The period's label
    #[arg(long)]
    period: String,
    /// How they are written
    #[arg(long, value_enum, default_value = "csv")]
    format: RowFormat,
    #[command(flatten)]
    sheet: Sheet,
}

/// What stands in each column: names of columns, their Chinese headings, what a spreadsheet takes them for.
fn columns() -> Vec<Column> {
    vec![
        ("bill_no", "账单号", Kind::Text),
        ("account_no", "户号", Kind::Text),
        ("service_no", "用户号", Kind::Text),
        ("service", "业务", Kind::Text),
        ("kind", "类型", Kind::Text),
        ("period", "账期", Kind::Text),
        ("service_from", "用量起", Kind::Date),
        ("service_to", "用量止", Kind::Date),
        ("code", "项目", Kind::Text),
        ("qty", "数量", Kind::Number),
        ("unit", "单位", Kind::Text),
        ("price", "单价", Kind::Number),
        ("amount", "金额", Kind::Number),
        ("currency", "币种", Kind::Text),
        ("due_on", "应缴日", Kind::Date),
        ("reverses", "冲销账单", Kind::Text),
    ]
}

/// Documents a page: what is held in memory at once.
const PAGE: i64 = 2_000;

pub(crate) async fn run(app: &App, args: &Export) -> Result<Outcome> {
    written(write(app, args).await)
}

async fn write(app: &App, args: &Export) -> Result<()> {
    args.period.parse::<Label>().map_err(|error| Unusable(error.to_string()))?;
    let zone = app.settings.zone()?;
    let client = servers::connect(&app.settings, Role::Read).await?;
    let mut out = Rows::new(columns(), args.format, &args.sheet, app.language)?;
    let mut after = 0;
    loop {
        let rows = bills::export(&client, &args.period, after, PAGE).await?;
        let Some((last, _)) = rows.last() else { break };
        after = last.id;
        for (bill, line) in
            rows.iter().flat_map(|(bill, content)| content.lines.iter().map(move |line| (bill, line)))
        {
            out.row(&[
                bill.bill_no.clone(),
                bill.account_no.clone(),
                bill.service_no.clone(),
                bill.service.to_string(),
                bill.kind.to_string(),
                bill.period.clone(),
                zone.date(bill.from).to_string(),
                zone.date(bill.to).to_string(),
                line.code.to_string(),
                line.qty.to_string(),
                line.unit.to_string(),
                line.price.map_or_else(String::new, |price| price.to_string()),
                line.amount.to_string(),
                bill.currency.clone(),
                bill.due_on.map_or_else(String::new, |due| due.to_string()),
                bill.reverses.clone().unwrap_or_default(),
            ])?;
        }
    }
    out.finish()?;
    Ok(())
}
