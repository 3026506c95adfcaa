//! The spool's files: `<first number, 16 hex digits>.spool`, records one after another.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tracing::warn;

use super::record::{self, HEAD, LONGEST};
use crate::delivery::Delivery;

/// One file of the spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpoolFile {
    pub(super) path: PathBuf,
    /// The number of its first record.
    pub(super) first: u64,
    /// How many records it holds.
    pub(super) records: u64,
    /// Bytes of its whole records.
    pub(super) bytes: u64,
}

pub(super) fn path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:016x}.spool"))
}

/// The files of a folder in order, each read through once. A torn end is cut off: what was never synced was
/// never answered. Broken bytes before whole records are another thing; they are kept aside under `.broken`.
pub(super) fn open_all(folder: &Path, mut each: impl FnMut(u64, &Delivery)) -> io::Result<Vec<SpoolFile>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let first = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(".spool"))
            .and_then(|number| u64::from_str_radix(number, 16).ok());
        if let Some(first) = first {
            files.push(SpoolFile { path, first, records: 0, bytes: 0 });
        }
    }
    files.sort_by_key(|file| file.first);
    for file in &mut files {
        let mut reader = Reader::open(&file.path, 0)?;
        while let Some((delivery, _)) = reader.next_record()? {
            each(file.first + file.records, &delivery);
            file.records += 1;
        }
        file.bytes = reader.position;
        cut(file)?;
    }
    Ok(files)
}

fn cut(file: &SpoolFile) -> io::Result<()> {
    let length = file.path.metadata()?.len();
    if length == file.bytes {
        return Ok(());
    }
    let broken = file.path.with_extension("broken");
    warn!(
        file = %file.path.display(), whole_bytes = file.bytes, cut_bytes = length - file.bytes,
        kept = %broken.display(), "the spool's file ends in a torn record"
    );
    let mut tail = File::open(&file.path)?;
    tail.seek(SeekFrom::Start(file.bytes))?;
    io::copy(&mut tail, &mut File::create(broken)?)?;
    let written = OpenOptions::new().write(true).open(&file.path)?;
    written.set_len(file.bytes)?;
    written.sync_all()
}

/// Reads records from a place in a file on.
pub(super) struct Reader {
    file: BufReader<File>,
    /// Where the next record begins.
    pub(super) position: u64,
    length: u64,
}

impl Reader {
    pub(super) fn open(path: &Path, position: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(position))?;
        Ok(Self { file: BufReader::with_capacity(128 << 10, file), position, length })
    }

    /// The next whole record and its size; `None` at the end or where the rest is torn.
    pub(super) fn next_record(&mut self) -> io::Result<Option<(Delivery, u64)>> {
        let left = self.length.saturating_sub(self.position);
        let mut head = [0; HEAD];
        if left < HEAD as u64 {
            return Ok(None);
        }
        self.file.read_exact(&mut head)?;
        let (length, crc) = record::head(head);
        let size = HEAD as u64 + length as u64;
        if length > LONGEST || size > left {
            return Ok(None);
        }
        let mut payload = vec![0; length];
        self.file.read_exact(&mut payload)?;
        let Some(delivery) = record::read(Bytes::from(payload), crc) else { return Ok(None) };
        self.position += size;
        Ok(Some((delivery, size)))
    }
}

impl Reader {
    /// Goes past that many records.
    pub(super) fn skip(&mut self, records: u64) -> io::Result<()> {
        for _ in 0..records {
            let mut head = [0; HEAD];
            self.file.read_exact(&mut head)?;
            let (length, _) = record::head(head);
            self.file.seek_relative(i64::try_from(length).unwrap_or(0))?;
            self.position += HEAD as u64 + length as u64;
        }
        Ok(())
    }
}
