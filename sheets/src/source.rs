//! A file of rows: its encoding, its separator, its hash. Read in pieces, however long, from the disk or from memory. Of a
//! workbook it is the first sheet.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{CoderResult, Decoder, Encoding, GB18030, UTF_8};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::error::Unreadable;
use crate::xlsx;

/// A file that can be read as rows, as often as needed.
#[derive(Clone, Debug)]
pub struct Source {
    origin: Origin,
    encoding: &'static Encoding,
    separator: u8,
    /// Of its bytes.
    pub sha256: [u8; 32],
}

/// Where the bytes lie.
#[derive(Clone, Debug)]
enum Origin {
    Disk(PathBuf),
    /// What somebody uploaded; its size was bounded before.
    Memory(Arc<[u8]>),
    /// The rows of a workbook's sheet, in a file of ours.
    Spool(Arc<NamedTempFile>),
}

/// Bytes that can be read from any place.
trait Bytes: Read + Seek + Send {}
impl<T: Read + Seek + Send> Bytes for T {}

impl Origin {
    fn open(&self) -> io::Result<Box<dyn Bytes>> {
        Ok(match self {
            Self::Disk(path) => Box::new(File::open(path)?),
            Self::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
            Self::Spool(file) => Box::new(file.reopen()?),
        })
    }
}

/// Rows of a [`Source`].
pub type Rows = csv::Reader<Decoding<BufReader<Box<dyn Read + Send>>>>;

impl Source {
    /// Of the file at that path.
    pub fn disk(path: &Path) -> Result<Self, Unreadable> {
        Self::of(Origin::Disk(path.to_owned()))
    }

    /// Of bytes in memory.
    pub fn memory(bytes: Vec<u8>) -> Result<Self, Unreadable> {
        Self::of(Origin::Memory(bytes.into()))
    }

    /// Reads it once, to know its encoding and hash. What a spreadsheet program saves in another format of its own, or in
    /// another encoding, is refused with what to do.
    fn of(origin: Origin) -> Result<Self, Unreadable> {
        let mut bytes = origin.open()?;
        if is_zip(&mut bytes)? {
            let sha256 = hash(&mut bytes)?;
            let spool = xlsx::spool(BufReader::new(bytes))?;
            return Ok(Self {
                origin: Origin::Spool(Arc::new(spool)),
                encoding: UTF_8,
                separator: b',',
                sha256,
            });
        }
        let (encoding, sha256) = examine(bytes)?;
        let mut source = Self { origin, encoding, separator: b',', sha256 };
        source.separator = source.find_separator()?;
        Ok(source)
    }

    /// From the first row, the header.
    pub fn rows(&self) -> Result<Rows, Unreadable> {
        let decoding = self.decoding()?;
        Ok(csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator)
            .from_reader(decoding))
    }

    fn decoding(&self) -> io::Result<Decoding<BufReader<Box<dyn Read + Send>>>> {
        let bytes: Box<dyn Read + Send> = Box::new(self.origin.open()?);
        Ok(Decoding::new(BufReader::with_capacity(1 << 16, bytes), self.encoding))
    }

    /// The comma, or what stands in the header in its place: spreadsheets write `;` in some countries and tabs as
    /// "text".
    fn find_separator(&self) -> io::Result<u8> {
        let mut start = vec![0; 4096];
        let mut filled = 0;
        let mut decoding = self.decoding()?;
        while let Some(room) = start.get_mut(filled..).filter(|room| !room.is_empty()) {
            match decoding.read(room)? {
                0 => break,
                n => filled += n,
            }
        }
        let header = start.iter().take(filled).take_while(|byte| **byte != b'\n');
        let count = |separator: u8| header.clone().filter(|byte| **byte == separator).count();
        Ok([b';', b'\t'].into_iter().find(|other| count(*other) > count(b',')).unwrap_or(b','))
    }
}

/// Whether it begins as a workbook does, which is a zip.
fn is_zip(bytes: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut start = Vec::with_capacity(4);
    bytes.by_ref().take(4).read_to_end(&mut start)?;
    bytes.seek(SeekFrom::Start(0))?;
    Ok(start == b"PK\x03\x04")
}

fn hash(bytes: &mut (impl Read + Seek)) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    io::copy(bytes, &mut hash)?;
    bytes.seek(SeekFrom::Start(0))?;
    Ok(hash.finalize().into())
}

