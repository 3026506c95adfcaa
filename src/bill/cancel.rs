//! `bill cancel`: propose a reversal. `bill approve RUN` by another person carries it out.

use anyhow::Result;
use serde_json::json;
use store::{Action, Role, bills_cancel};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;
use crate::table::Format;
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
    format: Format,
    #[command(flatten)]
    who: As,
}

pub(crate) async fn run(app: &App, args: &Cancel) -> Result<Outcome> {
    if args.reason.trim().is_empty() {
        return Err(Unusable("a cancellation needs a reason".into()).into());
    }
    let mut client = servers::connect(&app.settings, Role::Billing).await?;
    let who = who::actor(&client, &args.who, Action::RunBills).await?;
    let change = client.transaction().await?;
    let run = bills_cancel::propose(&change, &args.no, &args.reason, &who).await?;
    change.commit().await?;
    match args.format {
        Format::Table => println!(
            "{} {run}: {}",
            app.language.pick("run", "批次"),
            app.language.pick(
                "waits for another person: meterline bill approve",
                "待他人审核:meterline bill approve"
            )
        ),
        Format::Json | Format::Csv => println!("{}", json!({ "run": run, "state": "review" })),
    }
    Ok(Outcome::Done)
}
