//! What a batch leaves besides its readings: conflicts, rejections, refusals, receipts, alarms, bytes, counts.

use std::collections::{BTreeMap, HashSet};

use metering::{MeterId, Source};

use super::entry::{Arrival, Entry, Fate, Outcome, Usable};
use super::sift::Clash;
use super::{Decided, Sink, instant, whole_second};
use crate::SqlError;
use crate::instant::Instant;
use crate::text::without_nul;

impl Sink {
    /// Keeps each clash once. Returns the frames whose clash was not known before.
    pub(super) async fn insert_conflicts(
        &self,
        entries: &[Entry],
        clashes: &[Clash],
    ) -> Result<HashSet<usize>, SqlError> {
        let mut conflicting = HashSet::new();
        for clash in clashes {
            let (meter, register, time) = clash.row.key();
            let reading = &clash.row.reading;
            let arrival = &entries[clash.row.entry].arrival;
            let new = self
                .client
                .execute(
                    &self.statements.conflict,
                    &[
                        &meter,
                        &register,
                        &instant(time),
                        &clash.stored,
                        &reading.value.raw(),
                        &Instant::from(reading.received),
                        &reading.source.code(),
                        &without_nul(arrival.content.format()),
                        &arrival.bytes.as_ref(),
                    ],
                )
                .await?;
            if new > 0 {
                conflicting.insert(clash.row.entry);
            }
        }
        Ok(conflicting)
    }

