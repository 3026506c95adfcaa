//! `meterline alarms`: what is wrong with meters, since when, and who has seen it.

use anyhow::Result;
use clap::Subcommand;
use store::Role;
use store::pages::{PAGE, Slice, alarms};

use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use crate::table::{Output, Table};
use crate::who::{self, As};

/// The arguments of `meterline alarms`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  meterline alarms list\n  meterline alarms list --past --page 2\n  \
                  meterline alarms ack 17 --as chen")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Those that have not ended, the gravest first
    List {
        /// Those that have ended instead
        #[arg(long)]
        past: bool,
        /// Which page of 50, from 1
        #[arg(long, default_value_t = 1)]
        page: i64,
        #[command(flatten)]
        output: Output,
    },
    /// Write down that you have seen an alarm; it ends when its cause does
    Ack {
        /// Its number
        id: i64,
        #[command(flatten)]
        who: As,
    },
}

/// Lists or acknowledges.
pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    match &arguments.step {
        Step::List { past, page, output } => {
            let client = servers::connect(&app.settings, Role::Read).await?;
            let zone = app.settings.zone()?;
            let pick = |en, zh| app.language.pick(en, zh);
            let mut table = Table::new()
                .number("id", pick("id", "编号"))
                .word("severity", pick("severity", "级别"), app.language)
                .word("kind", pick("kind", "类型"), app.language)
                .text("serial", pick("serial", "表号"))
                .time("began_at", pick("began", "开始"), &zone)
                .time("ended_at", pick("ended", "结束"), &zone)
                .text("acked_by", pick("acknowledged by", "确认人"));
            let before = page.saturating_sub(1).clamp(0, 100_000).saturating_mul(PAGE);
            let part = Slice { after: Some(before), most: PAGE };
            for alarm in alarms::list(&client, *past, &part).await? {
                table.row([
                    alarm.id.to_string(),
                    alarm.severity,
                    alarm.kind,
                    alarm.serial.unwrap_or_default(),
                    alarm.began_at.to_string(),
                    alarm.ended_at.map(|at| at.to_string()).unwrap_or_default(),
                    alarm.acked_by.unwrap_or_default(),
                ]);
            }
            table.print_list(app.language, output)?;
        }
        Step::Ack { id, who } => {
            let office = who::office(app)?;
            let caller = who::caller(app, &office, who).await?;
            office::alarm::acknowledge(&office, &caller, *id).await?;
            outln!("{} {id}", app.language.pick("acknowledged", "已确认"));
        }
    }
    Ok(Outcome::Done)
}
