//! `bill cancel`: propose a reversal. `bill approve RUN` by another person carries it out.

use anyhow::Result;
use serde_json::json;

use crate::app::App;
use crate::outcome::Outcome;
use crate::table::AnswerFormat;
use crate::who::{self, As};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill cancel 0000000001 --reason \"read wrongly\" --as li")]
pub(crate) struct Cancel {
    /// The bill's number
    no: String,
    /// Why
    #[arg(long)]
    reason: String,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: AnswerFormat,
    #[command(flatten)]
    who: As,
}

pub(crate) async fn run(app: &App, args: &Cancel) -> Result<Outcome> {
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &args.who).await?;
    let run = office::bill::cancel(&office, &caller, &args.no, &args.reason).await?;
    match args.format {
        AnswerFormat::Table => outln!(
            "{} {run}: {}",
            app.language.pick("run", "批次"),
            app.language.pick(
                "waits for another person: meterline bill approve",
                "待他人审批:meterline bill approve"
            )
        ),
        AnswerFormat::Json => outln!("{}", json!({ "run": run, "state": "review" })),
    }
    Ok(Outcome::Done)
}
