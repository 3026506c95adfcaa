//! `bill show`: one bill, as a clerk would read it.

use anyhow::{Result, anyhow};
use billing::inputs::{FrozenSegment, Inputs};
use metering::Zone;
use office::bill::Document;
use serde_json::json;
use store::{Client, Role};

use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use crate::table::{Format, Table};
use documents::word;
use metering::Language;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  meterline bill show 0000000001\n  meterline bill show 1 --format json")]
pub(crate) struct Show {
    /// The bill's number
    no: String,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Reads a bill by its number.
pub(crate) async fn read(client: &Client, no: &str) -> Result<Document> {
    match Document::read(client, no).await? {
        Some(document) => Ok(document),
        None => Err(unknown(no)),
    }
}

/// That there is no such bill, and where to look for it.
pub(crate) fn unknown(no: &str) -> anyhow::Error {
    anyhow!("there is no bill {no:?}: `meterline bill list --period LABEL` shows them")
}

pub(crate) async fn run(app: &App, args: &Show) -> Result<Outcome> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    let document = read(&client, &args.no).await?;
    match args.format {
        Format::Table => people(app.language, &app.settings.zone()?, &document)?,
        Format::Json => outln!("{}", json_of(&app.settings.zone()?, &document)),
        Format::Csv => lines_table(app.language, &document).print(Format::Csv)?,
    }
    Ok(Outcome::Done)
}

fn people(language: Language, zone: &Zone, document: &Document) -> Result<()> {
    let pick = |en, zh| language.pick(en, zh);
    let bill = &document.bill;
    let date = |date: Option<jiff::civil::Date>| date.map_or_else(|| "-".to_owned(), |date| date.to_string());
    outln!("{}", bill.company);
    outln!(
        "{} {}   {}   {}",
        pick("Bill", "账单"),
        bill.bill_no,
        word(language, bill.service.name()),
        word(language, bill.state.name())
    );
    if let Some(of) = &bill.reverses {
        outln!("{} {of}", pick("takes back", "冲销"));
    }
    if let Some(by) = &bill.reversed_by {
        outln!("{} {by}", pick("taken back by", "已被冲销"));
    }
    if let Some(run) = bill.cancelled_in {
        outln!("{} {run}", pick("to be taken back, once approved, by run", "冲销待审批，批次"));
    }
    outln!("{} {} {}", pick("account  ", "户号"), bill.account_no, bill.account_name);
    outln!("{} {} {}", pick("agreement", "用户"), bill.service_no, bill.address);
    outln!(
        "{} {}   {} {} .. {}",
        pick("period   ", "账期"),
        bill.period,
        pick("service", "起止"),
        zone.date(bill.from),
        zone.date(bill.to)
    );
    outln!(
        "{} {}   {} {}",
        pick("issued   ", "开账"),
        date(bill.issued_on),
        pick("due", "应缴"),
        date(bill.due_on)
    );
    if !document.tariff_name.is_empty() {
        outln!("{} {}", pick("tariff   ", "价格"), document.tariff_name);
    }
    if let Some(inputs) = document.inputs.as_ref().filter(|inputs| !inputs.segments.is_empty()) {
        outln!();
        readings_table(language, zone, inputs).print(Format::Table)?;
    }
    outln!();
    lines_table(language, document).print(Format::Table)?;
    outln!("\n{} {} {}", pick("total", "合计"), bill.total, bill.currency);
    Ok(())
}

fn readings_table(language: Language, zone: &Zone, inputs: &Inputs) -> Table {
    let mut table = Table::new()
        .text("meter", language.pick("meter", "表号"))
        .text("register", language.pick("register", "计量项"))
        .time("from", language.pick("from", "上次抄表"), zone)
        .number("open", language.pick("opening", "起码"))
        .time("to", language.pick("to", "本次抄表"), zone)
        .number("close", language.pick("closing", "止码"))
        .number("multiplier", language.pick("x", "倍率"))
        .number("usage", language.pick("usage", "用量"))
        .text("unit", language.pick("unit", "单位"));
    for segment in &inputs.segments {
        let marked = |segment: &FrozenSegment| {
            let rolled = if segment.rollover.is_some() { language.pick(" rollover", " 翻转") } else { "" };
            let estimated = segment.close_quality == metering::Quality::Estimated;
            format!(
                "{}{rolled}{}",
                segment.unit,
                if estimated { language.pick(" estimated", " 估抄") } else { "" }
            )
        };
        let usage = segment.thaw().ok().and_then(|s| s.usage(inputs.index_step));
        table.row([
            segment.serial.to_string(),
            segment.name.to_string(),
            segment.from.to_string(),
            segment.open.to_string(),
            segment.to.to_string(),
            segment.close.to_string(),
            segment.multiplier.to_string(),
            usage.map_or_else(String::new, |usage| usage.to_string()),
            marked(segment),
        ]);
    }
    table
}

fn lines_table(language: Language, document: &Document) -> Table {
    let mut table = Table::new()
        .text("code", language.pick("item", "项目"))
        .text("name", language.pick("name", "名称"))
        .number("qty", language.pick("quantity", "数量"))
        .text("unit", language.pick("unit", "单位"))
        .number("price", language.pick("price", "单价"))
        .number("amount", language.pick("amount", "金额"))
        .text("payee", language.pick("collected for", "代收"));
    for (line, name) in document.lines.iter().zip(document.names(language)) {
        table.row([
            line.code.to_string(),
            name,
            line.qty.to_string(),
            line.unit.to_string(),
            line.price.map_or_else(String::new, |price| price.to_string()),
            line.amount.to_string(),
            line.payee.as_deref().unwrap_or_default().to_owned(),
        ]);
    }
    table
}

fn json_of(zone: &Zone, document: &Document) -> serde_json::Value {
    let bill = &document.bill;
    let date = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
    json!({
        "bill_no": bill.bill_no,
        "account_no": bill.account_no,
        "account_name": bill.account_name,
        "service_no": bill.service_no,
        "service": bill.service.name(),
        "kind": bill.kind.name(),
        "state": bill.state.name(),
        "period": bill.period,
        "service_from": zone.date(bill.from).to_string(),
        "service_to": zone.date(bill.to).to_string(),
        "currency": bill.currency,
        "total": bill.total.to_string(),
        "issued_on": date(bill.issued_on),
        "due_on": date(bill.due_on),
        "reverses": bill.reverses,
        "reversed_by": bill.reversed_by,
        "cancelled_in": bill.cancelled_in,
        "review": bill.review,
        "tariff": document.tariff_name,
        "inputs": document.inputs.as_ref().and_then(|inputs| serde_json::to_value(inputs).ok()),
        "lines": document.lines.iter().map(|line| json!({
            "code": line.code,
            "qty": line.qty.to_string(),
            "unit": line.unit,
            "price": line.price.map(|price| price.to_string()),
            "amount": line.amount.to_string(),
            "payee": line.payee,
        })).collect::<Vec<_>>(),
    })
}
