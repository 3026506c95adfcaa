//! The two walks through a file: one to learn what its numbers look like, one to read its rows and stage them in the
//! database. A file of a million rows is never held in memory.

use sheets::{Cells, Fault, Layout, Reading, Record, Rows, Survey, Unreadable};
use store::import::{Stage, Staged};

use super::kind::Row;
use super::{Halt, MOST, Progress, Taking};
use crate::Deed;

/// A file whose header was read, at its first row.
pub(super) struct Opened {
    pub(super) layout: Layout,
    pub(super) reading: Reading,
    rows: Rows,
    record: Record,
    /// Of the row that was read last, as a spreadsheet counts; the header is row 1.
    pub(super) number: i32,
    progress: Progress,
}

/// Reads the header, and learns from the whole file what its numbers look like.
pub(super) async fn open<R: Row>(deed: &Deed<'_>, taking: &Taking<'_>) -> Result<Opened, Halt> {
    let source = taking.wish.source;
    let mut rows = source.rows()?;
    let mut record = Record::new();
    rows.read_record(&mut record).map_err(Unreadable::from)?;
    let layout = Layout::of(&record, R::COLUMNS)?;
    let mut survey = Survey::of(source, &layout)?;
    let progress = Progress { done: 0, total: survey.rows };
    for (numbers, lengths) in survey.numbered(&layout) {
        for (length, count, zero_led) in store::import::lengths(deed.change().transaction(), numbers).await? {
            lengths.learn_stored(length, count, zero_led);
        }
    }
    let lengths = survey.close(&layout, taking.wish.ragged);
    let reading = Reading { zone: taking.office.zone().clone(), now: deed.now(), lengths };
    Ok(Opened { layout, reading, rows, record, number: 1, progress })
}

impl Opened {
    /// The next row that is not empty, or what is wrong with it among the faults; then the row is not to be used.
    pub(super) fn next<R: Row>(
        &mut self,
        taking: &Taking<'_>,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<R>, Unreadable> {
        while self.rows.read_record(&mut self.record)? {
            self.number = self.number.saturating_add(1);
            if self.record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            self.progress.done = self.progress.done.saturating_add(1);
            if self.progress.done.is_multiple_of(Progress::EACH) {
                (taking.progress)(self.progress);
            }
            let mut cells = Cells::new(&self.layout, &self.reading, &self.record, self.number, faults);
            return Ok(Some(R::read(&mut cells)));
        }
        Ok(None)
    }
}

/// The number of rows that the deed's transaction holds now, or what is wrong with them by themselves.
type StagedFile = Result<(Layout, u64), Vec<Fault>>;

/// Stages a file's rows.
pub(super) async fn stage<R: Row + Staged>(deed: &Deed<'_>, taking: &Taking<'_>) -> Result<StagedFile, Halt> {
    let mut opened = open::<R>(deed, taking).await?;
    let mut stage = Stage::<R>::open(deed.change()).await?;
    let mut faults = Vec::new();
    while faults.len() < MOST
        && let Some(row) = opened.next::<R>(taking, &mut faults)?
    {
        if faults.is_empty() {
            stage.push(opened.number, &row).await?;
        }
    }
    if !faults.is_empty() {
        faults.truncate(MOST);
        return Ok(Err(faults));
    }
    let rows = stage.close(deed.change()).await?;
    Ok(Ok((opened.layout, rows)))
}
