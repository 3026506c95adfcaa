//! `meterline status`: what came in, what is stored, who is silent, what waits.

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use store::Role;
use store::overview::overview;

use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use crate::table::{Format, Table};

/// What came in, what is stored, who is silent, what waits
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  meterline status --format json")]
pub(crate) struct Arguments {
    /// For people or for programs
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    let now = Timestamp::now();
    let overview = overview(&client, now).await?;
    let timescale = store::timescale(&client).await?;
    let frames = overview.frames;
    let lag = overview.oldest_uncommitted.map_or(0, |oldest| now.duration_since(oldest).as_secs().max(0));
    let told = json!({
        "frames": {
            "received": frames.received, "stored": frames.stored, "duplicate": frames.duplicate,
            "conflict": frames.conflict, "rejected": frames.rejected,
        },
        "readings": overview.readings,
        "meters": {"known": overview.meters_known, "silent": overview.meters_silent},
        "spool_bytes": overview.spool_bytes,
        "lag_s": lag,
        "timescaledb": {"version": timescale.version, "edition": timescale.edition},
    });
    match arguments.format {
        Format::Json => outln!("{told}"),
        format => table(app, &told, format).print(format)?,
    }
    Ok(Outcome::Done)
}

/// The same figures, a row each, named as in the JSON form.
fn table(app: &App, told: &serde_json::Value, format: Format) -> Table {
    let pick = |en, zh| app.language.pick(en, zh);
    let mut table = Table::new().text("what", pick("what", "项目")).number("value", pick("value", "数值"));
    for (pointer, en, zh) in [
        ("/frames/received", "frames received", "收到报文"),
        ("/frames/stored", "  stored", "  已入库"),
        ("/frames/duplicate", "  duplicate", "  重复"),
        ("/frames/conflict", "  conflict", "  冲突"),
        ("/frames/rejected", "  rejected", "  拒收"),
        ("/readings", "readings", "读数"),
        ("/meters/known", "meters known", "表计"),
        ("/meters/silent", "meters silent", "失联表计"),
        ("/spool_bytes", "spool bytes", "暂存字节"),
        ("/lag_s", "lag, s", "滞后, 秒"),
        ("/timescaledb/version", "TimescaleDB", "TimescaleDB"),
        ("/timescaledb/edition", "  edition", "  版本类型"),
    ] {
        // Programs know a figure by its place in the JSON form.
        let name = match format {
            Format::Csv => pointer.trim_start_matches('/').replace('/', "."),
            _ => pick(en, zh).to_owned(),
        };
        let value = match told.pointer(pointer) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        table.row([name, value]);
    }
    table
}
