//! `meterline migrate`: the schema, brought up to date.

use anyhow::Result;
use store::Role;

use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;

/// The arguments of `meterline migrate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  DATABASE_URL=postgres://owner@db/meterline meterline migrate")]
pub(crate) struct Arguments {}

/// Applies what is missing and names it.
pub(crate) async fn run(app: &App, _: &Arguments) -> Result<Outcome> {
    let mut client = servers::connect(&app.settings, Role::Owner).await?;
    let applied = store::migrate(&mut client).await?;
    for name in &applied {
        outln!("{name}");
    }
    if applied.is_empty() {
        outln!("{}", app.language.pick("the schema is up to date", "数据库结构已是最新"));
    }
    Ok(Outcome::Done)
}
