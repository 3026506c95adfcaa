//! From what the master data and the bills before say to the segments of a bill, in two steps with the readings
//! asked for in between:
//!
//! ```text
//! spans()     which register is billed from where to where: known indexes, and boundaries to be met
//!   (the caller looks up the readings of all boundaries of many agreements at once)
//! segments()  the spans with their boundaries met
//! ```
//!
//! Where a span opens: at the last billed index; else at the opening that the old system handed over; else at the
//! index with which the meter was put in. Where somebody else had the meter before, a reading at the first day
//! must meet that boundary.

use jiff::Timestamp;
use jiff::civil::Date;
use metering::{CivilPeriod, InstallationId, Micro, Quality, RegisterId, RegisterKind, Zone};
use rust_decimal::Decimal;

use crate::boundary::{BoundaryPolicy, BoundaryRule, meet};
use crate::fitting::Fitting;
use crate::index::Index;
use crate::look::{Answer, Question};
use crate::segment::Segment;
use crate::unmet::Unmet;

/// A fitting on a meter point of the agreement, with the days for which the agreement has the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supplied {
    /// The register of the meter.
    pub fitting: Fitting,
    /// The first day.
    pub from: Date,
    /// The first day after the last.
    pub to: Option<Date>,
    /// Whether another agreement had the point before.
    pub had_before: bool,
}

/// Where a register's last live bill segment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billed {
    /// The installation.
    pub installation: InstallationId,
    /// The register.
    pub register: RegisterId,
    /// The first instant of that segment.
    pub from: Timestamp,
    /// Its index then.
    pub open: Micro,
    /// The index that it was billed to.
    pub close: Index,
    /// Whether the register began again at zero in between.
    pub rolled: bool,
    /// The bill's number here.
    pub bill: i64,
    /// Its usage a day, in units of the index; `None` where it spans no whole day.
    pub daily: Option<Decimal>,
}

/// An index that the old system has billed to (import `openings`, item `last_billed_index`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandedOver {
    /// The index, as it was written down: one that no register can show is unmet, not left out.
    pub value: Decimal,
    /// Its day.
    pub as_of: Date,
}

/// One end of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// An index that is known.
    Known(Index),
    /// A boundary that a reading must meet; where none does, `otherwise` stands in.
    Ask {
        /// The instant.
        at: Timestamp,
        /// What stands in.
        otherwise: Option<Index>,
    },
}

/// A register to be billed from one end to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span<'f> {
    /// The register of the meter.
    pub fitting: &'f Fitting,
    /// Where it opens.
    pub open: End,
    /// Where it closes.
    pub close: End,
    /// The usage a day of the last bill.
    pub daily: Option<Decimal>,
}

/// The spans of an agreement's registers that are not billed yet, up to the end of a period.
pub fn spans<'f>(
    supplied: &'f [Supplied],
    needed: &[&str],
    billed: &[Billed],
    handed_over: Option<HandedOver>,
    due: CivilPeriod,
    zone: &Zone,
) -> Result<Vec<Span<'f>>, Unmet> {
    let mut spans = Vec::new();
    let mut fitted = 0_usize;
    let momentary = |s: &&Supplied| s.fitting.kind == RegisterKind::Momentary;
    if let Some(s) = supplied.iter().filter(momentary).find(|s| needed.contains(&s.fitting.name.as_str())) {
        return Err(Unmet::Momentary(s.fitting.place()));
    }
    for supplied in supplied.iter().filter(|s| needed.contains(&s.fitting.name.as_str())) {
        fitted = fitted.saturating_add(1);
        spans.extend(span(supplied, needed, billed, handed_over, due, zone)?);
    }
    for name in needed {
        if !supplied.iter().any(|s| s.fitting.name == *name) {
            return Err(Unmet::NoMeter((*name).into()));
        }
    }
    if spans.is_empty() && fitted > 0 {
        return Err(Unmet::AlreadyBilled);
    }
    Ok(spans)
}

