//! `meterline policy`: late fees, the order of settlement, tier years: dated documents.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use serde::de::IgnoredAny;
use store::{Role, policies};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;
use crate::table::{Output, Table};
use crate::who::{self, As};

/// The arguments of `meterline policy`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  meterline policy publish late-fee.json --as wang.fang\n  meterline policy list"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Publish a document; the open version before it ends where it begins
    Publish {
        /// The document
        file: PathBuf,
        #[command(flatten)]
        who: As,
    },
    /// What is published
    List {
        #[command(flatten)]
        output: Output,
    },
}

/// Does the step.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    match &args.step {
        Step::Publish { file, who } => publish(app, file, who).await,
        Step::List { output } => list(app, output).await,
    }
}

async fn publish(app: &App, file: &std::path::Path, who: &As) -> Result<Outcome> {
    let unusable = |why: &dyn std::fmt::Display| Unusable(format!("{}: {why}", file.display()));
    let document = std::fs::read_to_string(file).map_err(|error| unusable(&error))?;
    serde_json::from_str::<IgnoredAny>(&document).map_err(|error| unusable(&error))?;
    let office = who::office(app)?;
    let caller = who::caller(app, &office, who).await?;
    let published = office::policy::publish(&office, &caller, &document).await?;
    let said = if published.repeated {
        app.language.pick("is published already", "已发布过")
    } else {
        app.language.pick("published", "已发布")
    };
    outln!("{} {} {}: {said}", published.kind, published.code, published.from);
    Ok(Outcome::Done)
}

async fn list(app: &App, output: &Output) -> Result<Outcome> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    let mut table = Table::new()
        .text("kind", app.language.pick("kind", "类别"))
        .text("code", app.language.pick("code", "代码"))
        .date("valid_from", app.language.pick("from", "生效"))
        .date("valid_to", app.language.pick("to", "失效"))
        .text("published_by", app.language.pick("published by", "发布人"));
    for policy in policies::all(&client).await? {
        let to = policy.to.map_or_else(String::new, |to| to.to_string());
        table.row([policy.kind, policy.code, policy.from.to_string(), to, policy.by]);
    }
    table.print_list(app.language, output)?;
    Ok(Outcome::Done)
}
