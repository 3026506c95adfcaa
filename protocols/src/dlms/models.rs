//! What lists leave out, for the models whose makers have published it.
//!
//! Kaifa MA105, MA304 (Norwegian HAN port, list "KFM_001"): values by position, no codes. Kamstrup Omnipower (list
//! "Kamstrup_V0001"): codes without scaler and unit.

use metering::Obis;

use super::data::Data;
use super::list::Item;

/// Unit codes of IEC 62056-6-2 that the tables use.
const WATT: u8 = 27;
const VAR: u8 = 29;
const WATT_HOUR: u8 = 30;
const VAR_HOUR: u8 = 32;
const AMPERE: u8 = 33;
const VOLT: u8 = 35;
const NO_UNIT: u8 = 255;

/// A position: code, power of ten, unit; a unit of 0 is a text or a time.
type Position = (Obis, i8, u8);

const fn code(c: u8, d: u8) -> Obis {
    Obis::new(1, 0, c, d, 0)
}

const LIST_NAME: Position = (Obis::new(1, 1, 0, 2, 129), 0, 0);
const METER_ID: Position = (Obis::new(0, 0, 96, 1, 0), 0, 0);
const METER_TYPE: Position = (Obis::new(0, 0, 96, 1, 7), 0, 0);
const CLOCK: Position = (Obis::new(0, 0, 1, 0, 0), 0, 0);
const IMPORT_W: Position = (code(1, 7), 0, WATT);

const POWERS: [Position; 4] = [IMPORT_W, (code(2, 7), 0, WATT), (code(3, 7), 0, VAR), (code(4, 7), 0, VAR)];
const ENERGIES: [Position; 4] = [
    (code(1, 8), 0, WATT_HOUR),
    (code(2, 8), 0, WATT_HOUR),
    (code(3, 8), 0, VAR_HOUR),
    (code(4, 8), 0, VAR_HOUR),
];
const ONE_PHASE: [Position; 2] = [(code(31, 7), -3, AMPERE), (code(32, 7), -1, VOLT)];
const THREE_PHASES: [Position; 6] = [
    (code(31, 7), -3, AMPERE),
    (code(51, 7), -3, AMPERE),
    (code(71, 7), -3, AMPERE),
    (code(32, 7), -1, VOLT),
    (code(52, 7), -1, VOLT),
    (code(72, 7), -1, VOLT),
];

/// The values of a list by position; nothing where no model's list has that name and length.
pub(super) fn by_position<'a, 'd>(name: Option<&str>, list: &'d [Data<'a>]) -> Vec<Item<'a, 'd>> {
    let head = [LIST_NAME, METER_ID, METER_TYPE];
    let positions: Vec<Position> = match (name, list.len()) {
        (Some("KFM_001"), 9) => [&head[..], &POWERS, &ONE_PHASE].concat(),
        (Some("KFM_001"), 13) => [&head[..], &POWERS, &THREE_PHASES].concat(),
        (Some("KFM_001"), 14) => [&head[..], &POWERS, &ONE_PHASE, &[CLOCK], &ENERGIES].concat(),
        (Some("KFM_001"), 18) => [&head[..], &POWERS, &THREE_PHASES, &[CLOCK], &ENERGIES].concat(),
        // List 1, every 2.5 seconds: the power alone.
        (None, 1) => vec![IMPORT_W],
        _ => return Vec::new(),
    };
    let item = |((obis, power, unit), value): (Position, &'d Data<'a>)| Item {
        obis,
        value,
        scaler: (unit != 0).then_some((power, unit)),
    };
    positions.into_iter().zip(list).map(item).collect()
}

/// Scaler and unit of a value in a list that sends none.
pub(super) fn scaler(name: Option<&str>, obis: Obis) -> Option<(i8, u8)> {
    if !name?.starts_with("Kamstrup_V") {
        return None;
    }
    Some(match (obis.a, obis.c, obis.d) {
        (1, 1 | 2 | 21 | 22 | 41 | 42 | 61 | 62, 7) => (0, WATT),
        (1, 3 | 4, 7) => (0, VAR),
        // Counted in tens of watt-hours.
        (1, 1 | 2 | 21 | 22 | 41 | 42 | 61 | 62, 8) => (1, WATT_HOUR),
        (1, 3 | 4, 8) => (1, VAR_HOUR),
        (1, 31 | 51 | 71, 7) => (-2, AMPERE),
        (1, 32 | 52 | 72, 7) => (0, VOLT),
        (1, 13 | 33 | 53 | 73, 7) => (-2, NO_UNIT),
        _ => return None,
    })
}
