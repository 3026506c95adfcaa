//! Named fields whose names say quantity and unit, as wmbusmeters writes them: `total_m3`,
//! `max_power_kw`, `total_energy_consumption_tariff2_kwh`, `voltage_at_phase_1_v`.
//!
//! A name ends in its unit; before it stands what is measured, with `max_` or `min_` in front and a tariff or
//! an earlier period in it. A name without a unit, or with a stem that is not in the tables, is not guessed at.

use metering::{Function, Medium, Obis, Quantity, Unit};

use super::{carried, unknown_field};
use crate::document::Json;
use crate::{Decoded, Frame, Options, Record, State, Value, json, naming, time};

/// Reads one field into a record or a warning. `null` is an absent value.
pub(crate) fn read(frame: &mut Frame, name: &str, value: &Json<'_>) {
    let medium = frame.device.medium;
    match record(name, value, medium) {
        Some(record) => frame.records.push(record),
        None => unknown_field(frame, name, value),
    }
}

/// The record of a field, `None` where the name or the value does not tell.
pub(crate) fn record(name: &str, value: &Json<'_>, medium: Option<Medium>) -> Option<Record> {
    let (value, state) = match value {
        Json::Null => (Value::None, State::Absent),
        value => (Value::Number(value.decimal()?), State::Valid),
    };
    let name = name.to_ascii_lowercase();
    let (stem, suffix) = name.rsplit_once('_')?;
    let unit = unit(suffix)?;
    let stem = Stem::of(stem);
    let quantity = quantity(&stem, unit, medium)?;
    let obis = (stem.function == Function::Instantaneous && stem.storage == 0)
        .then(|| obis(quantity, medium, stem.phase, stem.tariff))
        .flatten();
    Some(Record {
        quantity,
        value,
        unit: unit.known(),
        state,
        obis,
        function: stem.function,
        storage: stem.storage,
        tariff: stem.tariff,
        subunit: if obis.is_none() { stem.phase } else { 0 },
        time: None,
        precision: None,
    })
}

/// The suffix of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suffix {
    Unit(Unit),
    /// Heat cost allocation units.
    Allocation,
    /// dBm, which is no unit of readings.
    SignalPower,
}

impl Suffix {
    fn known(self) -> Option<Unit> {
        match self {
            Self::Unit(unit) => Some(unit),
            Self::Allocation => Some(Unit::One),
            Self::SignalPower => None,
        }
    }
}

fn unit(suffix: &str) -> Option<Suffix> {
    Some(Suffix::Unit(match suffix {
        "m3" => Unit::CubicMetre,
        "l" => Unit::Litre,
        "m3h" => Unit::CubicMetrePerHour,
        "lh" => Unit::LitrePerHour,
        "kwh" => Unit::KiloWattHour,
        "wh" => Unit::WattHour,
        "mwh" => Unit::MegaWattHour,
        "mj" => Unit::MegaJoule,
        "gj" => Unit::GigaJoule,
        "kvarh" => Unit::KiloVarHour,
        "kvah" => Unit::KiloVoltAmpereHour,
        "kw" => Unit::KiloWatt,
        "w" => Unit::Watt,
        "kvar" => Unit::KiloVar,
        "kva" => Unit::KiloVoltAmpere,
        "c" => Unit::Celsius,
        "k" => Unit::Kelvin,
        "bar" => Unit::Bar,
        "v" => Unit::Volt,
        "a" => Unit::Ampere,
        "hz" => Unit::Hertz,
        "deg" => Unit::Degree,
        "s" => Unit::Second,
        "min" => Unit::Minute,
        "h" => Unit::Hour,
        "d" => Unit::Day,
        "pct" | "rh" => Unit::Percent,
        "kg" => Unit::Kilogram,
        "hca" => return Some(Suffix::Allocation),
        "dbm" => return Some(Suffix::SignalPower),
        _ => return None,
    }))
}

