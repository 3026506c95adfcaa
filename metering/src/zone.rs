//! The utility's civil time. Storage is UTC; billing days are civil days of one zone, of 23, 24 or 25 hours.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A named time zone, from the database that is built into the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A name that no zone has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneError(String);

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown time zone {:?}: expected a name such as Asia/Shanghai", self.0)
    }
}

impl std::error::Error for ZoneError {}

impl Zone {
    /// The zone of that IANA name.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        jiff::tz::db().get(name).map(Self).map_err(|_| ZoneError(name.to_owned()))
    }

    /// UTC.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The underlying zone, for arithmetic that this type does not offer.
    pub fn tz(&self) -> &TimeZone {
        &self.0
    }

    /// The instant at which a civil day begins: its midnight, or the first instant after a gap that swallows it.
    /// `None` outside the years that can be counted.
    pub fn start_of(&self, date: Date) -> Option<Timestamp> {
        self.0
            .to_ambiguous_zoned(date.to_datetime(jiff::civil::Time::midnight()))
            .compatible()
            .ok()
            .map(|z| z.timestamp())
    }

    /// The instant of a civil date and time; the earlier of two where the clock is put back, the later reading
    /// where it is put forward. `None` outside the years that can be counted.
    pub fn instant(&self, civil: DateTime) -> Option<Timestamp> {
        self.0.to_ambiguous_zoned(civil).compatible().ok().map(|z| z.timestamp())
    }

    /// The civil date and time of an instant.
    pub fn civil(&self, instant: Timestamp) -> DateTime {
        self.0.to_datetime(instant)
    }

    /// The civil day of an instant.
    pub fn date(&self, instant: Timestamp) -> Date {
        self.civil(instant).date()
    }

    /// The end of a civil day: the start of the next. `None` outside the years that can be counted.
    pub fn end_of(&self, date: Date) -> Option<Timestamp> {
        self.start_of(date.checked_add(1.day()).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_has_23_24_or_25_hours() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        for (day, hours) in [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25)] {
            let seconds = berlin.end_of(day).unwrap().as_second() - berlin.start_of(day).unwrap().as_second();
            assert_eq!(seconds, hours * 3600, "{day}");
        }
    }

    #[test]
    fn shanghai_is_eight_hours_ahead() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        assert_eq!(zone.start_of(date(2026, 10, 1)).unwrap().to_string(), "2026-09-30T16:00:00Z");
        assert!(Zone::named("Atlantis/Poseidonis").is_err());
    }
}
