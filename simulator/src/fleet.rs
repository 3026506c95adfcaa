//! A fleet: which meters there are, from a seed and a few numbers.

use jiff::ToSpan;
use jiff::civil::Date;
use metering::Zone;

use crate::meter::{Door, Kind, Leak, SimMeter};
use crate::noise;

/// How large a fleet is and what befalls it.
#[derive(Clone, Debug)]
pub struct FleetOptions {
    /// The same seed, the same fleet.
    pub seed: u64,
    /// Water agreements.
    pub water: u64,
    /// Heat agreements.
    pub heat: u64,
    /// Electricity agreements.
    pub electricity: u64,
    /// Electricity meters polled over Modbus, besides.
    pub modbus: u64,
    /// All meters are put in at midnight of this day.
    pub installed_on: Date,
    /// Days on which something befalls a meter lie in `[event_from, event_to)`: exchange, leak, silence.
    pub event_from: Date,
    /// See [`Self::event_from`].
    pub event_to: Date,
}

/// The meters, in a fixed order.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// Every meter, exchanged ones and their successors too.
    pub meters: Vec<SimMeter>,
    /// The options they came from.
    pub options: FleetOptions,
}

/// One agreement in so many has its meter exchanged, rolled over, leaking, …
const EXCHANGE_ONE_IN: u64 = 29;
const ROLLOVER_ONE_IN: u64 = 31;
const LEAK_ONE_IN: u64 = 37;
const SILENT_ONE_IN: u64 = 43;
const BATTERY_LOW_ONE_IN: u64 = 41;

impl Fleet {
    /// The fleet of these options.
    pub fn new(options: FleetOptions, zone: &Zone) -> Self {
        let mut fleet = Self { meters: Vec::new(), options };
        let o = fleet.options.clone();
        let kinds = [(Kind::Water, o.water), (Kind::Heat, o.heat), (Kind::Electricity, o.electricity)];
        let mut number = 0;
        for (kind, count) in kinds {
            for nth in 1..=count {
                number += 1;
                fleet.agreement(zone, kind, nth, number, door(kind, nth));
            }
        }
        for nth in 1..=o.modbus {
            number += 1;
            let mut meter = fleet.meter(Kind::Electricity, o.electricity + nth, number, Door::Modbus);
            meter.address = format!("MODBUS-{nth}");
            // Polled meters have no clock: their readings are of the day they are read, so they begin after the month.
            meter.installed_on = o.event_to.last_of_month().tomorrow().unwrap_or(o.event_to);
            fleet.meters.push(meter);
        }
        fleet
    }

    /// One agreement's meter, and its successor where it is exchanged.
    fn agreement(&mut self, zone: &Zone, kind: Kind, nth: u64, number: u64, door: Door) {
        let mut meter = self.meter(kind, nth, number, door);
        let o = &self.options;
        let seed = meter.seed;
        let hit = |what: u64, one_in: u64| noise::once_in(seed, what, one_in);
        if hit(1, ROLLOVER_ONE_IN) {
            // Three days' usage below the end of the digits, on the first day of the window.
            let window = zone.civil(zone.start_of(o.event_from).unwrap_or_default());
            let run = meter.index_at(zone, window) - meter.opening;
            meter.opening = 10_u64.pow(meter.digits + 2) - run - 3 * meter.mean_day.max(1);
        }
        if hit(2, LEAK_ONE_IN) && kind == Kind::Water {
            meter.leak = self
                .some_day(seed, 12)
                .and_then(|day| zone.start_of(day))
                .map(|from| Leak { from, per_hour: 4 });
        }
        if hit(3, SILENT_ONE_IN) {
            meter.silent_from = self.some_day(seed, 13).and_then(|day| zone.start_of(day));
        }
        if hit(4, BATTERY_LOW_ONE_IN) {
            meter.battery_low_from = self.some_day(seed, 14).and_then(|day| zone.start_of(day));
        }
        if hit(5, EXCHANGE_ONE_IN) && meter.silent_from.is_none() {
            let day = self.some_day(seed, 15);
            let successor = SimMeter {
                serial: format!("{}B", meter.serial),
                address: address(number + 5_000_000),
                installed_on: day.unwrap_or(o.event_from),
                opening: noise::between(seed, 16, 0, 500),
                seed: noise::mix(seed, 17),
                leak: None,
                battery_low_from: None,
                ..meter.clone()
            };
            meter.removed_on = day;
            self.meters.push(meter);
            self.meters.push(successor);
        } else {
            self.meters.push(meter);
        }
    }

