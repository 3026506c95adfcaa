//! The layers of radio telegrams, each in a telegram that is written here byte by byte from EN 13757-4, -7 and -3:
//! extended link layer, authentication and fragmentation layer, security mode 7, compact frames.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aes::Aes128;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeEncrypt, KeyIvInit, StreamCipher};
use cmac::{Cmac, KeyInit, Mac};
use protocols::{Answer, DecodeError, Decoded, ErrorKind, Format, Frame, Options, decode};

/// Maker, identification, version and medium of a water meter.
const METER: [u8; 8] = [0x2D, 0x2C, 0x78, 0x56, 0x34, 0x12, 0x1B, 0x07];

/// Volume 5.678 m3, eight BCD digits.
const BLOCKS: [u8; 2] = [0x0C, 0x13];
const DATA: [u8; 4] = [0x78, 0x56, 0x00, 0x00];

const KEY: [u8; 16] = *b"a key of letters";

fn records() -> Vec<u8> {
    [&BLOCKS[..], &DATA].concat()
}

/// SND-NR without checks.
fn telegram(behind_the_link: &[u8]) -> Vec<u8> {
    let mut bytes = [&[0, 0x44][..], &METER, behind_the_link].concat();
    bytes[0] = u8::try_from(bytes.len() - 1).unwrap();
    bytes
}

fn read(bytes: &[u8], options: &Options<'_>) -> Result<Frame, DecodeError> {
    match decode(Format::Wmbus, bytes, options) {
        Decoded::One(result) => result,
        Decoded::Many(_) => unreachable!("one telegram is one frame"),
    }
}

fn kind(bytes: &[u8], key: Option<&[u8]>) -> ErrorKind {
    read(bytes, &Options { key, ..Options::default() }).unwrap_err().kind
}

fn is_read(frame: &Frame) -> bool {
    frame.records.len() == 1 && frame.records[0].value.number() == Some("5.678".parse().unwrap())
}

/// CRC-16 of EN 13757: polynomial 3D65, inverted.
fn crc(bytes: &[u8]) -> [u8; 2] {
    let crc = bytes.iter().fold(0_u16, |crc, byte| {
        (0..8)
            .fold(crc ^ u16::from(*byte) << 8, |crc, _| (crc << 1) ^ if crc >> 15 == 0 { 0 } else { 0x3D65 })
    });
    (!crc).to_le_bytes()
}

fn mac(key: &[u8; 16], message: &[u8]) -> [u8; 16] {
    <Cmac<Aes128> as KeyInit>::new(key.into()).chain_update(message).finalize().into_bytes().into()
}

#[test]
fn a_short_extended_link_layer_has_the_access_number() {
    for layer in [&[0x8C, 0x20, 0x75][..], &[&[0x8E, 0x20, 0x75][..], &METER].concat()] {
        let bytes = telegram(&[layer, &[0x78], &records()].concat());
        let frame = read(&bytes, &Options::default()).unwrap();
        assert!(is_read(&frame), "{frame:?}");
        assert_eq!(frame.device.access, Some(0x75));
    }
}

/// 8D CC ACC SN CRC, the CRC being over all that follows; with session bits 31 to 29 of 1 it begins what is encrypted.
fn session(number: u32) -> Vec<u8> {
    let content = [&[0x78][..], &records()].concat();
    let mut sealed = [&crc(&content)[..], &content].concat();
    let control = 0x20;
    if number >> 29 == 1 {
        let mut iv = [0; 16];
        iv[..8].copy_from_slice(&METER);
        iv[8] = control;
        iv[9..13].copy_from_slice(&number.to_le_bytes());
        ctr::Ctr128BE::<Aes128>::new(&KEY.into(), &iv.into()).apply_keystream(&mut sealed);
    }
    telegram(&[&[0x8D, control, 0x75][..], &number.to_le_bytes(), &sealed].concat())
}

#[test]
fn a_session_is_in_clear_or_in_counter_mode() {
    let (clear, sealed) = (session(0x0000_0011), session(0x2000_0011));
    assert!(is_read(&read(&clear, &Options::default()).unwrap()));
    assert!(is_read(&read(&sealed, &Options { key: Some(&KEY), ..Options::default() }).unwrap()));
    assert_eq!(kind(&sealed, None), ErrorKind::KeyMissing);
    assert_eq!(kind(&sealed, Some(&[0; 16])), ErrorKind::KeyWrong);
    // Decrypted before: without a key the CRC over the payload tells, with one it does not count.
    let mut opened = clear.clone();
    opened[16] |= 0x20;
    assert!(is_read(&read(&opened, &Options::default()).unwrap()));
    assert_eq!(kind(&opened, Some(&KEY)), ErrorKind::KeyWrong);
    let mut damaged = clear;
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(kind(&damaged, None), ErrorKind::Integrity);
}

/// AFL with MCL, MCR and a MAC of 8 bytes, then a short header of mode 7 with one block.
fn authentic(fragment: [u8; 2]) -> Vec<u8> {
    let counter = 0xB1_u32.to_le_bytes();
    let derived = |purpose: u8| mac(&KEY, &[&[purpose][..], &counter, &METER[2..6], &[0x07; 7]].concat());
    let mut block = [&[0x2F, 0x2F][..], &records()].concat();
    block.resize(16, 0x2F);
    cbc::Encryptor::<Aes128>::new(&derived(0x00).into(), &[0; 16].into())
        .encrypt_padded::<NoPadding>(&mut block, 16)
        .unwrap();
    let transport = [&[0x7A, 0x09, 0x00, 0x10, 0x07, 0x10][..], &block].concat();
    let fields = [&[0x25][..], &counter].concat();
    let code = mac(&derived(0x01), &[&fields[..], &transport].concat());
    telegram(&[&[0x90, 15][..], &fragment, &fields, &code[..8], &transport].concat())
}

