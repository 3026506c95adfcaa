//! The spool: deliveries of those that cannot be asked again, and of the broker while the database is away.
//!
//! **Promises** that what [`Spool::append`] has reported durable is handed to the pipeline until it is committed,
//! in this process or the next; that its bytes stay under their bound; that it never drops: full means that the
//! caller is told so, and answers nobody.
//!
//! If we die after the sync and before the answer, the sender sends again: a duplicate. If we die after a commit
//! and before the cursor is written, a record is handed on again: a duplicate as well, under its first receive time.

mod file;
mod read;
mod record;

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};
use tracing::{error, info};

use crate::delivery::Delivery;
use file::SpoolFile;

/// A file is closed and another begun at this size, so that what is committed can be deleted.
const FILE_BYTES: u64 = 8 << 20;
/// Most records that one sync covers: it bounds the memory of the writer's queue.
const QUEUE: usize = 4096;

/// The spool.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    limit: u64,
    state: Mutex<State>,
    /// Something durable is there to be handed on, or something was given back.
    pub(crate) work: Notify,
    queue: mpsc::SyncSender<Append>,
}

#[derive(Debug)]
struct State {
    files: VecDeque<SpoolFile>,
    /// Bytes of the records that are not committed, those on their way to the disk included.
    open_bytes: u64,
    /// The number after the last durable record.
    durable: u64,
    /// Every record before this number is committed.
    committed: u64,
    /// The records from `committed` on that were handed to the pipeline.
    handed: VecDeque<Handed>,
    /// The number of the next record to hand on.
    reading: u64,
    /// Where that record begins: number and byte, to spare the search for it.
    place: Option<(u64, u64)>,
    /// From which record on they came in at which time or later: a mark for each second in which something came in.
    marks: VecDeque<(u64, Timestamp)>,
    /// Counts the times that handing on began anew: tickets of earlier times mean nothing.
    round: u64,
    /// Into files that begin before this record nothing more comes: the disk refused a write, and the next one begins
    /// another file.
    closed_before: u64,
    /// How often the disk refused to write.
    failures: u64,
    /// The last write was refused.
    is_failing: bool,
}

impl State {
    /// Takes out the files of which everything is committed and into which nothing more comes.
    fn take_done(&mut self) -> Vec<SpoolFile> {
        let mut done = Vec::new();
        while let Some(file) = self.files.front() {
            let is_whole = file.first + file.records <= self.committed;
            // A full disk must not wait for another file, for which it has no room, before this one may go.
            let is_closed = self.files.len() > 1 || file.first < self.closed_before;
            if !is_whole || !is_closed {
                break;
            }
            done.extend(self.files.pop_front());
        }
        done
    }
}

#[derive(Clone, Copy, Debug)]
struct Handed {
    bytes: u64,
    committed: bool,
}

/// Which record is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpoolTicket {
    round: u64,
    number: u64,
}

/// The spool has no room: answer nobody, and try again later. The delivery is given back.
#[derive(Debug)]
pub(crate) struct Full(pub Box<Delivery>);

type WhenDurable = Box<dyn FnOnce(io::Result<()>) + Send>;

struct Append {
    record: Vec<u8>,
    received: Timestamp,
    when_durable: WhenDurable,
}

impl Spool {
    /// Opens the folder, reads what an earlier process has left there (`each` sees every delivery that is not
    /// committed), and starts the writer.
    pub(crate) fn open(folder: &Path, limit: u64, mut each: impl FnMut(&Delivery)) -> io::Result<Arc<Self>> {
        std::fs::create_dir_all(folder)?;
        let committed = read_cursor(folder);
        let mut open_bytes = 0;
        let mut last = (0, 0);
        let mut marks = VecDeque::new();
        let mut files: VecDeque<SpoolFile> = file::open_all(folder, |number, delivery| {
            if number >= committed {
                mark(&mut marks, number, delivery.arrival.received);
                each(delivery);
            }
        })?
        .into();
        for file in &files {
            last = (file.first + file.records, file.first);
            open_bytes += file.bytes;
        }
        // A number is never used twice, or a cursor of before would hide a record of now.
        let durable = last.0.max(committed);
        let committed = committed.min(durable).max(files.front().map_or(durable, |file| file.first));
        let before = bytes_before(&files, committed)?;
        open_bytes -= before;
        files.retain(|file| {
            let keep = file.first + file.records > committed;
            if !keep {
                let _ = std::fs::remove_file(&file.path);
            }
            keep
        });
        let (queue, appends) = mpsc::sync_channel(QUEUE);
        let spool = Arc::new(Self {
            folder: folder.to_owned(),
            limit,
            state: Mutex::new(State {
                files,
                open_bytes,
                durable,
                committed,
                handed: VecDeque::new(),
                reading: committed,
                place: None,
                marks,
                round: 0,
                closed_before: 0,
                failures: 0,
                is_failing: false,
            }),
            work: Notify::new(),
            queue,
        });
        let writer = Arc::downgrade(&spool);
        let mut active = ActiveFile::new(folder.to_owned(), durable);
        std::thread::Builder::new().name("spool".into()).spawn(move || {
            while let Ok(first) = appends.recv() {
                let mut batch = vec![first];
                batch.extend(appends.try_iter().take(QUEUE));
                let result = active.write(&batch);
                let Some(spool) = writer.upgrade() else { return };
                spool.written(&batch, &result, &active);
                for append in batch {
                    (append.when_durable)(clone(&result));
                }
            }
        })?;
        Ok(spool)
    }

