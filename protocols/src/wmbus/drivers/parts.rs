//! Which of a maker's bytes became which record, from the same pieces that read them.
//!
//! A byte belongs to one record. Where several are made of it, it is the one's that is made of the fewest bytes: of two
//! periods and their sum each period has its own, and the sum has none.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{MakersPlace, Source, Telegram, find};
use crate::anatomy::{Field, Part};
use crate::mbus::Identity;

/// What a driver makes of a telegram. Places are those of the telegram.
pub(in crate::wmbus) struct Cut {
    /// How many records there are.
    pub(in crate::wmbus) count: usize,
    /// The bytes of records in wire order, each with its record's place among the driver's.
    records: Vec<(Range<usize>, usize)>,
    /// Where the bytes stand that the driver takes one by one, as they are or unscrambled.
    kept: usize,
    /// These bytes.
    clear: Vec<u8>,
}

impl Cut {
    /// The maker's own bytes at `place`, which reach to the telegram's end. `None`: no driver reads them.
    pub(in crate::wmbus) fn find(
        identity: Identity,
        place: MakersPlace,
        own: &[u8],
        telegram: &Telegram<'_>,
    ) -> Option<Self> {
        let (driver, prepared) = find(identity, place, own, telegram)?;
        let begin = telegram.bytes.len().checked_sub(own.len())?;
        let is_there = |source: &Source| source.write(prepared.bytes(), &mut Vec::new()).is_some();
        let sources = driver.pieces.iter().map(|piece| &piece.source).filter(|source| is_there(source));
        let mut records: Vec<(usize, BTreeSet<usize>)> = sources
            .map(|source| source.places().into_iter().flatten())
            .map(|indexes| indexes.flat_map(|index| prepared.places(index)).collect())
            .enumerate()
            .collect();
        let count = records.len();
        records.sort_by_key(|(_, places)| places.len());
        let mut owners = vec![None; own.len()];
        for (record, places) in records {
            for place in places {
                if let Some(owner @ None) = owners.get_mut(place) {
                    *owner = Some(record);
                }
            }
        }
        let (kept, clear) = prepared.in_clear();
        let (kept, clear) = (begin.saturating_add(kept), clear.to_vec());
        Some(Self { count, records: runs(&owners, begin), kept, clear })
    }

    /// Puts the bytes in the clear that the maker has scrambled. Says where they stand, if there are any.
    pub(in crate::wmbus) fn unscramble(&self, telegram: &mut [u8]) -> Option<Range<usize>> {
        let range = self.kept..self.kept.saturating_add(self.clear.len());
        let bytes = telegram.get_mut(range.clone()).filter(|bytes| **bytes != *self.clear)?;
        bytes.copy_from_slice(&self.clear);
        Some(range)
    }

    /// The parts with those of the driver's records over them, the first of which is the frame's record number
    /// `first`. A part begins and ends where the scrambled bytes do.
    pub(in crate::wmbus) fn lay_over(
        &self,
        parts: &[Part],
        first: usize,
        scrambled: Option<Range<usize>>,
    ) -> Vec<Part> {
        let scrambled = scrambled.into_iter().map(|range| (range, Field::ManufacturerData));
        let records = self
            .records
            .iter()
            .map(|(range, record)| (range.clone(), Field::Record(first.saturating_add(*record))));
        scrambled.chain(records).fold(parts.to_vec(), |parts, (range, field)| over(&parts, &range, field))
    }
}

/// The parts with another over them. What is left behind it of a record is the maker's: the record is told before.
fn over(parts: &[Part], range: &Range<usize>, field: Field) -> Vec<Part> {
    let mut laid = Vec::with_capacity(parts.len().saturating_add(2));
    let mut put = |from: usize, to: usize, part: Part| {
        if let Some(len) = to.checked_sub(from).filter(|len| *len > 0) {
            laid.push(Part { offset: from, len, ..part });
        }
    };
    for part in parts {
        let (begin, end) = (part.offset, part.offset.saturating_add(part.len));
        put(begin, end.min(range.start), *part);
        if (begin..end).contains(&range.start) {
            put(range.start, range.end, Part { field, ..*part });
        }
        let field = if matches!(part.field, Field::Record(_)) && begin < range.start && range.start < end {
            Field::ManufacturerData
        } else {
            part.field
        };
        put(begin.max(range.end), end, Part { field, ..*part });
    }
    laid
}

/// The stretches of one owner each.
fn runs(owners: &[Option<usize>], begin: usize) -> Vec<(Range<usize>, usize)> {
    let mut runs = Vec::new();
    let mut at = begin;
    for run in owners.chunk_by(PartialEq::eq) {
        let end = at.saturating_add(run.len());
        if let Some(Some(record)) = run.first() {
            runs.push((at..end, *record));
        }
        at = end;
    }
    runs
}

#[cfg(test)]
mod tests {
    use crate::anatomy::Field;
    use crate::{Decoded, Format, Frame, Options, decode};

