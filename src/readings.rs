//! `meterline readings`: what is stored.

use anyhow::Result;
use clap::{Args, Subcommand};
use futures_util::StreamExt as _;
use metering::{Zone, moment};
use sheets::Kind;
use store::readings::{NamedReading, Selection, export};
use store::{Client, Role};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::rows::{Column, RowFormat, Rows, written};
use crate::servers;
use crate::table::Sheet;

/// Stored readings
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  meterline readings export --serial W0001 --from 2026-10-01 --to 2026-11-01 --format csv > october.csv
  meterline readings export --from 2026-10-01 --format xlsx --out october.xlsx")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Write readings by meter, register and time
    Export {
        /// Of the meter with this serial only
        #[arg(long)]
        serial: Option<String>,
        /// At or after this time (RFC 3339, or a civil date or time of the utility)
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Before this time
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
        /// How they are written
        #[arg(long, value_enum, default_value = "csv")]
        format: RowFormat,
        #[command(flatten)]
        sheet: Sheet,
    },
}

pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let Step::Export { serial, from, to, format, sheet } = &arguments.step;
    let zone = app.settings.zone()?;
    let instant = |text: &Option<String>| {
        let read =
            |text: &str| moment::instant(text, &zone).map_err(|why| Unusable(format!("{text:?}: {why}")));
        text.as_deref().map(read).transpose()
    };
    let selection = Selection { serial: serial.clone(), from: instant(from)?, to: instant(to)? };
    let list = Rows::new(columns(&zone), *format, sheet, app.language)?;
    let client = servers::connect(&app.settings, Role::Read).await?;
    written(write(list, &client, &selection).await)
}

async fn write(mut list: Rows, client: &Client, selection: &Selection) -> Result<()> {
    let mut readings = export(client, selection).await?;
    while let Some(reading) = readings.next().await {
        list.row(&fields(&reading?))?;
    }
    Ok(list.finish()?)
}

fn columns(zone: &Zone) -> Vec<Column> {
    vec![
        ("serial", "表号", Kind::Text),
        ("register", "计量项", Kind::Text),
        ("time", "抄表时间", Kind::Time(zone.clone())),
        ("value", "读数", Kind::Number),
        ("unit", "单位", Kind::Text),
        ("quality", "质量", Kind::Text),
        ("source", "来源", Kind::Text),
        ("received", "接收时间", Kind::Time(zone.clone())),
    ]
}

fn fields(reading: &NamedReading) -> [String; 8] {
    [
        reading.serial.clone(),
        reading.register.clone(),
        reading.time.to_string(),
        reading.value.to_string(),
        reading.unit.clone(),
        reading.quality.to_string(),
        reading.source.to_string(),
        reading.received.to_string(),
    ]
}
