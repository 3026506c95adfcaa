//! The transport layer's header: who answers, and how it is.
//!
//! ```text
//! EN 13757-7, 7.3 and 7.4, low byte first (CI 76: high byte first)
//!
//! long   identification 4 BCD | maker 2 | version | medium | access number | status | configuration 2
//! short                                                    | access number | status | configuration 2
//!
//! maker: bit 15 soft address, then three letters of five bits, A = 1
//! status: bits 1-0 ok, busy, error, alarm | 2 power low | 3 permanent | 4 temporary error | 7-5 the maker's
//! ```

use metering::{EventKind, Medium};
use smol_str::SmolStr;

use super::cursor::Cursor;
use super::hex;
use crate::{DecodeError, Device, Event, Frame, Warning, WarningKind};

/// Whose meter it is: the eight bytes by which the standard addresses a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Eight BCD digits (some makers: hex), as on the wire, low byte first.
    pub id: [u8; 4],
    /// Maker's code, see [`maker`].
    pub manufacturer: u16,
    /// The maker's version byte.
    pub version: u8,
    /// Device type, see [`medium`].
    pub medium: u8,
}

impl Identity {
    /// Reads identification, maker, version and medium in this order, low byte first.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let [a, b, c, d, low, high, version, medium] = cursor.array()?;
        Ok(Self { id: [a, b, c, d], manufacturer: u16::from_le_bytes([low, high]), version, medium })
    }

    /// The eight bytes as [`Identity::read`] takes them.
    pub fn to_bytes(self) -> [u8; 8] {
        let [a, b, c, d] = self.id;
        let [low, high] = self.manufacturer.to_le_bytes();
        [a, b, c, d, low, high, self.version, self.medium]
    }

    /// Maker, identification, version and medium: the order of the radio link and of an IV.
    pub(crate) fn maker_first(self) -> [u8; 8] {
        let [a, b, c, d] = self.id;
        let [low, high] = self.manufacturer.to_le_bytes();
        [low, high, a, b, c, d, self.version, self.medium]
    }

    /// What the canonical record says of it.
    pub(crate) fn device(self) -> Device {
        Device {
            address: Some(hex::reversed(&self.id)),
            manufacturer: Some(maker(self.manufacturer)),
            medium: Some(medium(self.medium)),
            version: Some(self.version),
            access: None,
        }
    }
}

/// The part of the header that both forms have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Counts the telegrams of the device.
    pub access: u8,
    /// Errors and alarms.
    pub status: u8,
    /// Configuration: the security mode and what it needs.
    pub configuration: u16,
}

impl Status {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let [access, status, low, high] = cursor.array()?;
        Ok(Self { access, status, configuration: u16::from_le_bytes([low, high]) })
    }

    /// The four bytes as [`Status::read`] takes them.
    pub fn to_bytes(self) -> [u8; 4] {
        let [low, high] = self.configuration.to_le_bytes();
        [self.access, self.status, low, high]
    }

    /// Notes access number and events in the frame. `at` is where the status byte stands.
    pub(crate) fn note(self, at: usize, frame: &mut Frame) {
        frame.device.access = Some(u32::from(self.access));
        events(self.status, at, frame);
    }
}

/// The long header.
pub(crate) fn long(cursor: &mut Cursor<'_>) -> Result<(Identity, Status), DecodeError> {
    Ok((Identity::read(cursor)?, Status::read(cursor)?))
}

/// The long header of CI 76, which has its fields of several bytes the other way round.
pub(crate) fn long_high_first(cursor: &mut Cursor<'_>) -> Result<(Identity, Status), DecodeError> {
    let [a, b, c, d, high, low, version, medium] = cursor.array()?;
    let [access, status, configuration_high, configuration_low] = cursor.array()?;
    let identity =
        Identity { id: [d, c, b, a], manufacturer: u16::from_be_bytes([high, low]), version, medium };
    let configuration = u16::from_be_bytes([configuration_high, configuration_low]);
    Ok((identity, Status { access, status, configuration }))
}

