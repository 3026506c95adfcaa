//! A change inside a period: of the price, by the new version's transition, or of the tier year. The period is cut into
//! pieces; the usage is shared so that the pieces add up exactly; bounds, fixed amounts, allowances and contracts of the
//! period are shared in the same ratio; a counter goes from piece to piece, whichever version prices it.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::engine::rate;
use super::error::{RateError, Trouble};
use super::input::{Input, Share};
use super::line::Rated;
use super::number;
use super::rounding::{Mode, Rule};
use crate::tariff::{AppliesBy, Tariff, Transition};

/// A piece of a period that one version prices in one tier year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its first day.
    pub from: Date,
    /// The day after its last.
    pub to: Date,
    /// The place of its version in the list that was given.
    pub version: usize,
    /// Whether a tier year begins with it: its counters start at 0.
    pub new_year: bool,
    /// Its share of the period, by days.
    pub share: Share,
}

impl Piece {
    /// Its days.
    pub fn days(&self) -> Decimal {
        self.share.num
    }
}

/// The dates of a period that is to be billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates<'d> {
    /// Its first day.
    pub from: Date,
    /// The day after its last.
    pub to: Date,
    /// The date of the closing reading.
    pub read_on: Date,
    /// The date of the bill.
    pub billed_on: Date,
    /// Days inside the period on which there is a reading, rising.
    pub readings: &'d [Date],
    /// The first day of a tier year inside the period, where service dates decide the tier year.
    pub new_year: Option<Date>,
}

/// Why a period can't be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// It ends before it begins.
    Empty {
        /// Its first day.
        from: Date,
        /// The day after its last.
        to: Date,
    },
    /// No version is valid on a day that decides.
    NoVersion(Date),
    /// The transition asks for a reading on the day of the change, and there is none.
    NoReading(Date),
    /// A number beyond 96 bits.
    Overflow,
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { from, to } => write!(f, "a period must end after it begins: [{from}, {to})"),
            Self::NoVersion(day) => write!(f, "no version of the tariff is valid on {day}"),
            Self::NoReading(day) => {
                write!(f, "the price changes on {day} by a reading on the day, and there is none")
            }
            Self::Overflow => f.write_str("a change inside the period: a number beyond 96 bits"),
        }
    }
}

impl std::error::Error for ChangeError {}

impl From<Trouble> for ChangeError {
    fn from(_: Trouble) -> Self {
        Self::Overflow
    }
}

/// Cuts a period where a version of the tariff or a tier year begins.
///
/// A price of 21 January in a period of 60 days from the first, by days: 20 and 40.
///
/// ```
/// use billing::rating::{Dates, pieces};
/// use billing::tariff::Tariff;
/// let version = |from: &str, to: &str, price: &str| Tariff::from_json(&format!(
///     r#"{{"valid_from": "{from}", "valid_to": {to}, "transition": "days", "quantum": "0.01", "rounding": "half_up",
///         "components": [{{"type": "unit", "code": "water", "qty": "m3", "price": "{price}"}}]}}"#)).unwrap();
/// let versions = [version("2025-01-01", "\"2026-01-21\"", "2.07"), version("2026-01-21", "null", "2.50")];
/// let day = |text: &str| text.parse().unwrap();
/// let dates = Dates { from: day("2026-01-01"), to: day("2026-03-02"), read_on: day("2026-03-02"),
///     billed_on: day("2026-03-05"), readings: &[], new_year: None };
/// let cut: Vec<_> = pieces(&versions.each_ref(), &dates).unwrap().iter().map(|p| (p.version, p.days().to_string())).collect();
/// assert_eq!(cut, [(0, "20".to_owned()), (1, "40".to_owned())]);
/// ```
pub fn pieces(versions: &[&Tariff], dates: &Dates<'_>) -> Result<Vec<Piece>, ChangeError> {
    if dates.from >= dates.to {
        return Err(ChangeError::Empty { from: dates.from, to: dates.to });
    }
    let last_day = dates.to.yesterday().map_err(|_| ChangeError::Overflow)?;
    let version_on =
        |day: Date| versions.iter().position(|v| v.is_valid_on(day)).ok_or(ChangeError::NoVersion(day));
    // The version that the period ends with says how it began.
    let newest = version_on(last_day)?;
    let rules =
        versions.get(newest).map_or((AppliesBy::Service, Transition::Days), |v| (v.applies_by, v.transition));
    let mut cuts: Vec<(Date, usize)> = match rules {
        (AppliesBy::Reading, _) => vec![(dates.from, version_on(dates.read_on)?)],
        (AppliesBy::Bill, _) => vec![(dates.from, version_on(dates.billed_on)?)],
        (AppliesBy::Service, Transition::Start) => vec![(dates.from, version_on(dates.from)?)],
        (AppliesBy::Service, Transition::End) => vec![(dates.from, newest)],
        (AppliesBy::Service, transition) => by_service(versions, dates, transition, version_on(dates.from)?)?,
    };
    cuts.dedup_by_key(|(_, version)| *version);
    with_new_year(cuts, dates)
}