#[test]
fn mode_7_is_opened_and_authenticated() {
    let bytes = authentic([0x00, 0x2C]);
    let frame = read(&bytes, &Options { key: Some(&KEY), ..Options::default() }).unwrap();
    assert!(is_read(&frame), "{frame:?}");
    assert_eq!(kind(&bytes, None), ErrorKind::KeyMissing);
    assert_eq!(kind(&bytes, Some(&[0; 16])), ErrorKind::KeyWrong);
    // The code, a byte of the header that it covers, and a byte of the ciphertext behind the check bytes.
    for place in [20, 28, 29] {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        assert_eq!(kind(&damaged, Some(&KEY)), ErrorKind::Integrity, "{place}");
    }
}

#[test]
fn mode_7_without_a_code_is_opened_by_its_check_bytes() {
    let whole = authentic([0x00, 0x2C]);
    // Only the counter is left of the layer: 90 AFLL FCL MCR.
    let bytes = telegram(&[&[0x90, 6, 0x00, 0x08], &whole[15..19], &whole[27..]].concat());
    let frame = read(&bytes, &Options { key: Some(&KEY), ..Options::default() }).unwrap();
    assert!(is_read(&frame), "{frame:?}");
    assert_eq!(kind(&bytes, Some(&[0; 16])), ErrorKind::KeyWrong);
}

#[test]
fn a_fragment_is_no_telegram() {
    for fragment in [[0x01, 0x6C], [0x02, 0x6C], [0x02, 0x2C]] {
        assert_eq!(kind(&authentic(fragment), Some(&KEY)), ErrorKind::Unsupported, "{fragment:02x?}");
    }
}

/// Format signature, CRC of the full frame, data alone.
fn compact(full_crc: [u8; 2]) -> Vec<u8> {
    telegram(&[&[0x7B, 0x0A, 0, 0, 0][..], &crc(&BLOCKS), &full_crc, &DATA].concat())
}

#[test]
fn a_compact_frame_takes_its_blocks_from_an_earlier_telegram() {
    let full = telegram(&[&[0x7A, 0x08, 0, 0, 0][..], &records()].concat());
    // Length of what follows, signature, blocks.
    let format = telegram(&[&[0x6A, 0x09, 0, 0, 0, 4][..], &crc(&BLOCKS), &BLOCKS].concat());
    let other = telegram(&[0x7A, 0x07, 0, 0, 0, 0x01, 0x13, 0x05]);
    for prior in [vec![full.clone()], vec![format], vec![full.clone(), other.clone()]] {
        let options = Options { prior: &prior, ..Options::default() };
        let frame = read(&compact(crc(&records())), &options).unwrap();
        assert!(is_read(&frame), "{frame:?}");
        let wrong = read(&compact([0, 0]), &options).unwrap_err();
        assert_eq!(wrong.kind, ErrorKind::Integrity);
    }
    let options = Options { prior: &[other], ..Options::default() };
    assert_eq!(read(&compact(crc(&records())), &options).unwrap_err().kind, ErrorKind::StateMissing);
}

#[test]
fn a_makers_own_security_is_handed_on() {
    for mode in [1, 16, 31] {
        let bytes = telegram(&[&[0x7A, 1, 0, 0x10, mode][..], &records()].concat());
        let frame = read(&bytes, &Options::default()).unwrap();
        assert_eq!((frame.records.len(), frame.warnings[0].kind.name()), (0, "encrypted"), "mode {mode}");
        assert_eq!(frame.manufacturer_data, Some(records()), "mode {mode}");
    }
}

#[test]
fn transport_without_an_application_is_a_heartbeat() {
    let long = [&METER[2..6], &METER[..2], &METER[6..], &[7, 0, 0, 0]].concat();
    for (code, header) in
        [(0x66, &[][..]), (0x67, &[7, 0, 0, 0]), (0x68, &long), (0x8A, &[7, 0, 0, 0]), (0x8B, &long)]
    {
        let frame = read(&telegram(&[&[code], header].concat()), &Options::default()).unwrap();
        assert_eq!(frame.answer, Some(Answer::Ack), "{code:02x}");
        assert_eq!(frame.device.address.as_deref(), Some("12345678"), "{code:02x}");
    }
}

#[test]
fn what_is_deliberately_absent_is_said_to_be() {
    let sealed = |mode: u8| telegram(&[&[0x7A, 1, 0, 0x10, mode, 0][..], &[0x55; 16]].concat());
    for mode in [2, 3, 4, 6, 8, 9, 10, 13] {
        assert_eq!(kind(&sealed(mode), Some(&KEY)), ErrorKind::Unsupported, "mode {mode}");
    }
    // ELL of variable length, image transfer, an encryption of ELL that is reserved.
    for code in [0x86, 0xC0] {
        assert_eq!(kind(&telegram(&[code, 0x20, 0x75, 0, 0]), None), ErrorKind::Unsupported, "{code:02x}");
    }
    assert_eq!(kind(&session(0x4000_0011), Some(&KEY)), ErrorKind::Unsupported);
}

#[test]
fn a_code_that_is_no_cmac_is_not_taken_for_none() {
    // AFL with MCL and MAC alone: kind 8 is a GMAC, kind 0 none at all.
    for kind_of_mac in [0x08, 0x00] {
        let layer = [&[0x90, 15, 0x00, 0x24, kind_of_mac][..], &[0x55; 12]].concat();
        let bytes = telegram(&[&layer[..], &[0x7A, 1, 0, 0, 0], &records()].concat());
        assert_eq!(kind(&bytes, None), ErrorKind::Unsupported, "{kind_of_mac}");
    }
}
