//! One simulated meter: what its index is at an instant, and the frame it sends then.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use metering::Zone;

use crate::shape;

/// What a meter measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Cold water, 0.01 m3.
    Water,
    /// Heat, 0.01 kWh and 0.01 m3.
    Heat,
    /// Electricity, 0.01 kWh, four rates.
    Electricity,
}

impl Kind {
    /// The medium and service.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Water => "water",
            Self::Heat => "heat",
            Self::Electricity => "electricity",
        }
    }

    /// The main register.
    pub const fn register(self) -> &'static str {
        match self {
            Self::Water => "8-0:1.0.0",
            Self::Heat => "6-0:1.0.0",
            Self::Electricity => "1-0:1.8.0",
        }
    }
}

/// The door a meter knocks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// CJ/T 188 frames over MQTT.
    MqttCjt188,
    /// The plain JSON over MQTT.
    MqttJson,
    /// CJ/T 188 frames in a concentrator's document over MQTT.
    Concentrator,
    /// CJ/T 188 in an operator's HTTP push.
    Ctwing,
    /// A raw CJ/T 188 datagram.
    Udp,
    /// Polled over Modbus TCP; sends nothing itself.
    Modbus,
}

/// A lasting drain that begins at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    /// When it begins.
    pub from: Timestamp,
    /// Least digits lost an hour.
    pub per_hour: u64,
}

/// One simulated meter.
#[derive(Clone, Debug)]
pub struct SimMeter {
    /// Its number in the fleet, the seed of all its habits.
    pub number: u64,
    /// Printed on it.
    pub serial: String,
    /// On the wire.
    pub address: String,
    /// What it measures.
    pub kind: Kind,
    /// How it talks.
    pub door: Door,
    /// The agreement it serves.
    pub service_no: String,
    /// When it was put in: midnight of this civil day.
    pub installed_on: Date,
    /// When it was taken out, if it was.
    pub removed_on: Option<Date>,
    /// Index when it was put in, in least digits (0.01).
    pub opening: u64,
    /// Integer digits of the register.
    pub digits: u32,
    /// Least digits of a mean day.
    pub mean_day: u64,
    /// A leak, if it has one.
    pub leak: Option<Leak>,
    /// Sends nothing from here on.
    pub silent_from: Option<Timestamp>,
    /// Reports a low battery from here on.
    pub battery_low_from: Option<Timestamp>,
    pub(crate) seed: u64,
}

impl SimMeter {
    /// Its index at a civil time, in least digits, rolled over where the digits end.
    ///
    /// ```text
    /// index = opening + whole days since installation + the part of this day + leak, modulo 10^(digits + 2)
    /// ```
    pub fn index_at(&self, zone: &Zone, civil: DateTime) -> u64 {
        let mut index = self.opening;
        let mut day = self.installed_on;
        while day < civil.date() {
            index += shape::day_usage(self.kind, self.seed, self.mean_day, day);
            let Ok(next) = day.checked_add(1.day()) else { break };
            day = next;
        }
        if day == civil.date() {
            let minute =
                u64::from(civil.hour().unsigned_abs()) * 60 + u64::from(civil.minute().unsigned_abs());
            let today = shape::day_usage(self.kind, self.seed, self.mean_day, day);
            index += shape::usage_before(self.kind, today, minute);
        }
        if let (Some(leak), Some(now)) = (self.leak, zone.instant(civil)) {
            let seconds = now.as_second().saturating_sub(leak.from.as_second()).max(0).unsigned_abs();
            index += leak.per_hour * seconds / 3600;
        }
        index % 10_u64.pow(self.digits + 2)
    }

    /// Whether it is in place and talks at an instant.
    pub fn talks_at(&self, zone: &Zone, at: Timestamp) -> bool {
        let date = zone.date(at);
        self.installed_on <= date
            && self.removed_on.is_none_or(|removed| date < removed)
            && self.silent_from.is_none_or(|silent| at < silent)
    }

    /// Whether it reports a low battery at an instant.
    pub fn battery_low_at(&self, at: Timestamp) -> bool {
        self.battery_low_from.is_some_and(|from| from <= at)
    }
}

/// Least digits as a plain decimal of the register's unit.
pub(crate) fn decimal(index: u64) -> String {
    format!("{}.{:02}", index / 100, index % 100)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn meter() -> SimMeter {
        SimMeter {
            number: 1,
            serial: "W0001".into(),
            address: "00000000000001".into(),
            kind: Kind::Water,
            door: Door::MqttCjt188,
            service_no: "S1".into(),
            installed_on: date(2026, 1, 1),
            removed_on: None,
            opening: 0,
            digits: 5,
            mean_day: 40,
            leak: None,
            silent_from: None,
            battery_low_from: None,
            seed: 42,
        }
    }

    #[test]
    fn the_index_only_grows_until_it_rolls_over() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let mut meter = meter();
        let hours: Vec<u64> =
            (0..24).map(|h| meter.index_at(&zone, date(2026, 2, 3).at(h, 0, 0, 0))).collect();
        assert!(hours.is_sorted());
        meter.opening = 9_999_990;
        assert!(meter.index_at(&zone, date(2026, 2, 3).at(0, 0, 0, 0)) < 9_999_990);
    }

    #[test]
    fn a_leak_runs_every_hour() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let mut meter = meter();
        let at = date(2026, 2, 3).at(12, 0, 0, 0);
        let dry = meter.index_at(&zone, at);
        meter.leak = Some(Leak { from: zone.instant(date(2026, 2, 3).at(2, 0, 0, 0)).unwrap(), per_hour: 3 });
        assert_eq!(meter.index_at(&zone, at), dry + 30);
    }
}
