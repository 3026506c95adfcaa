//! Status bits: the seven words of DL/T 645-2007, appendix C (04000501 to 04000507), and the two bytes of 1997 (C020,
//! C021).
//!
//! Only bits that are an alarm become events; how a meter is configured, or which tariff it counts in, doesn't.
//! The words themselves are records, so nothing is lost.

use metering::EventKind;

use crate::Frame;

/// Word, bit, event. Words 4, 5 and 6 are those of the phases. Bits 8 to 15 of word 1 are an addition of the grid
/// companies.
const BITS: [(u8, u8, EventKind); 16] = [
    (1, 2, EventKind::BatteryLow),
    (1, 3, EventKind::BatteryLow),
    (1, 12, EventKind::MemoryFault),
    (1, 13, EventKind::MemoryFault),
    (1, 15, EventKind::ClockFault),
    (3, 4, EventKind::RelayOpen),
    (4, 0, EventKind::PhaseLoss),
    (4, 1, EventKind::UnderVoltage),
    (4, 2, EventKind::OverVoltage),
    (4, 4, EventKind::OverCurrent),
    (4, 5, EventKind::Overload),
    (4, 7, EventKind::PhaseLoss),
    (7, 0, EventKind::PhaseReversal),
    (7, 4, EventKind::PowerLow),
    (7, 5, EventKind::PowerFailure),
    (7, 6, EventKind::Overload),
];

/// Adds the events of a word.
pub(crate) fn word(frame: &mut Frame, word: u8, bits: u16) {
    let row = if matches!(word, 5 | 6) { 4 } else { word };
    for (of, bit, kind) in BITS {
        if of == row && (bits >> bit) & 1 == 1 && !frame.events.iter().any(|event| event.kind == kind) {
            frame.events.push(kind.into());
        }
    }
}

/// Adds the events of a byte of 1997: 0 the meter's state, 1 the grid's.
pub(crate) fn old(frame: &mut Frame, which: u8, bits: u8) {
    let event = match (which, bits & 0b111) {
        (0, low) if low & 0b100 != 0 => EventKind::BatteryLow,
        (1, phases) if phases != 0 => EventKind::PhaseLoss,
        _ => return,
    };
    frame.events.push(event.into());
}
