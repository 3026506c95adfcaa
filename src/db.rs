//! `meterline db`: this checkout's private servers, through `deploy/servers.sh`.

use anyhow::{Context, Result};
use clap::{Subcommand, ValueEnum};

use crate::outcome::{Outcome, Unusable};
use crate::servers;

/// The arguments of `meterline db`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  meterline db up && meterline migrate\n  meterline db status --format json"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Start what is not running; the first time, fetch the servers' programs
    Up,
    /// Stop what runs
    Down,
    /// What runs, and where; exit status 1 if something is down
    Status {
        /// A table for people, or one JSON object
        #[arg(long, value_enum, default_value = "table")]
        format: StatusFormat,
    },
    /// Stop, and delete the servers' data
    Reset {
        /// Yes, delete the database, the broker's queue and the metrics
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusFormat {
    Table,
    Json,
}

/// Hands the step to the script, which says what is wrong.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let words: &[&str] = match &arguments.step {
        Step::Up => &["up"],
        Step::Down => &["down"],
        Step::Status { format: StatusFormat::Table } => &["status"],
        Step::Status { format: StatusFormat::Json } => &["status", "--format", "json"],
        Step::Reset { yes: true } => &["reset", "--yes"],
        Step::Reset { yes: false } => {
            let message = "reset deletes the database, the broker's queue and the metrics; if that is meant: meterline db reset --yes";
            return Err(Unusable(message.into()).into());
        }
    };
    let status = servers::script()?.args(words).status().context("bash cannot be run")?;
    Ok(if status.success() { Outcome::Done } else { Outcome::NotSo })
}