fn span<'f>(
    supplied: &'f Supplied,
    needed: &[&str],
    billed: &[Billed],
    handed_over: Option<HandedOver>,
    due: CivilPeriod,
    zone: &Zone,
) -> Result<Option<Span<'f>>, Unmet> {
    let fitting = &supplied.fitting;
    let start_of = |date| zone.start_of(date).ok_or(Unmet::OutOfRange(date));
    let period_end = start_of(due.to())?;
    let first_day = start_of(supplied.from)?;
    let last_day = supplied.to.map(start_of).transpose()?;

    let from = fitting.from.max(first_day);
    let agreement_end = last_day.map_or(period_end, |end| end.min(period_end));
    let to = fitting.to.map_or(agreement_end, |removed| removed.min(agreement_end));
    let last =
        billed.iter().find(|b| b.installation == fitting.installation && b.register == fitting.register);
    if from >= to || last.is_some_and(|last| last.close.at >= to) {
        return Ok(None);
    }

    let opening = Index { at: fitting.from, value: fitting.opening, quality: Quality::Actual };
    let handed_over = handed_over.filter(|_| needed.first() == Some(&fitting.name.as_str()));
    let handed_over = handed_over.map(|handed| handed_over_to(fitting, handed, zone)).transpose()?.flatten();
    let open = match (last, handed_over) {
        (Some(last), _) if last.close.at >= from => End::Known(last.close),
        (None, Some(handed_over)) => End::Known(handed_over),
        // The meter came with the agreement or after it.
        _ if fitting.from >= first_day => End::Known(opening),
        (None, None) if !supplied.had_before => End::Ask { at: from, otherwise: Some(opening) },
        _ => End::Ask { at: from, otherwise: None },
    };
    let close = if fitting.to.is_some_and(|removed| removed == to) {
        match fitting.closing {
            Some(value) => End::Known(Index { at: to, value, quality: Quality::Actual }),
            None => return Err(Unmet::NoClosing(fitting.place(), to)),
        }
    } else {
        End::Ask { at: to, otherwise: None }
    };
    Ok(Some(Span { fitting, open, close, daily: last.and_then(|last| last.daily) }))
}

/// The index at which the old system ended, where this meter was the one that it billed.
fn handed_over_to(fitting: &Fitting, handed: HandedOver, zone: &Zone) -> Result<Option<Index>, Unmet> {
    let at = zone.start_of(handed.as_of).ok_or(Unmet::OutOfRange(handed.as_of))?;
    if at < fitting.from || fitting.to.is_some_and(|removed| removed <= at) {
        return Ok(None);
    }
    let value =
        Micro::exact(handed.value).map_err(|_| Unmet::HandedOverUnfit(fitting.place(), handed.value))?;
    Ok(Some(Index { at, value, quality: Quality::Actual }))
}

impl Span<'_> {
    /// The instant that it opens at, or would.
    pub fn opens(&self) -> Timestamp {
        at(self.open)
    }

    /// What must be looked up where a price begins by a reading at or after an instant inside it.
    pub fn asks_at(&self, instant: Timestamp) -> Option<Question> {
        let inside = at(self.open) < instant && instant < at(self.close);
        inside.then_some(Question { meter: self.fitting.meter, register: self.fitting.register, at: instant })
    }

    /// What must be looked up for it.
    pub fn questions(&self) -> impl Iterator<Item = Question> + '_ {
        let question = |end: End| match end {
            End::Known(_) => None,
            End::Ask { at, .. } => {
                Some(Question { meter: self.fitting.meter, register: self.fitting.register, at })
            }
        };
        [self.open, self.close].into_iter().filter_map(question)
    }
}

