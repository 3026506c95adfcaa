//! Apator's AT-WMBUS-16-2: registers one behind the other after the maker's mark.
//!
//! ```text
//! behind 0F   7 bytes of date and faults | register number 1, content … | FF to the end
//!
//! register 10 is the index, 4 bytes, l; the contents of the others have known lengths and are passed over
//! ```

use super::{Driver, MakersPlace, Prepared, Source, Telegram, value};

/// APA, models 06 and 07 of version 5.
pub(super) const DRIVERS: &[Driver] = &[Driver {
    maker: 0x0601,
    models: &[(0x05, 0x06), (0x05, 0x07)],
    place: MakersPlace::Tail,
    prepare: index,
    pieces: &[value(&[0x04, 0x13], Source::Bytes(0, 4))],
}];

/// The content of register 10.
fn index<'a>(tail: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    let mut registers = tail.get(7..)?;
    loop {
        let (number, rest) = registers.split_first()?;
        let (content, rest) = rest.split_at_checked(length(*number)?)?;
        if *number == 0x10 {
            let behind = content.len().checked_add(rest.len())?;
            return Some(Prepared::kept(tail.len().checked_sub(behind)?, content));
        }
        registers = rest;
    }
}

/// How long the content of a register is.
const fn length(register: u8) -> Option<usize> {
    Some(match register {
        0x00 | 0x10 | 0x42 | 0xA0 | 0xA1 | 0xF0 => 4,
        0x01 | 0x44 | 0xB0..=0xCF => 3,
        0x11 | 0x41 | 0x43 => 2,
        0x40 | 0x8B | 0x8C => 6,
        0x71 | 0x8A => 9,
        0x72 => 13,
        0x73 => 17,
        0x75 => 25,
        0x7B => 49,
        0x80..=0x84 | 0x86 | 0x87 => 10,
        0x85 | 0x88 | 0x8F => 11,
        0x8E => 7,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn the_index_behind_other_registers() {
        let payload = [
            0x7A, 1, 0, 0, 0, 0x0F, 1, 2, 3, 4, 5, 6, 7, 0x43, 0, 0, 0x44, 0, 0, 0, 0x10, 0xD2, 0x04, 0, 0,
            0xFF, 0xFF,
        ];
        let frame = read("APA", 5, 7, &payload);
        assert_eq!(lines(&frame), ["volume 1.234 m3 0"]);
        assert!(frame.manufacturer_data.is_some());
    }
}
