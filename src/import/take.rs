//! The import itself: survey, stage, plan, commit.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use metering::{Medium, Zone};
use store::Client;
use store::import::{
    AccountRow, AreaRow, AttributeRow, BookRow, CompanyRow, Context, Counts, DeviceRow, LineRow, MeterRow,
    OpeningRow, Outcome, Planned, ReadingRow, ServiceRow, Stage, Staged,
};

use super::cells::{Cells, Reading};
use super::file::{Rows, Source};
use super::header::Layout;
use super::kind::{Kind, Row};
use super::rule::{Fault, Rule};
use super::{payments, report, survey};

/// One import.
pub(crate) struct Taking {
    pub(crate) kind: Kind,
    pub(crate) file: PathBuf,
    pub(crate) source: Source,
    pub(crate) zone: Zone,
    pub(crate) now: jiff::Timestamp,
    pub(crate) dry_run: bool,
    pub(crate) ragged: bool,
    pub(crate) context: Context,
}

/// How it ended.
#[derive(Debug)]
pub(crate) enum Answer {
    /// All rows are in (or would be).
    Taken(Counts),
    /// Nothing is in.
    Refused(Vec<Fault>),
}

/// Carries out an import.
pub(crate) async fn take(client: &mut Client, taking: &Taking) -> Result<Answer> {
    match taking.kind {
        Kind::Companies => planned::<CompanyRow>(client, taking).await,
        Kind::Areas => planned::<AreaRow>(client, taking).await,
        Kind::Books => planned::<BookRow>(client, taking).await,
        Kind::Accounts => planned::<AccountRow>(client, taking).await,
        Kind::Services => planned::<ServiceRow>(client, taking).await,
        Kind::Attributes => planned::<AttributeRow>(client, taking).await,
        Kind::Meters => planned::<MeterRow>(client, taking).await,
        Kind::Openings => planned::<OpeningRow>(client, taking).await,
        Kind::Lines => planned::<LineRow>(client, taking).await,
        Kind::Devices => planned::<DeviceRow>(client, taking).await,
        Kind::Payments => payments::take(client, taking).await,
        Kind::Readings => readings(client, taking).await,
    }
}

async fn planned<R: Row + Planned>(client: &mut Client, taking: &Taking) -> Result<Answer> {
    let staged = stage::<R>(client, taking).await?;
    let (transaction, layout, rows) = match staged {
        Ok(staged) => staged,
        Err(faults) => return Ok(Answer::Refused(faults)),
    };
    let outcome = store::import::run::<R>(&transaction, rows, &taking.context).await?;
    finish(transaction, &layout, taking, outcome).await
}

async fn readings(client: &mut Client, taking: &Taking) -> Result<Answer> {
    let staged = stage::<ReadingRow>(client, taking).await?;
    let (transaction, layout, rows) = match staged {
        Ok(staged) => staged,
        Err(faults) => return Ok(Answer::Refused(faults)),
    };
    let main: Vec<(String, String)> = Medium::ALL
        .iter()
        .filter_map(|medium| Some((medium.name().to_owned(), medium.main_register()?.to_string())))
        .collect();
    let outcome = store::import::run_readings(&transaction, rows, &taking.context, &main).await?;
    finish(transaction, &layout, taking, outcome).await
}

/// A file whose header was read, at its first row.
pub(super) struct Opened {
    pub(super) layout: Layout,
    pub(super) reading: Reading,
    pub(super) rows: Rows,
    /// How many rows there are.
    pub(super) total: u64,
}

/// Reads the header, and learns from the whole file what its numbers look like.
pub(super) async fn open<R: Row>(client: &Client, taking: &Taking) -> Result<Opened> {
    let mut rows = taking.source.rows()?;
    let mut header = csv::StringRecord::new();
    rows.read_record(&mut header).map_err(survey::unreadable)?;
    let layout = Layout::of(&header, R::COLUMNS)?;
    let found = survey::survey(&taking.source, &layout)?;
    let total = found.rows;
    let lengths = survey::with_known(found, &layout, client, taking.ragged).await?;
    let reading = Reading { zone: taking.zone.clone(), now: taking.now, lengths };
    Ok(Opened { layout, reading, rows, total })
}

/// A transaction that holds the staged rows, or what is wrong with them by themselves.
type StagedFile<'a> = Result<(store::Transaction<'a>, Layout, u64), Vec<Fault>>;

async fn stage<'a, R: Row + Staged>(client: &'a mut Client, taking: &Taking) -> Result<StagedFile<'a>> {
    let Opened { layout, reading, mut rows, total } = open::<R>(client, taking).await?;
    let transaction = client.transaction().await?;
    let mut stage = Stage::<R>::open(&transaction).await?;
    let mut record = csv::StringRecord::new();
    let mut faults = Vec::new();
    let mut progress = Progress::new(total);
    let mut number = 1; // the header
    while faults.len() < report::MOST && rows.read_record(&mut record).map_err(survey::unreadable)? {
        number += 1;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let row = R::read(&mut Cells::new(&layout, &reading, &record, number, &mut faults));
        if faults.is_empty() {
            stage.push(number, &row).await?;
        }
        progress.step();
    }
    if !faults.is_empty() {
        faults.truncate(report::MOST);
        return Ok(Err(faults));
    }
    let rows = stage.close(&transaction).await?;
    Ok(Ok((transaction, layout, rows)))
}

/// Keeps what was taken, with its trace; or nothing.
pub(super) async fn finish(
    transaction: store::Transaction<'_>,
    layout: &Layout,
    taking: &Taking,
    outcome: Outcome,
) -> Result<Answer> {
    let counts = match outcome {
        Outcome::Refused(findings) => {
            return Ok(Answer::Refused(findings.into_iter().map(|finding| fault(layout, finding)).collect()));
        }
        Outcome::Taken(counts) => counts,
    };
    if taking.dry_run || (counts.new == 0 && counts.changed == 0) {
        transaction.rollback().await?;
        return Ok(Answer::Taken(counts));
    }
    let name = taking.file.file_name().unwrap_or_default().to_string_lossy();
    let (kind, actor) = (taking.kind.name(), &taking.context.actor);
    store::import::record(&transaction, kind, &name, &taking.source.sha256, counts, actor).await?;
    transaction.commit().await?;
    Ok(Answer::Taken(counts))
}

fn fault(layout: &Layout, finding: store::import::Finding) -> Fault {
    Fault {
        row: finding.row,
        column: layout.heading(&finding.column).to_owned(),
        value: finding.value,
        rule: Rule::Known(finding.kind, finding.other),
    }
}

/// Says every few seconds how far a long file is.
pub(super) struct Progress {
    total: u64,
    done: u64,
    told: Instant,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        Self { total, done: 0, told: Instant::now() }
    }

    pub(super) fn step(&mut self) {
        self.done += 1;
        // The clock is asked once in a thousand rows.
        if self.done.is_multiple_of(1000) && self.told.elapsed().as_secs() >= 2 {
            self.told = Instant::now();
            eprintln!("import: {} of {} rows", self.done, self.total);
        }
    }
}
