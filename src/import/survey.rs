//! A first walk through the file: how many rows there are, and how long the numbers in each column.

use anyhow::Result;
use store::GenericClient;
use store::import::Numbers;

use super::column::Identity;
use super::file::Source;
use super::header::Layout;
use super::spoilt::Lengths;
use crate::outcome::Unusable;

/// What the whole file tells before its first row is read.
pub(crate) struct Survey {
    /// Rows with anything in them, without the header.
    pub(crate) rows: u64,
    /// For each of our columns, the lengths of its numbers.
    pub(crate) lengths: Vec<Lengths>,
}

/// Walks through the file.
pub(crate) fn survey(source: &Source, layout: &Layout) -> Result<Survey> {
    let mut survey = Survey { rows: 0, lengths: vec![Lengths::default(); layout.columns().len()] };
    let mut rows = source.rows()?;
    let mut record = csv::StringRecord::new();
    rows.read_record(&mut record).map_err(unreadable)?;
    while rows.read_record(&mut record).map_err(unreadable)? {
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

/// Adds what the stored numbers tell. With `ragged`, numbers have no length of their own.
pub(crate) async fn with_known(
    mut survey: Survey,
    layout: &Layout,
    client: &impl GenericClient,
    ragged: bool,
) -> Result<Vec<(Lengths, Option<usize>)>> {
    for (column, lengths) in layout.columns().iter().zip(&mut survey.lengths) {
        if let Identity::Number(numbers) = column.identity {
            for (length, count, zero_led) in known(client, numbers).await? {
                lengths.learn_stored(length, count, zero_led);
            }
        }
    }
    let fixed = |identity, lengths: &Lengths| match identity {
        _ if ragged => None,
        Identity::None | Identity::Digits => None,
        Identity::Code => lengths.fixed(false),
        Identity::Number(_) => lengths.fixed(true),
    };
    Ok(layout
        .columns()
        .iter()
        .zip(survey.lengths)
        .map(|(column, lengths)| {
            let fixed = fixed(column.identity, &lengths);
            (lengths, fixed)
        })
        .collect())
}

async fn known(client: &impl GenericClient, numbers: Numbers) -> Result<Vec<(usize, u64, u64)>> {
    Ok(store::import::lengths(client, numbers).await?)
}

/// A row that is no CSV: a quote that is never closed, bytes that are no text.
#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
pub(crate) fn unreadable(error: csv::Error) -> anyhow::Error {
    Unusable(format!("the file cannot be read as CSV: {error}")).into()
}
