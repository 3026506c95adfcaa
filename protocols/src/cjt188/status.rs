//! ST, the two status bytes.
//!
//! ```text
//!  first byte   bit 1..0  valve: 00 open, 01 closed, 11 abnormal
//!               bit 2     battery low
//!               bit 3..7  the maker's
//!  second byte  the maker's
//! ```

use metering::EventKind;

use crate::{Frame, Warning, WarningKind};

/// Adds the events of the two bytes; bits without a known meaning become a warning with both bytes.
pub(crate) fn read(bytes: [u8; 2], offset: usize, frame: &mut Frame) {
    let [first, second] = bytes;
    let mut unknown = first & 0b1111_1000 != 0 || second != 0;
    match first & 0b11 {
        0b00 => {}
        0b01 => frame.events.push(EventKind::ValveClosed.into()),
        0b11 => frame.events.push(EventKind::ValveFault.into()),
        _ => unknown = true,
    }
    if first & 0b100 != 0 {
        frame.events.push(EventKind::BatteryLow.into());
    }
    if unknown {
        frame.warnings.push(Warning { kind: WarningKind::UnknownStatus, offset, bytes: bytes.to_vec() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    fn check(bytes: [u8; 2], events: &[EventKind], warns: bool) {
        let mut frame = Frame::new(Format::Cjt188);
        read(bytes, 31, &mut frame);
        let kinds: Vec<_> = frame.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, events, "{bytes:02x?}");
        assert_eq!(!frame.warnings.is_empty(), warns, "{bytes:02x?}");
    }

    #[test]
    fn valve_and_battery_are_read_and_the_rest_is_handed_on() {
        check([0x00, 0x00], &[], false);
        check([0x01, 0x00], &[EventKind::ValveClosed], false);
        check([0x03, 0x00], &[EventKind::ValveFault], false);
        check([0x05, 0x00], &[EventKind::ValveClosed, EventKind::BatteryLow], false);
        check([0x02, 0x00], &[], true);
        check([0x21, 0x84], &[EventKind::ValveClosed], true);
        check([0x00, 0xFF], &[], true);
    }
}
