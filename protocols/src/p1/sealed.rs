//! Luxembourg's encrypted port (Smarty P1 specification, section 3.2.5).
//!
//! ```text
//! DB | 08 | system title (8) | 82 length (2) | 30 | frame counter (4) | ciphertext | tag (12)
//! ```
//! AES-128-GCM; IV = system title and frame counter; additional data = 30 and an authentication key that is the
//! same for all meters.

use crate::dlms::security::{Keys, Sealed};
use crate::{DecodeError, ErrorKind};

/// The authentication key of every Smarty meter.
const AUTHENTICATION_KEY: [u8; 16] =
    [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF];

/// The telegram in the clear.
pub(super) fn open(bytes: &[u8], key: Option<&[u8]>) -> Result<Vec<u8>, DecodeError> {
    let (sealed, _) = Sealed::read(bytes, 0)?;
    let keys = Keys::new(key)?.with_authentication(AUTHENTICATION_KEY);
    let (plain, _) = sealed.open(&keys, |plain| plain.starts_with(b"/"))?;
    if plain.starts_with(b"/") {
        Ok(plain)
    } else {
        Err(DecodeError::new(ErrorKind::KeyWrong, 0, "the key opens no telegram"))
    }
}