    fn meter(&self, kind: Kind, nth: u64, number: u64, door: Door) -> SimMeter {
        let seed = noise::mix(self.options.seed, number);
        let (letter, low, high, digits) = match kind {
            Kind::Water => ('W', 15, 60, 5),           // 0.15 to 0.60 m3 a day
            Kind::Heat => ('H', 2_000, 6_000, 6),      // 20 to 60 kWh a day in season
            Kind::Electricity => ('E', 400, 1_600, 6), // 4 to 16 kWh a day
        };
        SimMeter {
            number,
            serial: format!("{letter}{:07}", 1_000_000 + nth),
            address: address(number),
            kind,
            door,
            service_no: format!("{letter}S{nth:06}"),
            installed_on: self.options.installed_on,
            removed_on: None,
            opening: noise::between(seed, 10, 0, 300_000),
            digits,
            mean_day: noise::between(seed, 11, low, high),
            leak: None,
            silent_from: None,
            battery_low_from: None,
            seed,
        }
    }

    /// A day of the event window.
    fn some_day(&self, seed: u64, place: u64) -> Option<Date> {
        let o = &self.options;
        let days = o.event_to.since(o.event_from).ok()?.get_days();
        let last = u64::try_from(days).ok()?.checked_sub(1)?;
        let offset = noise::between(seed, place, 0, last);
        o.event_from.checked_add(i64::try_from(offset).ok()?.days()).ok()
    }
}

/// Fourteen digits: vendor code 3300, then the number.
fn address(number: u64) -> String {
    format!("3300{number:010}")
}

/// Most water and heat meters push over MQTT; some hang on a concentrator, some come through an operator or as
/// datagrams.
fn door(kind: Kind, nth: u64) -> Door {
    match (kind, nth % 10) {
        (Kind::Electricity, _) => Door::MqttJson,
        (Kind::Water, 3 | 7) => Door::Ctwing,
        (Kind::Water, 5) => Door::Udp,
        (_, 8 | 9) => Door::Concentrator,
        _ => Door::MqttCjt188,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn fleet() -> Fleet {
        let options = FleetOptions {
            seed: 1,
            water: 300,
            heat: 60,
            electricity: 60,
            modbus: 4,
            installed_on: date(2026, 7, 1),
            event_from: date(2026, 10, 2),
            event_to: date(2026, 10, 30),
        };
        Fleet::new(options, &Zone::named("Asia/Shanghai").unwrap())
    }

    #[test]
    fn the_same_seed_gives_the_same_fleet() {
        let (one, two) = (fleet(), fleet());
        assert!(
            one.meters.iter().zip(&two.meters).all(|(a, b)| a.serial == b.serial && a.opening == b.opening)
        );
    }

    #[test]
    fn addresses_and_serials_are_unique_and_things_happen() {
        let fleet = fleet();
        let mut serials: Vec<_> = fleet.meters.iter().map(|m| (&m.serial, &m.address)).collect();
        serials.sort();
        serials.dedup();
        assert_eq!(serials.len(), fleet.meters.len());
        assert!(fleet.meters.iter().any(|m| m.leak.is_some()));
        assert!(fleet.meters.iter().any(|m| m.removed_on.is_some()));
        assert!(fleet.meters.iter().any(|m| m.silent_from.is_some()));
    }
}
