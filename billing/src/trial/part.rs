//! A price that begins inside a period by a reading: the segments parted where it lies.

use jiff::civil::Date;
use metering::{MeterId, RegisterId, Zone};
use series::index::Index;
use series::look::Answers;
use series::segment::Segment;
use series::span::Span;

use super::Asked;
use crate::reason::{NoBill, Reason};

/// A register's reading by which a price begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct PriceReading {
    /// The day from which the price is valid.
    day: Date,
    meter: MeterId,
    register: RegisterId,
    index: Index,
}

/// Segments in the order of their parts.
#[derive(Debug)]
pub(super) struct Parted {
    pub(super) segments: Vec<Segment>,
    /// The first segment of each part that a reading begins, by the part's first day.
    pub(super) firsts: Vec<(Date, usize)>,
}

/// The readings by which prices begin, of all registers. Where one register has one and another has not, or where one is
/// in conflict, nobody can tell what belongs to which price.
pub(super) fn price_readings(
    asked: &Asked<'_>,
    answers: &Answers,
    zone: &Zone,
) -> Result<Vec<PriceReading>, NoBill> {
    let mut readings = Vec::new();
    for day in asked.price_days.iter().map(|price| price.day) {
        let Some(at) = zone.start_of(day) else { continue };
        let mut found = Vec::new();
        let mut without = None;
        for span in &asked.spans {
            let Some(question) = span.asks_at(at) else { continue };
            let answer = answers.get(&question).copied().unwrap_or_default();
            let shown = || format!("{} from {day} on", span.fitting.place());
            if answer.in_conflict {
                return Err(NoBill::new(Reason::Conflict, shown()));
            }
            match answer.before.filter(|index| index.at == at).or(answer.after) {
                Some(index) => {
                    let (meter, register) = (question.meter, question.register);
                    found.push(PriceReading { day, meter, register, index });
                }
                None => without = Some(shown()),
            }
        }
        match without {
            Some(shown) if !found.is_empty() => {
                let detail =
                    format!("the price changes by a reading: none of {shown}, but of other registers");
                return Err(NoBill::new(Reason::PriceChange, detail));
            }
            _ => readings.extend(found),
        }
    }
    Ok(readings)
}

/// The day on which the readings part the usage for a price that is valid from a day.
pub(super) fn read_on(readings: &[PriceReading], day: Date, zone: &Zone) -> Option<Date> {
    let of_day = readings.iter().filter(|reading| reading.day == day);
    of_day.map(|reading| reading.index.at).min().map(|at| zone.date(at))
}

/// Parts the segments where a part of the bill begins by a reading. `begins` are the first days of the parts but the first.
pub(super) fn part(
    segments: Vec<Segment>,
    begins: impl Iterator<Item = Date>,
    readings: &[PriceReading],
    spans: &[Span<'_>],
    zone: &Zone,
) -> Result<Parted, NoBill> {
    let mut parted = Parted { segments: Vec::with_capacity(segments.len()), firsts: Vec::new() };
    let mut rest = segments;
    for begin in begins {
        let here: Vec<&PriceReading> =
            readings.iter().filter(|reading| read_on(readings, reading.day, zone) == Some(begin)).collect();
        let Some(last) = here.iter().map(|reading| reading.index.at).max() else { continue };
        let mut after = Vec::with_capacity(rest.len());
        for segment in rest {
            let inside = here.iter().find(|reading| {
                reading.meter == segment.meter
                    && reading.register == segment.register
                    && segment.open.at < reading.index.at
                    && reading.index.at < segment.close.at
            });
            let span = spans.iter().find(|span| {
                span.fitting.installation == segment.installation && span.fitting.register == segment.register
            });
            match (inside, span) {
                (Some(reading), Some(span)) => {
                    let Segment { open, close, .. } = segment;
                    parted.segments.push(Segment::new(span.fitting, open, reading.index, span.daily)?);
                    after.push(Segment::new(span.fitting, reading.index, close, span.daily)?);
                }
                _ if segment.close.at <= last => parted.segments.push(segment),
                _ => after.push(segment),
            }
        }
        parted.firsts.push((begin, parted.segments.len()));
        rest = after;
    }
    parted.segments.extend(rest);
    Ok(parted)
}
