//! `meterline jobs`: what waits, runs and has failed in the queue; trying it again, running it now.

use anyhow::Result;
use clap::Subcommand;
use documents::word;
use store::Role;
use store::queue::{self, Asked, JobKind, JobState, Listed};

use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use crate::table::{Output, Table};
use crate::who::{self, As};

/// The arguments of `meterline jobs`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  meterline jobs list --state failed\n  meterline jobs list --kind outbox_send --format json\n  \
                  meterline jobs retry 17 --as zhou\n  meterline jobs run retention --as zhou"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// The newest first
    List {
        /// waiting, running, done or failed; else all
        #[arg(long)]
        state: Option<JobState>,
        /// Of one kind; else all
        #[arg(long)]
        kind: Option<JobKind>,
        /// With smaller numbers than this
        #[arg(long, value_name = "ID")]
        before: Option<i64>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
        #[command(flatten)]
        output: Output,
    },
    /// Try a job again at once that has failed, or waits for its next attempt
    Retry {
        /// Its number
        id: i64,
        #[command(flatten)]
        who: As,
    },
    /// Run a schedule now, in whichever worker is free
    Run {
        /// bill_pickup, alarm_report, outbox_spread, audit_seal or retention
        #[arg(value_name = "NAME")]
        kind: JobKind,
        #[command(flatten)]
        who: As,
    },
}

/// Lists, or does the step.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    match &args.step {
        Step::List { state, kind, before, limit, output } => {
            let client = servers::connect(&app.settings, Role::Read).await?;
            let asked = Asked { state: *state, kind: *kind, before: *before, limit: *limit };
            list(app, queue::list(&client, &asked).await?, output)?;
        }
        Step::Retry { id, who } => {
            let office = who::office(app)?;
            let caller = who::caller(app, &office, who).await?;
            let kind = office::job::retry(&office, &caller, *id).await?;
            outln!(
                "{} {id}: {}",
                word(app.language, kind.name()),
                app.language.pick("is tried again", "将重试")
            );
        }
        Step::Run { kind, who } => {
            let office = who::office(app)?;
            let caller = who::caller(app, &office, who).await?;
            let id = office::job::run(&office, &caller, *kind).await?;
            outln!(
                "{} {id}: {}",
                word(app.language, kind.name()),
                app.language.pick("its time is now", "即将执行")
            );
        }
    }
    Ok(Outcome::Done)
}

fn list(app: &App, jobs: Vec<Listed>, output: &Output) -> Result<()> {
    let pick = |en, zh| app.language.pick(en, zh);
    let zone = app.settings.zone()?;
    let mut table = Table::new()
        .number("id", pick("id", "编号"))
        .word("kind", pick("kind", "任务"), app.language)
        .text("key", pick("about", "对象"))
        .word("state", pick("state", "状态"), app.language)
        .number("attempts", pick("attempts", "次数"))
        .number("max_attempts", pick("of", "上限"))
        .time("run_after", pick("not before", "最早执行"), &zone)
        .text("worker", pick("worker", "执行者"))
        .time("created_at", pick("enqueued", "入队"), &zone)
        .time("ended_at", pick("ended", "结束"), &zone)
        .text("error_kind", pick("error", "错误"))
        .text("error", pick("in full", "详情"));
    for job in jobs {
        table.row([
            job.id.to_string(),
            job.kind.name().to_owned(),
            job.key,
            job.state.name().to_owned(),
            job.attempts.to_string(),
            job.max_attempts.to_string(),
            job.run_after.to_string(),
            job.lease_owner.unwrap_or_default(),
            job.created_at.to_string(),
            job.ended_at.map(|at| at.to_string()).unwrap_or_default(),
            job.error_kind.unwrap_or_default(),
            job.error_text.unwrap_or_default(),
        ]);
    }
    table.print_list(app.language, output)?;
    Ok(())
}
