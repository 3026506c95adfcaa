//! Packing what bills hold: zstd, with a dictionary that knows what all bills have in common.
//!
//! Dictionaries are rows and are kept for ever: what was packed with one is unpacked with it. The first is trained on the
//! bills of the first run that is large enough; until then bills are packed without.

use std::collections::HashMap;
use std::fmt;

use billing::content::{Content, ContentError, sha256};
use tokio_postgres::GenericClient;
use zstd::bulk::{Compressor, Decompressor};

use crate::SqlError;

/// As small as it gets at the speed at which bills are rated.
const LEVEL: i32 = 3;

/// Bytes of a dictionary: what 500 bills have in common fits.
const DICTIONARY: usize = 8 * 1024;

/// Bills from which a dictionary learns.
const LESSON: usize = 400;

/// The most bytes that a bill holds, unpacked: a thousand lines and as many segments are far below.
const MOST: u64 = 16 << 20;

/// What is kept of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The dictionary that they need.
    pub dictionary: Option<i16>,
    /// The hash of what they were.
    pub sha256: Vec<u8>,
}

/// Why a bill's content cannot be read.
#[derive(Debug)]
pub enum UnpackError {
    /// The bytes are not what was packed.
    Packed(String),
    /// They were another content.
    Hash,
    /// They are no content.
    Content(ContentError),
}

impl fmt::Display for UnpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packed(why) => write!(f, "cannot be unpacked: {why}"),
            Self::Hash => f.write_str("is not what its hash was taken over"),
            Self::Content(source) => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for UnpackError {}

/// Packs bills of one worker.
pub struct Packer {
    dictionary: Option<i16>,
    compressor: Compressor<'static>,
    /// What it has packed without a dictionary, to learn from.
    lesson: Vec<Vec<u8>>,
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").field("dictionary", &self.dictionary).finish_non_exhaustive()
    }
}

impl Packer {
    /// With the newest dictionary, if there is one.
    pub async fn open(client: &impl GenericClient) -> Result<Self, SqlError> {
        let text = "select id, bytes from dictionaries order by id desc limit 1";
        let mut packer = Self { dictionary: None, compressor: compressor(&[])?, lesson: Vec::new() };
        if let Some(row) = client.query_opt(text, &[]).await? {
            packer.dictionary = Some(row.try_get("id")?);
            packer.compressor = compressor(row.try_get("bytes")?)?;
        }
        Ok(packer)
    }

    /// Packs the bytes of a content.
    pub fn pack(&mut self, bytes: Vec<u8>) -> Result<Packed, SqlError> {
        let packed = self.compressor.compress(&bytes).map_err(refused)?;
        let packed = Packed { bytes: packed, dictionary: self.dictionary, sha256: sha256(&bytes).to_vec() };
        if self.dictionary.is_none() && self.lesson.len() < LESSON {
            self.lesson.push(bytes);
        }
        Ok(packed)
    }

    /// Makes the first dictionary, once enough has been packed without one; whoever comes first makes it for all.
    pub async fn learn(&mut self, client: &impl GenericClient) -> Result<(), SqlError> {
        if self.dictionary.is_some() || self.lesson.len() < LESSON {
            return Ok(());
        }
        // Bills that have too little in common teach nothing: the next ones may.
        let lesson = std::mem::take(&mut self.lesson);
        let Ok(dictionary) = zstd::dict::from_samples(&lesson, DICTIONARY) else { return Ok(()) };
        let hash = sha256(&dictionary).to_vec();
        let text =
            "insert into dictionaries (id, bytes, sha256) values (1, $1, $2) on conflict (id) do nothing";
        client.execute(text, &[&dictionary, &hash]).await?;
        *self = Self::open(client).await?;
        Ok(())
    }
}

fn compressor(dictionary: &[u8]) -> Result<Compressor<'static>, SqlError> {
    Compressor::with_dictionary(LEVEL, dictionary).map_err(refused)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(why: std::io::Error) -> SqlError {
    let row = crate::RowError {
        table: "dictionaries",
        column: "bytes",
        value: "zstd".to_owned(),
        why: why.to_string(),
    };
    row.into()
}

