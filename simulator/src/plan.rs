//! What is sent, in which order: every meter's frames over a span of time, with their mischief.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use metering::Zone;

use crate::fleet::Fleet;
use crate::frame;
use crate::ledger::{Entry, Expected};
use crate::meter::{Door, SimMeter, decimal};
use crate::mischief::Mischief;
use crate::noise;

/// Which frames a plan holds.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The first reading's civil time.
    pub from: DateTime,
    /// No reading at or after this civil time.
    pub to: DateTime,
    /// Between two readings of a meter.
    pub interval: SignedDuration,
    /// What goes wrong.
    pub mischief: Mischief,
}

/// One message to be sent: a frame, or a concentrator's document with several.
#[derive(Clone, Debug)]
pub struct Send {
    /// Its place in the plan.
    pub n: u64,
    /// Through which door.
    pub door: Door,
    /// MQTT topic, or path of the push.
    pub channel: String,
    /// What goes over the wire.
    pub payload: Vec<u8>,
    /// The frames in it, for the ledger.
    pub frames: Vec<Note>,
}

/// What the ledger says of one frame.
#[derive(Clone, Debug)]
pub struct Note {
    bytes: Vec<u8>,
    expected: Expected,
    readings: Vec<(String, String, String, String)>,
}

impl Send {
    /// The ledger's lines for this message.
    pub fn entries(&self, acked: bool) -> impl Iterator<Item = Entry> + '_ {
        let door = match self.door {
            Door::MqttCjt188 | Door::MqttJson | Door::Concentrator => "mqtt",
            Door::Ctwing => "push",
            Door::Udp => "udp",
            Door::Modbus => "poll",
        };
        self.frames.iter().map(move |note| Entry {
            n: self.n,
            door: door.to_owned(),
            channel: self.channel.clone(),
            hex: hex::encode(&note.bytes),
            expected: note.expected,
            readings: note.readings.clone(),
            acked,
        })
    }
}

/// The messages of a fleet over a span of time, made one time step after the other.
pub struct Plan {
    fleet: Arc<Fleet>,
    zone: Zone,
    options: PlanOptions,
    next_at: Timestamp,
    end: Timestamp,
    queue: VecDeque<Send>,
    n: u64,
}

impl Plan {
    /// A plan; nothing is made yet.
    pub fn new(fleet: Arc<Fleet>, zone: Zone, options: PlanOptions) -> Self {
        let next_at = zone.instant(options.from).unwrap_or_default();
        let end = zone.instant(options.to).unwrap_or_default();
        Self { fleet, zone, options, next_at, end, queue: VecDeque::new(), n: 0 }
    }

    /// All that is sent for one time step, in the order in which it is sent.
    fn step(&mut self, at: Timestamp) {
        let civil = self.zone.civil(at);
        let talking: Vec<&SimMeter> = self
            .fleet
            .meters
            .iter()
            .filter(|meter| meter.door != Door::Modbus && meter.talks_at(&self.zone, at))
            .collect();
        let mut sends = Vec::new();
        for meter in &talking {
            if meter.door != Door::Concentrator {
                self.meter_step(meter, civil, at, &mut sends);
            }
        }
        let hung: Vec<&SimMeter> =
            talking.into_iter().filter(|meter| meter.door == Door::Concentrator).collect();
        for (nth, group) in hung.chunks(16).enumerate() {
            let notes: Vec<Note> = group.iter().map(|meter| self.note(meter, civil, at)).collect();
            let payload = frame::concentrator(&self.zone, at, notes.iter().map(|note| note.bytes.as_slice()));
            let channel = format!("concentrators/C{:03}/up", nth + 1);
            sends.push(Send { n: 0, door: Door::Concentrator, channel, payload, frames: notes });
        }
        self.disorder(&mut sends, at);
        for mut send in sends {
            send.n = self.n;
            self.n += 1;
            self.queue.push_back(send);
        }
    }

    /// One meter's messages of a step: its frame, and what goes wrong with it.
    fn meter_step(&self, meter: &SimMeter, civil: DateTime, at: Timestamp, sends: &mut Vec<Send>) {
        let mischief = self.options.mischief;
        let place = noise::mix(meter.seed, at.as_second().cast_unsigned());
        let hit = |what: u64, one_in: u64| noise::once_in(place, what, one_in);
        let good = self.note(meter, civil, at);
        if hit(1, mischief.corrupt_one_in) {
            sends.push(Self::message(meter, at, frame::corrupted(&good, place)));
        }
        if hit(2, mischief.stranger_one_in) {
            let stranger = SimMeter { address: format!("9900{:010}", meter.number), ..(*meter).clone() };
            let mut note = self.note(&stranger, civil, at);
            note.expected = Expected::Rejected;
            sends.push(Self::message(&stranger, at, note));
        }
        if hit(3, mischief.future_one_in)
            && let Some(ahead) = frame::ahead_of_all_clocks(civil)
        {
            let mut note = self.note(meter, ahead, self.zone.instant(ahead).unwrap_or(at));
            note.expected = Expected::Rejected;
            sends.push(Self::message(meter, at, note));
        }
        let copy = Self::message(meter, at, good.clone());
        sends.push(Self::message(meter, at, good));
        if hit(4, mischief.duplicate_one_in) {
            let mut again = copy;
            again.frames.iter_mut().for_each(|note| note.expected = Expected::Duplicate);
            sends.push(again);
        }
        if hit(5, mischief.conflict_one_in) {
            let bent = SimMeter { opening: meter.opening + 100, ..(*meter).clone() };
            let mut note = self.note(&bent, civil, at);
            note.expected = Expected::Conflict;
            sends.push(Self::message(meter, at, note));
        }
    }

