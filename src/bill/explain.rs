//! `bill explain`: each line back to its readings and their frames, its tier split, its price, its rounding, and on
//! to the ledger.

use anyhow::{Result, bail};
use billing::inputs::{FrozenSegment, Inputs};
use metering::{Language, Source, Zone, moment};
use office::bill::explain::{Boundary, Explained, Told, explain};
use serde_json::{Value, json};
use store::{Client, Role};

use super::show;
use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use crate::table::AnswerFormat;
use documents::word;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill explain 0000000001 --line water_fee")]
pub(crate) struct Explain {
    /// The bill's number
    no: String,
    /// One line, by its code (water#2) or its component's (water)
    #[arg(long)]
    line: Option<String>,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: AnswerFormat,
}

pub(crate) async fn run(app: &App, args: &Explain) -> Result<Outcome> {
    let zone = app.settings.zone()?;
    let client = servers::connect(&app.settings, Role::Read).await?;
    let mut explained = read(&client, &zone, app.language, &args.no).await?;
    if let (Some(of), None) = (explained.document.bill.reverses.clone(), &explained.document.inputs) {
        let no = &explained.document.bill.bill_no;
        outln!("{no} {} {of}", app.language.pick("takes back bill", "冲销账单"));
        explained = read(&client, &zone, app.language, &of).await?;
    }
    let Some(inputs) = &explained.document.inputs else {
        bail!("bill {} was not rated: it has no inputs to be explained from", args.no);
    };
    let of_line = |line: &&Told| args.line.as_deref().is_none_or(|only| line.is_of(only));
    let lines: Vec<&Told> = explained.lines.iter().filter(of_line).collect();
    if lines.is_empty() {
        bail!("bill {} has no line {:?}", args.no, args.line.as_deref().unwrap_or_default());
    }
    match args.format {
        AnswerFormat::Table => people(app.language, &zone, &explained, inputs, &lines),
        AnswerFormat::Json => outln!("{}", json_of(&explained, inputs, &lines)),
    }
    Ok(Outcome::Done)
}

async fn read(client: &Client, zone: &Zone, language: Language, no: &str) -> Result<Explained> {
    match explain(client, zone, language, no).await? {
        Some(explained) => Ok(explained),
        None => Err(show::unknown(no)),
    }
}

fn people(language: Language, zone: &Zone, explained: &Explained, inputs: &Inputs, lines: &[&Told]) {
    let pick = |en, zh| language.pick(en, zh);
    let document = &explained.document;
    outln!("{} {}  {} .. {}", pick("bill", "账单"), document.bill.bill_no, inputs.from, inputs.to);
    for (segment, boundaries) in inputs.segments.iter().zip(&explained.boundaries) {
        outln!("\n{}", arithmetic(language, inputs, segment));
        for boundary in boundaries {
            outln!("  {}", where_from(language, zone, boundary));
        }
    }
    outln!(
        "\n{}: {}   {}: {}   {}: {}",
        pick("days", "天数"),
        inputs.days,
        pick("months", "月数"),
        inputs.months,
        pick("tier year", "阶梯年度"),
        inputs.tier_year
    );
    for (name, value) in &inputs.attrs {
        outln!("{name}: {value}");
    }
    for (counter, value) in &inputs.prior {
        outln!("{} {counter}: {value}", pick("counter before", "前期累计"));
    }
    outln!("{}: {} (SHA-256 {})", pick("tariff", "价格"), document.tariff_name, inputs.tariff_sha256);
    for line in lines {
        outln!("\n{}", line.sentence);
        for p in &line.postings {
            let by = p.payment.as_deref().map_or_else(String::new, |payment| format!(" ({payment})"));
            outln!(
                "  {} {} {} {}, {} {} {}{by} · {}",
                p.posting_date,
                pick("debit", "借"),
                p.debit,
                p.amount,
                pick("credit", "贷"),
                p.credit,
                p.amount,
                p.by
            );
        }
    }
}

