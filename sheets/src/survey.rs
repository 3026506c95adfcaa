//! A first walk through the file: how many rows there are, and how long the numbers in each column.

use metering::Numbers;

use crate::Record;
use crate::column::Identity;
use crate::error::Unreadable;
use crate::header::Layout;
use crate::source::Source;
use crate::spoilt::Lengths;

/// What the whole file shows before its first row is read.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Rows with anything in them, without the header.
    pub rows: u64,
    /// For each of our columns, the lengths of its numbers.
    lengths: Vec<Lengths>,
}

impl Survey {
    /// Walks through the file.
    pub fn of(source: &Source, layout: &Layout) -> Result<Self, Unreadable> {
        let mut survey = Self { rows: 0, lengths: vec![Lengths::default(); layout.columns().len()] };
        let mut rows = source.rows()?;
        let mut record = Record::new();
        rows.read_record(&mut record)?;
        while rows.read_record(&mut record)? {
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            survey.rows += 1;
            for (column, lengths) in layout.columns().iter().zip(&mut survey.lengths) {
                if column.identity == Identity::None {
                    continue;
                }
                if let Some(cell) = layout.place(column.name).and_then(|place| record.get(place)) {
                    lengths.learn(cell.trim());
                }
            }
        }
        Ok(survey)
    }

    /// The columns whose stored numbers add to what the file shows.
    pub fn numbered<'s>(&'s mut self, layout: &Layout) -> impl Iterator<Item = (Numbers, &'s mut Lengths)> {
        layout.columns().iter().zip(&mut self.lengths).filter_map(|(column, lengths)| match column.identity {
            Identity::Number(numbers) => Some((numbers, lengths)),
            _ => None,
        })
    }

    /// For each of our columns what was learned, and the one length that its numbers have. With `ragged`, numbers have
    /// no length of their own.
    pub fn close(self, layout: &Layout, ragged: bool) -> Vec<(Lengths, Option<usize>)> {
        let fixed = |identity, lengths: &Lengths| match identity {
            _ if ragged => None,
            Identity::None | Identity::Digits | Identity::Reference | Identity::Channel => None,
            Identity::Code => lengths.fixed(false),
            Identity::Number(_) => lengths.fixed(true),
        };
        let of = |(column, lengths): (&crate::Column, Lengths)| {
            let fixed = fixed(column.identity, &lengths);
            (lengths, fixed)
        };
        layout.columns().iter().zip(self.lengths).map(of).collect()
    }
}
