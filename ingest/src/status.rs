//! What a device says of itself, compared with what it said before: alarms begin and end on change only.

use jiff::Timestamp;
use metering::{EventKind, MeterId, Quantity};
use protocols::Frame;
use store::sink::AlarmChange;

/// The events that a device last reported, as a bit for each kind of the closed list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    events: u64,
    at: Option<Timestamp>,
}

impl Status {
    /// As the database has it: the open alarms.
    pub(crate) fn new(alarms: &[EventKind], at: Option<Timestamp>) -> Self {
        Self { events: alarms.iter().fold(0, |bits, kind| bits | bit(*kind)), at }
    }

    /// Takes in a frame's events as of `at`. A frame from before the last status changes nothing: backfill must
    /// not end an alarm of today.
    pub(crate) fn update(&mut self, meter: MeterId, frame: &Frame, at: Timestamp) -> Vec<AlarmChange> {
        if !says_status(frame) || self.at.is_some_and(|last| at < last) {
            return Vec::new();
        }
        let now = frame.events.iter().fold(0, |bits, event| bits | bit(event.kind));
        let changed = self.events ^ now;
        self.at = Some(at);
        self.events = now;
        if changed == 0 {
            return Vec::new();
        }
        EventKind::ALL
            .iter()
            .filter(|kind| changed & bit(**kind) != 0)
            .map(|&kind| AlarmChange { meter, kind, at, begins: now & bit(kind) != 0 })
            .collect()
    }
}

/// The list has fewer than 64 kinds; the test below watches that.
fn bit(kind: EventKind) -> u64 {
    1 << (kind as u64 % 64)
}

/// Whether a frame without events says that there are none, rather than saying nothing about them.
fn says_status(frame: &Frame) -> bool {
    let tells = |quantity| matches!(quantity, Quantity::Status | Quantity::ErrorFlags);
    frame.says_status || !frame.events.is_empty() || frame.records.iter().any(|record| tells(record.quantity))
}

#[cfg(test)]
mod tests {
    use protocols::Format;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn frame(events: &[EventKind]) -> Frame {
        let mut frame = Frame::new(Format::Cjt188);
        frame.says_status = true;
        frame.events = events.iter().map(|&kind| kind.into()).collect();
        frame
    }

    #[test]
    fn each_kind_has_its_own_bit() {
        assert!(EventKind::ALL.len() <= 64);
        let all = EventKind::ALL.iter().fold(0, |bits, kind| bits | bit(*kind));
        assert_eq!(all.count_ones() as usize, EventKind::ALL.len());
    }

    #[test]
    fn an_alarm_begins_and_ends_once() {
        let mut status = Status::default();
        let meter = MeterId::new(1);
        let change = |kind, second, begins| AlarmChange { meter, kind, at: at(second), begins };
        let low = [EventKind::BatteryLow];
        assert_eq!(status.update(meter, &frame(&low), at(10)), [change(EventKind::BatteryLow, 10, true)]);
        assert_eq!(status.update(meter, &frame(&low), at(20)), []);
        assert_eq!(status.update(meter, &frame(&[]), at(15)), [], "late news end nothing");
        assert_eq!(status.update(meter, &Frame::new(Format::Dlt645V2007), at(25)), [], "says nothing of it");
        assert_eq!(
            status.update(meter, &frame(&[EventKind::Tamper]), at(30)),
            [change(EventKind::BatteryLow, 30, false), change(EventKind::Tamper, 30, true)]
        );
    }
}
