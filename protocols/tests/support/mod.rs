//! Real frames of `protocols/vectors` and of the collection beside the repository, and the comparison of stated numbers
//! with decoded ones.

#[path = "../../../tests/support/cases.rs"]
pub(crate) mod cases;

use std::path::Path;

use metering::{Dimension, Unit};
use protocols::{Decoded, Format, Frame, Options, Record, decode};
use rust_decimal::Decimal;
use serde_json::Value as Json;

/// One vector.
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) hex: Vec<u8>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) prior: Vec<Vec<u8>>,
    pub(crate) plaintext: bool,
    pub(crate) expect: Json,
}

/// The vectors of the tree in one format.
pub(crate) fn own_vectors(format: Format) -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(format.name());
    cases::all_lines(&folder).iter().map(|line| vector(line)).collect()
}

/// The vectors of the tree, and those of the collection's file where it is there.
pub(crate) fn vectors(format: Format, file: &str) -> Vec<Vector> {
    let mut all = own_vectors(format);
    for line in cases::lines("vectors", file).into_iter().flatten() {
        let vector = vector(&line);
        if all.iter().all(|own| own.id != vector.id) {
            all.push(vector);
        }
    }
    all
}

pub(crate) fn vector(line: &str) -> Vector {
    let json: Json = serde_json::from_str(line).unwrap();
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let bytes = |text: &str| hex::decode(text).unwrap();
    Vector {
        id: text("id"),
        kind: text("kind"),
        hex: bytes(&text("hex")),
        key: json["key"].as_str().map(bytes),
        prior: json["prior"].as_array().into_iter().flatten().map(|h| bytes(h.as_str().unwrap())).collect(),
        // Printed already decrypted, as the source says.
        plaintext: json["encrypted"] == false,
        expect: json["expect"].clone(),
    }
}

impl Vector {
    /// Decodes the frame with what the vector gives besides it.
    pub(crate) fn decode(&self, format: Format) -> Decoded {
        let options = Options {
            key: self.key.as_deref(),
            plaintext: self.plaintext,
            prior: &self.prior,
            ..Options::default()
        };
        decode(format, &self.hex, &options)
    }
}

/// A number that a source states, in a unit of ours.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    pub(crate) name: String,
    pub(crate) number: Decimal,
    pub(crate) unit: Option<Unit>,
}

/// Canonical value and dimension; joules and watt hours are one here.
fn canonical(number: Decimal, unit: Option<Unit>) -> (Decimal, Option<Dimension>) {
    let Some(unit) = unit else { return (number, None) };
    let value = unit.to_canonical(number).unwrap_or(number);
    match unit.dimension() {
        Dimension::Heat => (value / Decimal::new(36, 1), Some(Dimension::Energy)),
        dimension => (value, Some(dimension)),
    }
}

/// Equal as far as the source prints it (binary floats of six decimals).
fn close(a: Decimal, b: Decimal) -> bool {
    let difference = (a - b).abs();
    difference <= Decimal::new(1, 6) || difference <= a.abs() * Decimal::new(2, 6)
}

/// Whether a record holds the stated number.
pub(crate) fn holds(record: &Record, stated: &Stated) -> bool {
    let Some(number) = number(record) else { return false };
    let (value, dimension) = canonical(number, record.unit);
    let (wanted, wanted_dimension) = canonical(stated.number, stated.unit);
    let same = match (dimension, wanted_dimension) {
        // A difference of temperatures is stated in degrees by some sources.
        (None | Some(Dimension::Ratio), _)
        | (_, None)
        | (Some(Dimension::TemperatureDifference), Some(Dimension::Temperature)) => true,
        (a, b) => a == b,
    };
    same && (close(value, wanted) || close(number, stated.number) && wanted_dimension.is_none())
}

fn number(record: &Record) -> Option<Decimal> {
    match &record.value {
        protocols::Value::Number(number) => Some(*number),
        protocols::Value::Text(text) => text.parse().ok(),
        protocols::Value::None => None,
    }
}

/// What a driver's JSON states: the unit is the last part of the name.
pub(crate) fn driver_numbers(expect: &Json) -> Vec<Stated> {
    let fields = expect.as_object().into_iter().flatten();
    fields
        .filter_map(|(name, value)| stated(name, value))
        .filter(|stated| !is_no_value(stated.number))
        .collect()
}

/// A source that does not know the standard's "no value" (80 00 …) prints it as a number: -2147483648 or -32768, at
/// some power of ten, or as tenths of a megajoule in kWh.
fn is_no_value(number: Decimal) -> bool {
    let mantissa = number.normalize().mantissa();
    number.is_sign_negative() && [-2_147_483_648, -32_768, -910_222_222].contains(&mantissa)
}

fn stated(name: &str, value: &Json) -> Option<Stated> {
    let number = value.as_number()?.to_string();
    let number = Decimal::from_str_exact(&number).or_else(|_| Decimal::from_scientific(&number)).ok()?;
    let unit = match name.rsplit('_').next()? {
        "a" => Unit::Ampere,
        "bar" => Unit::Bar,
        "c" => Unit::Celsius,
        "d" => Unit::Day,
        "h" => Unit::Hour,
        "hz" => Unit::Hertz,
        "kva" => Unit::KiloVoltAmpere,
        "kvah" => Unit::KiloVoltAmpereHour,
        "kvar" => Unit::KiloVar,
        "kvarh" => Unit::KiloVarHour,
        "kw" => Unit::KiloWatt,
        "kwh" => Unit::KiloWattHour,
        "m3" => Unit::CubicMetre,
        "m3h" => Unit::CubicMetrePerHour,
        "min" => Unit::Minute,
        "s" => Unit::Second,
        "v" => Unit::Volt,
        "w" => Unit::Watt,
        _ => return Some(Stated { name: name.to_owned(), number, unit: None }),
    };
    Some(Stated { name: name.to_owned(), number, unit: Some(unit) })
}

/// Counts over a file, and what was missed.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) frames: usize,
    pub(crate) understood: usize,
    pub(crate) numbers: usize,
    pub(crate) equal: usize,
    pub(crate) misses: Vec<String>,
}

impl Tally {
    /// Notes which of the stated numbers the frame holds.
    pub(crate) fn numbers(&mut self, id: &str, frame: &Frame, stated: &[Stated]) {
        for stated in stated {
            self.numbers += 1;
            if frame.records.iter().any(|record| holds(record, stated)) {
                self.equal += 1;
            } else {
                self.misses.push(format!("{id}: {} = {}", stated.name, stated.number));
            }
        }
    }

    /// Prints the misses and holds the thresholds: 97 % of the frames, and of the numbers `percent`.
    pub(crate) fn finish(&self, file: &str, percent: usize) {
        for miss in &self.misses {
            println!("MISS {miss}");
        }
        println!(
            "{file}: {} of {} frames understood, {} of {} numbers equal",
            self.understood, self.frames, self.equal, self.numbers
        );
        assert!(self.understood * 100 >= self.frames * 97, "{file}: fewer than 97 % of the frames");
        assert!(self.equal * 100 >= self.numbers * percent, "{file}: fewer than {percent} % of the numbers");
    }
}