    /// Takes a delivery. `when_durable` is called after the sync that holds it, or with the disk's error; it must
    /// not wait.
    pub(crate) fn append(
        &self,
        delivery: Delivery,
        when_durable: impl FnOnce(io::Result<()>) + Send + 'static,
    ) -> Result<(), Full> {
        let record = record::write(&delivery);
        let received = delivery.arrival.received;
        let size = record.len() as u64;
        {
            let mut state = self.lock();
            if state.open_bytes + size > self.limit {
                return Err(Full(Box::new(delivery)));
            }
            state.open_bytes += size;
        }
        match self.queue.try_send(Append { record, received, when_durable: Box::new(when_durable) }) {
            Ok(()) => Ok(()),
            Err(_) => {
                self.lock().open_bytes -= size;
                Err(Full(Box::new(delivery)))
            }
        }
    }

    /// Takes a delivery, and waits for the sync that holds it. `false`: the disk refused it.
    pub(crate) async fn keep(&self, delivery: Delivery) -> Result<bool, Full> {
        let (durable, told) = oneshot::channel();
        self.append(delivery, move |written| {
            let _ = durable.send(written.is_ok());
        })?;
        Ok(told.await.unwrap_or(false))
    }

    /// Bytes that are not committed.
    pub(crate) fn open_bytes(&self) -> u64 {
        self.lock().open_bytes
    }

    /// Where its files stand.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bound on them.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// How often the disk refused to write.
    pub(crate) fn failures(&self) -> u64 {
        self.lock().failures
    }

