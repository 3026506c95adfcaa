//! The ciphers of the standard, over AES-128.

use aes::Aes128;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, StreamCipher};
use cmac::{Cmac, KeyInit, Mac};

/// A key of the standard.
pub type Key = [u8; 16];

/// Decrypts whole blocks in place; a tail that is no block stays.
pub(super) fn cbc(key: &Key, iv: &[u8; 16], data: &mut [u8]) {
    let whole = data.len() & !0x0F;
    if let Some(blocks) = data.get_mut(..whole) {
        // The length is a multiple of the block's: there is nothing else to fail.
        let _ = cbc::Decryptor::<Aes128>::new(key.into(), iv.into()).decrypt_padded::<NoPadding>(blocks);
    }
}

/// Encrypts whole blocks in place; a tail that is no block stays.
pub(super) fn cbc_encrypt(key: &Key, iv: &[u8; 16], data: &mut [u8]) {
    let whole = data.len() & !0x0F;
    if let Some(blocks) = data.get_mut(..whole) {
        // The length is a multiple of the block's: there is nothing else to fail.
        let _ =
            cbc::Encryptor::<Aes128>::new(key.into(), iv.into()).encrypt_padded::<NoPadding>(blocks, whole);
    }
}

/// Encrypts or decrypts in place.
pub(super) fn ctr(key: &Key, iv: &[u8; 16], data: &mut [u8]) {
    ctr::Ctr128BE::<Aes128>::new(key.into(), iv.into()).apply_keystream(data);
}

/// AES-CMAC (RFC 4493) over `parts`, one after another.
pub(super) fn cmac(key: &Key, parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = <Cmac<Aes128> as KeyInit>::new(key.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cmac_of_rfc_4493() {
        let key = hex::decode("2b7e151628aed2a6abf7158809cf4f3c").unwrap().try_into().unwrap();
        let mac = cmac(
            &key,
            &[&hex::decode("6bc1bee22e409f96e93d7e11").unwrap(), &hex::decode("7393172a").unwrap()],
        );
        assert_eq!(hex::encode(mac), "070a16b46b4d4144f79bdd9dd04a287c");
    }

    #[test]
    fn cbc_and_ctr_of_nist_sp_800_38a() {
        let key = hex::decode("2b7e151628aed2a6abf7158809cf4f3c").unwrap().try_into().unwrap();
        let iv = hex::decode("000102030405060708090a0b0c0d0e0f").unwrap().try_into().unwrap();
        let mut data = hex::decode("7649abac8119b246cee98e9b12e9197dff").unwrap();
        cbc(&key, &iv, &mut data);
        assert_eq!(hex::encode(data), "6bc1bee22e409f96e93d7e117393172aff");
        let iv = hex::decode("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").unwrap().try_into().unwrap();
        let mut data = hex::decode("874d6191b620e3261bef6864990db6ce").unwrap();
        ctr(&key, &iv, &mut data);
        assert_eq!(hex::encode(data), "6bc1bee22e409f96e93d7e117393172a");
    }
}
