//! Times as texts and counts.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use crate::DeviceTime;

/// A text of RFC 3339: with an offset an instant, without one a civil time or date.
pub(crate) fn rfc3339(text: &str) -> Option<DeviceTime> {
    if text.len() > 40 {
        return None;
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(DeviceTime::Instant(instant));
    }
    match text.len() {
        10 => text.parse().ok().map(DeviceTime::Date),
        // `2026-10-01T00:00:00+25:00` is no instant and must not pass for a civil time.
        _ if text.get(10..)?.contains(['+', '-', 'Z', 'z']) => None,
        _ => text.parse::<DateTime>().ok().map(DeviceTime::Civil),
    }
}

/// `20151212T121212Z` (the basic form of ISO 8601, UTC) or a text of RFC 3339.
pub(crate) fn basic_or_rfc3339(text: &str) -> Option<DeviceTime> {
    match text.parse::<Timestamp>() {
        Ok(instant) => Some(DeviceTime::Instant(instant)),
        Err(_) => rfc3339(text),
    }
}

/// Milliseconds since 1970 UTC.
pub(crate) fn milliseconds(count: i64) -> Option<DeviceTime> {
    Timestamp::from_millisecond(count).ok().map(DeviceTime::Instant)
}

/// A civil time of the wire whose offset from UTC it tells in minutes (`local + offset = UTC` is the wire's
/// business; here positive is east).
pub(crate) fn with_offset(civil: DateTime, east_minutes: i32) -> Option<DeviceTime> {
    let shift = SignedDuration::from_mins(i64::from(east_minutes));
    let utc = civil.checked_sub(shift).ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(utc).ok().map(DeviceTime::Instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_makes_an_instant() {
        for (text, shown) in [
            ("2026-10-01T00:00:00+08:00", Some("2026-09-30T16:00:00Z")),
            ("2026-10-01T00:00:00Z", Some("2026-10-01T00:00:00Z")),
            ("2026-10-01T00:00:00", Some("2026-10-01T00:00:00")),
            ("2026-10-01 00:00:00", Some("2026-10-01T00:00:00")),
            ("2026-10-01", Some("2026-10-01")),
            ("2026-10-01T00:00:00+99:00", None),
            ("2026-02-30T00:00:00", None),
            ("2026-10-01T25:00:00", None),
            ("", None),
            ("日本日本日本日本", None),
        ] {
            assert_eq!(rfc3339(text).map(|time| time.to_string()).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn an_offset_in_minutes_is_taken_off() {
        let noon = jiff::civil::date(2026, 1, 1).at(12, 0, 0, 0);
        assert_eq!(with_offset(noon, 60).unwrap().to_string(), "2026-01-01T11:00:00Z");
        assert_eq!(with_offset(DateTime::MIN, 1), None);
    }
}
