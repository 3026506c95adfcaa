//! `meterline tariff publish` and `list`: which prices are in force.

use std::path::{Path, PathBuf};

use anyhow::Result;
use store::Role;
use store::tariffs::{self, Published};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;
use crate::table::{Output, Table};
use crate::who::{self, As};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline tariff publish residential-water.json --as wang")]
pub(crate) struct Publish {
    /// The tariff document
    file: PathBuf,
    #[command(flatten)]
    who: As,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    output: Output,
}

/// Publishes a document: refused, with all that speaks against it, unless its examples come out to the cent.
pub(crate) async fn publish(app: &App, args: &Publish) -> Result<Outcome> {
    let text = read(&args.file)?;
    let code = code_of(&args.file, &text)?;
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &args.who).await?;
    let published = office::tariff::publish(&office, &caller, &code, &text).await?;
    let said = if published.repeated {
        app.language.pick("is published already", "已发布过")
    } else {
        app.language.pick("published", "已发布")
    };
    outln!("{code} {}: {said}", published.from);
    Ok(Outcome::Done)
}

fn read(file: &Path) -> Result<String> {
    Ok(std::fs::read_to_string(file).map_err(|error| Unusable(format!("{}: {error}", file.display())))?)
}

fn code_of(file: &Path, text: &str) -> Result<String> {
    let unusable = |why: &dyn std::fmt::Display| Unusable(format!("{}: {why}", file.display()));
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| unusable(&error))?;
    let code = value.get("code").and_then(serde_json::Value::as_str);
    Ok(code.ok_or_else(|| unusable(&"a published document needs a code"))?.to_owned())
}

/// All published versions.
pub(crate) async fn list(app: &App, args: &List) -> Result<Outcome> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    let mut table = Table::new()
        .text("code", app.language.pick("code", "价格代码"))
        .date("valid_from", app.language.pick("from", "生效"))
        .date("valid_to", app.language.pick("to", "失效"))
        .word("medium", app.language.pick("medium", "介质"), app.language)
        .text("currency", app.language.pick("currency", "币种"))
        .text("published_by", app.language.pick("published by", "发布人"))
        .text("sha256", "SHA-256");
    for published in tariffs::all(&client).await? {
        table.row([
            published.code,
            published.from.to_string(),
            published.to.map_or_else(String::new, |to| to.to_string()),
            published.medium,
            published.currency,
            published.by,
            hex::encode(published.sha256),
        ]);
    }
    table.print_list(app.language, &args.output)?;
    Ok(Outcome::Done)
}

/// The version of a code that is in force now, else the last one.
pub(crate) async fn published(app: &App, code: &str) -> Result<Option<Published>> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    let today = jobs::bill_run::today(&app.settings.zone()?);
    let versions: Vec<Published> =
        tariffs::all(&client).await?.into_iter().filter(|published| published.code == code).collect();
    let in_force = versions.iter().find(|p| p.from <= today && p.to.is_none_or(|to| today < to));
    Ok(in_force.or(versions.last()).cloned())
}
