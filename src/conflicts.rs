//! `meterline conflicts`: readings at odds with stored ones.

use anyhow::Result;
use clap::{Args, Subcommand};
use metering::Zone;
use office::reading::{Decision, decide};
use store::Role;
use store::conflicts::{Conflict, open};

use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use crate::table::{Format, Output, Table};
use crate::who::{self, As};

/// Readings at odds with stored ones: same meter, register and time, another value
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  meterline conflicts list
  meterline conflicts keep 3 --as wang
  meterline conflicts replace 3 --reason \"read again on site\" --as wang")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Those that wait for a decision
    List {
        /// After the one of this number
        #[arg(long, value_name = "ID", default_value_t = 0)]
        after: i64,
        /// No more than this many
        #[arg(long, default_value_t = 1000)]
        limit: i64,
        #[command(flatten)]
        output: Output,
    },
    /// The stored value stays (supervisor)
    Keep {
        /// Its number
        id: i64,
        /// Why
        #[arg(long, default_value = "")]
        reason: String,
        /// For people or programs
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
        #[command(flatten)]
        who: As,
    },
    /// The other value takes the place of the stored one (supervisor)
    Replace {
        /// Its number
        id: i64,
        /// Why
        #[arg(long)]
        reason: String,
        /// For people or programs
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
        #[command(flatten)]
        who: As,
    },
}

pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let (id, decision, reason, format, who) = match &arguments.step {
        Step::List { after, limit, output } => {
            let client = servers::connect(&app.settings, Role::Read).await?;
            table(app, &app.settings.zone()?, &open(&client, *after, *limit).await?)
                .print_list(app.language, output)?;
            return Ok(Outcome::Done);
        }
        Step::Keep { id, reason, format, who } => (*id, Decision::Keep, reason, *format, who),
        Step::Replace { id, reason, format, who } => (*id, Decision::Replace, reason, *format, who),
    };
    let office = who::office(app)?;
    let caller = who::caller(app, &office, who).await?;
    let decided = decide(&office, &caller, id, decision, reason).await?;
    table(app, &app.settings.zone()?, &[decided]).print(format)?;
    Ok(Outcome::Done)
}

fn table(app: &App, zone: &Zone, conflicts: &[Conflict]) -> Table {
    let pick = |en, zh| app.language.pick(en, zh);
    let mut table = Table::new()
        .number("id", pick("id", "编号"))
        .text("serial", pick("serial", "表号"))
        .text("register", pick("register", "计量项"))
        .time("time", pick("time", "时间"), zone)
        .number("stored", pick("stored", "已存"))
        .number("other", pick("other", "另一值"))
        .text("unit", pick("unit", "单位"))
        .time("received", pick("received", "接收时间"), zone)
        .text("source", pick("source", "来源"))
        .word("state", pick("state", "状态"), app.language);
    for conflict in conflicts {
        table.row([
            conflict.id.to_string(),
            conflict.serial.clone(),
            conflict.register.clone(),
            conflict.time.to_string(),
            conflict.stored.to_string(),
            conflict.other.to_string(),
            conflict.unit.clone(),
            conflict.received.to_string(),
            conflict.source.to_string(),
            conflict.state.to_string(),
        ]);
    }
    table
}
