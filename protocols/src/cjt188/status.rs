//! ST, the two status bytes.
//!
//! ```text
//!  first byte   bit 1..0  valve: 00 open, 01 closed, 11 abnormal
//!               bit 2     battery low
//!               bit 3..7  the maker's
//!  second byte  the maker's
//! ```
//! A maker's bits come from its profile, which replaces the whole table.

use crate::{Frame, Warning, WarningKind};

use super::profile::Profile;

/// Adds the events of the two bytes; bits without a known meaning become a warning with both bytes.
pub(crate) fn read(bytes: [u8; 2], offset: usize, frame: &mut Frame, profile: &Profile) {
    frame.says_status = true;
    let word = u16::from_be_bytes(bytes);
    if word == 0 {
        return;
    }
    let mut known = 0_u16;
    for sign in profile.status.iter() {
        if word & sign.mask == sign.value {
            known |= sign.mask;
            frame.events.extend(sign.event.map(crate::Event::from));
        }
    }
    if word & !known != 0 {
        frame.warnings.push(Warning { kind: WarningKind::UnknownStatus, offset, bytes: bytes.to_vec() });
    }
}

#[cfg(test)]
mod tests {
    use metering::EventKind;

    use super::*;
    use crate::Format;
    use crate::cjt188::profile::{self, STANDARD};

    fn check(bytes: [u8; 2], events: &[EventKind], warns: bool) {
        check_with(&STANDARD, bytes, events, warns);
    }

    fn check_with(profile: &Profile, bytes: [u8; 2], events: &[EventKind], warns: bool) {
        let mut frame = Frame::new(Format::Cjt188);
        read(bytes, 31, &mut frame, profile);
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

    #[test]
    fn a_makers_bits_replace_the_standards() {
        let high = profile::named(Some("cjt188-valve-high")).unwrap();
        check_with(high, [0x00, 0x00], &[], false);
        check_with(high, [0x40, 0x00], &[EventKind::ValveClosed], false);
        check_with(high, [0xE0, 0x00], &[EventKind::ValveFault, EventKind::BatteryLow], false);
        check_with(high, [0x01, 0x00], &[], true);
    }
}
