//! `meterline import`: master data and readings from CSV files, whole file or nothing.
//!
//! The file is walked through twice (`sheets`): once to learn what its numbers look like, once to read its rows
//! (`kinds`) and stage them in the database, where they are compared with what is known. A file of a
//! million rows is never held in memory.

mod kind;
mod kinds;
mod known;
mod payments;
mod report;
mod take;
mod template;

use std::path::PathBuf;

use anyhow::Result;
use office::Scope;
use sheets::{Source, Unreadable};

use self::kind::Kind;
use self::take::Taking;
use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::table::{AnswerFormat, Format};
use crate::who::{self, As};

/// The arguments of `meterline import`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline import accounts --template > accounts.csv\n  \
                  meterline import accounts accounts.csv --dry-run\n  \
                  meterline import accounts accounts.csv --as li.wei\n\n\
                  A file is UTF-8 or GBK, its header English or Chinese, its columns in any order. All rows are taken or\n\
                  none: what is wrong is listed by row, column, value and rule, also in FILE.errors.csv. The same file\n\
                  again changes nothing. Exit status: 0 taken, 1 refused, 2 the file cannot be read.")]
pub(crate) struct Arguments {
    /// What the rows are
    #[arg(value_enum)]
    kind: Kind,
    /// The CSV file
    #[arg(required_unless_present_any = ["template", "columns"])]
    file: Option<PathBuf>,
    /// Check everything, keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Change what is known with another content
    #[arg(long)]
    update: bool,
    /// Numbers of different lengths are meant, no zeros were lost
    #[arg(long)]
    ragged: bool,
    /// Print a file with the header and an example, to be filled in
    #[arg(long, conflicts_with_all = ["file", "dry_run", "update"])]
    template: bool,
    /// Print what stands in each column
    #[arg(long, conflicts_with_all = ["file", "dry_run", "update", "template"])]
    columns: bool,
    /// For people, or one JSON object
    #[arg(long, value_enum, default_value = "table")]
    format: AnswerFormat,
    #[command(flatten)]
    who: As,
}

/// Imports a file, or prints a template.
pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    if arguments.template {
        sheets::template(arguments.kind.columns(), app.language, std::io::stdout().lock())?;
        return Ok(Outcome::Done);
    }
    if arguments.columns {
        template::columns(arguments.kind, app.language).print(Format::Table)?;
        return Ok(Outcome::Done);
    }
    let Some(path) = &arguments.file else {
        return Err(Unusable("which file? meterline import KIND FILE".into()).into());
    };
    let unusable =
        |error: &Unreadable| Unusable(format!("{}: {}", path.display(), error.describe(app.language)));
    let source = Source::disk(path).map_err(|error| unusable(&error))?;
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &arguments.who).await?;
    let action = office::import::action(arguments.kind.name(), arguments.update)
        .ok_or_else(|| Unusable(format!("{} cannot be imported", arguments.kind.name())))?;
    let mut desk = office.desk().await?;
    let deed = desk.open(&caller, action, Scope::All).await?;
    let utility = &app.settings.utility;
    let times = app.settings.section::<::ingest::Settings>("ingest")?.times(deed.now());
    let taking = Taking {
        times,
        kind: arguments.kind,
        file: path.clone(),
        source,
        zone: app.settings.zone()?,
        now: deed.now(),
        dry_run: arguments.dry_run,
        ragged: arguments.ragged,
        context: store::import::Context {
            actor: deed.actor().clone(),
            update: arguments.update,
            most_findings: report::MOST,
            company: (utility.company_code.clone(), utility.company_name.clone(), utility.currency.clone()),
            time_zone: utility.time_zone.clone(),
        },
    };
    let answer = match take::take(deed, &taking).await {
        Err(error) => match error.downcast_ref() {
            Some(unreadable) => return Err(unusable(unreadable).into()),
            None => return Err(error),
        },
        Ok(answer) => answer,
    };
    report::print(app, arguments, path, &answer)
}