/// What stands before the unit, taken apart.
struct Stem {
    words: String,
    function: Function,
    tariff: u32,
    storage: u64,
    phase: u16,
}

impl Stem {
    fn of(text: &str) -> Self {
        let mut stem =
            Self { words: String::new(), function: Function::Instantaneous, tariff: 0, storage: 0, phase: 0 };
        let mut parts = text.split('_').peekable();
        while let Some(part) = parts.next() {
            let (word, digits) = part.split_at(part.trim_end_matches(|c: char| c.is_ascii_digit()).len());
            let mut number = |otherwise: u32| match digits.parse().ok() {
                Some(number) => number,
                None => parts
                    .next_if(|next| next.len() <= 3)
                    .map_or(otherwise, |next| next.parse().unwrap_or(otherwise)),
            };
            match word {
                "max" | "maximum" => stem.function = Function::Maximum,
                "min" | "minimum" => stem.function = Function::Minimum,
                "tariff" => stem.tariff = number(0),
                "phase" => stem.phase = u16::try_from(number(0)).unwrap_or(0),
                "history" | "date" | "month" => stem.storage = u64::from(number(1)),
                "target" | "prev" | "previous" | "last" => stem.storage = stem.storage.max(1),
                "at" | "set" | "due" => {}
                _ => {
                    if !stem.words.is_empty() {
                        stem.words.push('_');
                    }
                    stem.words.push_str(part);
                }
            }
        }
        stem
    }
}

/// What a stem measures in a unit.
fn quantity(stem: &Stem, suffix: Suffix, medium: Option<Medium>) -> Option<Quantity> {
    use metering::Dimension as D;
    let words = stem.words.as_str();
    let unit = match suffix {
        Suffix::Unit(unit) => unit,
        Suffix::Allocation => {
            return matches!(words, "" | "current" | "consumption" | "current_consumption")
                .then_some(Quantity::HeatCostAllocation);
        }
        Suffix::SignalPower => return (words == "rssi").then_some(Quantity::SignalStrength),
    };
    Some(match (unit.dimension(), words) {
        (D::Volume, "" | "total" | "volume" | "total_volume" | "consumption" | "total_consumption") => {
            Quantity::Volume
        }
        (D::Volume, "backward" | "total_backward" | "reverse" | "backward_flow" | "total_backward_flow") => {
            Quantity::ReverseVolume
        }
        (
            D::Energy | D::Heat,
            "cooling" | "total_cooling" | "total_energy_cooling" | "total_cooling_energy",
        ) => Quantity::CoolingEnergy,
        (D::Energy | D::Heat, "heating" | "total_heating" | "heat" | "total_heat") => Quantity::HeatEnergy,
        (D::Energy, "production" | "total_energy_production") => Quantity::EnergyExport,
        (
            D::Energy | D::Heat,
            ""
            | "total"
            | "energy"
            | "total_energy"
            | "consumption"
            | "total_consumption"
            | "energy_consumption"
            | "total_energy_consumption",
        ) => match medium {
            Some(Medium::Heat) => Quantity::HeatEnergy,
            Some(Medium::Cooling) => Quantity::CoolingEnergy,
            _ => Quantity::Energy,
        },
        (D::ReactiveEnergy, words) if words.ends_with("production") => Quantity::ReactiveEnergyExport,
        (D::ReactiveEnergy, _) => Quantity::ReactiveEnergy,
        (D::ApparentEnergy, _) => Quantity::ApparentEnergy,
        (D::Power, words) if words.ends_with("production") => Quantity::PowerExport,
        (D::Power, "power" | "current_power" | "power_consumption" | "current_power_consumption") => {
            Quantity::Power
        }
        (D::ReactivePower, _) => Quantity::ReactivePower,
        (D::ApparentPower, _) => Quantity::ApparentPower,
        (D::VolumeFlow, "" | "flow" | "volume_flow" | "current_flow" | "flow_rate") => Quantity::VolumeFlow,
        (D::Temperature, "flow" | "flow_temperature" | "forward_temperature" | "supply_temperature") => {
            Quantity::FlowTemperature
        }
        (D::Temperature, "return" | "return_temperature") => Quantity::ReturnTemperature,
        (D::Temperature, "external_temperature" | "ambient_temperature" | "room_temperature") => {
            Quantity::ExternalTemperature
        }
        (D::Temperature, "temperature" | "current_temperature" | "water_temperature") => {
            Quantity::Temperature
        }
        (D::Temperature | D::TemperatureDifference, "temperature_difference") => {
            Quantity::TemperatureDifference
        }
        (D::Pressure, _) => Quantity::Pressure,
        (D::Voltage, "battery" | "battery_voltage") => Quantity::BatteryVoltage,
        (D::Voltage, "voltage") => Quantity::Voltage,
        (D::Current, "current") => Quantity::Current,
        (D::Frequency, "frequency") => Quantity::Frequency,
        (D::Angle, "phase_angle") => Quantity::PhaseAngle,
        (D::Duration, "on_time") => Quantity::OnTime,
        (D::Duration, "operating_time") => Quantity::OperatingTime,
        (D::Duration, "error_time" | "total_error_time") => Quantity::ErrorTime,
        (D::Duration, "battery" | "remaining_battery_life" | "battery_life") => Quantity::BatteryTime,
        (D::Ratio, "battery") => Quantity::BatteryLevel,
        (D::Ratio, "relative_humidity" | "humidity" | "current_relative_humidity") => Quantity::Humidity,
        _ => return None,
    })
}

