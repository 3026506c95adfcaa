//! `bill explain`: each line back to its readings and their frames, its tier split, its price, its rounding, and on
//! to the ledger.

use anyhow::{Result, bail};
use billing::inputs::{FrozenSegment, Inputs};
use jiff::Timestamp;
use jobs::bill_document::Document;
use metering::{Language, Quality, Source, Zone, moment};
use protocols::{DeviceTime, Options};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use store::bills::{self, BillPosting, Origin};
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

/// A line, told.
struct Told {
    code: String,
    amount: String,
    sentence: String,
    postings: Vec<BillPosting>,
}

/// A boundary of a segment, with where its index came from.
struct Boundary {
    at: Timestamp,
    index: String,
    quality: Quality,
    origin: Option<Origin>,
    /// Format and bytes of the frame that says this index at this time.
    frame: Option<(String, Vec<u8>)>,
}

pub(crate) async fn run(app: &App, args: &Explain) -> Result<Outcome> {
    let zone = app.settings.zone()?;
    let client = servers::connect(&app.settings, Role::Read).await?;
    let mut document = show::read(&client, &args.no).await?;
    if let (Some(of), None) = (document.bill.reverses.clone(), &document.inputs) {
        outln!("{} {} {of}", document.bill.bill_no, app.language.pick("takes back bill", "冲销账单"));
        document = show::read(&client, &of).await?;
    }
    let Some(inputs) = &document.inputs else {
        bail!("bill {} was not rated: it has no inputs to be explained from", args.no);
    };
    let lines = told(&client, app.language, &document, args.line.as_deref()).await?;
    if lines.is_empty() {
        bail!("bill {} has no line {:?}", args.no, args.line.as_deref().unwrap_or_default());
    }
    let mut readings = Vec::new();
    for segment in &inputs.segments {
        readings.push((segment, boundaries(&client, &zone, segment).await?));
    }
    match args.format {
        AnswerFormat::Table => people(app.language, &zone, &document, inputs, &lines, &readings),
        AnswerFormat::Json => outln!("{}", json_of(&document, inputs, &lines, &readings)),
    }
    Ok(Outcome::Done)
}

async fn told(
    client: &Client,
    language: Language,
    document: &Document,
    only: Option<&str>,
) -> Result<Vec<Told>> {
    let mut sentences = document.sentences(language).into_iter();
    let postings = bills::postings(client, &[document.bill.id]).await?;
    let wanted = |code: &str| only.is_none_or(|only| code == only || code.split('#').next() == Some(only));
    let told = document.lines.iter().zip(1_i16..).map(|(line, n)| Told {
        code: line.code.to_string(),
        amount: line.amount.to_string(),
        sentence: sentences.next().unwrap_or_default(),
        postings: postings.iter().filter(|posting| posting.line == n).cloned().collect(),
    });
    Ok(told.collect::<Vec<_>>().into_iter().filter(|told| wanted(&told.code)).collect())
}

async fn boundaries(client: &Client, zone: &Zone, segment: &FrozenSegment) -> Result<[Boundary; 2]> {
    let boundary = async |at, index: String, quality| -> Result<Boundary> {
        let origin = bills::origin(client, segment.meter, segment.register, at).await?;
        let frame = origin.as_ref().and_then(|origin| bringing(&origin.frames, zone, at, &index));
        Ok(Boundary { at, index, quality, origin, frame })
    };
    Ok([
        boundary(segment.from, segment.open.to_string(), segment.open_quality).await?,
        boundary(segment.to, segment.close.to_string(), segment.close_quality).await?,
    ])
}

/// Of the frames that came in the same second, the one that says this index at this time, decoded anew; of a meter
/// without a clock the one that says the index; else the first.
fn bringing(
    frames: &[(String, Vec<u8>)],
    zone: &Zone,
    at: Timestamp,
    index: &str,
) -> Option<(String, Vec<u8>)> {
    let index = index.parse::<Decimal>().ok();
    let says = |frame: &&(String, Vec<u8>), timed: bool| {
        let Ok(format) = frame.0.parse() else { return false };
        let decoded = protocols::decode(format, &frame.1, &Options::default()).into_results();
        decoded.into_iter().flatten().flat_map(|frame| frame.records).any(|record| {
            let value =
                record.value.number().zip(record.unit).and_then(|(value, unit)| unit.to_canonical(value));
            let time = match record.time {
                Some(DeviceTime::Civil(civil)) => zone.instant(civil),
                Some(DeviceTime::Instant(instant)) => Some(instant),
                Some(DeviceTime::Date(_)) | None => None,
            };
            value.is_some() && value == index && (!timed || time == Some(at))
        })
    };
    let found = frames
        .iter()
        .find(|frame| says(frame, true))
        .or_else(|| frames.iter().find(|frame| says(frame, false)));
    found.or_else(|| frames.first()).cloned()
}

fn people(
    language: Language,
    zone: &Zone,
    document: &Document,
    inputs: &Inputs,
    lines: &[Told],
    readings: &[(&FrozenSegment, [Boundary; 2])],
) {
    let pick = |en, zh| language.pick(en, zh);
    outln!("{} {}  {} .. {}", pick("bill", "账单"), document.bill.bill_no, inputs.from, inputs.to);
    for (segment, boundaries) in readings {
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

fn json_of(
    document: &Document,
    inputs: &Inputs,
    lines: &[Told],
    readings: &[(&FrozenSegment, [Boundary; 2])],
) -> Value {
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
        "bill_no": document.bill.bill_no,
        "tariff": document.tariff_name,
        "inputs": serde_json::to_value(inputs).unwrap_or_default(),
        "readings": readings.iter().map(|(segment, [open, close])| json!({
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
