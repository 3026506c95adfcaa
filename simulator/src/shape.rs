//! Load shapes: how much of a day's usage falls before a minute of it, and how much a day's usage is.

use jiff::civil::{Date, Weekday};

use crate::meter::Kind;
use crate::noise;

/// Weights of the 24 hours.
type Hours = [u64; 24];

/// A household's water: morning and evening.
const WATER: Hours = [2, 1, 1, 1, 2, 6, 18, 26, 18, 10, 8, 10, 14, 10, 7, 6, 8, 14, 24, 26, 22, 16, 10, 5];
/// Heat: all day, less at noon.
const HEAT: Hours =
    [11, 11, 11, 11, 12, 13, 14, 13, 12, 10, 9, 8, 7, 7, 8, 9, 10, 11, 12, 12, 12, 12, 12, 11];
/// A household's electricity: evening peak, low night.
const ELECTRICITY: Hours = [5, 4, 4, 4, 4, 5, 8, 10, 8, 7, 7, 9, 11, 9, 8, 8, 9, 13, 20, 24, 23, 18, 12, 8];

/// Percent of the yearly mean, by month.
const WATER_SEASON: [u64; 12] = [88, 86, 92, 98, 104, 112, 120, 122, 110, 98, 90, 86];
/// Heat runs from November to March.
const HEAT_SEASON: [u64; 12] = [150, 130, 80, 0, 0, 0, 0, 0, 0, 0, 70, 130];
/// Cooling in summer, light in winter.
const ELECTRICITY_SEASON: [u64; 12] = [105, 98, 90, 85, 88, 108, 132, 135, 105, 88, 92, 102];

/// The usage of one civil day, in least digits of the register, for a meter whose mean day is `mean`.
pub(crate) fn day_usage(kind: Kind, seed: u64, mean: u64, date: Date) -> u64 {
    let season = match kind {
        Kind::Water => WATER_SEASON,
        Kind::Heat => HEAT_SEASON,
        Kind::Electricity => ELECTRICITY_SEASON,
    };
    let month = usize::try_from(date.month() - 1).unwrap_or(0);
    let weekend = match date.weekday() {
        Weekday::Saturday | Weekday::Sunday => 112,
        _ => 100,
    };
    let mood = noise::between(seed, day_number(date), 60, 140);
    mean * season[month] * weekend * mood / 1_000_000
}

/// What of a day's `usage` has run before `minute` of the day (0..=1440).
pub(crate) fn usage_before(kind: Kind, usage: u64, minute: u64) -> u64 {
    let hours = match kind {
        Kind::Water => &WATER,
        Kind::Heat => &HEAT,
        Kind::Electricity => &ELECTRICITY,
    };
    let total: u64 = hours.iter().sum::<u64>() * 60;
    let mut before = 0;
    let mut left = minute;
    for weight in hours {
        let minutes = left.min(60);
        before += weight * minutes;
        left -= minutes;
    }
    usage * before / total
}

/// Days since year 0, a place for [`noise`].
pub(crate) fn day_number(date: Date) -> u64 {
    let days = date.since(jiff::civil::date(1970, 1, 1)).map_or(0, |span| i64::from(span.get_days()));
    days.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_whole_day_is_its_usage_and_it_only_grows() {
        for kind in [Kind::Water, Kind::Heat, Kind::Electricity] {
            assert_eq!(usage_before(kind, 777, 1440), 777);
            assert_eq!(usage_before(kind, 777, 0), 0);
            assert!((0..1440).all(|m| usage_before(kind, 777, m) <= usage_before(kind, 777, m + 1)));
        }
    }

    #[test]
    fn no_heat_in_july() {
        assert_eq!(day_usage(Kind::Heat, 1, 1000, date(2026, 7, 1)), 0);
        assert!(day_usage(Kind::Heat, 1, 1000, date(2026, 1, 10)) > 0);
    }
}
