//! What becomes of a payload, as facts.

use bytes::Bytes;
use jiff::SignedDuration;
use metering::EventKind;
use metering::RegisterId;
use protocols::Format;
use series::admit::Stay;
use store::sink::Arrival;

use super::*;
use crate::directory::{Installed, Meter};
use crate::status::Status;

const NOW: &str = "2026-11-22T10:00:00.25Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rules() -> Rules {
    Rules {
        zone: Zone::named("Asia/Shanghai").unwrap(),
        times: admit::Rules {
            now: at(NOW),
            future: SignedDuration::from_secs(900),
            oldest: SignedDuration::from_hours(24 * 3660),
        },
        client: "meterline".into(),
    }
}

fn directory() -> Directory {
    let meter = |id, family| Meter {
        id: MeterId::new(id),
        family,
        installed: Installed::with(
            vec![
                Stay { from: at("2026-01-01T00:00:00+08:00"), to: Some(at("2026-06-01T10:00:00+08:00")) },
                Stay { from: at("2026-07-01T00:00:00+08:00"), to: None },
            ],
            vec![(RegisterId::new(1), 5, None), (RegisterId::new(2), 5, Some(Unit::KiloWattHour))],
        ),
        status: Status::default(),
    };
    Directory::with(
        vec![
            ("0012", meter(12, Family::Cjt188)),
            ("00000000000012", meter(12, Family::Cjt188)),
            ("0013", meter(13, Family::Carrier)),
        ],
        vec![
            ("8-0:1.0.0", 1, Unit::CubicMetre),
            ("6-0:1.0.0", 2, Unit::MegaJoule),
            ("x:volume_flow.instantaneous.0.0.0", 3, Unit::CubicMetrePerHour),
            ("x:volume.instantaneous.0.0.1", 4, Unit::CubicMetre),
        ],
    )
}

fn json(text: &str) -> Delivery {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let (channel, content) = ("meters/json/-/up".into(), Content::Frame("json".into()));
    let arrival = Arrival::new(Source::Mqtt, channel, content, bytes, at(NOW));
    Delivery { arrival, packet: Some(Packet { id: 5, redelivered: false }) }
}

fn fate(delivery: &Delivery) -> Fate {
    let moment = Moment { now: at(NOW), source: delivery.arrival.source };
    resolve(delivery, crate::decode::decode(delivery), &mut directory(), &rules(), moment)
}

/// The readings as `register@time=value`, and the kinds of what was refused.
fn check(delivery: &Delivery, readings: &[&str], refused: &[&str]) -> Usable {
    let Fate::Usable(usable) = fate(delivery) else { panic!("rejected: {:?}", fate(delivery)) };
    let told: Vec<_> =
        usable.readings.iter().map(|r| format!("{}@{}={}", r.register.get(), r.time, r.value)).collect();
    assert_eq!(told, readings);
    let kinds: Vec<_> = usable.refusals.iter().map(|refusal| refusal.kind).collect();
    assert_eq!(kinds, refused);
    usable
}

fn check_rejected(delivery: &Delivery, kind: &str) {
    match fate(delivery) {
        Fate::Rejected(rejection) => assert_eq!(rejection.kind, kind, "{}", rejection.message),
        Fate::Usable(usable) => panic!("usable: {usable:?}"),
    }
}

#[test]
fn a_reading_has_the_meters_time_in_the_utilitys_zone() {
    let usable = check(
        &json(r#"{"address":"0012","time":"2026-11-22T16:00:00","registers":{"8-0:1.0.0":"123.450"}}"#),
        &["1@2026-11-22T08:00:00Z=123.45"],
        &[],
    );
    assert_eq!(usable.receipt, None, "its own time is its key");
    assert_eq!(usable.readings[0].received, at("2026-11-22T10:00:00Z"), "whole seconds");
}

#[test]
fn a_frame_without_a_clock_takes_its_receipt() {
    let usable = check(
        &json(r#"{"address":"0012","registers":{"8-0:1.0.0":"0"}}"#),
        &["1@2026-11-22T10:00:00.25Z=0"],
        &[],
    );
    let receipt = usable.receipt.unwrap();
    assert_eq!((receipt.packet_id, receipt.received), (5, at(NOW)));
    let mut sent = json(r#"{"address":"0012","registers":{"8-0:1.0.0":"0"}}"#);
    sent.arrival.sent = Some(at("2026-11-22T09:00:00Z"));
    assert_eq!(
        check(&sent, &["1@2026-11-22T09:00:00Z=0"], &[]).receipt,
        None,
        "the concentrator's time is a time"
    );
}

#[test]
fn a_bad_record_is_refused_and_its_siblings_are_stored() {
    check(
        &json(
            r#"{"address":"0012","time":"2026-11-22T09:00:00Z","registers":
               {"8-0:1.0.0":"0.0000001","6-0:1.0.0":"1","x:volume_flow.instantaneous.0.0.0":"0.0000015"}}"#,
        ),
        &["2@2026-11-22T09:00:00Z=3.6", "3@2026-11-22T09:00:00Z=0.000002"],
        &["too_fine"],
    );
    check(
        &json(
            r#"{"address":"0012","time":"2026-11-22T09:00:00Z","registers":{"8-0:1.0.0":"10000000000000",
               "6-0:1.0.0":"1","x:volume_flow.instantaneous.0.0.0":"1"},"units":{"6-0:1.0.0":"l"}}"#,
        ),
        &["3@2026-11-22T09:00:00Z=1"],
        &["overflow", "unit_mismatch"],
    );
}