    /// The parts of a telegram of that maker and model behind its link layer, as bytes and field, `*` where they were
    /// scrambled.
    fn parts(maker: &str, version: u8, medium: u8, behind: &[u8]) -> (Frame, Vec<String>) {
        let maker = crate::mbus::maker_code(maker).unwrap().to_le_bytes();
        let mut bytes = vec![0, 0x44, maker[0], maker[1], 0x78, 0x56, 0x34, 0x12, version, medium];
        bytes.extend_from_slice(behind);
        bytes[0] = u8::try_from(bytes.len()).unwrap().checked_sub(1).unwrap();
        let decoded = decode(Format::Wmbus, &bytes, &Options::default());
        let anatomy = crate::dissect(&bytes, Some(Format::Wmbus), &decoded, &Options::default());
        let told = anatomy.parts.iter().skip(4).map(|part| {
            let bytes = hex::encode(&anatomy.bytes[part.offset..][..part.len]);
            let field = match part.field {
                Field::Record(record) => record.to_string(),
                Field::ManufacturerData => "own".to_owned(),
                other => format!("{other:?}"),
            };
            format!("{bytes}{} {field}", if part.is_deciphered { "*" } else { "" })
        });
        let told = told.collect();
        match decoded {
            Decoded::One(Ok(frame)) => (frame, told),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_of_two_periods_has_its_bytes_and_their_sum_has_none() {
        let payload = [0xA2, 0, 0x9F, 0x2B, 0xA0, 0x86, 0x01, 0, 0x29, 0x09, 0, 0];
        let (frame, parts) = parts("TCH", 0x39, 0x43, &payload);
        assert_eq!(frame.records.len(), 4);
        assert_eq!(parts, ["00 own", "9f2b 1", "a08601 2", "00 own", "290900 3", "00 own"]);
    }

    #[test]
    fn two_months_share_the_byte_that_holds_a_half_of_each() {
        let mut payload = vec![0x7A, 1, 0, 0, 0, 0x2F, 0x2F, 0, 0, 0x03, 0xC1, 0x03, 0x88, 0, 0];
        payload.extend_from_slice(&[0; 24]);
        payload.extend_from_slice(&[0xC1, 0x32, 0x1D, 0x28, 0x02, 0x21]);
        let (_, parts) = parts("BFW", 2, 8, &payload);
        assert_eq!(parts[..5], ["01000000 Status", "2f2f0000 own", "03c1 2", "0388 1", "0000 own"]);
        assert_eq!(parts[parts.len() - 3..], ["c1 4", "321d 3", "280221 0"]);
    }

    #[test]
    fn what_a_record_of_the_standard_holds_is_told_within_it() {
        let mut payload = vec![0x78, 0x0D, 0xFF, 0x5F, 0x34, 0, 0x82, 0, 0, 0, 0, 0, 7, 0xC1, 0x13];
        payload.extend_from_slice(&[
            0xFF, 0xFF, 0x34, 0x12, 0, 0, 0x5F, 0x2C, 0, 0x10, 0, 0, 0x7F, 0x31, 0x20, 0x12, 0, 0,
        ]);
        payload.extend_from_slice(&[0; 24]);
        payload.extend_from_slice(&[0x04, 0x6D, 0x0A, 0x0F, 0xE1, 0x31]);
        let (frame, parts) = parts("QDS", 0x1D, 6, &payload);
        assert_eq!(frame.records.len(), 20);
        assert_eq!(parts[..4], ["0dff5f340082000000000007c113 0", "ffff 2", "34120000 3", "5f2c 4"]);
        assert_eq!(parts[parts.len() - 2..], ["0000 19", "046d0a0fe131 1"]);
    }

    #[test]
    fn a_masked_index_is_shown_in_the_clear() {
        // Access number 10: the first mask.
        let masked = [0x60 ^ 0x7A ^ 0x10, 0x85 ^ 0x10 ^ 0x10, 0x18 ^ 0x1A ^ 0x10, 0x0A ^ 0x10];
        let mut payload = vec![0x7A, 0x10, 0, 0x06, 0x10, 0, 0];
        payload.extend_from_slice(&masked);
        payload.extend_from_slice(&[0; 7]);
        payload.extend_from_slice(&[0x59, 0x04, 0x11, 0x31, 0x03, 0x26]);
        let (_, parts) = parts("BMT", 0x05, 7, &payload);
        let expect = ["10000610 Status", "0000 own", "60851800* 1", "00000000000000 own", "590411310326 0"];
        assert_eq!(parts, expect);
    }

    #[test]
    fn a_part_that_is_not_there_moves_those_behind_it() {
        let (_, with) = parts("BMT", 0x13, 7, &[0x7A, 1, 0, 0, 0, 0x0F, 0x05, 0x0B, 1, 0, 0, 0]);
        assert_eq!(with, ["01000000 Status", "0f05 own", "0b 0", "01000000 1"]);
        let (_, without) = parts("BMT", 0x13, 7, &[0x7A, 1, 0, 0, 0, 0x0F, 0x04, 2, 0, 0, 0]);
        assert_eq!(without, ["01000000 Status", "0f04 own", "02000000 0"]);
    }
}
