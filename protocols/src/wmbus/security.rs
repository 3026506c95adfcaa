//! Opening what is encrypted, and saying which of four things went wrong.
//!
//! ```text
//! EN 13757-7, 9 (OMS Vol. 2, 9)
//!
//! configuration   mode = bits 12-8, N = bits 7-4: encrypted blocks of 16 bytes, the rest is clear
//! mode 5          AES-CBC, IV = maker, identification, version, medium, access number × 8
//! mode 7          one more byte (bits 5-4 key derivation); AES-CBC with a derived key, IV = 0
//!                 key = CMAC(K, 00 ‖ message counter ‖ identification ‖ 07 × 7); 01 in front for the MAC's key
//! ELL, mode 1     AES-CTR, IV = maker … medium, CC without its hop bits, session number, 0, 0, 0
//! ```
//!
//! `key_missing`: no key was given. `key_wrong`: the check bytes 2F 2F (the payload's CRC with ELL) do not come out.
//! `integrity`: they do, and the MAC does not, or the other way round. Whether a payload is still encrypted is
//! never guessed from its first bytes: one ciphertext in 65,536 begins with 2F 2F. Only of ELL, whose CRC covers the
//! whole payload, a telegram without a key counts as decrypted before if that CRC comes out.
//!
//! Modes 1 and 16 to 31 are the makers': the payload is handed on, to a driver if there is one.
//!
//! Deliberately absent: DES (modes 2, 3), CTR-CMAC, CCM and GCM (8 to 10), TLS (13): unsupported, and said so.

use super::crypto::{self, Key};
use super::layers::Authentication;
use crate::{DecodeError, ErrorKind};

/// What a transport layer's configuration says of its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Configuration(pub(crate) u16);

impl Configuration {
    pub(super) const fn mode(self) -> u8 {
        let [_, high] = self.0.to_le_bytes();
        high & 0x1F
    }

    /// Modes 7 and 13 have one more byte of configuration.
    pub(super) const fn has_extension(self) -> bool {
        matches!(self.mode(), 7 | 13)
    }

    /// The maker's own rule, if any.
    pub(super) const fn is_makers_own(self) -> bool {
        self.mode() == 1 || self.mode() >= 16
    }

    /// Whether AES-CBC has sealed a part of the payload.
    pub(crate) fn is_sealed(self) -> bool {
        matches!(self.mode(), 5 | 7) && self.encrypted() > 0
    }

    /// How many bytes are encrypted.
    pub(crate) fn encrypted(self) -> usize {
        let [low, _] = self.0.to_le_bytes();
        usize::from(low >> 4).wrapping_mul(16)
    }
}

/// Whose telegram it is: maker, identification, version and medium as they stand in an IV.
pub(crate) type Address = [u8; 8];

/// What opening a payload needs besides its bytes.
pub(crate) struct Sealed<'a> {
    pub(crate) configuration: Configuration,
    pub(crate) access: u8,
    pub(crate) address: Address,
    pub(crate) authentication: Option<&'a Authentication>,
    /// The bytes between the authentication layer and the payload, which the MAC covers too.
    pub(crate) header: &'a [u8],
    /// Where the payload stands in the telegram.
    pub(crate) offset: usize,
}

/// The key, or that there is none, or that it is none.
pub(super) fn key(key: Option<&[u8]>, offset: usize) -> Result<Key, DecodeError> {
    let Some(key) = key else {
        return Err(DecodeError::new(
            ErrorKind::KeyMissing,
            offset,
            "the payload is encrypted and no key was given",
        ));
    };
    key.try_into().map_err(|_| {
        let message = format!("a key has 16 bytes, this one {}", key.len());
        DecodeError::new(ErrorKind::KeyWrong, offset, message)
    })
}

