//! General ciphering with a global or dedicated key (IEC 62056-5-3, 5.7.2; DLMS Green Book, 9.2.7.2): AES-128-GCM.
//!
//! ```text
//! DB or DC | length and system title (8) | length | SC | frame counter (4) | content | tag (12)
//! SC: 0F suite, 10 authenticated, 20 encrypted, 80 compressed
//! IV = system title ‖ frame counter; additional data = SC ‖ authentication key
//! ```
//! **Lacks** compression, suites above 1 (whose keys have 32 bytes), and signatures.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, KeyInit};

use super::data::Cursor;
use crate::{DecodeError, ErrorKind};

const AUTHENTICATED: u8 = 0x10;
const ENCRYPTED: u8 = 0x20;
const TAG_BYTES: usize = 12;

/// The keys of a meter.
pub(crate) struct Keys {
    encryption: Option<[u8; 16]>,
    authentication: Option<[u8; 16]>,
}

impl Keys {
    /// From 16 bytes, or 32 with the authentication key behind the encryption key.
    pub(crate) fn new(key: Option<&[u8]>) -> Result<Self, DecodeError> {
        match key {
            None => Err(DecodeError::new(ErrorKind::KeyMissing, 0, "encrypted, and no key was given")),
            Some(_) => Self::optional(key),
        }
    }

    /// As [`Self::new`], for what is not encrypted.
    pub(crate) fn optional(key: Option<&[u8]>) -> Result<Self, DecodeError> {
        let Some(key) = key else { return Ok(Self { encryption: None, authentication: None }) };
        let wrong =
            || DecodeError::new(ErrorKind::KeyWrong, 0, format!("a key of {} bytes: 16 or 32", key.len()));
        let (encryption, rest) = key.split_first_chunk::<16>().ok_or_else(wrong)?;
        let authentication = match rest {
            [] => None,
            rest => Some(rest.try_into().map_err(|_| wrong())?),
        };
        Ok(Self { encryption: Some(*encryption), authentication })
    }

    /// With an authentication key that is known of all meters.
    pub(crate) fn with_authentication(self, key: [u8; 16]) -> Self {
        Self { authentication: Some(key), ..self }
    }
}

/// A ciphered APDU.
pub(crate) struct Sealed<'a> {
    pub(crate) title: &'a [u8; 8],
    control: u8,
    pub(crate) counter: u32,
    content: &'a [u8],
    tag: &'a [u8],
    at: usize,
}

impl<'a> Sealed<'a> {
    /// The ciphered APDU that begins the buffer, and what stands behind it.
    pub(crate) fn read(bytes: &'a [u8], at: usize) -> Result<(Self, &'a [u8]), DecodeError> {
        let mut cursor = Cursor::new(bytes, at);
        cursor.byte()?;
        let title_at = cursor.at();
        let length = cursor.length()?;
        let title = <&[u8; 8]>::try_from(cursor.take(length)?)
            .map_err(|_| DecodeError::new(ErrorKind::Structure, title_at, "a system title has 8 bytes"))?;
        let length = cursor.length()?;
        let content_at = cursor.at();
        let content = cursor.take(length)?;
        let short =
            || DecodeError::new(ErrorKind::Structure, content_at, "a ciphered APDU too short for its header");
        let [control, c0, c1, c2, c3, content @ ..] = content else { return Err(short()) };
        if control & 0x80 != 0 || control & 0x0F > 1 {
            let message =
                format!("security control {control:02x}: compression and suites above 1 are not read");
            return Err(DecodeError::new(ErrorKind::Unsupported, content_at, message));
        }
        let (content, tag): (&[u8], &[u8]) = if control & AUTHENTICATED == 0 {
            (content, &[])
        } else {
            content.split_at_checked(content.len().wrapping_sub(TAG_BYTES)).ok_or_else(short)?
        };
        let counter = u32::from_be_bytes([*c0, *c1, *c2, *c3]);
        Ok((Self { title, control: *control, counter, content, tag, at: content_at }, cursor.rest()))
    }

