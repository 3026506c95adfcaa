//! `meterline rejections`: frames of which nothing could be used.

use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use metering::Zone;
use office::Refusal;
use store::Role;
use store::rejections::{Rejected, find, open};

use crate::app::App;
use crate::outcome::Outcome;
use crate::table::{Format, Output, Table};
use crate::who::{self, As};
use crate::{ingest as front_door, servers};

/// Frames of which nothing could be used
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  meterline rejections list --kind unknown_meter
  meterline rejections show 17                        with its bytes
  meterline rejections replay --kind unknown_meter    after the meters were imported")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Those that are still rejected, the oldest first
    List {
        /// Of this kind only
        #[arg(long)]
        kind: Option<String>,
        /// After the one of this number
        #[arg(long, value_name = "ID", default_value_t = 0)]
        after: i64,
        /// No more than this many
        #[arg(long, default_value_t = 1000)]
        limit: i64,
        #[command(flatten)]
        output: Output,
    },
    /// One, with its bytes
    Show {
        /// Its number
        id: i64,
        /// For people or programs
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Take them in at a second try: what can be used now leaves the list
    Replay {
        /// Of this kind only
        #[arg(long)]
        kind: Option<String>,
        /// For people or programs
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
        #[command(flatten)]
        who: As,
    },
}

pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    match &arguments.step {
        Step::List { kind, after, limit, output } => {
            let client = servers::connect(&app.settings, Role::Read).await?;
            list(app, &app.settings.zone()?, &open(&client, kind.as_deref(), *after, *limit).await?)
                .print_list(app.language, output)?;
        }
        Step::Show { id, format } => {
            let client = servers::connect(&app.settings, Role::Read).await?;
            let rejected = find(&client, *id).await?.ok_or_else(|| Refusal::unknown("rejection", *id))?;
            show(app, &app.settings.zone()?, &rejected).print(*format)?;
        }
        Step::Replay { kind, format, who } => replay(app, kind.as_deref(), *format, who).await?,
    }
    Ok(Outcome::Done)
}

async fn replay(app: &App, kind: Option<&str>, format: Format, who: &As) -> Result<()> {
    let office = who::office(app)?;
    let caller = who::caller(app, &office, who).await?;
    office::reading::order_replay(&office, &caller, kind).await?;
    let environment = front_door::environment(app, None)?;
    let settings = app.settings.section("ingest")?;
    let replayed = ::ingest::replay(&settings, &environment, kind, Timestamp::now()).await?;
    let pick = |en, zh| app.language.pick(en, zh);
    let mut table = Table::new()
        .number("taken", pick("taken in", "已接收"))
        .number("rejected", pick("still rejected", "仍拒收"));
    table.row([replayed.taken, replayed.rejected]);
    table.print(format)?;
    Ok(())
}

fn list(app: &App, zone: &Zone, rejected: &[Rejected]) -> Table {
    let mut table = columns(app, zone);
    for rejected in rejected {
        table.row(row(rejected));
    }
    table
}

fn show(app: &App, zone: &Zone, rejected: &Rejected) -> Table {
    let pick = |en, zh| app.language.pick(en, zh);
    let mut table =
        columns(app, zone).number("offset", pick("at byte", "字节")).text("bytes", pick("bytes", "报文"));
    let mut row = row(rejected).to_vec();
    row.extend([rejected.offset.to_string(), hex::encode(&rejected.arrival.bytes)]);
    table.row(row);
    table
}

fn columns(app: &App, zone: &Zone) -> Table {
    let pick = |en, zh| app.language.pick(en, zh);
    Table::new()
        .number("id", pick("id", "编号"))
        .time("received", pick("received", "接收时间"), zone)
        .text("source", pick("source", "来源"))
        .text("channel", pick("channel", "通道"))
        .text("format", pick("format", "格式"))
        .text("address", pick("address", "地址"))
        .word("kind", pick("kind", "原因"), app.language)
        .text("message", pick("message", "说明"))
}

fn row(rejected: &Rejected) -> [String; 8] {
    let arrival = &rejected.arrival;
    [
        rejected.id.to_string(),
        arrival.received.to_string(),
        arrival.source.to_string(),
        arrival.channel.clone(),
        arrival.content.format().to_owned(),
        arrival.address.as_deref().unwrap_or_default().to_owned(),
        rejected.kind.clone(),
        rejected.message.clone(),
    ]
}
