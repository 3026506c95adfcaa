//! What a workbook may be at most. It is a zip of XML: a few kilobytes unpack to gigabytes, and a number in it can ask a
//! reader for any amount of memory. So every part is unpacked once and thrown away, and the tags that a reader counts or
//! allocates by are looked at, before the reader sees them.

use std::io::{Read, Seek};

use zip::ZipArchive;

use crate::error::{Large, Unreadable};

/// Bytes of the file.
pub(super) const FILE: u64 = 64 << 20;
/// Bytes of all parts, unpacked; and of the text of a sheet.
pub(super) const UNPACKED: u64 = 512 << 20;
/// Bytes of the texts that cells share, which a reader holds in memory.
const SHARED: u64 = 64 << 20;
/// Bytes of the formats, each of which a reader copies into every style that has it.
const STYLES: u64 = 2 << 20;
/// Bytes of any other part that a reader may hold.
const OTHER: u64 = 16 << 20;
/// Rows and columns of a sheet: as many as a spreadsheet has, and more than any of our files needs.
pub(super) const ROWS: u32 = 1_048_576;
pub(super) const COLUMNS: u32 = 256;
/// Bytes of a tag with its attributes.
const TAG: usize = 4096;
/// Bytes from one cell, or shared text, to the next: a cell has at most 32,767 characters.
const CELL: usize = 1 << 20;

/// Looks through all parts that a reader may come to.
pub(super) fn check<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<(), Unreadable> {
    let mut unpacked = 0;
    for n in 0..zip.len() {
        let mut part = zip.by_index(n).map_err(Unreadable::damaged)?;
        let name = part.name().map_err(Unreadable::damaged)?.to_ascii_lowercase();
        if is_xml(&name) {
            unpacked = scan(&mut part, Part::of(&name), unpacked)?;
        }
    }
    Ok(())
}

/// A reader finds the sheet by a path that the workbook names. Pictures and the like are never unpacked.
fn is_xml(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "xml" | "rels")))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Sheet,
    Shared,
    Styles,
    Other,
}

impl Part {
    fn of(path: &str) -> Self {
        match path.rsplit_once('/').map_or(path, |(_, name)| name) {
            "sharedstrings.xml" => Self::Shared,
            "styles.xml" => Self::Styles,
            _ if path.contains("worksheets/") => Self::Sheet,
            _ => Self::Other,
        }
    }

    const fn most(self) -> u64 {
        match self {
            Self::Sheet => UNPACKED,
            Self::Shared => SHARED,
            Self::Styles => STYLES,
            Self::Other => OTHER,
        }
    }
}

/// Bytes unpacked so far, with this part.
fn scan(part: &mut impl Read, kind: Part, before: u64) -> Result<u64, Unreadable> {
    let mut tags = Tags::of(kind);
    let mut piece = vec![0; 1 << 16];
    let (mut length, mut all) = (0_u64, before);
    loop {
        let read = part.read(&mut piece).map_err(Unreadable::damaged)?;
        let bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(all);
        }
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        (length, all) = (length.saturating_add(read), all.saturating_add(read));
        if length > kind.most() || all > UNPACKED {
            return Err(Unreadable::TooLarge(Large::Unpacked));
        }
        bytes.iter().try_for_each(|byte| tags.take(*byte))?;
    }
}

/// A walk over the tags of a part.
struct Tags {
    kind: Part,
    /// The tag that is being read, from behind its `<`.
    tag: Vec<u8>,
    inside: bool,
    /// The quote that an attribute's value stands in; 0 outside of any.
    quote: u8,
    /// Bytes since the last cell or shared text began or ended.
    since: usize,
}

impl Tags {
    fn of(kind: Part) -> Self {
        Self { kind, tag: Vec::with_capacity(TAG), inside: false, quote: 0, since: 0 }
    }

    fn take(&mut self, byte: u8) -> Result<(), Unreadable> {
        self.since = self.since.saturating_add(1);
        if self.since > CELL && matches!(self.kind, Part::Sheet | Part::Shared) {
            return Err(Unreadable::TooLarge(Large::Cell));
        }
        if !self.inside {
            if byte == b'<' {
                self.inside = true;
                self.tag.clear();
            }
            return Ok(());
        }
        match (self.quote, byte) {
            (0, b'>') => {
                self.inside = false;
                return self.end();
            }
            (0, b'"' | b'\'') => self.quote = byte,
            (open, byte) if open == byte => self.quote = 0,
            _ => {}
        }
        // Comments, marked sections, entities: no spreadsheet writes them, and their ends are found otherwise.
        if self.tag.len() == TAG || (self.tag.is_empty() && byte == b'!') {
            return Err(Unreadable::TooLarge(Large::Tag));
        }
        self.tag.push(byte);
        Ok(())
    }

