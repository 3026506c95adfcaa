//! Telegrams whose payload is a maker's own, read by layouts that are publicly known.
//!
//! A driver is data: whose telegrams it reads, and for each value the data and value information block that the
//! standard has for it ([`Piece::head`]) with the place of its bytes ([`Source`]). Put together these are ordinary
//! records, so that scaling, times, OBIS codes and "no value" are those of every other telegram. One file is one
//! family of meters, with telegrams built for it.
//!
//! How sure: each layout was held against real telegrams whose readings are known; what they left open isn't read.
//! A maker's payload without a driver is handed on as `manufacturer_data`. No standard has these layouts, so no file
//! here has a clause: the diagram is all that is believed, and what it doesn't name isn't read.

mod apator08;
mod apator162;
mod apatoreitn;
mod apatoreitn40;
mod apatorna1;
mod bfw240;
mod hydroclima;
mod hydrodigit;
mod hydrus;
mod parts;
mod prepared;
mod prios;
mod qundis;
mod rfmtx1;
mod techem;
mod zenner;

use std::ops::Range;

use metering::{Function, Medium, Quantity};
pub(super) use parts::Cut;
use prepared::Prepared;

use crate::mbus::Identity;
use crate::mbus::cursor::Cursor;
use crate::mbus::records;
use crate::{DecodeError, Frame, Record, State};

/// Diehl's codes: Diehl Metering, Hydrometer, and EWT.
pub(super) const DME: u16 = 0x11A5;
pub(super) const HYD: u16 = 0x2324;
pub(super) const EWT: u16 = 0x16F4;

/// A family of meters.
pub(super) struct Driver {
    /// The maker's code.
    maker: u16,
    /// Version and medium of its models; none: all of the maker's that have the form.
    models: &'static [(u8, u8)],
    /// What the layout is a layout of.
    place: MakersPlace,
    /// Turns the bytes into what [`Driver::pieces`] count from; `None` where they have not this form.
    prepare: for<'a> fn(&'a [u8], &Telegram<'_>) -> Option<Prepared<'a>>,
    pieces: &'static [Piece],
}

/// Where a maker's own bytes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MakersPlace {
    /// Behind a code of the maker's, A0 to B7.
    Code,
    /// Where records should stand, and do not.
    Payload,
    /// In one of the records, the others being the standard's.
    Beside,
    /// Behind the records (DIF 0F).
    Tail,
}

/// What a layout may depend on besides its bytes.
pub(super) struct Telegram<'a> {
    /// The bytes from L on, with the checks removed.
    pub(super) bytes: &'a [u8],
    pub(super) key: Option<&'a [u8]>,
}

/// One value.
struct Piece {
    /// The standard's blocks for it.
    head: &'static [u8],
    source: Source,
    /// What it is, where the standard's block says less.
    quantity: Option<Quantity>,
}

/// An index or a value of now.
const fn value(head: &'static [u8], source: Source) -> Piece {
    Piece { head, source, quantity: None }
}

/// What was used in a time, not an index.
const fn usage(head: &'static [u8], source: Source) -> Piece {
    named(Quantity::IntervalUsage, head, source)
}

/// A quantity that the standard has no block for.
const fn named(quantity: Quantity, head: &'static [u8], source: Source) -> Piece {
    Piece { head, source, quantity: Some(quantity) }
}

/// Where the bytes of a value stand, and what is done to them.
enum Source {
    /// So many bytes from here, as they are.
    Bytes(usize, usize),
    /// The same behind a byte that is 1 where the telegram has the value.
    Optional(usize, usize),
    /// A number without sign of so many bytes, in four bytes.
    Unsigned(usize, usize),
    /// Two bytes, high one first.
    HighFirst(usize),
    /// Two numbers of so many bytes each, the sum of which is the value, in four bytes.
    Sum { first: usize, second: usize, length: usize },
    /// Two bytes: day in bits 0 to 4, month 5 to 8, year 9 to 14.
    PackedDate(usize),
    /// Day, month and year as two BCD digits each.
    BcdDate(usize),
    /// A number of so many bytes, times a factor, in eight bytes.
    Times { at: usize, length: usize, factor: u32 },
    /// A nibble (the high one, or the low one) and the byte of the low eight bits.
    Twelve { high: usize, upper: bool, low: usize },
}

