//! What the spool keeps through crashes, as facts.

use std::path::PathBuf;
use std::sync::mpsc::channel;

use super::record::sample;
use super::*;

/// A folder of the test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("meterline-spool-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn append(spool: &Spool, n: u64) {
    let (done, told) = channel();
    spool.append(sample(n), move |result| done.send(result).unwrap()).unwrap();
    told.recv().unwrap().unwrap();
}

fn open(folder: &Folder, limit: u64) -> (Arc<Spool>, Vec<String>) {
    let mut found = Vec::new();
    let spool =
        Spool::open(&folder.0, limit, |delivery| found.push(delivery.arrival.channel.clone())).unwrap();
    (spool, found)
}

/// Everything there is to hand on, chunk by chunk: a chunk ends with its file.
fn read_all(spool: &Spool) -> Vec<(Delivery, SpoolTicket)> {
    let mut all = Vec::new();
    loop {
        let chunk = spool.read_chunk().unwrap();
        if chunk.is_empty() {
            return all;
        }
        all.extend(chunk);
    }
}

fn channels(deliveries: &[(Delivery, SpoolTicket)]) -> Vec<String> {
    deliveries.iter().map(|(delivery, _)| delivery.arrival.channel.clone()).collect()
}

fn named(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|n| format!("/push/frames {n}")).collect()
}

#[test]
fn what_is_not_committed_is_handed_on_again_by_the_next_process() {
    let folder = Folder::new("again");
    {
        let (spool, found) = open(&folder, 1 << 20);
        assert!(found.is_empty());
        (0..10).for_each(|n| append(&spool, n));
        let handed = spool.read_chunk().unwrap();
        assert_eq!(channels(&handed), named(0..10));
        // Out of order: what counts is that everything before is committed.
        spool.committed([handed[1].1, handed[0].1, handed[5].1]);
        assert!(spool.read_chunk().unwrap().is_empty());
    }
    let (spool, found) = open(&folder, 1 << 20);
    assert_eq!(found, named(2..10));
    let handed = spool.read_chunk().unwrap();
    assert_eq!(channels(&handed), named(2..10));
    append(&spool, 10);
    assert_eq!(channels(&spool.read_chunk().unwrap()), named(10..11));
    spool.give_back();
    assert_eq!(channels(&read_all(&spool)), named(2..11), "the database lost it");
    spool.committed(handed.iter().map(|(_, ticket)| *ticket));
    assert!(!spool.is_empty(), "tickets of before mean nothing");
}

#[test]
fn committed_means_empty() {
    let folder = Folder::new("empty");
    let (spool, _) = open(&folder, 1 << 20);
    (0..1000).for_each(|n| append(&spool, n));
    let all = read_all(&spool);
    assert_eq!(channels(&all), named(0..1000));
    assert!(spool.open_bytes() > 0);
    assert_eq!(spool.oldest(), Some(sample(0).arrival.received));
    spool.committed(all.iter().map(|(_, ticket)| *ticket));
    assert!(spool.is_empty());
    assert_eq!(spool.oldest(), None);
    drop(spool);
    let (spool, found) = open(&folder, 1 << 20);
    assert!(found.is_empty() && spool.is_empty());
    append(&spool, 1000);
    assert_eq!(channels(&spool.read_chunk().unwrap()), named(1000..1001));
}

#[test]
fn full_is_said_and_nothing_is_dropped() {
    let folder = Folder::new("full");
    let (spool, _) = open(&folder, 1000);
    let mut kept = 0;
    let (done, told) = channel();
    let telling = || {
        let done = done.clone();
        move |result| done.send(result).unwrap()
    };
    while spool.append(sample(kept), telling()).is_ok() {
        kept += 1;
    }
    assert!((5..20).contains(&kept));
    (0..kept).for_each(|_| told.recv().unwrap().unwrap());
    drop(spool);
    assert_eq!(open(&folder, 1000).1, named(0..kept));
}

#[test]
fn a_torn_end_is_cut_off_and_kept_aside() {
    let folder = Folder::new("torn");
    {
        let (spool, _) = open(&folder, 1 << 20);
        (0..3).for_each(|n| append(&spool, n));
    }
    let file = file::path(&folder.0, 0);
    let whole = std::fs::read(&file).unwrap();
    let mut torn = whole.clone();
    torn.extend_from_slice(&whole[..20]);
    std::fs::write(&file, torn).unwrap();
    let (spool, found) = open(&folder, 1 << 20);
    assert_eq!(found, named(0..3));
    assert_eq!(std::fs::read(&file).unwrap(), whole);
    assert_eq!(std::fs::read(file.with_extension("broken")).unwrap(), whole[..20]);
    append(&spool, 3);
    assert_eq!(channels(&spool.read_chunk().unwrap()), named(0..3));
    assert_eq!(channels(&spool.read_chunk().unwrap()), named(3..4));
}