#[test]
fn what_cannot_be_used_is_rejected_by_kind() {
    for (text, kind) in [
        (r#"{"address":"9999","registers":{"8-0:1.0.0":"1"}}"#, "unknown_meter"),
        (r#"{"registers":{"8-0:1.0.0":"1"}}"#, "unknown_meter"),
        (r#"{"address":"0012","time":"2026-11-22T10:15:02Z","registers":{"8-0:1.0.0":"1"}}"#, "future_time"),
        (
            r#"{"address":"0012","time":"2025-12-31T10:00:00Z","registers":{"8-0:1.0.0":"1"}}"#,
            "before_installation",
        ),
        (
            r#"{"address":"0012","time":"2026-06-10T10:00:00Z","registers":{"8-0:1.0.0":"1"}}"#,
            "after_removal",
        ),
        (r#"{"address":"0012","time":"1999-12-31T10:00:00Z","registers":{"8-0:1.0.0":"1"}}"#, "past_time"),
        (r#"{"address":"0012","registers":{"1-0:1.8.0":"1"}}"#, "too_many_registers"),
        (r#"{"address":"0012","registers":{"joy":"1"}}"#, "value"),
        (r#"{"address":"0012","time":"noon","registers":{"8-0:1.0.0":"1"}}"#, "value"),
        ("[", "truncated"),
        ("7", "structure"),
    ] {
        check_rejected(&json(text), kind);
    }
    let mut unknown = json("{}");
    unknown.arrival.content = Content::Frame("morse".into());
    check_rejected(&unknown, "unsupported");
}

#[test]
fn what_the_meter_says_it_does_not_know_is_not_stored() {
    check(&json(r#"{"address":"0012","registers":{"8-0:1.0.0":null}}"#), &[], &[]);
}

#[test]
fn of_several_frames_in_a_buffer_the_good_ones_are_stored() {
    let usable = check(
        &json(
            r#"[{"address":"9999","registers":{"8-0:1.0.0":"1"}},
                {"address":"0012","time":"2026-11-22T09:00:00Z","registers":{"8-0:1.0.0":"1"}},
                {"address":"0013","time":"2026-11-22T09:00:00Z","registers":{"8-0:1.0.0":"2"}}]"#,
        ),
        &["1@2026-11-22T09:00:00Z=1", "1@2026-11-22T09:00:00Z=2"],
        &["unknown_meter"],
    );
    assert_eq!(usable.readings[1].meter.get(), 13);
}

#[test]
fn a_channel_speaks_for_its_own_meter_only() {
    let mut frame = Frame::new(Format::Cjt188);
    frame.device.address = Some("0012".into());
    frame.records.push(Record {
        obis: Some(metering::Obis::COLD_WATER),
        ..Record::new(Quantity::Volume, 1.into(), Unit::CubicMetre)
    });
    let named = |address: &str| {
        let mut delivery = json("");
        delivery.arrival.content = Content::Frame("cjt188".into());
        delivery.arrival.address = Some(address.into());
        let moment = Moment { now: at(NOW), source: Source::Mqtt };
        resolve(&delivery, vec![Ok(frame.clone())], &mut directory(), &rules(), moment)
    };
    assert!(matches!(named("0012"), Fate::Usable(_)));
    assert!(matches!(named("12"), Fate::Usable(_)), "leading zeros left out");
    assert!(matches!(named("0013"), Fate::Rejected(rejection) if rejection.kind == "address_mismatch"));
}

#[test]
fn a_devices_status_begins_an_alarm() {
    let usable = check(
        &json(
            r#"{"address":"0012","time":"2026-11-22T09:00:00Z","registers":{"8-0:1.0.0":"1"},"status":["battery_low"]}"#,
        ),
        &["1@2026-11-22T09:00:00Z=1"],
        &[],
    );
    assert_eq!(usable.changes.len(), 1);
    assert_eq!((usable.changes[0].kind, usable.changes[0].begins), (EventKind::BatteryLow, true));
}

#[test]
fn a_register_shows_no_more_than_its_meters_digits() {
    let heat = |value: &str| {
        json(&format!(
            r#"{{"address":"0012","time":"2026-11-22T09:00:00Z","registers":{{"6-0:1.0.0":"{value}"}}}}"#
        ))
    };
    check_rejected(
        &json(r#"{"address":"0012","time":"2026-11-22T09:00:00Z","registers":{"8-0:1.0.0":"100000"}}"#),
        "digits_overflow",
    );
    // Five digits of kWh, in a register that is stored in MJ.
    check(&heat("99999.5"), &["2@2026-11-22T09:00:00Z=359998.2"], &[]);
    check_rejected(&heat("100000"), "digits_overflow");
}

/// A CJ/T 188 answer of meter 0012 at 08:00 with a settlement value: 123.45, before it 120.00 m3.
const WITH_SETTLEMENT: &str = "6810120000000000008116901f00452301002c002001002c0000082211262000003316";

#[test]
fn a_settlement_value_takes_its_frames_clock_so_that_the_same_frame_again_is_a_duplicate() {
    let mut delivery = json("");
    delivery.arrival.content = Content::Frame("cjt188".into());
    delivery.arrival.bytes = Bytes::from(hex::decode(WITH_SETTLEMENT).unwrap());
    let Fate::Usable(usable) = fate(&delivery) else { panic!("rejected: {:?}", fate(&delivery)) };
    assert!(usable.readings.iter().all(|reading| reading.time == at("2026-11-22T00:00:00Z")), "{usable:?}");
    assert_eq!(usable.receipt, None);
}
