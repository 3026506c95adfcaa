//! Apator's AT-WMBUS-08: pulses of a third of a litre, behind code A0.
//!
//! ```text
//! 0 index 4, thirds of a litre | 4 … the maker's own
//! ```
//!
//! A third has no end in decimals: the index is given to the millilitre, rounded to the nearest, which is the exact
//! count divided by three as far as any register of ours holds it.

use super::{Driver, MakersPlace, Prepared, Source, Telegram, number, value};

/// APT.
pub(super) const MAKER: u16 = 0x0614;

pub(super) const DRIVERS: &[Driver] = &[Driver {
    maker: MAKER,
    models: &[(0x0F, 0x0F), (0x03, 0x03)],
    place: MakersPlace::Code,
    prepare: millilitres,
    pieces: &[value(&[0x07, 0x10], Source::Bytes(0, 8))],
}];

fn millilitres<'a>(payload: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    let thirds = u64::from(number(payload, 0, 4)?);
    // The remainder is 0, 1 or 2 thirds of a millilitre: one more before dividing rounds to the nearest.
    let millilitres = thirds.checked_mul(1000)?.checked_add(1)?.checked_div(3)?;
    let mut values = Prepared::blank();
    values.make(0..4, &millilitres.to_le_bytes());
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, read};

    #[test]
    fn thirds_of_a_litre() {
        for (thirds, expect) in
            [(3_u32, "volume 0.001 m3 0"), (4, "volume 0.001333 m3 0"), (5, "volume 0.001667 m3 0")]
        {
            let mut payload = vec![0xA0];
            payload.extend_from_slice(&thirds.to_le_bytes());
            payload.extend_from_slice(&[0x40, 0, 3]);
            assert_eq!(lines(&read("APT", 0x0F, 0x0F, &payload)), [expect]);
        }
    }
}
