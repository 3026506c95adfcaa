//! Bands of the day from interval data: by season, kind of day and civil time.
//!
//! ```
//! use billing::calendar::BandCalendar;
//! use jiff::civil::datetime;
//! let calendar = BandCalendar::from_json(r#"{"kind": "calendar", "code": "C", "valid_from": "2026-01-01",
//!     "seasons": [{"name": "summer", "from": "07-01", "to": "09-01"}],
//!     "holidays": ["2026-07-03"],
//!     "days": [
//!       {"on": ["holiday"], "bands": {"00:00": "valley"}},
//!       {"season": "summer", "on": ["weekday"], "bands": {"00:00": "valley", "08:00": "peak", "14:00": "sharp", "17:00": "flat"}},
//!       {"bands": {"00:00": "valley", "07:00": "flat"}}]}"#).unwrap();
//! assert_eq!(calendar.band_at(datetime(2026, 7, 2, 14, 0, 0, 0)), "sharp");
//! assert_eq!(calendar.band_at(datetime(2026, 7, 2, 13, 59, 59, 0)), "peak");
//! assert_eq!(calendar.band_at(datetime(2026, 7, 3, 14, 0, 0, 0)), "valley");
//! assert_eq!(calendar.band_at(datetime(2026, 7, 4, 14, 0, 0, 0)), "flat");
//! ```

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use metering::Zone;
use rust_decimal::Decimal;
use serde_json::Value;

use super::working::WorkingDays;
use crate::tariff::{Fields, Key, Kind, Refused};

const KEYS: &[Key] = &[
    Key::must("kind", Kind::OneOf(&["calendar"]), "calendar"),
    Key::must("code", Kind::Text, "the calendar's code"),
    Key::must("valid_from", Kind::Date, "its first day"),
    Key::may("valid_to", Kind::DateOrOpen, "the day after its last"),
    Key::may("seasons", Kind::List(SEASON_KEYS), "named parts of the year"),
    Key::may("holidays", Kind::Names, "public holidays"),
    Key::may("workdays", Kind::Names, "weekend days that are worked"),
    Key::must(
        "days",
        Kind::List(DAY_KEYS),
        "of those that fit a day, the first holds; the last must fit every day",
    ),
];

const SEASON_KEYS: &[Key] = &[
    Key::must("name", Kind::Text, "the season"),
    Key::must("from", Kind::Text, "its first day, 07-01"),
    Key::must("to", Kind::Text, "the day after its last, 09-01; may be in the next year"),
];

const DAY_KEYS: &[Key] = &[
    Key::may("season", Kind::Text, "only in this season"),
    Key::may("on", Kind::Names, "only on: weekday, weekend, holiday, monday … sunday"),
    Key::must("bands", Kind::Texts, "the band from each civil time on; the first at 00:00"),
];

/// A calendar of bands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BandCalendar {
    /// Its code.
    pub code: Box<str>,
    /// Its first day.
    pub valid_from: Date,
    /// The day after its last.
    pub valid_to: Option<Date>,
    seasons: Vec<(Box<str>, MonthDay, MonthDay)>,
    working: WorkingDays,
    days: Vec<DayRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct MonthDay(i8, i8);

#[derive(Clone, Debug, PartialEq, Eq)]
struct DayRule {
    season: Option<Box<str>>,
    on: Vec<On>,
    /// By rising time; the first at midnight.
    bands: Vec<(Time, Box<str>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Worked,
    Weekend,
    Holiday,
    Day(Weekday),
}

/// What flowed in one band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BandSum {
    /// The band.
    pub band: Box<str>,
    /// The sum of its intervals.
    pub usage: Decimal,
}

