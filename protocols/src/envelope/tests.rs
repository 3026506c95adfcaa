//! What an operator's envelope holds, as facts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use metering::{EventKind, Medium};

use crate::{Decoded, Format, Frame, Options, Value, WarningKind, auto, decode};

fn one(format: Format, text: &str) -> Frame {
    match decode(format, text.as_bytes(), &Options::default()) {
        Decoded::One(Ok(frame)) => frame,
        other => panic!("{text}: {other:?}"),
    }
}

/// `register value unit time` of each number, then the names.
fn told(frame: &Frame) -> Vec<String> {
    frame
        .records
        .iter()
        .map(|record| match &record.value {
            Value::Text(text) => text.to_string(),
            value => [
                Some(record.register().to_string()),
                value.number().map(|number| number.to_string()),
                record.unit.map(|unit| unit.to_string()),
                record.time.map(|time| time.to_string()),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        })
        .collect()
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

const PLAIN: &str = r#"{"address":"42","registers":{"8-0:1.0.0":"12.5"}}"#;

#[test]
fn ctwing_hands_opaque_bytes_on() {
    let frame = one(
        Format::Ctwing,
        &format!(
            r#"{{"upPacketSN":-1,"messageType":"dataReport","serviceId":7,"deviceId":"40ed","timestamp":1650554828842,
            "IMSI":"undefined","IMEI":"86259","payload":{{"APPdata":"{}"}}}}"#,
            base64(&[1, 1, 0x56, 0x31])
        ),
    );
    assert_eq!(frame.device.address.as_deref(), Some("40ed"));
    assert_eq!(frame.manufacturer_data.as_deref(), Some(&[1, 1, 0x56, 0x31][..]));
    assert_eq!(told(&frame), ["86259"]);
}

#[test]
fn ctwing_opens_what_it_carries_in_base64_hex_and_both() {
    let hex = hex::encode(PLAIN);
    for payload in [
        base64(PLAIN.as_bytes()),
        hex.clone(),
        base64(hex.as_bytes()),
        base64(PLAIN.as_bytes()).replace('=', ""),
    ] {
        let text = format!(
            r#"{{"tenantId":"2","deviceId":"40ed","timestamp":0,"payload":{{"APPdata":"{payload}"}}}}"#
        );
        let frame = one(Format::Ctwing, &text);
        assert_eq!(frame.format, Format::Ctwing);
        assert_eq!(frame.device.address.as_deref(), Some("42"), "the meter's own address");
        assert_eq!(told(&frame), ["8-0:1.0.0 12.5 m3 1970-01-01T00:00:00Z", "40ed"]);
    }
}

#[test]
fn ctwing_reads_named_fields_and_keeps_the_others() {
    let frame = one(
        Format::Ctwing,
        r#"{"messageType":"dataReport","deviceId":"40ed","payload":{"serviceId":1,"serviceData":
            {"total_m3":3.50,"battery_v":3.6,"valve":1}}}"#,
    );
    assert_eq!(
        told(&frame),
        ["x:volume.instantaneous.0.0.0 3.50 m3", "x:battery_voltage.instantaneous.0.0.0 3.6 V"]
    );
    assert_eq!(
        (frame.warnings[0].kind, frame.warnings[0].bytes.as_slice()),
        (WarningKind::UnknownField, &b"valve=1"[..])
    );
}

#[test]
fn ctwing_without_device_or_payload_is_refused() {
    for text in [
        r#"{"messageType":"dataReport","deviceId":"","payload":{"APPdata":"AQ=="}}"#,
        r#"{"messageType":"dataReport","deviceId":"1"}"#,
        r#"{"messageType":"dataReport","deviceId":"1","payload":{"APPdata":"%%%"}}"#,
    ] {
        assert!(
            matches!(decode(Format::Ctwing, text.as_bytes(), &Options::default()), Decoded::One(Err(_))),
            "{text}"
        );
    }
}

#[test]
fn iotda_services_are_frames_of_their_own_time() {
    let text = r#"{"resource":"device.property","event":"report","event_time":"20151212T121212Z","notify_data":{
        "header":{"device_id":"d49","node_id":"N1"},"body":{"services":[
        {"service_id":"w","properties":{"total_m3":1},"event_time":"2026-10-01T00:00:00.000Z"},
        {"service_id":"b","properties":{"battery_pct":80}}]}}}"#;
    let frames = decode(Format::Iotda, text.as_bytes(), &Options::default()).into_results();
    let told: Vec<_> = frames.iter().map(|frame| told(frame.as_ref().unwrap())).collect();
    assert_eq!(told[0], ["x:volume.instantaneous.0.0.0 1 m3 2026-10-01T00:00:00Z", "N1"]);
    assert_eq!(told[1], ["x:battery_level.instantaneous.0.0.0 80 % 2015-12-12T12:12:12Z", "N1"]);
}