/// The code of a current value.
fn obis(quantity: Quantity, medium: Option<Medium>, phase: u16, tariff: u32) -> Option<Obis> {
    let tariff = u8::try_from(tariff).ok()?;
    if phase > 0 {
        let base = u8::try_from(phase).ok().filter(|phase| *phase <= 3)?.checked_mul(20)?;
        let kind = match quantity {
            Quantity::Power => 1,
            Quantity::PowerExport => 2,
            Quantity::Current => 11,
            Quantity::Voltage => 12,
            _ => return None,
        };
        return Some(Obis::new(1, 0, base.checked_add(kind)?, 7, 0));
    }
    naming::code(quantity, medium?, tariff)
}

/// Where the platforms put a device's bytes, and the objects that hold its fields.
const BYTES: &[&str] = &["APPdata", "rawData", "raw_data", "appData"];
const NESTED: &[&str] = &["serviceData", "params", "properties"];

/// Reads an object of fields: bytes where one of its fields is known to carry them, registers in the words of
/// the plain format, names with units, and a warning for each other.
pub(crate) fn payload(mut frame: Frame, object: &Json<'_>, options: &Options<'_>) -> Decoded {
    let object = NESTED.iter().find_map(|key| object.get(key)).unwrap_or(object);
    let bytes = BYTES.iter().find_map(|key| object.get(key)).and_then(Json::text);
    if let Some(text) = bytes {
        return match carried::bytes(text) {
            Some(bytes) => carried::read(frame, bytes, options),
            None => Decoded::One(Err(super::wrong("the payload is neither base64 nor hex"))),
        };
    }
    if object.get("registers").is_some() {
        return Decoded::One(json::frame(object));
    }
    for (name, value) in object.members() {
        // `{"value": 1, "time": …}` is how the object models wrap a value.
        match value.get("value") {
            Some(inner) => {
                read(&mut frame, name, inner);
                let time = value.get("time").and_then(Json::integer).and_then(time::milliseconds);
                if let Some(record) = frame.records.last_mut().filter(|record| record.time.is_none()) {
                    record.time = time;
                }
            }
            None => read(&mut frame, name, value),
        }
    }
    Decoded::One(Ok(frame))
}
