//! `meterline readings`: what is stored.

use std::io::{self, BufWriter, ErrorKind, Write as _};

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use futures_util::StreamExt as _;
use metering::moment;
use store::Role;
use store::readings::{NamedReading, Selection, export};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;

/// Stored readings
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  meterline readings export --serial W0001 --from 2026-10-01 --to 2026-11-01 --format csv > october.csv")]
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
        format: ExportFormat,
    },
}

/// A month of a city does not fit into a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// A header and a row each, RFC 4180
    Csv,
    /// One JSON object a line
    Json,
}

pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let Step::Export { serial, from, to, format } = &arguments.step;
    let zone = app.settings.zone()?;
    let instant = |text: &Option<String>| {
        let read =
            |text: &str| moment::instant(text, &zone).map_err(|why| Unusable(format!("{text:?}: {why}")));
        text.as_deref().map(read).transpose()
    };
    let selection = Selection { serial: serial.clone(), from: instant(from)?, to: instant(to)? };
    let client = servers::connect(&app.settings, Role::Read).await?;
    let mut readings = export(&client, &selection).await?;
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut write = |line: String| match out.write_all(line.as_bytes()) {
        // A reader that went away (`| head`) is no error.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        result => result.map(|()| true),
    };
    let mut open = match format {
        ExportFormat::Csv => write("serial,register,time,value,unit,quality,source,received\n".to_owned())?,
        ExportFormat::Json => true,
    };
    while open && let Some(reading) = readings.next().await {
        let reading = reading?;
        open = write(match format {
            ExportFormat::Csv => csv(&reading)?,
            ExportFormat::Json => json(&reading),
        })?;
    }
    match out.flush() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Outcome::Done),
    }
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

fn csv(reading: &NamedReading) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(128));
    writer.write_record(fields(reading))?;
    Ok(String::from_utf8(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?)
}

fn json(reading: &NamedReading) -> String {
    let [serial, register, time, value, unit, quality, source, received] = fields(reading);
    let object = serde_json::json!({
        "serial": serial, "register": register, "time": time, "value": value, "unit": unit,
        "quality": quality, "source": source, "received": received,
    });
    format!("{object}\n")
}