const DRIVERS: &[&[Driver]] = &[
    techem::DRIVERS,
    prios::DRIVERS,
    qundis::DRIVERS,
    apator08::DRIVERS,
    apator162::DRIVERS,
    apatoreitn::DRIVERS,
    apatoreitn40::DRIVERS,
    apatorna1::DRIVERS,
    bfw240::DRIVERS,
    hydroclima::DRIVERS,
    hydrodigit::DRIVERS,
    hydrus::DRIVERS,
    rfmtx1::DRIVERS,
    zenner::DRIVERS,
];

/// The driver that knows what stands at `place`, and the maker's own bytes as it wants them.
fn find<'a>(
    identity: Identity,
    place: MakersPlace,
    own: &'a [u8],
    telegram: &Telegram<'_>,
) -> Option<(&'static Driver, Prepared<'a>)> {
    for driver in DRIVERS.iter().copied().flatten() {
        if driver.place == place
            && driver.is_for(identity)
            && let Some(prepared) = (driver.prepare)(own, telegram)
        {
            return Some((driver, prepared));
        }
    }
    None
}

/// Reads what stands at `place` with the driver that knows it. `Ok(false)`: none does.
pub(super) fn read(
    identity: Identity,
    place: MakersPlace,
    own: &[u8],
    offset: usize,
    telegram: &Telegram<'_>,
    frame: &mut Frame,
) -> Result<bool, DecodeError> {
    let Some((driver, prepared)) = find(identity, place, own, telegram) else { return Ok(false) };
    let first = frame.records.len();
    frame.device.medium = medium(identity).or(frame.device.medium);
    let (body, quantities) = driver.records(prepared.bytes());
    records::read(Cursor::new(&body, offset), frame)?;
    share_time(&mut frame.records, first);
    for (record, quantity) in frame.records.iter_mut().skip(first).zip(quantities) {
        if let Some(quantity) = quantity {
            (record.quantity, record.obis) = (quantity, None);
        }
    }
    Ok(true)
}

/// What meters measure whose device type is the maker's own, or another's: their registers have codes only with it.
fn medium(identity: Identity) -> Option<Medium> {
    Some(match (identity.manufacturer & 0x7FFF, identity.medium) {
        (techem::MAKER, 0x43 | 0xC3) => Medium::Heat,
        (techem::MAKER, 0x62) => Medium::HotWater,
        (techem::MAKER, 0x72) | (apator08::MAKER | prios::SAPPEL, _) => Medium::Water,
        _ => return None,
    })
}

/// Gives the telegram's own time to the values of now that came from the maker's record.
fn share_time(records: &mut [Record], first: usize) {
    let Some((standard, own)) = records.split_at_mut_checked(first) else { return };
    let is_now = |record: &&Record| {
        record.quantity == Quantity::Time
            && (record.storage, record.function) == (0, Function::Instantaneous)
            && record.state == State::Valid
    };
    let now = standard.iter().find(is_now).and_then(|record| record.time);
    for record in own.iter_mut().filter(|record| record.storage == 0 && record.time.is_none()) {
        record.time = now;
    }
}

impl Driver {
    #[inline]
    fn is_for(&self, identity: Identity) -> bool {
        self.maker == identity.manufacturer & 0x7FFF
            && (self.models.is_empty() || self.models.contains(&(identity.version, identity.medium)))
    }

    /// The standard's records of these bytes, and what each of them is besides. A value beyond them is left out.
    fn records(&self, bytes: &[u8]) -> (Vec<u8>, Vec<Option<Quantity>>) {
        let (mut body, mut quantities) = (Vec::new(), Vec::new());
        for piece in self.pieces {
            let before = body.len();
            body.extend_from_slice(piece.head);
            match piece.source.write(bytes, &mut body) {
                Some(()) => quantities.push(piece.quantity),
                None => body.truncate(before),
            }
        }
        (body, quantities)
    }
}

impl Source {
    /// Which bytes it reads: one stretch, or two.
    const fn places(&self) -> [Range<usize>; 2] {
        const fn stretch(at: usize, length: usize) -> Range<usize> {
            at..at.saturating_add(length)
        }
        match *self {
            Self::Bytes(at, length) | Self::Unsigned(at, length) | Self::Times { at, length, .. } => {
                [stretch(at, length), 0..0]
            }
            Self::Optional(at, length) => [stretch(at.saturating_add(1), length), 0..0],
            Self::HighFirst(at) | Self::PackedDate(at) => [stretch(at, 2), 0..0],
            Self::BcdDate(at) => [stretch(at, 3), 0..0],
            Self::Sum { first, second, length } => [stretch(first, length), stretch(second, length)],
            Self::Twelve { high, low, .. } => [stretch(high, 1), stretch(low, 1)],
        }
    }