    /// Swaps messages within a short distance; copies of one frame keep their order.
    fn disorder(&self, sends: &mut [Send], at: Timestamp) {
        let reach = self.options.mischief.disorder;
        if reach == 0 || sends.len() < 2 {
            return;
        }
        for i in 0..sends.len() - 1 {
            let jump = noise::between(at.as_second().cast_unsigned(), i as u64, 0, reach);
            let j = (i + usize::try_from(jump).unwrap_or(0)).min(sends.len() - 1);
            if sends[i].channel != sends[j].channel {
                sends.swap(i, j);
            }
        }
        // A frame that must be the second of two may have overtaken the first: then it is the first.
        sends.sort_by_key(|send| send.frames.iter().any(|note| note.expected == Expected::Conflict));
    }

    fn note(&self, meter: &SimMeter, civil: DateTime, at: Timestamp) -> Note {
        let index = meter.index_at(&self.zone, civil);
        let bytes = frame::of(meter, &self.zone, civil, index, meter.battery_low_at(at));
        let reading =
            (meter.serial.clone(), meter.kind.register().to_owned(), at.to_string(), decimal(index));
        Note { bytes, expected: Expected::Stored, readings: vec![reading] }
    }

    fn message(meter: &SimMeter, at: Timestamp, note: Note) -> Send {
        let (channel, payload) = match meter.door {
            Door::MqttCjt188 => (format!("meters/cjt188/{}/up", meter.address), note.bytes.clone()),
            Door::MqttJson => (format!("meters/json/{}/up", meter.address), note.bytes.clone()),
            Door::Ctwing => ("/push/ctwing".to_owned(), frame::ctwing(meter, at, &note.bytes)),
            Door::Concentrator | Door::Udp | Door::Modbus => ("udp".to_owned(), note.bytes.clone()),
        };
        Send { n: 0, door: meter.door, channel, payload, frames: vec![note] }
    }
}

impl Note {
    /// Other bytes of which nothing can be used.
    pub(crate) fn spoilt(bytes: Vec<u8>) -> Self {
        Self { bytes, expected: Expected::Rejected, readings: Vec::new() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Iterator for Plan {
    type Item = Send;

    fn next(&mut self) -> Option<Send> {
        while self.queue.is_empty() {
            if self.next_at >= self.end {
                return None;
            }
            let at = self.next_at;
            self.next_at = at.checked_add(self.options.interval).ok()?;
            self.step(at);
        }
        self.queue.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use protocols::{Decoded, Options};

    use super::*;
    use crate::fleet::FleetOptions;

    fn plan(mischief: Mischief) -> Plan {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let fleet = FleetOptions {
            seed: 3,
            water: 60,
            heat: 8,
            electricity: 8,
            modbus: 1,
            installed_on: date(2026, 9, 1),
            event_from: date(2026, 10, 2),
            event_to: date(2026, 10, 5),
        };
        let options = PlanOptions {
            from: date(2026, 10, 1).at(0, 0, 0, 0),
            to: date(2026, 10, 6).at(0, 0, 0, 0),
            interval: SignedDuration::from_hours(6),
            mischief,
        };
        Plan::new(Arc::new(Fleet::new(fleet, &zone)), zone, options)
    }

    #[test]
    fn the_same_plan_is_the_same_bytes() {
        let bytes = || plan(Mischief::USUAL).map(|send| send.payload).collect::<Vec<_>>();
        assert_eq!(bytes(), bytes());
    }

    #[test]
    fn every_frame_decodes_to_what_the_ledger_says() {
        let often =
            Mischief { corrupt_one_in: 7, conflict_one_in: 9, duplicate_one_in: 5, ..Mischief::USUAL };
        let mut kinds = std::collections::HashMap::new();
        for send in plan(often) {
            for entry in send.entries(true) {
                *kinds.entry(entry.expected).or_insert(0) += 1;
                let bytes = hex::decode(&entry.hex).unwrap();
                let format = if bytes.first() == Some(&b'{') {
                    protocols::Format::Json
                } else {
                    protocols::Format::Cjt188
                };
                let result = protocols::decode(format, &bytes, &Options::default());
                if entry.readings.is_empty() {
                    assert!(!matches!(result, Decoded::One(Ok(_))), "{entry:?}");
                    continue;
                }
                let Decoded::One(Ok(frame)) = result else { panic!("{entry:?}: {result:?}") };
                for (_, register, _, value) in &entry.readings {
                    let record =
                        frame.records.iter().find(|record| record.register().to_string() == *register);
                    assert_eq!(record.unwrap().value.number(), Some(value.parse().unwrap()), "{entry:?}");
                }
            }
        }
        assert!(
            kinds[&Expected::Conflict] > 0
                && kinds[&Expected::Rejected] > 0
                && kinds[&Expected::Duplicate] > 0
        );
    }
}
