//! The label of a billing period: what a clerk types after `--period`.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::Date;
use metering::CivilPeriod;

/// A period label.
///
/// ```
/// use billing::label::Label;
/// for text in ["2026-10", "season:2025-26", "2026-09-01..2026-10-15"] {
///     assert_eq!(text.parse::<Label>()?.to_string(), text);
/// }
/// # Ok::<(), billing::label::LabelError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// A civil month, by its first day.
    Month(Date),
    /// A heating season, by the year in which it begins.
    Season(i16),
    /// Any days.
    Range(CivilPeriod),
}

/// Month and day on which the heating season begins, and on which it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Season {
    begins: (i8, i8),
    ended: (i8, i8),
}

impl Default for Season {
    /// 15 November to 15 March, both included.
    fn default() -> Self {
        Self { begins: (11, 15), ended: (3, 16) }
    }
}

impl Season {
    /// From `["11-15", "03-16"]`: half-open.
    pub fn parse(begins: &str, ended: &str) -> Option<Self> {
        Some(Self { begins: month_day(begins)?, ended: month_day(ended)? })
    }

    /// The season that begins in a year.
    pub fn of(self, year: i16) -> Option<CivilPeriod> {
        let from = Date::new(year, self.begins.0, self.begins.1).ok()?;
        let end_year = if self.ended > self.begins { year } else { year.checked_add(1)? };
        CivilPeriod::new(from, Date::new(end_year, self.ended.0, self.ended.1).ok()?)
    }
}

/// A month and day of a year of 365 days.
fn month_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (number(month, 2)?, number(day, 2)?);
    Date::new(2001, month, day).ok().map(|_| (month, day))
}

impl Label {
    /// The days that the label itself names. (A bimonthly book bills two months under one month's label.)
    pub fn period(self, season: Season) -> Option<CivilPeriod> {
        match self {
            Self::Month(first) => CivilPeriod::new(first, first.checked_add(1.month()).ok()?),
            Self::Season(year) => season.of(year),
            Self::Range(period) => Some(period),
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(first) => write!(f, "{:04}-{:02}", first.year(), first.month()),
            Self::Season(year) => {
                write!(f, "season:{year:04}-{:02}", year.saturating_add(1).rem_euclid(100))
            }
            Self::Range(period) => write!(f, "{}..{}", period.from(), period.to()),
        }
    }
}

/// A text that is no period label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelError(String);

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no period: expected a month (2026-10), a season (season:2025-26) or days \
             (2026-09-01..2026-10-15, the last one not included)",
            self.0
        )
    }
}

impl std::error::Error for LabelError {}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        parse(text).ok_or_else(|| LabelError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Label> {
    if let Some(years) = text.strip_prefix("season:") {
        let (year, next) = years.split_once('-')?;
        let year: i16 = number(year, 4)?;
        let label = Label::Season(year);
        return (number::<i16>(next, 2)? == year.checked_add(1)?.rem_euclid(100)).then_some(label);
    }
    if let Some((from, to)) = text.split_once("..") {
        return CivilPeriod::new(from.parse().ok()?, to.parse().ok()?).map(Label::Range);
    }
    let (year, month) = text.split_once('-')?;
    Date::new(number(year, 4)?, number(month, 2)?, 1).ok().map(Label::Month)
}

/// A number of exactly `digits` digits: `parse` alone would also take `+1`.
fn number<N: FromStr>(text: &str, digits: usize) -> Option<N> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-1",
            "season:2025-27",
            "season:2025",
            "2026-10-01..2026-10-01",
            "2026-10-02..2026-10-01",
        ] {
            assert!(text.parse::<Label>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_month_is_half_open() {
        let october: Label = "2026-10".parse().unwrap();
        let period = october.period(Season::default()).unwrap();
        assert_eq!((period.from(), period.to()), (date(2026, 10, 1), date(2026, 11, 1)));
        assert_eq!((period.days(), period.last()), (31, date(2026, 10, 31)));
    }

    #[test]
    fn a_season_crosses_the_year() {
        let season = Season::parse("11-15", "03-16").unwrap();
        let label: Label = "season:1999-00".parse().unwrap();
        assert_eq!(label.to_string(), "season:1999-00");
        let period = label.period(season).unwrap();
        assert_eq!((period.from(), period.to()), (date(1999, 11, 15), date(2000, 3, 16)));
        let summer = Season::parse("05-01", "10-01").unwrap().of(2026).unwrap();
        assert_eq!((summer.from(), summer.to()), (date(2026, 5, 1), date(2026, 10, 1)));
        assert!(Season::parse("02-29", "13-01").is_none());
    }
}
