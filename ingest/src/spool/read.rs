//! Reads the records that are durable and were not handed on, in order.

use std::io;

use super::{Handed, Spool, SpoolTicket, file::Reader};
use crate::delivery::Delivery;

/// Records read in one go: few enough to be given back cheaply, enough to make the reading cheap.
const CHUNK: usize = 256;

impl Spool {
    /// The next durable records, with tickets.
    pub(crate) fn read_chunk(&self) -> io::Result<Vec<(Delivery, SpoolTicket)>> {
        let (path, start, round) = {
            let state = self.lock();
            let next = state.reading;
            let Some(file) =
                state.files.iter().find(|file| file.first <= next && next < file.first + file.records)
            else {
                return Ok(self.skip_gap(state));
            };
            let place = state.place.filter(|(number, _)| *number == next && next > file.first);
            (file.path.clone(), place.map_or(Err(next - file.first), |(_, byte)| Ok(byte)), state.round)
        };
        let mut reader = Reader::open(&path, start.unwrap_or(0))?;
        if let Err(skip) = start {
            reader.skip(skip)?;
        }
        let begin = reader.position;
        let mut records = Vec::with_capacity(CHUNK);
        while records.len() < CHUNK {
            let Some(record) = reader.next_record()? else { break };
            records.push(record);
        }
        let mut state = self.lock();
        if state.round != round {
            return Ok(Vec::new());
        }
        // The file may already hold records whose sync has not been reported yet.
        let durable = usize::try_from(state.durable - state.reading).unwrap_or(usize::MAX);
        records.truncate(durable);
        let mut place = begin;
        let mut chunk = Vec::with_capacity(records.len());
        for (delivery, bytes) in records {
            let ticket = SpoolTicket { round, number: state.reading };
            state.handed.push_back(Handed { bytes, committed: false });
            state.reading += 1;
            place += bytes;
            chunk.push((delivery, ticket));
        }
        state.place = Some((state.reading, place));
        Ok(chunk)
    }

    /// Numbers between two files belong to records that were cut off: nothing is there to be handed on.
    fn skip_gap(&self, mut state: std::sync::MutexGuard<'_, super::State>) -> Vec<(Delivery, SpoolTicket)> {
        let next = state.reading;
        if let Some(first) = state.files.iter().map(|file| file.first).find(|first| *first > next) {
            let gap = first - next;
            for _ in 0..gap {
                state.handed.push_back(Handed { bytes: 0, committed: true });
            }
            state.reading = first;
            drop(state);
            self.work.notify_one();
        }
        Vec::new()
    }
}