impl BandCalendar {
    /// Reads a calendar document, strictly.
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        let value: Value = serde_json::from_str(text).map_err(|e| Refused::new("", e.to_string()))?;
        let fields = Fields::open("", &value, &[KEYS])?;
        let date = |key| fields.text(key).and_then(|text| text.parse::<Date>().ok());
        let mut seasons = Vec::new();
        for (path, item) in fields.items("seasons") {
            let own = Fields::open(path, item, &[SEASON_KEYS])?;
            seasons.push((own.need_text("name")?.into(), month_day(&own, "from")?, month_day(&own, "to")?));
        }
        let days = fields
            .items("days")
            .into_iter()
            .map(|(path, item)| DayRule::read(&Fields::open(path, item, &[DAY_KEYS])?, &seasons))
            .collect::<Result<Vec<_>, _>>()?;
        if !days.last().is_some_and(|last| last.season.is_none() && last.on.is_empty()) {
            return Err(fields.refuse("days", "the last must fit every day: no season, no on"));
        }
        Ok(Self {
            code: fields.need_text("code")?.into(),
            valid_from: date("valid_from").ok_or_else(|| fields.refuse("valid_from", "is required"))?,
            valid_to: date("valid_to"),
            working: WorkingDays::new(dates(&fields, "holidays")?, dates(&fields, "workdays")?),
            seasons,
            days,
        })
    }

    /// The band of a civil time.
    pub fn band_at(&self, at: DateTime) -> &str {
        let rule = self.days.iter().find(|rule| self.fits(rule, at.date()));
        let band = rule.and_then(|rule| rule.bands.iter().rev().find(|(from, _)| *from <= at.time()));
        // The last rule fits every day, and every rule begins at midnight.
        band.map_or("", |(_, band)| band)
    }

    /// Sums intervals by band: each lies where its start lies. In the order in which the bands were first met.
    /// `None` beyond 96 bits.
    pub fn sum(
        &self,
        zone: &Zone,
        intervals: impl IntoIterator<Item = (Timestamp, Decimal)>,
    ) -> Option<Vec<BandSum>> {
        let mut sums: Vec<BandSum> = Vec::new();
        for (start, usage) in intervals {
            let band = self.band_at(zone.civil(start));
            match sums.iter_mut().find(|sum| &*sum.band == band) {
                Some(sum) => sum.usage = sum.usage.checked_add(usage)?,
                None => sums.push(BandSum { band: band.into(), usage }),
            }
        }
        Some(sums)
    }

    fn fits(&self, rule: &DayRule, day: Date) -> bool {
        let in_season = rule.season.as_ref().is_none_or(|name| {
            self.seasons
                .iter()
                .any(|(own, from, to)| own == name && holds(*from, *to, MonthDay(day.month(), day.day())))
        });
        in_season && (rule.on.is_empty() || rule.on.iter().any(|on| self.is_on(*on, day)))
    }

    fn is_on(&self, on: On, day: Date) -> bool {
        match on {
            On::Holiday => self.working.is_holiday(day),
            On::Worked => self.working.is_worked(day),
            On::Weekend => !self.working.is_worked(day) && !self.working.is_holiday(day),
            On::Day(weekday) => day.weekday() == weekday,
        }
    }
}

/// Whether `[from, to)` of the year holds a day; a season may lie over new year.
fn holds(from: MonthDay, to: MonthDay, day: MonthDay) -> bool {
    if from < to { from <= day && day < to } else { from <= day || day < to }
}

impl DayRule {
    fn read(fields: &Fields<'_>, seasons: &[(Box<str>, MonthDay, MonthDay)]) -> Result<Self, Refused> {
        let season = fields.text("season");
        if let Some(name) = season
            && seasons.iter().all(|(own, ..)| &**own != name)
        {
            return Err(fields.refuse("season", format!("{name:?} is no season of this calendar")));
        }
        let mut bands = Vec::new();
        for (from, band) in fields.entries("bands") {
            let time = from
                .parse::<Time>()
                .map_err(|_| fields.refuse("bands", format!("{from:?} is no time such as 08:00")))?;
            bands.push((time, Box::from(band.as_str().unwrap_or_default())));
        }
        bands.sort();
        if bands.first().is_none_or(|(from, _)| *from != Time::midnight()) {
            return Err(fields.refuse("bands", "must begin at 00:00: every instant has a band"));
        }
        let on = fields.names("on").into_iter().map(|name| on(fields, name)).collect::<Result<_, _>>()?;
        Ok(Self { season: season.map(Box::from), on, bands })
    }
}