    #[inline]
    fn write(&self, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
        match *self {
            Self::Bytes(at, length) => out.extend_from_slice(bytes.get(at..)?.get(..length)?),
            Self::Optional(at, length) => {
                let (1, value) = bytes.get(at..)?.split_first()? else { return None };
                out.extend_from_slice(value.get(..length)?);
            }
            Self::Unsigned(at, length) => out.extend_from_slice(&number(bytes, at, length)?.to_le_bytes()),
            Self::HighFirst(at) => {
                let [high, low] = *bytes.get(at..)?.first_chunk()?;
                out.extend_from_slice(&[low, high]);
            }
            Self::Sum { first, second, length } => {
                let sum = number(bytes, first, length)?.checked_add(number(bytes, second, length)?)?;
                out.extend_from_slice(&sum.to_le_bytes());
            }
            Self::PackedDate(at) => {
                let packed = u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
                // As type G: the month moves down by three bits, and the year's low bits up to the day.
                let (day, month, year) = (packed & 0x1F, packed >> 5 & 0x0F, packed >> 9 & 0x3F);
                let date = day | (year & 0x07) << 5 | month << 8 | (year >> 3 & 0x0F) << 12;
                out.extend_from_slice(&date.to_le_bytes());
            }
            Self::BcdDate(at) => {
                let [day, month, year] = *bytes.get(at..)?.first_chunk()?;
                let (day, month, year) = (decimal(day)?, decimal(month)?, decimal(year)?);
                out.extend_from_slice(&[day | (year & 0x07) << 5, month | (year >> 3) << 4]);
            }
            Self::Times { at, length, factor } => {
                let product = u64::from(number(bytes, at, length)?).checked_mul(u64::from(factor))?;
                out.extend_from_slice(&product.to_le_bytes());
            }
            Self::Twelve { high, upper, low } => {
                let high = *bytes.get(high)?;
                let high = if upper { high >> 4 } else { high & 0x0F };
                out.extend_from_slice(&[*bytes.get(low)?, high]);
            }
        }
        Some(())
    }
}

/// Up to four bytes, low one first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.get(..length)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// Two BCD digits.
fn decimal(byte: u8) -> Option<u8> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    (high <= 9 && low <= 9).then(|| high.wrapping_mul(10).wrapping_add(low))
}

/// The bytes as they are.
#[expect(clippy::unnecessary_wraps, reason = "one of several that a driver may name")]
fn as_they_are<'a>(bytes: &'a [u8], _: &Telegram<'_>) -> Option<Prepared<'a>> {
    Some(Prepared::kept(0, bytes))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::{Decoded, Format, Frame, Options, decode};

    /// A telegram of that maker and model with this payload, read.
    pub(crate) fn read(maker: &str, version: u8, medium: u8, payload: &[u8]) -> Frame {
        let maker = crate::mbus::maker_code(maker).unwrap().to_le_bytes();
        let mut bytes = vec![0, 0x44, maker[0], maker[1], 0x78, 0x56, 0x34, 0x12, version, medium];
        bytes.extend_from_slice(payload);
        bytes[0] = u8::try_from(bytes.len()).unwrap().checked_sub(1).unwrap();
        match decode(Format::Wmbus, &bytes, &Options::default()) {
            Decoded::One(Ok(frame)) => frame,
            other => panic!("{other:?}"),
        }
    }

    /// Each record as `quantity function value unit storage time`, without what it lacks.
    pub(crate) fn lines(frame: &Frame) -> Vec<String> {
        let line = |record: &crate::Record| {
            let parts = [
                record.quantity.name().to_owned(),
                record.function.name().replace("instantaneous", ""),
                record.value.number().map(|n| n.normalize().to_string()).unwrap_or_default(),
                record.unit.map(metering::Unit::symbol).unwrap_or_default().to_owned(),
                record.storage.to_string(),
                record.time.map(|t| t.to_string()).unwrap_or_default(),
            ];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        };
        frame.records.iter().map(line).collect()
    }
}
