//! The pure part of the sink: which of a batch's readings are new, repeated, or at odds with what is stored.

use std::collections::HashSet;

use super::entry::{Entry, Fate, Outcome};
use metering::Reading;

/// The key of a reading, with its time in microseconds as the database has it.
pub(crate) type Key = (i32, i16, i64);

/// One reading of the batch, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) reading: Reading,
    /// Index of its frame in the batch.
    pub(crate) entry: usize,
}

impl Row {
    pub(crate) fn key(&self) -> Key {
        (self.reading.meter.get(), self.reading.register.get(), self.reading.time.as_microsecond())
    }
}

/// The readings of a batch in the order of their keys: two writers that insert in one order cannot wait for each
/// other in a ring. Equal keys stand together, the frame that came first before the others.
pub(crate) struct Sift {
    rows: Vec<Row>,
    /// The first row of each key.
    leaders: Vec<usize>,
}

/// A reading at odds with a stored one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clash {
    pub(crate) row: Row,
    /// In millionths.
    pub(crate) stored: i64,
}

impl Sift {
    pub(crate) fn new(entries: &[Entry]) -> Self {
        let mut rows = Vec::with_capacity(entries.len() * 2);
        for (entry, fate) in entries.iter().map(|entry| &entry.fate).enumerate() {
            if let Fate::Usable(usable) = fate {
                rows.extend(usable.readings.iter().map(|&reading| Row { reading, entry }));
            }
        }
        rows.sort_by_key(Row::key); // stable: in order of arrival among equals
        let mut leaders = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            if index == 0 || rows[index - 1].key() != row.key() {
                leaders.push(index);
            }
        }
        Self { rows, leaders }
    }

    /// The rows to insert: one for each key.
    pub(crate) fn candidates(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.leaders.iter().map(|&index| &self.rows[index])
    }

    /// Sorts the rows out, once it is known which candidates went in (in the order of [`Self::candidates`]) and,
    /// for those that did not, which value is stored.
    pub(crate) fn sort_out(&self, fates: &[Candidate], entries: usize) -> Sifted {
        let mut sifted = Sifted { inserted: vec![false; entries], clashes: Vec::new() };
        for (n, (&first, fate)) in self.leaders.iter().zip(fates).enumerate() {
            let end = self.leaders.get(n + 1).copied().unwrap_or(self.rows.len());
            let (stored, rest) = match *fate {
                Candidate::Inserted => {
                    sifted.inserted[self.rows[first].entry] = true;
                    (self.rows[first].reading.value.raw(), first + 1..end)
                }
                Candidate::Stored(value) => (value, first..end),
            };
            let mut seen = HashSet::new();
            for row in &self.rows[rest] {
                let other = row.reading.value.raw();
                if other != stored && seen.insert(other) {
                    sifted.clashes.push(Clash { row: *row, stored });
                }
            }
        }
        sifted
    }
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Candidate {
    /// It went in.
    Inserted,
    /// Its key was taken, by this value in millionths.
    Stored(i64),
}

/// A batch, sorted out.
pub(crate) struct Sifted {
    /// By frame: whether any of its readings is new.
    pub(crate) inserted: Vec<bool>,
    /// Readings at odds with stored ones, each value once.
    pub(crate) clashes: Vec<Clash>,
}

/// What a frame counts as: rejected, else conflict, else stored, else duplicate.
pub(crate) fn outcome(entry: &Entry, inserted: bool, conflict: bool) -> Outcome {
    match &entry.fate {
        Fate::Rejected(_) => Outcome::Rejected,
        Fate::Usable(_) if conflict => Outcome::Conflict,
        Fate::Usable(_) if inserted => Outcome::Stored,
        Fate::Usable(usable) if usable.readings.is_empty() => Outcome::Stored,
        Fate::Usable(_) => Outcome::Duplicate,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;
    use metering::{MeterId, Micro, Quality, RegisterId, Source};

    use super::*;
    use crate::sink::{Arrival, Usable};

    fn reading(time: i64, value: i64) -> Reading {
        Reading {
            meter: MeterId::new(1),
            register: RegisterId::new(1),
            time: Timestamp::from_second(time).unwrap(),
            value: Micro::from_raw(value),
            received: Timestamp::UNIX_EPOCH,
            quality: Quality::Actual,
            source: Source::Mqtt,
        }
    }

    fn frame(readings: &[(i64, i64)]) -> Entry {
        let readings = readings.iter().map(|&(time, value)| reading(time, value)).collect();
        Entry {
            arrival: Arrival {
                source: Source::Mqtt,
                channel: String::new(),
                content: crate::sink::Content::Frame("json".into()),
                address: None,
                bytes: Bytes::new(),
                received: Timestamp::UNIX_EPOCH,
                sent: None,
                profile: None,
                start: None,
            },
            fate: Fate::Usable(Usable {
                meter: MeterId::new(1),
                readings,
                refusals: vec![],
                changes: vec![],
                receipt: None,
            }),
            replay_of: None,
        }
    }

    #[test]
    fn in_a_batch_the_first_of_a_key_wins() {
        let batch = [frame(&[(1, 10)]), frame(&[(1, 10)]), frame(&[(1, 11), (2, 20)])];
        let sift = Sift::new(&batch);
        assert_eq!(sift.candidates().len(), 2);
        let sifted = sift.sort_out(&[Candidate::Inserted, Candidate::Inserted], batch.len());
        assert_eq!(sifted.inserted, [true, false, true]);
        let clashes: Vec<_> =
            sifted.clashes.iter().map(|c| (c.row.entry, c.stored, c.row.reading.value.raw())).collect();
        assert_eq!(clashes, [(2, 10, 11)]);
    }

    #[test]
    fn a_taken_key_is_a_duplicate_or_a_conflict_by_its_value() {
        let batch = [frame(&[(1, 10)]), frame(&[(1, 12)]), frame(&[(1, 12)])];
        let sift = Sift::new(&batch);
        let sifted = sift.sort_out(&[Candidate::Stored(10)], batch.len());
        assert_eq!(sifted.inserted, [false; 3]);
        assert_eq!(sifted.clashes.len(), 1, "the same other value is one conflict");
        assert_eq!(outcome(&batch[0], false, false), Outcome::Duplicate);
        assert_eq!(outcome(&batch[1], false, true), Outcome::Conflict);
        assert_eq!(outcome(&frame(&[]), false, false), Outcome::Stored, "a heartbeat");
    }
}