/// Unpacks bills, with whatever dictionaries they need.
#[derive(Default)]
pub(super) struct Unpacker(HashMap<Option<i16>, Decompressor<'static>>);

impl Unpacker {
    /// Reads the dictionaries that these bills need.
    pub(super) async fn read(
        client: &impl GenericClient,
        packed: impl Iterator<Item = Option<i16>>,
    ) -> Result<Self, SqlError> {
        let mut wanted: Vec<i16> = packed.flatten().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut known = HashMap::from([(None, Decompressor::new().map_err(refused)?)]);
        if !wanted.is_empty() {
            let text = "select id, bytes from dictionaries where id = any($1)";
            for row in client.query(text, &[&wanted]).await? {
                let with = Decompressor::with_dictionary(row.try_get("bytes")?).map_err(refused)?;
                known.insert(Some(row.try_get("id")?), with);
            }
        }
        Ok(Self(known))
    }

    /// What a bill holds. An opening's is not packed.
    pub(super) fn unpack(&mut self, packed: &Packed) -> Result<Content, UnpackError> {
        let wrong = |why: &dyn fmt::Display| UnpackError::Packed(why.to_string());
        let unpacked;
        let bytes = if packed.bytes.starts_with(&MAGIC) {
            let size = zstd::zstd_safe::get_frame_content_size(&packed.bytes);
            let size = size.ok().flatten().filter(|size| *size <= MOST);
            let size = size.and_then(|size| usize::try_from(size).ok());
            let size = size.ok_or_else(|| wrong(&"its size is not known"))?;
            let with = self.0.get_mut(&packed.dictionary);
            let with = with.ok_or_else(|| wrong(&"its dictionary is not there"))?;
            unpacked = with.decompress(&packed.bytes, size).map_err(|why| wrong(&why))?;
            unpacked.as_slice()
        } else {
            packed.bytes.as_slice()
        };
        if sha256(bytes) != packed.sha256.as_slice() {
            return Err(UnpackError::Hash);
        }
        Content::from_bytes(bytes).map_err(UnpackError::Content)
    }
}

/// What a zstd frame begins with; no content does.
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(n: usize) -> Vec<u8> {
        format!("{{\"usage\":\"{n}\"}}\n{{\"lines\":[]}}").into_bytes()
    }

    #[test]
    fn what_was_packed_is_unpacked_with_its_dictionary_alone() {
        let samples: Vec<Vec<u8>> = (0..1000).map(bytes).collect();
        let dictionary = zstd::dict::from_samples(&samples, DICTIONARY).unwrap();
        let mut worker =
            Packer { dictionary: Some(1), compressor: compressor(&dictionary).unwrap(), lesson: Vec::new() };
        let packed = worker.pack(bytes(7)).unwrap();
        let with = Decompressor::with_dictionary(&dictionary).unwrap();
        let mut unpacker = Unpacker(HashMap::from([(Some(1), with), (None, Decompressor::new().unwrap())]));
        let content = unpacker.unpack(&packed).unwrap();
        assert_eq!(content.inputs.as_deref(), Some("{\"usage\":\"7\"}"));
        let without = Packed { dictionary: None, ..packed.clone() };
        assert!(matches!(unpacker.unpack(&without), Err(UnpackError::Packed(_))));
        let gone = Packed { dictionary: Some(2), ..packed.clone() };
        assert!(matches!(unpacker.unpack(&gone), Err(UnpackError::Packed(_))));
        let other = Packed { sha256: vec![0; 32], ..packed };
        assert!(matches!(unpacker.unpack(&other), Err(UnpackError::Hash)));
    }

    #[test]
    fn a_frame_that_claims_to_be_huge_is_refused_before_it_is_unpacked() {
        let huge = zstd::bulk::compress(&vec![0; 20 << 20], LEVEL).unwrap();
        assert!(huge.len() < 10_000);
        let packed = Packed { bytes: huge, dictionary: None, sha256: vec![0; 32] };
        let mut unpacker = Unpacker(HashMap::from([(None, Decompressor::new().unwrap())]));
        assert!(matches!(unpacker.unpack(&packed), Err(UnpackError::Packed(_))));
    }
}