    /// When the oldest delivery came in that is not committed, to the second.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        let state = self.lock();
        let waits = state.committed < state.durable;
        state.marks.front().filter(|_| waits).map(|(_, received)| *received)
    }

    /// Whether everything is committed.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.committed == state.durable && state.open_bytes == 0
    }

    /// These records are committed: files that hold nothing else are deleted.
    pub(crate) fn committed(&self, tickets: impl IntoIterator<Item = SpoolTicket>) {
        let mut state = self.lock();
        for ticket in tickets {
            if ticket.round != state.round {
                continue;
            }
            let index = ticket.number.checked_sub(state.committed).and_then(|n| usize::try_from(n).ok());
            if let Some(handed) = index.and_then(|index| state.handed.get_mut(index)) {
                handed.committed = true;
            }
        }
        let before = state.committed;
        while let Some(handed) = state.handed.pop_front_if(|handed| handed.committed) {
            state.committed += 1;
            state.open_bytes = state.open_bytes.saturating_sub(handed.bytes);
        }
        if state.committed == before {
            return;
        }
        let committed = state.committed;
        // A mark holds up to the next one.
        while state.marks.get(1).is_some_and(|(number, _)| *number <= committed) {
            state.marks.pop_front();
        }
        let done = state.take_done();
        // Under the lock, so that an earlier cursor cannot overwrite a later one.
        if let Err(error) = write_cursor(&self.folder, committed) {
            error!(%error, "the spool's cursor cannot be written; after a crash more is handed on again");
        }
        drop(state);
        for file in done {
            let _ = std::fs::remove_file(&file.path);
        }
    }

    /// The database refused or lost what was handed on: hand everything on again that is not committed.
    pub(crate) fn give_back(&self) {
        let mut state = self.lock();
        state.round += 1;
        state.handed.clear();
        state.reading = state.committed;
        state.place = None;
        drop(state);
        self.work.notify_one();
    }

    fn written(&self, batch: &[Append], result: &io::Result<()>, active: &ActiveFile) {
        let bytes: u64 = batch.iter().map(|append| append.record.len() as u64).sum();
        let mut state = self.lock();
        let mut done = Vec::new();
        match result {
            Ok(()) => {
                if std::mem::take(&mut state.is_failing) {
                    info!(folder = %self.folder.display(), "the spool can be written again");
                }
                for append in batch {
                    let number = state.durable;
                    mark(&mut state.marks, number, append.received);
                    state.durable += 1;
                }
                match state.files.back_mut() {
                    Some(file) if file.first == active.first => {
                        file.records += batch.len() as u64;
                        file.bytes += bytes;
                    }
                    _ => state.files.push_back(SpoolFile {
                        path: file::path(&self.folder, active.first),
                        first: active.first,
                        records: batch.len() as u64,
                        bytes,
                    }),
                }
            }
            Err(error) => {
                if !state.is_failing {
                    error!(
                        %error,
                        folder = %self.folder.display(),
                        "the spool cannot be written: nobody is answered, and nothing acknowledged, until there is \
                         room on the disk; make some, or name another folder in [ingest] spool"
                    );
                }
                state.failures += 1;
                state.is_failing = true;
                state.closed_before = state.durable;
                state.open_bytes = state.open_bytes.saturating_sub(bytes);
                done = state.take_done();
            }
        }
        drop(state);
        for file in done {
            let _ = std::fs::remove_file(&file.path);
        }
        self.work.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes when a record came in, unless the record before came in within the same second.
fn mark(marks: &mut VecDeque<(u64, Timestamp)>, number: u64, received: Timestamp) {
    if marks.back().is_none_or(|(_, last)| last.as_second() != received.as_second()) {
        marks.push_back((number, received));
    }
}

/// The file that is being written.
struct ActiveFile {
    folder: PathBuf,
    file: Option<File>,
    /// The number of its first record.
    first: u64,
    /// The number of the next record.
    next: u64,
    bytes: u64,
}

impl ActiveFile {
    fn new(folder: PathBuf, next: u64) -> Self {
        Self { folder, file: None, first: next, next, bytes: 0 }
    }

    /// Writes and syncs. After an error the file is given up: its end is not known, and the next batch begins
    /// another.
    fn write(&mut self, batch: &[Append]) -> io::Result<()> {
        let result = self.try_write(batch);
        match result {
            Ok(()) => self.next += batch.len() as u64,
            Err(_) => {
                if let Some(file) = self.file.take() {
                    // What is left of the batch must not be read as if it had been answered.
                    let _ = file.set_len(self.bytes);
                    let _ = file.sync_data();
                }
                self.bytes = FILE_BYTES;
            }
        }
        result
    }

    fn try_write(&mut self, batch: &[Append]) -> io::Result<()> {
        if self.file.is_none() || self.bytes >= FILE_BYTES {
            self.first = self.next;
            self.bytes = 0;
            let path = file::path(&self.folder, self.first);
            self.file = Some(OpenOptions::new().create(true).write(true).truncate(true).open(path)?);
            // The name must be durable too.
            File::open(&self.folder)?.sync_all()?;
        }
        let Some(file) = &mut self.file else { return Err(io::Error::other("no file")) };
        let mut bytes = Vec::with_capacity(batch.iter().map(|append| append.record.len()).sum());
        for append in batch {
            bytes.extend_from_slice(&append.record);
        }
        file.write_all(&bytes)?;
        file.sync_data()?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

fn clone(result: &io::Result<()>) -> io::Result<()> {
    match result {
        Ok(()) => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
    }
}

/// The number before which everything is committed. Not synced: after a crash of the machine it may be an old one,
/// and then some records are handed on again.
fn read_cursor(folder: &Path) -> u64 {
    std::fs::read_to_string(folder.join("cursor")).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

fn write_cursor(folder: &Path, committed: u64) -> io::Result<()> {
    let new = folder.join("cursor.new");
    std::fs::write(&new, committed.to_string())?;
    std::fs::rename(new, folder.join("cursor"))
}

/// Bytes of the records before a number.
fn bytes_before(files: &VecDeque<SpoolFile>, number: u64) -> io::Result<u64> {
    let mut bytes = 0;
    for file in files {
        if file.first + file.records <= number {
            bytes += file.bytes;
        } else if file.first < number {
            let mut reader = file::Reader::open(&file.path, 0)?;
            for _ in file.first..number {
                reader.next_record()?;
            }
            bytes += reader.position;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
