//! How a receiver knows that a webhook is ours, and fresh.
//!
//! ```text
//! Meterline-Signature: t=1793503800,v1=5f0c…
//!                        |             '- HMAC-SHA256(secret, "1793503800." + body), hexadecimal
//!                        '- seconds since 1970 at which it was sent; the receiver refuses what is old
//! ```

use jiff::Timestamp;
use ring::hmac;

/// The header that carries it.
pub(crate) const HEADER: &str = "meterline-signature";

/// A signature of a body at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Seconds since 1970.
    pub at: i64,
    /// HMAC-SHA256 over `at`, a full stop and the body.
    pub mac: [u8; 32],
}

/// Signs a body.
pub fn sign(secret: &str, at: Timestamp, body: &[u8]) -> Signature {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, &signed(at.as_second(), body));
    let mut mac = [0; 32];
    mac.copy_from_slice(tag.as_ref());
    Signature { at: at.as_second(), mac }
}

/// Whether a header's value signs a body, by somebody who knows the secret.
pub fn verify(secret: &str, header: &str, body: &[u8]) -> bool {
    let Some((at, mac)) = header.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")) else {
        return false;
    };
    let (Ok(at), Ok(mac)) = (at.parse(), hex::decode(mac)) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, &signed(at, body), &mac).is_ok()
}

fn signed(at: i64, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{at}.").into_bytes();
    text.extend_from_slice(body);
    text
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "t={},v1={}", self.at, hex::encode(self.mac))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `printf '1793503800.{"id":1}' | openssl dgst -sha256 -hmac geheim`.
    #[test]
    fn it_is_what_others_compute() {
        let signature = sign("geheim", Timestamp::from_second(1_793_503_800).unwrap(), br#"{"id":1}"#);
        assert_eq!(
            signature.to_string(),
            "t=1793503800,v1=a9a1cb04a2f4d38c945fc504e83186f125f3a10b0e9939069f435d7d65364c8e"
        );
    }

    #[test]
    fn another_body_time_or_secret_is_refused() {
        let header = sign("geheim", Timestamp::from_second(1_793_503_800).unwrap(), b"body").to_string();
        assert!(verify("geheim", &header, b"body"));
        assert!(!verify("geheim", &header, b"Body"));
        assert!(!verify("anders", &header, b"body"));
        assert!(!verify("geheim", &header.replace("t=1", "t=2"), b"body"));
        for broken in ["", "t=1", "t=1,v1=", "t=x,v1=00", "v1=00,t=1", "t=1,v1=zz"] {
            assert!(!verify("geheim", broken, b"body"), "{broken}");
        }
    }
}