fn on(fields: &Fields<'_>, name: &str) -> Result<On, Refused> {
    Ok(match name {
        "weekday" => On::Worked,
        "weekend" => On::Weekend,
        "holiday" => On::Holiday,
        "monday" => On::Day(Weekday::Monday),
        "tuesday" => On::Day(Weekday::Tuesday),
        "wednesday" => On::Day(Weekday::Wednesday),
        "thursday" => On::Day(Weekday::Thursday),
        "friday" => On::Day(Weekday::Friday),
        "saturday" => On::Day(Weekday::Saturday),
        "sunday" => On::Day(Weekday::Sunday),
        _ => return Err(fields.refuse("on", format!("{name:?} is no kind of day"))),
    })
}

fn month_day(fields: &Fields<'_>, key: &str) -> Result<MonthDay, Refused> {
    let text = fields.need_text(key)?;
    // A leap year, so that 02-29 can be written.
    let day = format!("2024-{text}").parse::<Date>();
    let day = day.map_err(|_| fields.refuse(key, format!("{text:?} is no day of the year such as 07-01")))?;
    Ok(MonthDay(day.month(), day.day()))
}

fn dates(fields: &Fields<'_>, key: &str) -> Result<Vec<Date>, Refused> {
    let read =
        |text: &str| text.parse::<Date>().map_err(|_| fields.refuse(key, format!("{text:?} is no date")));
    fields.names(key).into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn night_and_day() -> BandCalendar {
        BandCalendar::from_json(
            r#"{"kind": "calendar", "code": "ND", "valid_from": "2026-01-01",
                "seasons": [{"name": "winter", "from": "11-15", "to": "03-16"}],
                "days": [{"season": "winter", "bands": {"00:00": "deep_valley", "06:00": "flat", "22:00": "valley"}},
                         {"bands": {"00:00": "valley", "06:00": "flat", "22:00": "valley"}}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_day_of_23_or_25_hours_has_all_its_intervals() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        for (day, night_hours) in
            [(date(2026, 3, 29), "7"), (date(2026, 6, 1), "8"), (date(2026, 10, 25), "9")]
        {
            let (from, to) = (zone.start_of(day).unwrap(), zone.end_of(day).unwrap());
            let hours = (from.as_second()..to.as_second()).step_by(3600);
            let hours = hours.map(|second| (Timestamp::from_second(second).unwrap(), Decimal::ONE));
            let sums = night_and_day().sum(&zone, hours).unwrap();
            let of = |band: &str| sums.iter().find(|sum| &*sum.band == band).unwrap().usage;
            assert_eq!(
                (of("valley"), of("flat")),
                (night_hours.parse().unwrap(), Decimal::from(16)),
                "{day}"
            );
        }
    }

    #[test]
    fn a_season_may_lie_over_new_year() {
        let at = |day: Date| night_and_day().band_at(day.at(1, 0, 0, 0)).to_owned();
        assert_eq!(at(date(2026, 11, 14)), "valley");
        assert_eq!(at(date(2026, 11, 15)), "deep_valley");
        assert_eq!(at(date(2027, 3, 15)), "deep_valley");
        assert_eq!(at(date(2027, 3, 16)), "valley");
    }

    #[test]
    fn what_leaves_an_instant_without_band_is_refused() {
        for (days, path) in [
            (r#"[{"bands": {"06:00": "flat"}}]"#, "days[0].bands"),
            (r#"[{"on": ["weekend"], "bands": {"00:00": "flat"}}]"#, "days"),
            (r#"[{"season": "spring", "bands": {"00:00": "flat"}}]"#, "days[0].season"),
            (r#"[{"on": ["someday"], "bands": {"00:00": "flat"}}]"#, "days[0].on"),
        ] {
            let text =
                format!(r#"{{"kind": "calendar", "code": "C", "valid_from": "2026-01-01", "days": {days}}}"#);
            assert_eq!(BandCalendar::from_json(&text).unwrap_err().path, path, "{days}");
        }
    }
}