/// `meter M1, 8-0:1.0.0: 115 - 100 = 15 m3 (indexes floored to 1)`
fn arithmetic(language: Language, inputs: &Inputs, segment: &FrozenSegment) -> String {
    let usage = segment.thaw().ok().and_then(|s| s.usage(inputs.index_step));
    let usage = usage.map_or_else(|| "?".to_owned(), |usage| usage.to_string());
    let rolled = segment.rollover.map_or_else(String::new, |full| format!(" + {full}"));
    let times = if segment.multiplier.is_zero() || segment.multiplier == rust_decimal::Decimal::ONE {
        String::new()
    } else {
        format!(" x {}", segment.multiplier)
    };
    if let Some(greatest) = &segment.greatest {
        return format!(
            "{} {}, {}: {} {} ({}){times} = {usage} {}",
            language.pick("meter", "表"),
            segment.serial,
            segment.name,
            language.pick("the greatest value is", "最大值"),
            greatest.value,
            greatest.at,
            segment.unit
        );
    }
    let step = inputs.index_step.map_or_else(String::new, |step| {
        format!(" ({} {step})", language.pick("indexes floored to", "码数取整至"))
    });
    format!(
        "{} {}, {}: ({} - {}{rolled}){times} = {usage} {}{step}",
        language.pick("meter", "表"),
        segment.serial,
        segment.name,
        segment.close,
        segment.open,
        segment.unit
    )
}

fn where_from(language: Language, zone: &Zone, boundary: &Boundary) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let head = format!(
        "{} {} ({})",
        moment::civil(boundary.at, zone),
        boundary.index,
        word(language, boundary.quality.name())
    );
    let Some(origin) = &boundary.origin else {
        return format!(
            "{head}: {}",
            pick("from the master data (put in, taken out, handed over)", "取自档案(装表/拆表/移交码)")
        );
    };
    let source = Source::from_code(origin.source).map_or("?", Source::name);
    let received =
        format!("{} {} {}", pick("received", "收到"), moment::civil(origin.received, zone), source);
    match &boundary.frame {
        None => format!("{head}: {received}"),
        Some((format, bytes)) => format!("{head}: {received}, {format} {}", hex::encode(bytes)),
    }
}

fn json_of(explained: &Explained, inputs: &Inputs, lines: &[&Told]) -> Value {
    let boundary = |b: &Boundary| {
        json!({
            "time": b.at.to_string(),
            "index": b.index,
            "quality": b.quality.name(),
            "received": b.origin.as_ref().map(|o| o.received.to_string()),
            "source": b.origin.as_ref().and_then(|o| Source::from_code(o.source)).map(Source::name),
            "format": b.frame.as_ref().map(|(format, _)| format),
            "frame": b.frame.as_ref().map(|(_, bytes)| hex::encode(bytes)),
        })
    };
    json!({
        "bill_no": explained.document.bill.bill_no,
        "tariff": explained.document.tariff_name,
        "inputs": serde_json::to_value(inputs).unwrap_or_default(),
        "readings": inputs.segments.iter().zip(&explained.boundaries).map(|(segment, [open, close])| json!({
            "meter": segment.serial,
            "register": segment.name,
            "open": boundary(open),
            "close": boundary(close),
            "usage": segment.thaw().ok().and_then(|s| s.usage(inputs.index_step)).map(|u| u.to_string()),
        })).collect::<Vec<_>>(),
        "lines": lines.iter().map(|line| json!({
            "code": line.code,
            "amount": line.amount,
            "explanation": line.sentence,
            "ledger": line.postings.iter().map(|p| json!({
                "debit": p.debit, "credit": p.credit, "amount": p.amount.to_string(),
                "posting_date": p.posting_date.to_string(), "value_date": p.value_date.to_string(),
                "payment": p.payment, "by": p.by,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
