//! The import itself: survey, stage, plan, commit.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use metering::{Medium, Zone};
use office::Deed;
use sheets::{Cells, Fault, Layout, Reading, Record, Rows, Source, Survey, Unreadable};
use store::import::{
    AccountRow, AreaRow, AttributeRow, BookRow, CompanyRow, Context, Counts, DeviceRow, LineRow, MeterRow,
    OpeningRow, Outcome, Planned, ReadingRow, ServiceRow, Stage, Staged,
};

use super::kind::{Kind, Row};
use super::{known, payments, report};

/// One import.
pub(crate) struct Taking {
    pub(crate) kind: Kind,
    pub(crate) file: PathBuf,
    pub(crate) source: Source,
    pub(crate) zone: Zone,
    pub(crate) now: jiff::Timestamp,
    /// How far a reading's time may lie from now.
    pub(crate) times: store::import::Times,
    pub(crate) dry_run: bool,
    pub(crate) ragged: bool,
    pub(crate) context: Context,
}

impl Taking {
    /// What is kept of the file itself.
    fn as_file(&self) -> office::import::File {
        office::import::File {
            kind: self.kind.name(),
            name: self.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256: self.source.sha256.to_vec(),
        }
    }
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
pub(crate) async fn take(deed: Deed<'_>, taking: &Taking) -> Result<Answer> {
    match taking.kind {
        Kind::Companies => planned::<CompanyRow>(deed, taking).await,
        Kind::Areas => planned::<AreaRow>(deed, taking).await,
        Kind::Books => planned::<BookRow>(deed, taking).await,
        Kind::Accounts => planned::<AccountRow>(deed, taking).await,
        Kind::Services => planned::<ServiceRow>(deed, taking).await,
        Kind::Attributes => planned::<AttributeRow>(deed, taking).await,
        Kind::Meters => meters(deed, taking).await,
        Kind::Openings => planned::<OpeningRow>(deed, taking).await,
        Kind::Lines => planned::<LineRow>(deed, taking).await,
        Kind::Devices => planned::<DeviceRow>(deed, taking).await,
        Kind::Payments => payments::take(deed, taking).await,
        Kind::Readings => readings(deed, taking).await,
    }
}

async fn planned<R: Row + Planned>(deed: Deed<'_>, taking: &Taking) -> Result<Answer> {
    let (layout, rows) = match stage::<R>(&deed, taking).await? {
        Ok(staged) => staged,
        Err(faults) => return Ok(Answer::Refused(faults)),
    };
    let outcome = store::import::run::<R>(deed.change(), rows, &taking.context).await?;
    finish(deed, &layout, taking, outcome).await
}

async fn meters(deed: Deed<'_>, taking: &Taking) -> Result<Answer> {
    let (layout, rows) = match stage::<MeterRow>(&deed, taking).await? {
        Ok(staged) => staged,
        Err(faults) => return Ok(Answer::Refused(faults)),
    };
    let outcome = store::import::run_meters(deed.change(), rows, &taking.context).await?;
    finish(deed, &layout, taking, outcome).await
}

async fn readings(deed: Deed<'_>, taking: &Taking) -> Result<Answer> {
    let (layout, rows) = match stage::<ReadingRow>(&deed, taking).await? {
        Ok(staged) => staged,
        Err(faults) => return Ok(Answer::Refused(faults)),
    };
    let main: Vec<(String, String)> = Medium::ALL
        .iter()
        .filter_map(|medium| Some((medium.name().to_owned(), medium.main_register()?.to_string())))
        .collect();
    let outcome =
        store::import::run_readings(deed.change(), rows, &taking.context, &main, taking.times).await?;
    finish(deed, &layout, taking, outcome).await
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
pub(super) async fn open<R: Row>(deed: &Deed<'_>, taking: &Taking) -> Result<Opened> {
    let mut rows = taking.source.rows()?;
    let mut header = Record::new();
    rows.read_record(&mut header).map_err(Unreadable::from)?;
    let layout = Layout::of(&header, R::COLUMNS)?;
    let mut survey = Survey::of(&taking.source, &layout)?;
    let total = survey.rows;
    for (numbers, lengths) in survey.numbered(&layout) {
        for (length, count, zero_led) in store::import::lengths(deed.change().transaction(), numbers).await? {
            lengths.learn_stored(length, count, zero_led);
        }
    }
    let lengths = survey.close(&layout, taking.ragged);
    let reading = Reading { zone: taking.zone.clone(), now: taking.now, lengths };
    Ok(Opened { layout, reading, rows, total })
}

/// The number of rows that the deed's transaction holds now, or what is wrong with them by themselves.
type StagedFile = Result<(Layout, u64), Vec<Fault>>;

async fn stage<R: Row + Staged>(deed: &Deed<'_>, taking: &Taking) -> Result<StagedFile> {
    let Opened { layout, reading, mut rows, total } = open::<R>(deed, taking).await?;
    let mut stage = Stage::<R>::open(deed.change()).await?;
    let mut record = Record::new();
    let mut faults = Vec::new();
    let mut progress = Progress::new(total);
    let mut number = 1; // the header
    while faults.len() < report::MOST && rows.read_record(&mut record).map_err(Unreadable::from)? {
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
    let rows = stage.close(deed.change()).await?;
    Ok(Ok((layout, rows)))
}

/// Keeps what was taken, with its trace; or nothing.
pub(super) async fn finish(
    deed: Deed<'_>,
    layout: &Layout,
    taking: &Taking,
    outcome: Outcome,
) -> Result<Answer> {
    let counts = match outcome {
        Outcome::Refused(findings) => {
            return Ok(Answer::Refused(findings.iter().map(|finding| fault(layout, finding)).collect()));
        }
        Outcome::Taken(counts) => counts,
    };
    if taking.dry_run {
        deed.leave().await?;
    } else {
        office::import::keep(deed, &taking.as_file(), counts).await?;
    }
    Ok(Answer::Taken(counts))
}

fn fault(layout: &Layout, finding: &store::import::Finding) -> Fault {
    let rule = known::rule(finding.kind, finding.other.as_deref());
    Fault::new(finding.row, layout.heading(&finding.column), &finding.value, rule)
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