/// The first day of each version inside the period: the day itself, or that of a reading.
fn by_service(
    versions: &[&Tariff],
    dates: &Dates<'_>,
    transition: Transition,
    first: usize,
) -> Result<Vec<(Date, usize)>, ChangeError> {
    let mut cuts = vec![(dates.from, first)];
    let mut changes: Vec<(Date, usize)> = versions
        .iter()
        .enumerate()
        .filter_map(|(n, version)| Some((version.valid_from?, n)))
        .filter(|(day, _)| dates.from < *day && *day < dates.to)
        .collect();
    changes.sort_unstable();
    for (day, version) in changes {
        let begins = match transition {
            Transition::ReadingOnDay if !dates.readings.contains(&day) => {
                return Err(ChangeError::NoReading(day));
            }
            // Without a reading before its end, the whole period is still of the old price.
            Transition::ReadingOnOrAfter => {
                dates.readings.iter().copied().find(|read| *read >= day).unwrap_or(dates.to)
            }
            _ => day,
        };
        if begins < dates.to {
            cuts.retain(|(other, _)| *other < begins);
            cuts.push((begins, version));
        }
    }
    // Between the end of one version and the start of the next nothing could be priced.
    let gap = versions.get(cuts.last().map_or(first, |(_, version)| *version)).and_then(|last| last.valid_to);
    match gap {
        Some(end) if end < dates.to && transition != Transition::ReadingOnOrAfter => {
            Err(ChangeError::NoVersion(end))
        }
        _ => Ok(cuts),
    }
}

/// The pieces between the cuts, cut again where a tier year begins.
fn with_new_year(mut cuts: Vec<(Date, usize)>, dates: &Dates<'_>) -> Result<Vec<Piece>, ChangeError> {
    let new_year = dates.new_year.filter(|day| dates.from < *day && *day < dates.to);
    if let Some(day) = new_year
        && cuts.iter().all(|(cut, _)| *cut != day)
    {
        let place = cuts.iter().rposition(|(cut, _)| *cut < day).unwrap_or(0);
        if let Some((_, version)) = cuts.get(place).copied() {
            cuts.insert(place.saturating_add(1), (day, version));
        }
    }
    let whole = days(dates.from, dates.to)?;
    let ends = cuts.iter().skip(1).map(|(day, _)| *day).chain([dates.to]);
    cuts.iter()
        .zip(ends)
        .map(|((from, version), to)| {
            let share = Share::new(days(*from, to)?, whole).ok_or(ChangeError::Overflow)?;
            let new_year = new_year == Some(*from);
            Ok(Piece { from: *from, to, version: *version, new_year, share })
        })
        .collect()
}

fn days(from: Date, to: Date) -> Result<Decimal, ChangeError> {
    let span = from.until(to).map_err(|_| ChangeError::Overflow)?;
    Ok(Decimal::from(span.get_days()))
}

/// The step of a shared quantity where none is given: that of a stored reading. A part of 28 digits could not be added
/// up again exactly.
const MICRO: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// Shares a quantity between pieces by their days, each half-up to `step` (a millionth, where none is given); the last
/// takes the rest, so that they add up exactly.
///
/// 100 kWh in 45 days, the price changing after 15: 33 and 67.
///
/// ```
/// use billing::rating::{Share, share_usage};
/// let days = [15, 30].map(|n| Share::new(n.into(), 45.into()).unwrap());
/// assert_eq!(share_usage(100.into(), &days, Some(1.into())), Some(vec![33.into(), 67.into()]));
/// ```
pub fn share_usage(usage: Decimal, shares: &[Share], step: Option<Decimal>) -> Option<Vec<Decimal>> {
    let rule = Rule::new(step.unwrap_or(MICRO), Mode::HalfUp)?;
    let mut rest = usage;
    let mut parts = Vec::with_capacity(shares.len());
    for (n, share) in shares.iter().enumerate() {
        if n.saturating_add(1) == shares.len() {
            parts.push(rest);
            break;
        }
        let part = rule.round(share.of(usage).ok()?)?;
        rest = number::sub(rest, part).ok()?;
        parts.push(part);
    }
    Some(parts)
}

