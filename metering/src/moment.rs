//! Days and instants as people write and read them: the one grammar of command line, files and pages, and the one form
//! of tables. Programs read and write RFC 3339.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use crate::Zone;

/// Why a text is no day or no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentError {
    /// What a spreadsheet writes for a date that is not formatted as one: 45931, or 45931.5 with a time.
    DayNumber,
    /// No civil date with its year first, or none that a contract or a meter can have.
    Date,
    /// Neither a date, nor a date and time, nor RFC 3339.
    Instant,
}

impl fmt::Display for MomentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DayNumber => "a spreadsheet's day number; expected a date such as 2026-10-01",
            Self::Date => "expected a date such as 2026-10-01, year first",
            Self::Instant => "expected 2026-10-01, 2026-10-01 08:00 or 2026-10-01T08:00:00+08:00",
        })
    }
}

impl std::error::Error for MomentError {}

/// `2026-10-01`, `2026/10/1`, `2026年10月1日`: the year first, so that no day is taken for a month.
pub fn date(text: &str) -> Result<Date, MomentError> {
    let wrong = || if day_number(text) { MomentError::DayNumber } else { MomentError::Date };
    let plain = text.strip_suffix('日').unwrap_or(text);
    let mut parts = plain.split(['-', '/', '年', '月']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return Err(wrong());
    };
    let number = |text: &str, most: usize| {
        let digits = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let year = (year.len() == 4).then(|| number(year, 4)).flatten().ok_or_else(wrong)?;
    let month = number(month, 2).and_then(|n| i8::try_from(n).ok()).ok_or_else(wrong)?;
    let day = number(day, 2).and_then(|n| i8::try_from(n).ok()).ok_or_else(wrong)?;
    // Years that a utility's contracts and meters can have; 0026 and 9999 are slips.
    if !(1900..=2200).contains(&year) {
        return Err(MomentError::Date);
    }
    Date::new(year, month, day).map_err(|_| MomentError::Date)
}

fn day_number(text: &str) -> bool {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    whole.len() == 5
        && whole.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit())
}

/// RFC 3339 with its offset; a civil date and time of the zone; a date alone, which is its midnight.
///
/// ```
/// use metering::{Zone, moment};
/// let zone = Zone::named("Asia/Shanghai").unwrap();
/// for text in ["2026-10-01 08:00", "2026/10/1 8:00:00", "2026-10-01T08:00", "2026-10-01T00:00:00Z"] {
///     assert_eq!(moment::instant(text, &zone).unwrap().to_string(), "2026-10-01T00:00:00Z");
/// }
/// ```
pub fn instant(text: &str, zone: &Zone) -> Result<Timestamp, MomentError> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    if day_number(text) {
        return Err(MomentError::DayNumber);
    }
    let (day, clock) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let day = date(day).map_err(|_| MomentError::Instant)?;
    let clock = clock.trim();
    if clock.is_empty() {
        return zone.start_of(day).ok_or(MomentError::Instant);
    }
    let time = time(clock).ok_or(MomentError::Instant)?;
    zone.instant(DateTime::from_parts(day, time)).ok_or(MomentError::Instant)
}

/// `8:00`, `08:00`, `08:00:30`.
fn time(clock: &str) -> Option<Time> {
    let mut parts = clock.split(':');
    let mut number = || -> Option<Option<i8>> {
        let Some(text) = parts.next() else { return Some(None) };
        let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().map(Some)
    };
    let (hour, minute, second) = (number()??, number()??, number()?.unwrap_or(0));
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

/// The civil time of the zone, to the second, as tables show it: `2026-11-01 00:00:00`. In the hour that the clock
/// counts twice, the offset stands behind it.
///
/// ```
/// use metering::{Zone, moment};
/// let at = |text: &str| text.parse().unwrap();
/// let shanghai = Zone::named("Asia/Shanghai").unwrap();
/// assert_eq!(moment::civil(at("2026-10-31T16:00:00.25Z"), &shanghai), "2026-11-01 00:00:00");
/// let berlin = Zone::named("Europe/Berlin").unwrap();
/// assert_eq!(moment::civil(at("2026-10-25T00:30:00Z"), &berlin), "2026-10-25 02:30:00 +02:00");
/// assert_eq!(moment::civil(at("2026-10-25T01:30:00Z"), &berlin), "2026-10-25 02:30:00 +01:00");
/// ```
pub fn civil(at: Timestamp, zone: &Zone) -> String {
    let civil = at.to_zoned(zone.tz().clone());
    let twice = matches!(
        zone.tz().to_ambiguous_timestamp(civil.datetime()).offset(),
        jiff::tz::AmbiguousOffset::Fold { .. }
    );
    let form = if twice { "%Y-%m-%d %H:%M:%S %:z" } else { "%Y-%m-%d %H:%M:%S" };
    civil.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_its_year_first() {
        for text in ["2026-10-01", "2026/10/1", "2026年10月1日", "2026-10-1"] {
            assert_eq!(date(text), Ok(jiff::civil::date(2026, 10, 1)), "{text}");
        }
        assert_eq!(date("45931"), Err(MomentError::DayNumber));
        for text in
            ["01/10/2026", "1-10-26", "2026-13-01", "2026-02-30", "20261001", "0026-10-01", "2026-10-01-01"]
        {
            assert_eq!(date(text), Err(MomentError::Date), "{text}");
        }
    }

    #[test]
    fn a_civil_time_is_in_the_utilitys_zone() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        for (text, utc) in [
            ("2026-10-01", "2026-09-30T16:00:00Z"),
            ("2026-10-01 08:00", "2026-10-01T00:00:00Z"),
            ("2026/10/1 8:00:30", "2026-10-01T00:00:30Z"),
            ("2026-10-01T08:00", "2026-10-01T00:00:00Z"),
            ("2026-10-01T08:00:00+02:00", "2026-10-01T06:00:00Z"),
            ("2026-10-01T08:00:00Z", "2026-10-01T08:00:00Z"),
        ] {
            assert_eq!(instant(text, &zone).map(|at| at.to_string()), Ok(utc.to_owned()), "{text}");
        }
        for text in ["08:00", "2026-10-01 8", "2026-10-01 25:00", "2026-10-01 08:00:00:00", "yesterday"] {
            assert_eq!(instant(text, &zone), Err(MomentError::Instant), "{text}");
        }
        assert_eq!(instant("45931.3333", &zone), Err(MomentError::DayNumber));
    }

    #[test]
    fn what_a_table_shows_reads_back() {
        for (zone, at) in [
            ("Asia/Shanghai", "2026-10-01T00:00:00Z"),
            ("Europe/Berlin", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-12-31T23:59:59Z"),
        ] {
            let (zone, at) = (Zone::named(zone).unwrap(), at.parse().unwrap());
            assert_eq!(instant(&civil(at, &zone), &zone), Ok(at));
        }
    }
}
