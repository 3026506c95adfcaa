//! The layers between the radio link and the payload: extended link layer, authentication and fragmentation.
//!
//! ```text
//! EN 13757-4, 13 (ELL; the session number 13.2.11) and EN 13757-7, 6 (AFL)
//!
//! 8C  CC ACC                            8E  CC ACC maker 2 address 6
//! 8D  CC ACC SN 4 CRC 2                 8F  CC ACC maker 2 address 6 SN 4 CRC 2
//!     SN bits 31-29: 0 clear, 1 AES-CTR; the encrypted part begins with the CRC, which covers all behind it
//!
//! 90  AFLL FCL 2 [MCL] [KI 2] [MCR 4] [MAC n] [ML 2]
//!     FCL 14 more fragments, 13 MCL, 12 ML, 11 MCR, 10 MAC, 9 KI are there, 7-0 fragment, 0 where there is one
//!     MCL 3-0 kind of the MAC: CMAC of 2 (3), 4 (4), 8 (5), 12 (6), 16 (7) bytes
//! ```
//!
//! Deliberately absent: putting fragments together; codes that are no CMAC (GMAC, 8); ELL 86 of variable length.

use super::crc;
use super::crypto;
use super::security::{self, Address};
use crate::mbus::cursor::Cursor;
use crate::{DecodeError, ErrorKind};

/// What an extended link layer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extended {
    pub(super) control: u8,
    pub(super) access: u8,
    /// The session number: its encryption, time and counter.
    pub(super) session: Option<u32>,
}

impl Extended {
    /// Reads the layer of code 8C to 8F, up to its session number.
    pub(super) fn read(code: u8, cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let [control, access] = cursor.array()?;
        if code & 0x02 != 0 {
            // Maker and address of the other side; the link's own are those of the meter.
            let _: [u8; 8] = cursor.array()?;
        }
        let session = if code & 0x01 == 0 { None } else { Some(u32::from_le_bytes(cursor.array()?)) };
        Ok(Self { control, access, session })
    }
}

/// Opens and checks what follows a session number: the CRC and all that it covers.
///
/// With `plaintext` the bytes were decrypted before.
pub(super) fn open_session(
    layer: &Extended,
    session: u32,
    link: Address,
    given: Option<&[u8]>,
    plaintext: bool,
    rest: &mut [u8],
    offset: usize,
) -> Result<(), DecodeError> {
    let encrypted = session >> 29;
    match encrypted {
        0 => {}
        1 if plaintext => {}
        // The CRC over the whole payload comes out as it is: it was decrypted before.
        1 if given.is_none() && crc_comes_out(rest) => {}
        1 => {
            let key = security::key(given, offset)?;
            crypto::ctr(&key, &vector(layer, session, link), rest);
        }
        other => {
            let message = format!("encryption {other} of the extended link layer is not read");
            return Err(DecodeError::new(ErrorKind::Unsupported, offset, message));
        }
    }
    if rest.len() < 2 {
        return Err(DecodeError::truncated(offset, 2, rest.len()));
    }
    if crc_comes_out(rest) {
        return Ok(());
    }
    let (kind, message) = if encrypted == 1 && !plaintext {
        (ErrorKind::KeyWrong, "the payload's CRC does not come out: wrong key".to_owned())
    } else {
        (ErrorKind::Integrity, "the payload's CRC does not come out".to_owned())
    };
    Err(DecodeError::new(kind, offset, message))
}

fn crc_comes_out(rest: &[u8]) -> bool {
    rest.split_first_chunk().is_some_and(|(crc, covered)| u16::from_le_bytes(*crc) == crc::over(&[covered]))
}

/// Maker and address, CC without what a repeater changes, session number, frame and block number.
fn vector(layer: &Extended, session: u32, link: Address) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h] = link;
    let [s, t, u, v] = session.to_le_bytes();
    [a, b, c, d, e, f, g, h, layer.control & !0x12, s, t, u, v, 0, 0, 0]
}

/// What an authentication and fragmentation layer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authentication {
    /// The message counter; 0 where the layer has none.
    pub(super) counter: u32,
    mac: [u8; 16],
    mac_length: usize,
    /// The fields before the payload that the MAC covers: MCL, KI, MCR, ML, as far as they are there.
    covered: [u8; 9],
    covered_length: usize,
}

impl Authentication {
    /// The code that came with the telegram.
    pub(super) fn mac(&self) -> Option<&[u8]> {
        self.mac.get(..self.mac_length).filter(|mac| !mac.is_empty())
    }

    /// The layer's own fields that the code covers.
    pub(super) fn covered(&self) -> &[u8] {
        self.covered.get(..self.covered_length).unwrap_or_default()
    }

    fn cover(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(place) = self.covered.get_mut(self.covered_length) {
                *place = *byte;
                self.covered_length = self.covered_length.saturating_add(1);
            }
        }
    }

    /// Reads the layer of code 90.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let at = cursor.offset();
        let [length] = cursor.array()?;
        let have = cursor.rest().len();
        let body = cursor
            .take(usize::from(length))
            .ok_or_else(|| DecodeError::truncated(at, usize::from(length), have))?;
        let mut body = Cursor::new(body, at.saturating_add(1));
        let control = u16::from_le_bytes(body.array()?);
        let has = |bit: u32| control & 1_u16.checked_shl(bit).unwrap_or(0) != 0;
        // Set of all fragments but the last, which is known by its number.
        if has(14) || control & 0x00FF > 1 {
            let message = "one of several fragments: they are not put together";
            return Err(DecodeError::new(ErrorKind::Unsupported, at, message));
        }
        let mut layer = Self { counter: 0, mac: [0; 16], mac_length: 0, covered: [0; 9], covered_length: 0 };
        let mut kind = 0;
        if has(13) {
            let [control] = body.array()?;
            kind = control & 0x0F;
            layer.cover(&[control]);
        }
        if has(9) {
            let key_information: [u8; 2] = body.array()?;
            layer.cover(&key_information);
        }
        if has(11) {
            let counter: [u8; 4] = body.array()?;
            layer.counter = u32::from_le_bytes(counter);
            layer.cover(&counter);
        }
        if has(10) {
            layer.mac_length = match kind {
                3 => 2,
                4 => 4,
                5 => 8,
                6 => 12,
                7 => 16,
                _ => {
                    let message = format!("authentication {kind} of the authentication layer is not read");
                    return Err(DecodeError::new(ErrorKind::Unsupported, at, message));
                }
            };
            let (at, have) = (body.offset(), body.rest().len());
            let mac = body.take(layer.mac_length);
            let mac = mac.ok_or_else(|| DecodeError::truncated(at, layer.mac_length, have))?;
            layer.mac.iter_mut().zip(mac).for_each(|(to, from)| *to = *from);
        }
        if has(12) {
            let length: [u8; 2] = body.array()?;
            layer.cover(&length);
        }
        Ok(layer)
    }
}