impl Sealed<'_> {
    /// Decrypts the payload in place.
    pub(crate) fn open(&self, given: Option<&[u8]>, payload: &mut [u8]) -> Result<(), DecodeError> {
        let encrypted = self.configuration.encrypted();
        match self.configuration.mode() {
            0 => Ok(()),
            5 | 7 if encrypted == 0 => self.authenticate_clear(given, payload),
            5 => {
                let key = key(given, self.offset)?;
                let data = self.encrypted_part(payload, encrypted)?;
                crypto::cbc(&key, &self.iv(), data);
                if data.starts_with(&[0x2F, 0x2F]) { Ok(()) } else { Err(self.wrong_key()) }
            }
            7 => self.open_derived(given, payload, encrypted),
            _ if self.configuration.is_makers_own() => Ok(()),
            mode => {
                let message = format!("security mode {mode} is not read");
                Err(DecodeError::new(ErrorKind::Unsupported, self.offset, message))
            }
        }
    }

    /// Mode 5 and 7 with nothing encrypted: only a MAC, if there is one.
    fn authenticate_clear(&self, given: Option<&[u8]>, payload: &[u8]) -> Result<(), DecodeError> {
        let (Some(authentication), Some(_)) = (self.authentication, given) else {
            return Ok(());
        };
        let key = key(given, self.offset)?;
        if self.mac_is_good(authentication, &key, payload) { Ok(()) } else { Err(self.not_authentic()) }
    }

    fn open_derived(
        &self,
        given: Option<&[u8]>,
        payload: &mut [u8],
        encrypted: usize,
    ) -> Result<(), DecodeError> {
        let key = key(given, self.offset)?;
        let Some(authentication) = self.authentication else {
            let message = "mode 7 without an authentication layer, which has the message counter";
            return Err(DecodeError::new(ErrorKind::Unsupported, self.offset, message));
        };
        let has_code = authentication.mac().is_some();
        let authentic = self.mac_is_good(authentication, &key, payload);
        let data = self.encrypted_part(payload, encrypted)?;
        let derived = self.derive(0x00, &key, authentication.counter);
        crypto::cbc(&derived, &[0; 16], data);
        match (data.starts_with(&[0x2F, 0x2F]), authentic) {
            (true, true) => Ok(()),
            (true, false) => Err(self.not_authentic()),
            (false, true) if has_code => {
                let message = "the MAC comes out, the check bytes do not";
                Err(DecodeError::new(ErrorKind::Integrity, self.offset, message))
            }
            (false, _) => Err(self.wrong_key()),
        }
    }

    fn encrypted_part<'p>(
        &self,
        payload: &'p mut [u8],
        encrypted: usize,
    ) -> Result<&'p mut [u8], DecodeError> {
        let have = payload.len();
        payload.get_mut(..encrypted).ok_or_else(|| {
            let message = format!("{encrypted} bytes are said to be encrypted, {have} are there");
            DecodeError::new(ErrorKind::Structure, self.offset, message)
        })
    }

    fn iv(&self) -> [u8; 16] {
        let mut iv = [self.access; 16];
        for (to, from) in iv.iter_mut().zip(self.address) {
            *to = from;
        }
        iv
    }

    /// A key for one message: 00 in front for encryption, 01 for authentication (from the meter).
    fn derive(&self, purpose: u8, key: &Key, counter: u32) -> Key {
        let [_, _, a, b, c, d, _, _] = self.address;
        crypto::cmac(key, &[&[purpose], &counter.to_le_bytes(), &[a, b, c, d], &[0x07; 7]])
    }

    fn mac_is_good(&self, authentication: &Authentication, key: &Key, payload: &[u8]) -> bool {
        let Some(given) = authentication.mac() else {
            return true;
        };
        let key = self.derive(0x01, key, authentication.counter);
        let mac = crypto::cmac(&key, &[authentication.covered(), self.header, payload]);
        mac.starts_with(given)
    }

    fn wrong_key(&self) -> DecodeError {
        let message = "the check bytes 2f2f do not come out: wrong key";
        DecodeError::new(ErrorKind::KeyWrong, self.offset, message)
    }

    fn not_authentic(&self) -> DecodeError {
        DecodeError::new(ErrorKind::Integrity, self.offset, "the authentication code does not come out")
    }
}