/// UTF-8 if all of it is, else GBK (as its superset GB 18030) if all of it is.
fn examine(mut file: impl Read) -> Result<(&'static Encoding, [u8; 32]), Unreadable> {
    let mut hash = Sha256::new();
    let (mut utf8, mut gbk) = (Check::new(UTF_8), Check::new(GB18030));
    let mut piece = vec![0; 1 << 16];
    let mut first = true;
    loop {
        let length = file.read(&mut piece)?;
        let bytes = piece.get(..length).unwrap_or_default();
        if std::mem::take(&mut first) {
            if bytes.is_empty() {
                return Err(Unreadable::Empty);
            }
            if let Some(why) = foreign(bytes) {
                return Err(why);
            }
        }
        hash.update(bytes);
        let last = bytes.is_empty();
        utf8.pass(bytes, last);
        gbk.pass(bytes, last);
        if last {
            break;
        }
    }
    let encoding = match (utf8.sound, gbk.sound) {
        (true, _) => UTF_8,
        (false, true) => GB18030,
        (false, false) => return Err(Unreadable::Encoding),
    };
    Ok((encoding, hash.finalize().into()))
}

/// Formats that are no text in our encodings, by their first bytes.
fn foreign(start: &[u8]) -> Option<Unreadable> {
    match start {
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Some(Unreadable::Workbook),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some(Unreadable::Utf16),
        bytes if bytes.contains(&0) => Some(Unreadable::NoText),
        _ => None,
    }
}

/// Whether all bytes are right in an encoding.
struct Check {
    decoder: Decoder,
    sound: bool,
    sink: Vec<u8>,
}

impl Check {
    fn new(encoding: &'static Encoding) -> Self {
        Self { decoder: encoding.new_decoder_without_bom_handling(), sound: true, sink: vec![0; 1 << 14] }
    }

    fn pass(&mut self, mut bytes: &[u8], last: bool) {
        while self.sound {
            let (result, read, _) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.sink, last);
            bytes = bytes.get(read..).unwrap_or_default();
            match result {
                encoding_rs::DecoderResult::InputEmpty => return,
                encoding_rs::DecoderResult::OutputFull => {}
                encoding_rs::DecoderResult::Malformed(..) => self.sound = false,
            }
        }
    }
}

/// A reader of UTF-8, whatever the bytes beneath are encoded in; a byte order mark is dropped.
pub struct Decoding<R> {
    inner: R,
    decoder: Decoder,
    /// Bytes that were read and not yet decoded: `raw[from..to]`.
    raw: Vec<u8>,
    from: usize,
    to: usize,
    /// Decoded bytes that did not fit into the caller's buffer.
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> Decoding<R> {
    fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; 1 << 15],
            from: 0,
            to: 0,
            rest: Vec::new(),
            ended: false,
        }
    }

    fn hand_over(&mut self, out: &mut [u8]) -> usize {
        let length = self.rest.len().min(out.len());
        for (to, byte) in out.iter_mut().zip(self.rest.drain(..length)) {
            *to = byte;
        }
        length
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.rest.is_empty() {
            if self.ended {
                return Ok(0);
            }
            if self.from == self.to {
                self.from = 0;
                self.to = self.inner.read(&mut self.raw)?;
            }
            let input = self.raw.get(self.from..self.to).unwrap_or_default();
            let last = input.is_empty();
            // A character of GB 18030 takes at most three bytes in UTF-8 for two here, and ASCII one for one.
            let mut text = vec![0; input.len().saturating_mul(3).saturating_add(16)];
            let (result, read, written, _) = self.decoder.decode_to_utf8(input, &mut text, last);
            debug_assert_eq!(result, CoderResult::InputEmpty, "the output is large enough");
            self.from = self.from.saturating_add(read);
            self.ended = last;
            text.truncate(written);
            self.rest = text;
        }
        Ok(self.hand_over(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: &'static Encoding) -> String {
        let mut text = String::new();
        Decoding::new(bytes, encoding).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_byte_order_mark_is_dropped_and_gbk_is_read() {
        assert_eq!(decoded("\u{feff}户号,1".as_bytes(), UTF_8), "户号,1");
        let (gbk, _, _) = encoding_rs::GBK.encode("户号,户名\n1,张三");
        assert_eq!(decoded(&gbk, GB18030), "户号,户名\n1,张三");
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        struct Drip<'a>(&'a [u8]);
        impl Read for Drip<'_> {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                let (Some(first), Some(place)) = (self.0.first(), out.first_mut()) else { return Ok(0) };
                *place = *first;
                self.0 = &self.0[1..];
                Ok(1)
            }
        }
        let (gbk, _, _) = encoding_rs::GBK.encode("海淀区");
        let mut text = String::new();
        Decoding::new(Drip(&gbk), GB18030).read_to_string(&mut text).unwrap();
        assert_eq!(text, "海淀区");
    }

    #[test]
    fn what_is_no_csv_is_named() {
        assert!(matches!(foreign(b"\xd0\xcf\x11\xe0rest"), Some(Unreadable::Workbook)));
        assert!(matches!(Source::memory(b"PK\x03\x04rest".to_vec()), Err(Unreadable::Workbook)));
        assert!(matches!(foreign(b"\xff\xfea\0"), Some(Unreadable::Utf16)));
        assert!(matches!(foreign(b"a\0"), Some(Unreadable::NoText)));
        assert!(foreign("户号".as_bytes()).is_none());
    }
}
