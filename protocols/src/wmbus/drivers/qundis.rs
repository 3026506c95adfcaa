//! Qundis: walk-by telegrams, one record of the maker's with index, due date, month's end and the months before.
//!
//! ```text
//! record   0D FF 5F | LVAR 34 or 35 | data
//! data     9 VIF of all values | 10 date of error | 12 index, BCD 8 | 16 due date | 18 its index, BCD 8
//!          22 month's end | 24 its index, BCD 8 | 28, 30, … 50 usage of the twelve months before, signed
//! ```
//!
//! The due date is storage 1 and the month's end storage 17, as in these meters' other telegrams; the months before
//! are 18 to 29.

use super::{Driver, MakersPlace, Piece, Prepared, Source, Telegram, usage, value};

/// QDS.
const MAKER: u16 = 0x4493;

/// Energy in kWh and in 0.1 kWh, in MJ and 0.1 MJ, volume in l and 10 l; units of a heat cost allocator.
pub(super) const DRIVERS: &[Driver] =
    &[of::<0x05>(), of::<0x06>(), of::<0x0D>(), of::<0x0E>(), of::<0x13>(), of::<0x14>(), of::<0x6E>()];

const fn of<const VIF: u8>() -> Driver {
    Driver {
        maker: MAKER,
        models: &[],
        place: MakersPlace::Beside,
        prepare: data::<VIF>,
        pieces: const { &pieces::<VIF>() },
    }
}

const fn pieces<const VIF: u8>() -> [Piece; 18] {
    [
        value(&[0x32, 0x6C], Source::Bytes(10, 2)),
        value(const { &[0x0C, VIF] }, Source::Bytes(12, 4)),
        value(&[0x42, 0x6C], Source::Bytes(16, 2)),
        value(const { &[0x4C, VIF] }, Source::Bytes(18, 4)),
        value(&[0xC2, 0x08, 0x6C], Source::Bytes(22, 2)),
        value(const { &[0xCC, 0x08, VIF] }, Source::Bytes(24, 4)),
        usage(const { &[0x82, 0x09, VIF] }, Source::Bytes(28, 2)),
        usage(const { &[0xC2, 0x09, VIF] }, Source::Bytes(30, 2)),
        usage(const { &[0x82, 0x0A, VIF] }, Source::Bytes(32, 2)),
        usage(const { &[0xC2, 0x0A, VIF] }, Source::Bytes(34, 2)),
        usage(const { &[0x82, 0x0B, VIF] }, Source::Bytes(36, 2)),
        usage(const { &[0xC2, 0x0B, VIF] }, Source::Bytes(38, 2)),
        usage(const { &[0x82, 0x0C, VIF] }, Source::Bytes(40, 2)),
        usage(const { &[0xC2, 0x0C, VIF] }, Source::Bytes(42, 2)),
        usage(const { &[0x82, 0x0D, VIF] }, Source::Bytes(44, 2)),
        usage(const { &[0xC2, 0x0D, VIF] }, Source::Bytes(46, 2)),
        usage(const { &[0x82, 0x0E, VIF] }, Source::Bytes(48, 2)),
        usage(const { &[0xC2, 0x0E, VIF] }, Source::Bytes(50, 2)),
    ]
}

/// The data of the record, where they have this VIF. An enhanced identification (07 79, 8 bytes) may go ahead.
fn data<'a, const VIF: u8>(payload: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    let record = match payload {
        [0x07, 0x79, rest @ ..] => rest.get(8..)?,
        other => other,
    };
    match record {
        [0x0D, 0xFF, 0x5F, 0x34 | 0x35, data @ ..] if data.get(9) == Some(&VIF) => {
            let place = payload.len().checked_sub(data.len())?;
            Some(Prepared::kept(place, data.get(..52).unwrap_or(data)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn a_water_meter() {
        let mut payload = vec![0x78, 0x0D, 0xFF, 0x5F, 0x34, 0, 0x82, 0, 0, 0, 0, 0, 7, 0xC1, 0x13];
        payload.extend_from_slice(&[
            0xFF, 0xFF, 0x34, 0x12, 0, 0, 0x5F, 0x2C, 0, 0x10, 0, 0, 0x7F, 0x31, 0x20, 0x12, 0, 0,
        ]);
        payload.extend_from_slice(&[0x64, 0, 0x00, 0x80]);
        payload.extend_from_slice(&[0; 20]);
        payload.extend_from_slice(&[0x04, 0x6D, 0x0A, 0x0F, 0xE1, 0x31]);
        let frame = read("QDS", 0x1D, 6, &payload);
        let lines = lines(&frame);
        for line in [
            "volume 1.234 m3 0 2031-01-01T15:10:00",
            "volume 1 m3 1 2018-12-31",
            "volume 1.22 m3 17 2027-01-31",
            "interval_usage 0.1 m3 18",
            "interval_usage m3 19",
        ] {
            assert!(lines.iter().any(|l| l == line), "{line}: {lines:#?}");
        }
    }
}
