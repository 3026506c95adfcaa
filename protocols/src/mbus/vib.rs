//! The value information block: what a record's value means.
//!
//! ```text
//! EN 13757-3, 6.4: VIF [VIFE 0..10]
//!
//! 00..7A           primary table (vif)
//! FB code          first extension table (vif_fb)
//! FD code          second extension table (vif_fd)
//! FD FD code       its second level (vif_fd)
//! 7C | FC          plain text: length, characters, last one first
//! 7F | FF          the maker's own
//! bit 7            another VIFE follows
//! ```
//!
//! With FC the standard puts the text behind the last VIFE; Itron, Elvaco and others put it right behind the VIF.
//! The two are told apart by which of them comes out, see [`plain_text`].
//!
//! The VIFE that follow change the meaning; `vife` has them.

use metering::{Quantity, Unit};

use super::cursor::Cursor;
use super::vif::{Meaning, PRIMARY, ValueKind};
use super::{vif_fb, vif_fd, vife};
use crate::{DecodeError, ErrorKind, State};

/// The standard ends a block after ten extensions.
pub(super) const EXTENSIONS_MAX: u32 = 10;

/// Which of several registers of one quantity a record belongs to, as its VIFE say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    /// The quantity's own register.
    Plain,
    /// Accumulated only while positive.
    Forward,
    /// Accumulated only while negative.
    Backward,
    /// On phase 1 to 3.
    Phase(u8),
    /// Neutral.
    Neutral,
    /// Between two phases: 1 is L1 to L2, 2 is L2 to L3, 3 is L3 to L1.
    Between(u8),
    /// Any other: limits, averages, increments, the maker's own.
    Other,
}

/// How the data of a compact profile follow each other (EN 13757-3, annex F).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// One value, no profile.
    None,
    /// Going back in time from the base value (VIFE 1F, 1E with register numbers).
    Compact,
    /// Going forward in time from the base value (VIFE 13).
    Inverse,
}

/// What the value means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vib {
    pub(super) quantity: Quantity,
    pub(super) unit: Option<Unit>,
    pub(super) exponent: i16,
    pub(super) kind: ValueKind,
    pub(super) variant: Variant,
    /// Set by the VIFE that say why there is no value.
    pub(super) fault: Option<State>,
    pub(super) profile: Profile,
    /// The block said "later than now" (VIFE 7E).
    pub(super) future: bool,
    /// The first two codes behind 7F or FF, where the maker's own begins; 0 for none.
    pub(super) maker: [u8; 2],
    /// Something in the block is not in the tables.
    pub(super) unknown: bool,
}

impl Vib {
    #[inline]
    const fn from_meaning(meaning: Meaning) -> Self {
        Self {
            quantity: meaning.quantity,
            unit: meaning.unit,
            exponent: meaning.exponent as i16,
            kind: meaning.kind,
            variant: Variant::Plain,
            fault: None,
            profile: Profile::None,
            future: false,
            maker: [0; 2],
            unknown: matches!(meaning.kind, ValueKind::Unknown),
        }
    }

    /// Reads the block.
    #[inline]
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let vif = next(cursor)?;
        // Most blocks are one code of the primary table: those need no call.
        if vif < 0x7B { Ok(Self::lookup(&PRIMARY, vif)) } else { Self::read_longer(vif, cursor) }
    }

    #[inline(never)]
    fn read_longer(vif: u8, cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        match vif {
            0xFB => Self::extended(&vif_fb::TABLE, cursor),
            0xFD if cursor.rest().first() == Some(&0xFD) => {
                cursor.byte();
                Self::extended(&vif_fd::SECOND_LEVEL, cursor)
            }
            0xFD => Self::extended(&vif_fd::TABLE, cursor),
            0x7C | 0xFC => plain_text(vif, cursor),
            0xFF => {
                let mut vib = Self::from_meaning(Meaning::MANUFACTURER);
                vib.maker = skip(cursor)?;
                vib.variant = Variant::Other;
                Ok(vib)
            }
            _ => {
                let mut vib = Self::lookup(&PRIMARY, vif);
                if vif & 0x80 != 0 {
                    vib.extend(cursor)?;
                }
                Ok(vib)
            }
        }
    }

    #[inline]
    fn lookup(table: &[Meaning; 128], code: u8) -> Self {
        Self::from_meaning(table.get(usize::from(code & 0x7F)).copied().unwrap_or(Meaning::UNKNOWN))
    }

    fn extended(table: &[Meaning; 128], cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let code = next(cursor)?;
        let mut vib = Self::lookup(table, code);
        if code & 0x80 != 0 {
            vib.extend(cursor)?;
        }
        Ok(vib)
    }

    /// Applies the VIFE, up to the one without extension bit.
    fn extend(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
        for _ in 0..EXTENSIONS_MAX {
            let code = next(cursor)?;
            match code & 0x7F {
                // From here on the maker's own: how many bytes follow is still told by bit 7.
                0x7F => {
                    self.variant = Variant::Other;
                    if code & 0x80 != 0 {
                        self.maker = skip(cursor)?;
                    }
                    return Ok(());
                }
                0x7C if code & 0x80 != 0 => {
                    let second = next(cursor)?;
                    vife::apply_second(second & 0x7F, self);
                    if second & 0x80 == 0 {
                        return Ok(());
                    }
                }
                first => {
                    vife::apply(first, self);
                    if code & 0x80 == 0 {
                        return Ok(());
                    }
                }
            }
        }
        Err(DecodeError::new(ErrorKind::Structure, cursor.offset(), "more than ten VIFE"))
    }
}