    pub(super) async fn insert_rejections(&self, entries: &[Entry]) -> Result<(), SqlError> {
        let rejected: Vec<_> = entries
            .iter()
            .filter(|entry| entry.replay_of.is_none())
            .filter_map(|entry| match &entry.fate {
                Fate::Rejected(rejection) => Some((&entry.arrival, rejection)),
                Fate::Usable(_) => None,
            })
            .collect();
        if rejected.is_empty() {
            return Ok(());
        }
        let column = |get: fn(&Arrival) -> String| -> Vec<String> {
            rejected.iter().map(|(arrival, _)| without_nul(&get(arrival)).into_owned()).collect()
        };
        let received: Vec<_> = rejected.iter().map(|(arrival, _)| Instant::from(arrival.received)).collect();
        let source: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.source.code()).collect();
        let channel = column(|arrival| arrival.channel.clone());
        let format = column(|arrival| arrival.content.format().to_owned());
        let address: Vec<_> = rejected
            .iter()
            .map(|(arrival, _)| arrival.address.as_ref().map(|text| without_nul(text).into_owned()))
            .collect();
        let kind: Vec<_> = rejected.iter().map(|(_, rejection)| rejection.kind).collect();
        let offset: Vec<_> = rejected
            .iter()
            .map(|(_, rejection)| i32::try_from(rejection.offset).unwrap_or(i32::MAX))
            .collect();
        let message: Vec<_> =
            rejected.iter().map(|(_, rejection)| without_nul(&rejection.message).into_owned()).collect();
        let bytes: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.bytes.as_ref()).collect();
        let sent: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.sent.map(Instant::from)).collect();
        let profile: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.profile.as_deref()).collect();
        let start: Vec<_> = rejected.iter().map(|(arrival, _)| arrival.start.map(i32::from)).collect();
        self.client
            .execute(
                &self.statements.rejections,
                &[
                    &received, &source, &channel, &format, &address, &kind, &offset, &message, &bytes, &sent,
                    &profile, &start,
                ],
            )
            .await?;
        Ok(())
    }

    pub(super) async fn insert_refusals(&self, entries: &[Entry]) -> Result<(), SqlError> {
        let refused: Vec<_> = usable(entries)
            .flat_map(|(arrival, usable)| usable.refusals.iter().map(move |refusal| (arrival, refusal)))
            .collect();
        if refused.is_empty() {
            return Ok(());
        }
        let meter: Vec<_> = refused.iter().map(|(_, refusal)| refusal.meter.map(MeterId::get)).collect();
        let register: Vec<_> = refused.iter().map(|(_, refusal)| without_nul(&refusal.register)).collect();
        let time: Vec<_> = refused.iter().map(|(_, refusal)| refusal.time.map(Instant::from)).collect();
        let kind: Vec<_> = refused.iter().map(|(_, refusal)| refusal.kind).collect();
        let message: Vec<_> = refused.iter().map(|(_, refusal)| without_nul(&refusal.message)).collect();
        let received: Vec<_> = refused.iter().map(|(arrival, _)| Instant::from(arrival.received)).collect();
        let source: Vec<_> = refused.iter().map(|(arrival, _)| arrival.source.code()).collect();
        self.client
            .execute(
                &self.statements.refusals,
                &[&meter, &register, &time, &kind, &message, &received, &source],
            )
            .await?;
        Ok(())
    }

    pub(super) async fn insert_receipts(&self, entries: &[Entry]) -> Result<(), SqlError> {
        // A packet id may come twice in a batch; the later delivery is the one that can be delivered again.
        let receipts: BTreeMap<_, _> = usable(entries)
            .filter_map(|(_, usable)| usable.receipt.as_ref())
            .map(|receipt| ((receipt.client.as_str(), receipt.packet_id), receipt))
            .collect();
        if receipts.is_empty() {
            return Ok(());
        }
        let client: Vec<_> = receipts.keys().map(|(client, _)| *client).collect();
        let packet: Vec<_> = receipts.keys().map(|(_, packet)| i32::from(*packet)).collect();
        let sha256: Vec<_> = receipts.values().map(|receipt| receipt.sha256.as_slice()).collect();
        let received: Vec<_> = receipts.values().map(|receipt| Instant::from(receipt.received)).collect();
        self.client.execute(&self.statements.receipts, &[&client, &packet, &sha256, &received]).await?;
        Ok(())
    }

    /// One by one: within a batch an alarm may begin and end.
    pub(super) async fn change_alarms(&self, entries: &[Entry]) -> Result<(), SqlError> {
        for (arrival, usable) in usable(entries) {
            for change in &usable.changes {
                let (meter, kind, at) = (change.meter.get(), change.kind.name(), Instant::from(change.at));
                if change.begins {
                    let evidence = serde_json::json!({
                        "received": arrival.received.to_string(),
                        "format": arrival.content.format(),
                        "frame": hex::encode(&arrival.bytes),
                    });
                    let severity = change.kind.severity().name();
                    let begin = &self.statements.alarm_begins;
                    self.client.execute(begin, &[&meter, &kind, &severity, &at, &evidence]).await?;
                } else {
                    self.client.execute(&self.statements.alarm_ends, &[&meter, &kind, &at]).await?;
                }
            }
        }
        Ok(())
    }

    pub(super) async fn mark_replayed(&self, entries: &[Entry], decided: &Decided) -> Result<(), SqlError> {
        let replayed: Vec<i64> = entries
            .iter()
            .zip(&decided.outcomes)
            .filter(|(_, outcome)| **outcome != Outcome::Rejected)
            .filter_map(|(entry, _)| entry.replay_of)
            .collect();
        if !replayed.is_empty() {
            self.client.execute(&self.statements.replayed, &[&replayed]).await?;
        }
        Ok(())
    }

    /// The bytes of frames that brought something new, by meter and second of receipt.
    pub(super) async fn archive(&self, entries: &[Entry], decided: &Decided) -> Result<(), SqlError> {
        let (mut meter, mut received, mut source) = (Vec::new(), Vec::new(), Vec::new());
        let (mut format, mut bytes) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let Fate::Usable(usable) = &entry.fate else { continue };
            if !decided.inserted[index] && decided.outcomes[index] != Outcome::Stored {
                continue;
            }
            let mut meters = vec![usable.meter];
            meters.extend(usable.readings.iter().map(|reading| reading.meter));
            meters.sort_unstable();
            meters.dedup();
            for owner in meters {
                meter.push(owner.get());
                received.push(Instant::from(whole_second(entry.arrival.received)));
                source.push(entry.arrival.source.code());
                format.push(entry.arrival.content.format());
                bytes.push(entry.arrival.bytes.as_ref());
            }
        }
        if meter.is_empty() {
            return Ok(());
        }
        let format: Vec<_> = format.into_iter().map(without_nul).collect();
        self.client.execute(&self.statements.archive, &[&meter, &received, &source, &format, &bytes]).await?;
        Ok(())
    }

    /// The counts, by source. A replayed frame leaves "rejected" and adds nothing to "received".
    pub(super) async fn count(&self, entries: &[Entry], decided: &Decided) -> Result<(), SqlError> {
        let mut counts: BTreeMap<Source, [i64; 5]> = BTreeMap::new();
        for (entry, outcome) in entries.iter().zip(&decided.outcomes) {
            let [received, stored, duplicate, conflict, rejected] =
                counts.entry(entry.arrival.source).or_default();
            match entry.replay_of {
                None => *received += 1,
                Some(_) => *rejected -= 1,
            }
            *match outcome {
                Outcome::Stored => stored,
                Outcome::Duplicate => duplicate,
                Outcome::Conflict => conflict,
                Outcome::Rejected => rejected,
            } += 1;
        }
        let source: Vec<i16> = counts.keys().map(|source| source.code()).collect();
        let column = |n: usize| -> Vec<i64> { counts.values().map(|row| row[n]).collect() };
        self.client
            .execute(
                &self.statements.count,
                &[
                    &self.node,
                    &self.writer,
                    &source,
                    &column(0),
                    &column(1),
                    &column(2),
                    &column(3),
                    &column(4),
                ],
            )
            .await?;
        Ok(())
    }
}

fn usable(entries: &[Entry]) -> impl Iterator<Item = (&Arrival, &Usable)> {
    entries.iter().filter_map(|entry| match &entry.fate {
        Fate::Usable(usable) => Some((&entry.arrival, usable)),
        Fate::Rejected(_) => None,
    })
}
