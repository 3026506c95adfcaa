//! `meterline import`: opens a CSV file or a workbook, has the office bring it in, prints how far it is and what came of it.

mod report;
mod template;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use office::import::{Answer, Kind, Progress, Wish};
use sheets::{Source, Unreadable};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::table::{AnswerFormat, Format, write_whole};
use crate::who::{self, As};

/// The arguments of `meterline import`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline import accounts --template > accounts.csv\n  \
                  meterline import accounts --template --out accounts.xlsx\n  \
                  meterline import accounts accounts.csv --dry-run\n  \
                  meterline import accounts accounts.csv --as li.wei\n\n\
                  A file is CSV in UTF-8 or GBK, or a workbook (.xlsx), of which the first sheet is read; its header English or\n\
                  Chinese, its columns in any order. All rows are taken or\n\
                  none: what is wrong is listed by row, column, value and rule, also in FILE.errors.csv. The same file\n\
                  again changes nothing. Exit status: 0 taken, 1 refused, 2 the file cannot be read.")]
pub(crate) struct Arguments {
    /// What the rows are
    #[arg(value_parser = kinds())]
    kind: Kind,
    /// The CSV file or workbook (.xlsx)
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
    /// Why, where the day of a payment lies far back (a supervisor's)
    #[arg(long, default_value = "")]
    reason: String,
    /// Print a file with the header and an example, to be filled in
    #[arg(long, conflicts_with_all = ["file", "dry_run", "update"])]
    template: bool,
    /// Write the template into this workbook, whose columns keep numbers as they are typed
    #[arg(long, value_name = "FILE", requires = "template")]
    out: Option<PathBuf>,
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
    if let Some(file) = &arguments.out {
        write_whole(file, |out| sheets::template_book(arguments.kind.columns(), app.language, out))?;
        return Ok(Outcome::Done);
    }
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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let wish = Wish {
        kind: arguments.kind,
        name: &name,
        source: &source,
        update: arguments.update,
        dry_run: arguments.dry_run,
        ragged: arguments.ragged,
        reason: &arguments.reason,
    };
    let shown = Mutex::new(Instant::now());
    match office::import::take(&office, &caller, &wish, &|progress| show(progress, &shown)).await? {
        Answer::Unreadable(why) => Err(unusable(&why).into()),
        Answer::Refused(faults) => report::refused(app, arguments, path, &faults),
        Answer::Taken(counts) => report::taken(app, arguments, path, counts),
    }
}

/// How far a long file is, every few seconds.
fn show(progress: Progress, shown: &Mutex<Instant>) {
    const EACH: Duration = Duration::from_secs(2);
    let Ok(mut shown) = shown.lock() else { return };
    if shown.elapsed() >= EACH {
        *shown = Instant::now();
        eprintln!("import: {} of {} rows", progress.done, progress.total);
    }
}

/// The kinds of file, as the command line explains them.
fn kinds() -> impl TypedValueParser<Value = Kind> {
    let value = |kind: &Kind| PossibleValue::new(kind.name()).help(help(*kind));
    PossibleValuesParser::new(Kind::ALL.iter().map(value)).try_map(|name| name.parse::<Kind>())
}

const fn help(kind: Kind) -> &'static str {
    match kind {
        Kind::Companies => "Legal entities that bill",
        Kind::Areas => "Districts, as a tree",
        Kind::Books => "Reading books with their cycles",
        Kind::Accounts => "Who pays",
        Kind::Services => "Service agreements",
        Kind::Attributes => "Dated facts of services",
        Kind::Meters => "Meters, their registers and installations",
        Kind::Readings => "Readings",
        Kind::Openings => "Go-live: receivables, prepaid money, tier counters, last billed indexes",
        Kind::Payments => "What was paid, by channel",
        Kind::Lines => "Polled lines",
        Kind::Devices => "Devices on polled lines",
    }
}