/// The input of one piece: its share of the quantities (or what a reading says), its days and months, its share of what
/// the tariff states for the whole period.
pub fn piece_input(input: &Input, piece: &Piece, usage: Vec<(Box<str>, Decimal)>) -> Option<Input> {
    Some(Input {
        qty: usage,
        segments: Vec::new(),
        days: Some(piece.days()),
        months: match input.months {
            Some(months) => Some(piece.share.of(months).ok()?),
            None => None,
        },
        period_part: (piece.share.num != piece.share.den).then_some(piece.share),
        prior_cumulative: if piece.new_year { Vec::new() } else { input.prior_cumulative.clone() },
        ..input.clone()
    })
}

/// Rates pieces in their order. The counters that one leaves are those that the next begins with, but where a tier year
/// begins; the bill is all their lines, its total the sum of theirs.
pub fn rate_pieces<'t>(pieces: &[(&'t Tariff, Input, bool)]) -> Result<Vec<Rated<'t>>, RateError> {
    let mut bills: Vec<Rated<'t>> = Vec::with_capacity(pieces.len());
    for (tariff, input, new_year) in pieces {
        let mut input = input.clone();
        let earlier = if *new_year { None } else { bills.last() };
        for moved in earlier.iter().flat_map(|bill| &bill.counters) {
            match input.prior_cumulative.iter_mut().find(|(name, _)| &**name == moved.counter) {
                Some((_, state)) => *state = moved.to,
                None => input.prior_cumulative.push((moved.counter.into(), moved.to)),
            }
        }
        bills.push(rate(tariff, &input)?);
    }
    Ok(bills)
}

/// The part of a tier year that an account has from its opening on: its months of twelve, that of the opening counted.
///
/// ```
/// use billing::rating::{Share, months_left};
/// let (opened, begins) = ("2026-06-20".parse().unwrap(), "2026-01-01".parse().unwrap());
/// assert_eq!(months_left(opened, begins), Share::new(7.into(), 12.into()));
/// ```
pub fn months_left(opened: Date, year_begins: Date) -> Option<Share> {
    let year = i32::from(opened.year()).checked_sub(i32::from(year_begins.year()))?;
    let month = i32::from(opened.month()).checked_sub(i32::from(year_begins.month()))?;
    let gone = year.checked_mul(12)?.checked_add(month)?.clamp(0, 12);
    Share::new(Decimal::from(12_i32.checked_sub(gone)?), Decimal::from(12))
}