#[test]
fn oceanconnect_carries_raw_data() {
    let text = format!(
        r#"{{"notifyType":"deviceDataChanged","deviceId":"d","service":{{"serviceId":"r","data":{{"rawData":"{}"}},
        "eventTime":"20170101T000000Z"}}}}"#,
        base64(PLAIN.as_bytes())
    );
    assert_eq!(told(&one(Format::Iotda, &text)), ["8-0:1.0.0 12.5 m3 2017-01-01T00:00:00Z", "d"]);
}

#[test]
fn onenet_names_its_streams_after_lwm2m() {
    let text = r#"{"msg":{"type":1,"dev_id":2016617,"ds_id":"3424_0_1","at":1466133706841,"value":12.25,"imei":"86"},
        "msg_signature":"x","nonce":"y"}"#;
    assert_eq!(told(&one(Format::Onenet, text)), ["8-0:1.0.0 12.25 m3 2016-06-17T03:21:46.841Z", "86"]);
    let text = r#"{"msg":"{\"notifyType\":\"property\",\"deviceName\":\"m1\",\"data\":{\"params\":{\"total_m3\":{\"value\":7,\"time\":1466133706841}}}}",
        "nonce":"y","signature":"z"}"#;
    let frame = one(Format::Onenet, text);
    assert_eq!(told(&frame), ["x:volume.instantaneous.0.0.0 7 m3 2016-06-17T03:21:46.841Z"]);
    assert_eq!(frame.device.address.as_deref(), Some("m1"));
}

#[test]
fn chirpstack_prefers_the_bytes_that_it_can_read() {
    let event = |data: &str| {
        format!(
            r#"{{"deduplicationId":"3ac7","time":"2026-10-01T00:00:00.5+00:00","deviceInfo":{{"devEui":"0102"}},
            "fCnt":10,"fPort":1,"data":"{data}","object":{{"total_m3":12.0}},"rxInfo":[{{"rssi":-60}},{{"rssi":-48,"snr":9.0}}]}}"#
        )
    };
    let radio = ["x:signal_strength.instantaneous.0.0.0 -48", "x:signal_quality.instantaneous.0.0.0 9.0"];
    let frame = one(Format::ChirpstackV4, &event(&base64(PLAIN.as_bytes())));
    assert_eq!(told(&frame)[..2], ["8-0:1.0.0 12.5 m3 2026-10-01T00:00:00.5Z", "0102"]);
    assert_eq!(told(&frame)[2..], radio);
    assert_eq!(frame.device.access, Some(10));
    let frame = one(Format::ChirpstackV4, &event("AAEC"));
    assert_eq!(told(&frame)[..1], ["x:volume.instantaneous.0.0.0 12.0 m3 2026-10-01T00:00:00.5Z"]);
    assert_eq!(frame.manufacturer_data.as_deref(), Some(&[0, 1, 2][..]));
}

#[test]
fn wmbusmeters_names_say_quantity_and_unit() {
    let frame = one(
        Format::WmbusmetersJson,
        r#"{"_":"telegram","media":"heat","meter":"m","id":"76","total_energy_consumption_kwh":1234.5,"total_volume_m3":null,
        "target_energy_kwh":1000,"max_power_kw":7,"flow_temperature_c":65.1,"total_energy_tariff2_kwh":4,
        "status":"DRY STRANGE OK","timestamp":"2026-10-01T00:00:00Z","fabrication_no":"x"}"#,
    );
    assert_eq!(frame.device.medium, Some(Medium::Heat));
    let at = "2026-10-01T00:00:00Z";
    let want = [
        format!("6-0:1.0.0 1234.5 kWh {at}"),
        format!("6-0:2.0.0 m3 {at}"),
        format!("x:heat_energy.instantaneous.0.0.1 1000 kWh {at}"),
        format!("x:power.maximum.0.0.0 7 kW {at}"),
        format!("6-0:10.0.0 65.1 Cel {at}"),
        format!("6-0:1.0.2 4 kWh {at}"),
    ];
    assert_eq!(told(&frame), want);
    assert_eq!(frame.events, [EventKind::Dry.into()]);
    assert_eq!(frame.warnings.len(), 2);
}

#[test]
fn every_document_is_told_apart() {
    for (text, format) in [
        (PLAIN, Format::Json),
        (r#"{"messageType":"dataReport","deviceId":"1","payload":{"APPdata":"AQ=="}}"#, Format::Ctwing),
        (r#"{"notify_data":{"header":{"device_id":"d"},"body":{}}}"#, Format::Iotda),
        (r#"{"msg":{"dev_id":1,"type":2},"nonce":"n"}"#, Format::Onenet),
        (r#"{"deduplicationId":"a","deviceInfo":{"devEui":"01"}}"#, Format::ChirpstackV4),
        (r#"{"media":"water","meter":"x","id":"1","total_m3":1}"#, Format::WmbusmetersJson),
        (r#"[{"bn":"a","u":"m3","v":1}]"#, Format::SenmlJson),
    ] {
        match auto::decode(text.as_bytes(), &Options::default()) {
            Decoded::One(Ok(frame)) => assert_eq!(frame.format, format, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}
