//! Why a bill says what it says: each line in a sentence and on to the ledger, each index back to its reading and the bytes of
//! the frame that brought it.

use billing::inputs::FrozenSegment;
use jiff::Timestamp;
use metering::{Language, Quality, Zone};
use protocols::{DeviceTime, Options};
use rust_decimal::Decimal;
use store::bills::{self, BillPosting, Origin};
use store::{GenericClient, SqlError};

use super::Document;

/// A bill, explained.
#[derive(Debug)]
pub struct Explained {
    /// What is shown of it.
    pub document: Document,
    /// Its lines.
    pub lines: Vec<Told>,
    /// Opening and closing of each of its frozen segments, in order; nothing of a bill that was not rated.
    pub boundaries: Vec<[Boundary; 2]>,
}

/// A line, told.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its code: `water#2`.
    pub code: String,
    /// As printed.
    pub amount: String,
    /// Quantity, block, price, rounding; empty of a bill that was not rated.
    pub sentence: String,
    /// What was posted of it.
    pub postings: Vec<BillPosting>,
}

impl Told {
    /// Whether it is the line of that code, or of that component.
    pub fn is_of(&self, only: &str) -> bool {
        self.code == only || self.code.split('#').next() == Some(only)
    }
}

/// A boundary of a segment, with where its index came from.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// When.
    pub at: Timestamp,
    /// What the register showed.
    pub index: String,
    /// How good that is.
    pub quality: Quality,
    /// The reading; none where the index is master data (put in, taken out, handed over).
    pub origin: Option<Origin>,
    /// Format and bytes of the frame that says this index at this time.
    pub frame: Option<(String, Vec<u8>)>,
}

/// Explains a bill, draft or document, by its number; `None` where there is no such bill.
pub async fn explain(
    client: &impl GenericClient,
    zone: &Zone,
    language: Language,
    no: &str,
) -> Result<Option<Explained>, SqlError> {
    let Some(document) = Document::read(client, no).await? else { return Ok(None) };
    let lines = told(client, language, &document).await?;
    let mut found = Vec::new();
    for segment in document.inputs.iter().flat_map(|inputs| &inputs.segments) {
        found.push(boundaries(client, zone, segment).await?);
    }
    Ok(Some(Explained { document, lines, boundaries: found }))
}

async fn told(
    client: &impl GenericClient,
    language: Language,
    document: &Document,
) -> Result<Vec<Told>, SqlError> {
    let mut sentences = document.sentences(language).into_iter();
    let postings = bills::postings(client, &[document.bill.id]).await?;
    let told = document.lines.iter().zip(1_i16..).map(|(line, n)| Told {
        code: line.code.to_string(),
        amount: line.amount.to_string(),
        sentence: sentences.next().unwrap_or_default(),
        postings: postings.iter().filter(|posting| posting.line == n).cloned().collect(),
    });
    Ok(told.collect())
}

async fn boundaries(
    client: &impl GenericClient,
    zone: &Zone,
    segment: &FrozenSegment,
) -> Result<[Boundary; 2], SqlError> {
    let boundary = async |at, index: String, quality| -> Result<Boundary, SqlError> {
        let origin = bills::origin(client, segment.meter, segment.register, at).await?;
        let frame = origin.as_ref().and_then(|origin| bringing(&origin.frames, zone, at, &index));
        Ok(Boundary { at, index, quality, origin, frame })
    };
    Ok([
        boundary(segment.from, segment.open.to_string(), segment.open_quality).await?,
        boundary(segment.to, segment.close.to_string(), segment.close_quality).await?,
    ])
}

/// Of the frames that came in the same second, the one that says this index at this time, decoded anew; of a meter
/// without a clock the one that says the index; else the first.
fn bringing(
    frames: &[(String, Vec<u8>)],
    zone: &Zone,
    at: Timestamp,
    index: &str,
) -> Option<(String, Vec<u8>)> {
    let index = index.parse::<Decimal>().ok();
    let says = |frame: &&(String, Vec<u8>), timed: bool| {
        let Ok(format) = frame.0.parse() else { return false };
        let decoded = protocols::decode(format, &frame.1, &Options::default()).into_results();
        decoded.into_iter().flatten().flat_map(|frame| frame.records).any(|record| {
            let value =
                record.value.number().zip(record.unit).and_then(|(value, unit)| unit.to_canonical(value));
            let time = match record.time {
                Some(DeviceTime::Civil(civil)) => zone.instant(civil),
                Some(DeviceTime::Instant(instant)) => Some(instant),
                Some(DeviceTime::Date(_)) | None => None,
            };
            value.is_some() && value == index && (!timed || time == Some(at))
        })
    };
    let found = frames
        .iter()
        .find(|frame| says(frame, true))
        .or_else(|| frames.iter().find(|frame| says(frame, false)));
    found.or_else(|| frames.first()).cloned()
}
