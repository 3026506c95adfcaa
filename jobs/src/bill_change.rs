//! A price that begins inside a period by a reading: which readings to look up, and the segments parted where they lie.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use billing::reason::{NoBill, Reason};
use jiff::Timestamp;
use jiff::civil::Date;
use metering::{MeterId, RegisterId, Zone};
use series::index::Index;
use series::segment::Segment;
use series::span::{Question, Span};
use store::runs_facts::{self, Answers, Look};
use store::{SqlError, Transaction};

/// The spans of an agreement, and the days inside them on which a price begins by a reading.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    pub(crate) spans: &'a [Span<'a>],
    /// The days, and whether the reading must be on the day itself.
    pub(crate) days: &'a [(Date, bool)],
    /// The end of the period due.
    pub(crate) end: Date,
}

/// A register's reading by which a price begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangeReading {
    /// The day from which the price is valid.
    day: Date,
    meter: MeterId,
    register: RegisterId,
    index: Index,
}

/// Segments in the order of their parts.
#[derive(Debug)]
pub(crate) struct Parted {
    pub(crate) segments: Vec<Segment>,
    /// The first segment of each part that a reading begins, by the part's first day.
    pub(crate) firsts: Vec<(Date, usize)>,
}

/// Looks up the first reading of each register from the day on, or on the day. One query for each day.
pub(crate) async fn look_up(
    change: &Transaction<'_>,
    asked: impl Iterator<Item = Changes<'_>>,
    zone: &Zone,
    as_of: Timestamp,
) -> Result<Answers, SqlError> {
    let mut by_look: BTreeMap<(Timestamp, Timestamp), BTreeSet<Question>> = BTreeMap::new();
    for found in asked {
        for (day, on_the_day) in found.days {
            let latest = if *on_the_day { day.tomorrow().ok() } else { Some(found.end) };
            let latest = latest.and_then(|day| zone.start_of(day));
            let Some((at, latest)) = zone.start_of(*day).zip(latest) else { continue };
            by_look
                .entry((at, latest))
                .or_default()
                .extend(found.spans.iter().filter_map(|span| span.asks_at(at)));
        }
    }
    let mut answers = HashMap::new();
    for ((at, latest), questions) in by_look {
        let look = Look { at, earliest: at, latest: Some(latest), only_at: None, as_of };
        let questions: Vec<Question> = questions.into_iter().collect();
        runs_facts::answers(change, &look, &questions, &mut answers).await?;
    }
    Ok(answers)
}

/// The readings by which prices begin, of all registers. Where one register has one and another has not, or where one is
/// in conflict, nobody can tell what belongs to which price.
pub(crate) fn readings(
    changes: &Changes<'_>,
    answers: &Answers,
    zone: &Zone,
) -> Result<Vec<ChangeReading>, NoBill> {
    let mut readings = Vec::new();
    for (day, _) in changes.days {
        let Some(at) = zone.start_of(*day) else { continue };
        let mut found = Vec::new();
        let mut without = None;
        for span in changes.spans {
            let Some(question) = span.asks_at(at) else { continue };
            let answer = answers.get(&question).copied().unwrap_or_default();
            let shown = || format!("{} {} from {day} on", span.fitting.serial, span.fitting.name);
            if answer.in_conflict {
                return Err(NoBill::new(Reason::Conflict, shown()));
            }
            match answer.before.filter(|index| index.at == at).or(answer.after) {
                Some(index) => {
                    let (meter, register) = (question.meter, question.register);
                    found.push(ChangeReading { day: *day, meter, register, index });
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
pub(crate) fn read_on(readings: &[ChangeReading], day: Date, zone: &Zone) -> Option<Date> {
    readings
        .iter()
        .filter(|reading| reading.day == day)
        .map(|reading| reading.index.at)
        .min()
        .map(|at| zone.date(at))
}

/// Parts the segments where a part of the bill begins by a reading. `begins` are the first days of the parts but the first.
pub(crate) fn part(
    segments: Vec<Segment>,
    begins: impl Iterator<Item = Date>,
    readings: &[ChangeReading],
    spans: &[Span<'_>],
    zone: &Zone,
) -> Result<Parted, NoBill> {
    let mut parted = Parted { segments: Vec::with_capacity(segments.len()), firsts: Vec::new() };
    let mut rest = segments;
    for begin in begins {
        let here: Vec<&ChangeReading> =
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