    pub(crate) const fn is_encrypted(&self) -> bool {
        self.control & ENCRYPTED != 0
    }

    /// How many bytes the content and its tag have.
    pub(crate) const fn extent(&self) -> (usize, usize) {
        (self.content.len(), self.tag.len())
    }

    pub(crate) const fn has_tag(&self) -> bool {
        !self.tag.is_empty()
    }

    /// The content in the clear, and whether its tag was checked. Where a tag does not come out,
    /// `is_plausible` tells a damaged message under the right key from a wrong key.
    pub(crate) fn open(
        &self,
        keys: &Keys,
        is_plausible: impl Fn(&[u8]) -> bool,
    ) -> Result<(Vec<u8>, bool), DecodeError> {
        let mut plain = self.content.to_vec();
        let Some(key) = keys.encryption else { return Ok((plain, false)) };
        if self.is_encrypted() {
            // Counter mode: what turns plaintext into ciphertext turns it back.
            self.seal(key, &[], &mut plain)?;
        }
        let Some(authentication) = keys.authentication.filter(|_| self.has_tag()) else {
            if self.is_encrypted() && !is_plausible(&plain) {
                return Err(DecodeError::new(
                    ErrorKind::KeyWrong,
                    self.at,
                    "the key does not open the message",
                ));
            }
            return Ok((plain, false));
        };
        let mut additional = [&[self.control], authentication.as_slice()].concat();
        let tag = if self.is_encrypted() {
            self.seal(key, &additional, &mut plain.clone())?
        } else {
            additional.extend_from_slice(&plain);
            self.seal(key, &additional, &mut [])?
        };
        if tag.get(..TAG_BYTES) == Some(self.tag) {
            return Ok((plain, true));
        }
        Err(if is_plausible(&plain) {
            DecodeError::new(ErrorKind::Integrity, self.at, "the authentication tag does not come out")
        } else {
            DecodeError::new(ErrorKind::KeyWrong, self.at, "the key does not open the message")
        })
    }

    fn seal(&self, key: [u8; 16], additional: &[u8], buffer: &mut [u8]) -> Result<[u8; 16], DecodeError> {
        let mut nonce = [0; 12];
        for (to, from) in nonce.iter_mut().zip(self.title.iter().copied().chain(self.counter.to_be_bytes())) {
            *to = from;
        }
        Aes128Gcm::new(&key.into())
            .encrypt_inout_detached(&nonce.into(), additional, buffer.into())
            .map(Into::into)
            .map_err(|_| DecodeError::new(ErrorKind::Structure, self.at, "a message too long for AES-GCM"))
    }
}

#[cfg(test)]
pub(super) fn sealed_for_test(key: [u8; 16], authentication: Option<[u8; 16]>, plain: &[u8]) -> Vec<u8> {
    let control = if authentication.is_some() { AUTHENTICATED | ENCRYPTED } else { ENCRYPTED };
    let blank =
        Sealed { title: b"ABC\x01\x02\x03\x04\x05", control, counter: 7, content: &[], tag: &[], at: 0 };
    let additional = authentication.map(|key| [&[control], key.as_slice()].concat()).unwrap_or_default();
    let mut content = plain.to_vec();
    let tag = blank.seal(key, &additional, &mut content).unwrap();
    if authentication.is_some() {
        content.extend_from_slice(&tag[..TAG_BYTES]);
    }
    let length = u16::try_from(content.len().saturating_add(5)).unwrap();
    let mut bytes = vec![0xDB, 8];
    bytes.extend_from_slice(blank.title);
    bytes.push(0x82);
    bytes.extend(length.to_be_bytes());
    bytes.push(control);
    bytes.extend(blank.counter.to_be_bytes());
    bytes.extend(content);
    bytes
}