/// The status byte as events; the maker's bits as a warning with the byte.
pub(crate) fn events(status: u8, at: usize, frame: &mut Frame) {
    if status == 0 {
        return;
    }
    let state = match status & 0x03 {
        0 => None,
        1 => Some(EventKind::Busy),
        _ => Some(EventKind::Alarm),
    };
    // A meter for electricity has mains, the others a battery.
    let power = match frame.device.medium {
        Some(Medium::Electricity) => EventKind::PowerLow,
        _ => EventKind::BatteryLow,
    };
    let bits = [(0x04, power), (0x08, EventKind::PermanentError), (0x10, EventKind::TemporaryError)];
    let set = bits.into_iter().filter(|(bit, _)| status & bit != 0).map(|(_, kind)| kind);
    frame.events.extend(state.into_iter().chain(set).map(Event::from));
    if status & 0xE0 != 0 {
        frame.warnings.push(Warning { kind: WarningKind::UnknownStatus, offset: at, bytes: vec![status] });
    }
}

/// A maker's three letters (EN 62056-21).
pub(crate) fn maker(code: u16) -> SmolStr {
    let letter = |shift: u32| {
        let five = code.checked_shr(shift).unwrap_or(0).to_le_bytes()[0] & 0x1F;
        five.wrapping_add(b'@')
    };
    let letters = [letter(10), letter(5), letter(0)];
    SmolStr::new_inline(std::str::from_utf8(&letters).unwrap_or("???"))
}

/// The code of a maker's three letters.
///
/// ```
/// assert_eq!(protocols::mbus::maker_code("KAM"), Some(0x2C2D));
/// ```
pub fn maker_code(letters: &str) -> Option<u16> {
    let [a, b, c]: [u8; 3] = letters.as_bytes().try_into().ok()?;
    let five = |letter: u8| matches!(letter, b'@'..=b'_').then(|| u16::from(letter.wrapping_sub(b'@')));
    Some(five(a)? << 10 | five(b)? << 5 | five(c)?)
}

/// What a device type measures (EN 13757-7, table 13).
pub(crate) const fn medium(code: u8) -> Medium {
    match code {
        0x02 => Medium::Electricity,
        0x03 => Medium::Gas,
        // Outlet, inlet, and the combined heat and cooling meter, whose main register is heat.
        0x04 | 0x0C | 0x0D => Medium::Heat,
        0x06 | 0x15 => Medium::HotWater,
        0x07 | 0x16 | 0x17 | 0x28 => Medium::Water,
        0x0A | 0x0B => Medium::Cooling,
        _ => Medium::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    #[test]
    fn letters_and_codes() {
        for letters in ["KAM", "ELS", "@@@", "ZZZ"] {
            assert_eq!(maker(maker_code(letters).unwrap()), letters);
        }
        assert_eq!(maker(0x2C2D | 0x8000), "KAM");
        assert_eq!(maker_code("kam"), None);
    }

    #[test]
    fn every_status_bit_is_an_event_or_a_warning() {
        let mut frame = Frame::new(Format::Mbus);
        events(0xFC | 0x01, 15, &mut frame);
        let kinds: Vec<_> = frame.events.iter().map(|e| e.kind.name()).collect();
        assert_eq!(kinds, ["busy", "battery_low", "permanent_error", "temporary_error"]);
        assert_eq!(frame.warnings[0].bytes, [0xFD]);
    }

    #[test]
    fn both_byte_orders() {
        let bytes = [0x78, 0x56, 0x34, 0x12, 0x2D, 0x2C, 1, 4, 9, 0, 0x25, 0x05];
        let (identity, status) = long(&mut Cursor::new(&bytes, 0)).unwrap();
        assert_eq!(identity.device().address.as_deref(), Some("12345678"));
        assert_eq!(identity.to_bytes(), bytes[..8]);
        assert_eq!(status.to_bytes(), bytes[8..]);
        let mirrored = [0x12, 0x34, 0x56, 0x78, 0x2C, 0x2D, 1, 4, 9, 0, 0x05, 0x25];
        assert_eq!(long_high_first(&mut Cursor::new(&mirrored, 0)).unwrap(), (identity, status));
    }
}