    /// A tag is whole.
    fn end(&mut self) -> Result<(), Unreadable> {
        let tag = String::from_utf8_lossy(&self.tag);
        let (closes, tag) = tag.strip_prefix('/').map_or((false, &*tag), |tag| (true, tag));
        let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap_or_default();
        let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
        let sound = match name {
            "c" | "row" | "si" => {
                self.since = 0;
                attribute(tag, "r").is_none_or(is_reference)
            }
            // What follows is not read.
            "sheetData" if closes => {
                self.kind = Part::Other;
                true
            }
            "dimension" => attribute(tag, "ref").is_none_or(|range| range.split(':').all(is_reference)),
            "sst" => attribute(tag, "uniqueCount").is_none_or(|count| count.len() <= 7),
            "Relationship" => match attribute(tag, "Type").and_then(|kind| kind.rsplit('/').next()) {
                Some("worksheet" | "officeDocument") => {
                    attribute(tag, "Target").is_none_or(|path| is_xml(&path.to_ascii_lowercase()))
                }
                _ => true,
            },
            _ => true,
        };
        if sound {
            Ok(())
        } else {
            Err(Unreadable::Damaged(format!("<{}>", tag.chars().take(80).collect::<String>())))
        }
    }
}

/// The value of an attribute.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let quote = after.chars().next()?;
        let (value, behind) = after.get(1..)?.split_once(quote)?;
        if before.trim_end().rsplit(|c: char| c.is_ascii_whitespace()).next() == Some(name) {
            return Some(value);
        }
        rest = behind;
    }
    None
}

/// `AB12`, `12`: no more letters and digits than a sheet has columns and rows.
fn is_reference(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = text.get(letters..).unwrap_or_default();
    letters <= 3 && digits.len() <= 7 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(kind: Part, xml: &str) -> Result<u64, String> {
        scan(&mut xml.as_bytes(), kind, 0).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_reader_would_allocate_by_is_refused() {
        for (kind, xml) in [
            (Part::Shared, "<sst count=\"1\" uniqueCount=\"99999999999\">"),
            (Part::Shared, "<x:sst uniqueCount = '99999999999'>"),
            (Part::Sheet, "<sheetData><row r=\"99999999999\">"),
            (Part::Sheet, "<c s=\"1\" r=\"ZZZZZZZZ1\">"),
            (Part::Sheet, "<dimension ref=\"A1:ZZZZZZZ1\"/>"),
            (Part::Sheet, "<!DOCTYPE x>"),
            (Part::Sheet, "<!-- ' -->"),
            (Part::Other, "<Relationship Type=\"http://x/worksheet\" Target=\"media/picture.png\"/>"),
        ] {
            assert!(scanned(kind, xml).is_err(), "{xml}");
        }
        let usual = "<?xml version=\"1.0\"?><x:worksheet><dimension ref=\"A1:C3\"/><sheetData><row r=\"1\" spans='1:3'>\
                     <c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"XFD1048576\"/></row></sheetData><a b='>'/></x:worksheet>";
        assert_eq!(scanned(Part::Sheet, usual), Ok(usual.len() as u64));
    }

    #[test]
    fn a_cell_and_a_tag_end() {
        let long = "x".repeat(CELL);
        assert!(scanned(Part::Sheet, &format!("<row><c><is><t>{long}</t></is></c>")).is_err());
        assert!(
            scanned(Part::Shared, &format!("<sst><si>{}</si>", "<r><t>x</t></r>".repeat(CELL / 8))).is_err()
        );
        assert!(scanned(Part::Other, &format!("<a b=\"{}\">", "<".repeat(TAG))).is_err());
        // What stands behind the cells is not read.
        assert!(scanned(Part::Sheet, &format!("<sheetData></sheetData>{}", "<m/>".repeat(CELL))).is_ok());
    }
}
