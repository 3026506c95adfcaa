//! Passwords and tokens: stored as hashes only.

use argon2::Argon2;
use argon2::password_hash::rand_core::{OsRng, RngCore as _};
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use metering::refusal::{Refusal, Why};
use sha2::{Digest as _, Sha256};

/// The fewest characters of a password.
const FEWEST: usize = 8;

/// The hash of a password that nobody knows, to be compared where there is no hash: an unknown name takes as long as a
/// wrong password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bWV0ZXJsaW5lLW5vYm9keQ$kH4C9gtpYxuLtZGDvW1Oq1eW4o0uUzJ1cP8wWqkQb2M";

/// The argon2id hash of a new password, with a salt of its own.
pub(crate) async fn hash(password: &str) -> Result<String, Refusal> {
    if password.chars().count() < FEWEST {
        return Err(Refusal::new(Why::PasswordTooShort, "password"));
    }
    let password = password.to_owned();
    let hashed = tokio::task::spawn_blocking(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
    });
    let hashed = hashed.await.map_err(|error| Refusal::detail(Why::Stored, error))?;
    hashed.map_err(|error| Refusal::detail(Why::Stored, error))
}

/// Whether a password is the one of this hash. Takes as long where there is none.
pub(crate) async fn is_right(hash: Option<String>, password: &str) -> bool {
    let password = password.to_owned();
    let verified = tokio::task::spawn_blocking(move || {
        let right = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))
            .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
        right && hash.is_some()
    });
    verified.await.unwrap_or(false)
}

/// A new token: 256 random bits, as 64 hexadecimal digits.
pub(crate) fn token() -> String {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// What is stored of a token. It is random, so that a plain hash is enough.
pub(crate) fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