/// The segments of the spans, their boundaries met by what `answer` finds.
pub fn segments(
    spans: &[Span<'_>],
    rule: BoundaryRule,
    zone: &Zone,
    answer: impl Fn(Question) -> Answer,
) -> Result<Vec<Segment>, Unmet> {
    let mut segments = Vec::with_capacity(spans.len());
    let mut waiting = None;
    for span in spans {
        let found = |end| met(span, end, rule, zone, &answer);
        let unmet = |at| Unmet::NoReading(span.fitting.place(), at);
        let open = found(span.open)?.map_err(|at| Unmet::NoOpening(span.fitting.place(), at))?;
        // A meter that was put in just before the boundary has nothing to bill yet: its index then meets it.
        let fresh = rule.earliest(span_end(span), zone).is_some_and(|earliest| earliest <= open.at);
        let close = match found(span.close)? {
            Ok(close) => close,
            Err(at) if fresh => {
                waiting = Some(unmet(at));
                continue;
            }
            Err(at) => return Err(unmet(at)),
        };
        if close.at <= open.at {
            waiting = Some(unmet(span_end(span)));
            continue;
        }
        segments.push(Segment::new(span.fitting, open, close, span.daily)?);
    }
    match waiting {
        Some(why) if segments.is_empty() => Err(why),
        _ => Ok(segments),
    }
}

/// The instant at which a span would close.
fn span_end(span: &Span<'_>) -> Timestamp {
    at(span.close)
}

/// The instant of an end.
fn at(end: End) -> Timestamp {
    match end {
        End::Known(index) => index.at,
        End::Ask { at, .. } => at,
    }
}

/// The index at an end; the inner error is the instant that no reading meets.
fn met(
    span: &Span<'_>,
    end: End,
    rule: BoundaryRule,
    zone: &Zone,
    answer: impl Fn(Question) -> Answer,
) -> Result<Result<Index, Timestamp>, Unmet> {
    let (at, otherwise) = match end {
        End::Known(index) => return Ok(Ok(index)),
        End::Ask { at, otherwise } => (at, otherwise),
    };
    let found = answer(Question { meter: span.fitting.meter, register: span.fitting.register, at });
    // Readings from before the meter was put in, or after it was taken out, are somebody else's.
    let here = |index: &Index| {
        span.fitting.from <= index.at && span.fitting.to.is_none_or(|removed| index.at <= removed)
    };
    // There is no line between two maxima.
    let rule = match (span.fitting.kind, rule.policy) {
        (RegisterKind::Maximum, BoundaryPolicy::Interpolate) => {
            BoundaryRule { policy: BoundaryPolicy::LastActual, ..rule }
        }
        _ => rule,
    };
    let index = meet(rule, at, zone, found.before.filter(here), found.after.filter(here));
    if index.is_some() && found.in_conflict {
        let time = found.before.map_or(at, |before| before.at);
        return Err(Unmet::Conflict(span.fitting.place(), zone.civil(time)));
    }
    Ok(index.or(otherwise).ok_or(at))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use metering::{MeterId, Unit};

    use super::*;
    use crate::register::Range;

    const MAIN: &str = "8-0:1.0.0";

    fn at(day: i8, month: i8) -> Timestamp {
        Zone::utc().start_of(date(2026, month, day)).unwrap()
    }

    fn index(at: Timestamp, value: i64) -> Index {
        Index { at, value: Micro::from_raw(value * 1_000_000), quality: Quality::Actual }
    }

    fn fitting(id: i32, from: Timestamp, opening: i64) -> Fitting {
        Fitting {
            installation: InstallationId::new(id),
            meter: MeterId::new(id),
            serial: format!("M{id}").into(),
            register: RegisterId::new(1),
            name: MAIN.into(),
            unit: Unit::CubicMetre,
            kind: RegisterKind::Counter,
            range: Range { full: Some(Decimal::from(100_000)), hourly: None },
            multiplier: Decimal::ONE,
            size_mm: None,
            from,
            to: None,
            opening: Micro::from_raw(opening * 1_000_000),
            closing: None,
        }
    }

    fn supplied(fitting: Fitting) -> Supplied {
        Supplied { fitting, from: date(2026, 1, 1), to: None, had_before: false }
    }

    /// The segments of October as `meter open-close`, or the reason why there are none. `read` answers for a meter.
    fn october(
        all: &[Supplied],
        billed: &[Billed],
        handed_over: Option<HandedOver>,
        read: impl Fn(i32, Timestamp) -> Option<Index>,
    ) -> String {
        let due = CivilPeriod::new(date(2026, 10, 1), date(2026, 11, 1)).unwrap();
        let rule = BoundaryRule { policy: BoundaryPolicy::LastActual, max_age_days: 3 };
        let zone = Zone::utc();
        let segments = spans(all, &[MAIN], billed, handed_over, due, &zone).and_then(|spans| {
            segments(&spans, rule, &zone, |q| Answer {
                before: read(q.meter.get(), q.at),
                ..Answer::default()
            })
        });
        match segments {
            Err(why) => format!("{why:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
            Ok(segments) => segments
                .iter()
                .map(|s| {
                    format!(
                        "{} {}-{}{}",
                        s.serial,
                        s.open.value,
                        s.close.value,
                        if s.rollover.is_some() { " rollover" } else { "" }
                    )
                })
                .collect::<Vec<_>>()
                .join(", "),
        }
    }

    fn billed(id: i32, to: Timestamp, value: i64) -> Billed {
        Billed {
            installation: InstallationId::new(id),
            register: RegisterId::new(1),
            from: at(1, 1),
            open: Micro::from_raw(0),
            close: index(to, value),
            rolled: false,
            bill: 1,
            daily: None,
        }
    }

    #[test]
    fn a_bill_opens_where_the_last_one_closed() {
        let meter = [supplied(fitting(1, at(1, 3), 7))];
        let read = |_, at| Some(index(at, 40));
        assert_eq!(october(&meter, &[], None, read), "M1 7-40");
        assert_eq!(october(&meter, &[billed(1, at(30, 9), 30)], None, read), "M1 30-40");
        assert_eq!(october(&meter, &[billed(1, at(1, 11), 40)], None, read), "AlreadyBilled");
    }

    #[test]
    fn what_the_old_system_billed_is_not_billed_again() {
        let meter = [supplied(fitting(1, at(1, 3), 7))];
        let handed_over = Some(HandedOver { value: Decimal::from(25), as_of: date(2026, 10, 1) });
        assert_eq!(october(&meter, &[], handed_over, |_, at| Some(index(at, 40))), "M1 25-40");
        // One that no register can show is not skipped: the household would be billed from the opening, twice.
        let unfit = Some(HandedOver { value: Decimal::new(25, 7), as_of: date(2026, 10, 1) });
        assert_eq!(october(&meter, &[], unfit, |_, at| Some(index(at, 40))), "HandedOverUnfit");
    }

    #[test]
    fn an_exchange_is_two_segments() {
        let mut old = fitting(1, at(1, 3), 7);
        old.to = Some(at(12, 10));
        old.closing = Some(Micro::from_raw(33_000_000));
        let all = [supplied(old.clone()), supplied(fitting(2, at(12, 10), 5))];
        let read = |_, at| Some(index(at, 9));
        assert_eq!(october(&all, &[billed(1, at(1, 10), 30)], None, read), "M1 30-33, M2 5-9");
        old.closing = None;
        let all = [supplied(old), supplied(fitting(2, at(12, 10), 5))];
        assert_eq!(october(&all, &[billed(1, at(1, 10), 30)], None, read), "NoClosing");
    }

    #[test]
    fn a_meter_put_in_at_the_very_end_waits_for_the_next_bill() {
        let mut old = fitting(1, at(1, 3), 7);
        old.to = Some(at(30, 10));
        old.closing = Some(Micro::from_raw(33_000_000));
        let all = [supplied(old), supplied(fitting(2, at(30, 10), 5))];
        assert_eq!(october(&all, &[billed(1, at(1, 10), 30)], None, |_, _| None), "M1 30-33");
    }

    #[test]
    fn a_missing_reading_parks() {
        let meter = [supplied(fitting(1, at(1, 3), 7))];
        assert_eq!(october(&meter, &[], None, |_, _| None), "NoReading");
        assert_eq!(october(&meter, &[], None, |_, _| Some(index(at(25, 10), 9))), "NoReading");
        // the reading that the last bill closed with is no second one
        let closed = [billed(1, at(30, 10), 30)];
        assert_eq!(october(&meter, &closed, None, |_, _| Some(index(at(30, 10), 30))), "NoReading");
        assert_eq!(october(&[], &[], None, |_, _| None), "NoMeter");
    }

    #[test]
    fn another_occupier_needs_a_reading() {
        let mut moved_in = supplied(fitting(1, at(1, 3), 7));
        moved_in.from = date(2026, 10, 10);
        moved_in.had_before = true;
        let read = |_, instant| (instant == at(1, 11)).then(|| index(instant, 40));
        assert_eq!(october(&[moved_in.clone()], &[], None, read), "NoOpening");
        assert_eq!(october(&[moved_in.clone()], &[], None, |_, t| Some(index(t, 40))), "M1 40-40");
        assert_eq!(october(&[moved_in], &[billed(1, at(10, 10), 33)], None, read), "M1 33-40");
    }

    #[test]
    fn a_rollover_is_seen() {
        let meter = [supplied(fitting(1, at(1, 3), 7))];
        let closed = [billed(1, at(1, 10), 99_990)];
        assert_eq!(october(&meter, &closed, None, |_, t| Some(index(t, 12))), "M1 99990-12 rollover");
        let closed = [billed(1, at(1, 10), 50_000)];
        assert_eq!(october(&meter, &closed, None, |_, t| Some(index(t, 12))), "NegativeUsage");
    }

    proptest! {
        /// Law S1: month after month, segments touch, and their usage is that of the whole time. A month without a
        /// reading waits, and the next bill takes it along.
        #[test]
        fn segments_touch(months in prop::collection::vec(prop::option::of((0_i64..3, 0_i64..40_000)), 1..12)) {
            let rule = BoundaryRule { policy: BoundaryPolicy::LastActual, max_age_days: 3 };
            let zone = Zone::utc();
            let meter = [supplied(fitting(1, at(1, 1), 0))];
            let mut last: Option<Billed> = None;
            let (mut indicated, mut billed_usage) = (0_i64, Decimal::ZERO);
            for (month, read) in (1_i8..).zip(&months) {
                let first = date(2026, month, 1);
                let due = CivilPeriod::new(first, first.checked_add(1.month()).unwrap()).unwrap();
                let end = zone.start_of(due.to()).unwrap();
                let reading = read.map(|(age_days, litres)| {
                    indicated += litres;
                    let at = end.checked_sub(jiff::SignedDuration::from_hours(24 * age_days)).unwrap();
                    Index { at, value: Micro::from_raw(indicated * 1000), quality: Quality::Actual }
                });
                let before: Vec<Billed> = last.into_iter().collect();
                let spans = spans(&meter, &[MAIN], &before, None, due, &zone).unwrap();
                let made = segments(&spans, rule, &zone, |_| Answer { before: reading, ..Answer::default() });
                let Ok(made) = made else {
                    prop_assert!(read.is_none());
                    continue;
                };
                let segment = &made[0];
                prop_assert_eq!(segment.open, last.map_or(index(at(1, 1), 0), |l| l.close));
                prop_assert!(segment.open.at < segment.close.at);
                billed_usage += segment.usage(Some(Decimal::ONE)).unwrap();
                last = Some(Billed {
                    installation: segment.installation,
                    register: segment.register,
                    from: segment.open.at,
                    open: segment.open.value,
                    close: segment.close,
                    rolled: segment.rollover.is_some(),
                    bill: 1,
                    daily: None,
                });
            }
            let whole = last.map_or(Decimal::ZERO, |l| l.close.value.to_decimal().floor());
            prop_assert_eq!(billed_usage, whole);
        }
    }
}