fn next(cursor: &mut Cursor<'_>) -> Result<u8, DecodeError> {
    let at = cursor.offset();
    cursor.byte().ok_or_else(|| {
        DecodeError::new(ErrorKind::Structure, at, "the frame ends within a value information block")
    })
}

/// Passes over the VIFE that only the maker understands, and keeps the first two.
fn skip(cursor: &mut Cursor<'_>) -> Result<[u8; 2], DecodeError> {
    let mut kept = [0; 2];
    for index in 0..EXTENSIONS_MAX {
        let code = next(cursor)?;
        if let Some(place) = usize::try_from(index).ok().and_then(|index| kept.get_mut(index)) {
            *place = code & 0x7F;
        }
        if code & 0x80 == 0 {
            return Ok(kept);
        }
    }
    Err(DecodeError::new(ErrorKind::Structure, cursor.offset(), "more than ten VIFE"))
}

/// VIF 7C and FC.
///
/// Behind FC comes either the text's length or a VIFE. A byte with bit 7 can only be a VIFE (no unit is 128
/// characters long), a byte below 20 hardly one (those report errors); in between the standard's order is tried
/// first. Either way the text must consist of printable characters, or it is none.
fn plain_text(vif: u8, cursor: &mut Cursor<'_>) -> Result<Vib, DecodeError> {
    let start = *cursor;
    let outcome = if vif == 0x7C {
        // There is but one place for it: what it spells does not matter.
        text_first(start, false).or_else(|| unprintable(start))
    } else if start.rest().first().is_some_and(|next| *next < 0x20) {
        text_first(start, true).or_else(|| text_last(start))
    } else {
        text_last(start).or_else(|| text_first(start, true))
    };
    let Some((vib, end)) = outcome else {
        return Err(DecodeError::new(
            ErrorKind::Structure,
            start.offset(),
            "the plain-text unit does not fit into the frame",
        ));
    };
    *cursor = end;
    Ok(vib)
}

/// The text right behind the VIF, then the VIFE if there are any.
fn text_first(mut cursor: Cursor<'_>, extended: bool) -> Option<(Vib, Cursor<'_>)> {
    let mut vib = named(text(&mut cursor)?);
    if extended {
        vib.extend(&mut cursor).ok()?;
    }
    Some((vib, cursor))
}

/// The text right behind the VIF, whatever its characters.
fn unprintable(mut cursor: Cursor<'_>) -> Option<(Vib, Cursor<'_>)> {
    let length = usize::from(cursor.byte()?);
    cursor.take(length)?;
    Some((named(&[]), cursor))
}

/// The VIFE, then the text.
fn text_last(mut cursor: Cursor<'_>) -> Option<(Vib, Cursor<'_>)> {
    // The VIFE act on the meaning that the text gives, so the text is read first.
    let start = cursor;
    skip(&mut cursor).ok()?;
    let mut vib = named(text(&mut cursor)?);
    let mut extensions = start;
    vib.extend(&mut extensions).ok()?;
    Some((vib, cursor))
}

fn text<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = usize::from(cursor.byte()?);
    let text = cursor.take(length)?;
    text.iter().all(|c| matches!(c, 0x20..=0x7E | 0xA0..=0xFF)).then_some(text)
}

/// What the plain text (last character first) names. A unit of the closed list is one here too.
fn named(reversed: &[u8]) -> Vib {
    let mut name = [0_u8; 12];
    let length = reversed.len();
    for (to, from) in name.iter_mut().zip(reversed.iter().rev()) {
        *to = from.to_ascii_lowercase();
    }
    let meaning = match name.get(..length).unwrap_or(&[]) {
        b"%rh" => (Quantity::Humidity, Some(Unit::Percent), ValueKind::Signed),
        b"kwh" => (Quantity::Energy, Some(Unit::KiloWattHour), ValueKind::Signed),
        b"mwh" => (Quantity::Energy, Some(Unit::MegaWattHour), ValueKind::Signed),
        b"mj" => (Quantity::Energy, Some(Unit::MegaJoule), ValueKind::Signed),
        b"gj" => (Quantity::Energy, Some(Unit::GigaJoule), ValueKind::Signed),
        b"m3" | b"m^3" => (Quantity::Volume, Some(Unit::CubicMetre), ValueKind::Signed),
        b"l" => (Quantity::Volume, Some(Unit::Litre), ValueKind::Signed),
        b"cust. id" => (Quantity::Customer, None, ValueKind::Identity),
        b"bat. time" => (Quantity::BatteryTime, None, ValueKind::Signed),
        _ => (Quantity::Unknown, None, ValueKind::Unknown),
    };
    let (quantity, unit, kind) = meaning;
    let mut vib = Vib::from_meaning(Meaning { quantity, unit, exponent: 0, kind });
    vib.variant = Variant::Other;
    vib
}

/// A value that the tables mean, without VIFE.
pub(super) const fn plain(meaning: Meaning) -> Vib {
    Vib::from_meaning(meaning)
}
