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
    /// The last time before the latest change, when the device still said something else.
    otherwise: Option<Timestamp>,
}

impl Status {
    /// As the database has it: the open alarms.
    pub(crate) fn new(alarms: &[EventKind], at: Option<Timestamp>) -> Self {
        Self { events: alarms.iter().fold(0, |bits, kind| bits | bit(*kind)), at, otherwise: None }
    }

    /// Takes in a frame's events as of `at`. A frame from before the last status ends nothing: backfill must not
    /// end an alarm of today. But an alarm that it already told of began with it: after an outage frames from the
    /// spool come later than newer ones.
    pub(crate) fn update(&mut self, meter: MeterId, frame: &Frame, at: Timestamp) -> Vec<AlarmChange> {
        if !says_status(frame) {
            return Vec::new();
        }
        let now = frame.events.iter().fold(0, |bits, event| bits | bit(event.kind));
        let changed = if self.at.is_none_or(|last| at >= last) {
            let changed = self.events ^ now;
            if changed != 0 {
                self.otherwise = self.at;
            }
            self.at = Some(at);
            self.events = now;
            changed
        } else if self.otherwise.is_none_or(|otherwise| at > otherwise) {
            self.events & now
        } else {
            0
        };
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

    #[test]
    fn late_news_of_an_alarm_say_when_it_began() {
        let meter = MeterId::new(1);
        let begins = |second| [AlarmChange { meter, kind: EventKind::Leak, at: at(second), begins: true }];
        let leak = [EventKind::Leak];
        let mut status = Status::new(&[EventKind::Leak], Some(at(40)));
        assert_eq!(status.update(meter, &frame(&leak), at(20)), begins(20));
        assert_eq!(
            status.update(meter, &frame(&[EventKind::Tamper]), at(20)),
            [],
            "which is over, or is not"
        );
        status.update(meter, &frame(&[]), at(50));
        status.update(meter, &frame(&leak), at(60));
        assert_eq!(status.update(meter, &frame(&leak), at(45)), [], "the one before ended in between");
        assert_eq!(status.update(meter, &frame(&leak), at(55)), begins(55));
    }
}
