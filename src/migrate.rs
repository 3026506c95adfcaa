//! `meterline migrate`: the schema, brought up to date.

use anyhow::{Result, bail};
use store::{MigrateError, Role};

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
    let applied = match store::migrate(&mut client).await {
        Err(error @ MigrateError::OlderTree(_)) => {
            let advice = app.language.pick(
                "`meterline db reset --yes` empties the private servers of this checkout; any other database is dropped and created by hand",
                "`meterline db reset --yes` 清空本目录自带的服务器；其他数据库请手工删除后重建",
            );
            bail!("{error}: {advice}");
        }
        applied => applied?,
    };
    for name in &applied {
        outln!("{name}");
    }
    if applied.is_empty() {
        outln!("{}", app.language.pick("the schema is up to date", "数据库结构已是最新"));
    }
    Ok(Outcome::Done)
}