/// A fact's value in each month of a tier year, for adders that count by month: the latest of the values that were valid
/// on some day of it, `None` where none was. A fact counts from the month of its approval through that of its expiry.
pub fn months_of_fact(
    facts: &[(Decimal, Date, Option<Date>)],
    year_begins: Date,
) -> Option<Vec<Option<Decimal>>> {
    let mut months = Vec::with_capacity(12);
    let mut month = year_begins.first_of_month();
    for _ in 0..12 {
        let next = month.last_of_month().tomorrow().ok()?;
        let valid = facts.iter().filter(|(_, from, to)| *from < next && to.is_none_or(|to| month < to));
        months.push(valid.max_by_key(|(_, from, _)| *from).map(|(value, ..)| *value));
        month = next;
    }
    Some(months)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn version(from: &str, to: &str, transition: &str) -> Tariff {
        Tariff::from_json(&format!(
            r#"{{"valid_from": "{from}", "valid_to": {to}, "transition": "{transition}", "quantum": "0.01",
                "rounding": "half_up", "components": [
                {{"type": "fixed", "code": "base", "amount": "30"}},
                {{"type": "tiered", "code": "water", "qty": "m3", "tiers": [
                    {{"upto": "20", "price": "2"}}, {{"upto": null, "price": "4"}}]}}]}}"#
        ))
        .unwrap()
    }

    fn dates(readings: &[Date]) -> Dates<'_> {
        Dates {
            from: date(2026, 1, 1),
            to: date(2026, 1, 31),
            read_on: date(2026, 1, 31),
            billed_on: date(2026, 2, 3),
            readings,
            new_year: None,
        }
    }

    /// Where each piece begins and which version prices it.
    fn cut(transition: &str, readings: &[Date]) -> Result<Vec<(Date, usize)>, ChangeError> {
        let versions =
            [version("2025-01-01", "\"2026-01-11\"", "days"), version("2026-01-11", "null", transition)];
        let pieces = pieces(&versions.each_ref(), &dates(readings))?;
        Ok(pieces.iter().map(|piece| (piece.from, piece.version)).collect())
    }

    #[test]
    fn each_transition_cuts_in_its_way() {
        let (start, change, read) = (date(2026, 1, 1), date(2026, 1, 11), date(2026, 1, 15));
        assert_eq!(cut("days", &[]), Ok(vec![(start, 0), (change, 1)]));
        assert_eq!(cut("start", &[]), Ok(vec![(start, 0)]));
        assert_eq!(cut("end", &[]), Ok(vec![(start, 1)]));
        assert_eq!(cut("reading_on_day", &[change]), Ok(vec![(start, 0), (change, 1)]));
        assert_eq!(cut("reading_on_day", &[read]), Err(ChangeError::NoReading(change)));
        assert_eq!(cut("reading_on_or_after", &[read]), Ok(vec![(start, 0), (read, 1)]));
        assert_eq!(cut("reading_on_or_after", &[]), Ok(vec![(start, 0)]));
    }

    #[test]
    fn a_day_without_a_version_is_told() {
        let versions =
            [version("2025-01-01", "\"2026-01-11\"", "days"), version("2026-01-12", "null", "days")];
        assert!(pieces(&versions.each_ref(), &dates(&[])).is_ok(), "the new version closes the old");
        let ended = [version("2025-01-01", "\"2026-01-11\"", "days")];
        assert_eq!(pieces(&ended.each_ref(), &dates(&[])), Err(ChangeError::NoVersion(date(2026, 1, 30))));
    }

    #[test]
    fn equal_prices_in_two_pieces_come_to_the_same() {
        let versions =
            [version("2025-01-01", "\"2026-01-11\"", "days"), version("2026-01-11", "null", "days")];
        let cut = pieces(&versions.each_ref(), &dates(&[])).unwrap();
        let whole = Input::from_json(r#"{"qty": {"m3": "30"}, "days": "30"}"#).unwrap();
        let shares: Vec<Share> = cut.iter().map(|piece| piece.share).collect();
        let usage = share_usage(Decimal::from(30), &shares, None).unwrap();
        let inputs: Vec<_> = cut
            .iter()
            .zip(usage)
            .map(|(piece, m3)| {
                let input = piece_input(&whole, piece, vec![("m3".into(), m3)]).unwrap();
                (&versions[piece.version], input, piece.new_year)
            })
            .collect();
        let bills = rate_pieces(&inputs).unwrap();
        let sum: Decimal = bills.iter().map(|bill| bill.total).sum();
        assert_eq!(sum, rate(&versions[0], &whole).unwrap().total);
        assert_eq!(bills[0].line("base").unwrap().amount, Decimal::TEN);
    }

    #[test]
    fn a_period_over_new_year_has_two_pieces() {
        let versions = [version("2025-01-01", "null", "days")];
        let over = Dates { from: date(2025, 12, 16), new_year: Some(date(2026, 1, 1)), ..dates(&[]) };
        let cut = pieces(&versions.each_ref(), &over).unwrap();
        let told: Vec<_> = cut.iter().map(|piece| (piece.from, piece.new_year)).collect();
        assert_eq!(told, [(date(2025, 12, 16), false), (date(2026, 1, 1), true)]);
    }

    #[test]
    fn a_fact_counts_from_the_month_of_its_approval() {
        let five = Decimal::from(5);
        let facts = [(five, date(2026, 6, 20), Some(date(2026, 9, 10)))];
        let months = months_of_fact(&facts, date(2026, 1, 1)).unwrap();
        let held: Vec<usize> = (0..12).filter(|n| months[*n] == Some(five)).collect();
        assert_eq!(held, [5, 6, 7, 8]);
    }
}
