//! Meters and modules that dial in: frames in pieces, registered documents, a report that waits for its acknowledgement,
//! and what is no frame.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use protocols::cjt188;
use support::{FrontDoor, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Report 03 of a CAT-1 module, byte by byte: every field is filled with ones, its clock says 2001-01-01 01:01:01.
fn cat1_report() -> Vec<u8> {
    let mut frame =
        vec![0x68, 0x10, 0x44, 0x33, 0x22, 0x11, 0x00, 0x33, 0x78, 0x03, 0x97, 0, 0, 0, 0, 62, 0x03];
    frame.resize(16 + 62, 0x01);
    let sum = frame.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    frame.extend([sum, 0x16]);
    frame
}

fn water(address: &str, current: &str) -> Vec<u8> {
    let amount = cjt188::Amount::counter(current.parse().unwrap(), metering::Unit::CubicMetre).unwrap();
    cjt188::Reply {
        meter_type: cjt188::MeterType::COLD_WATER,
        address: address.parse().unwrap(),
        di_order: cjt188::DiOrder::HighFirst,
        ser: 0,
        preamble: 2,
        data: cjt188::Data::Volume { current: Some(amount), settlement: None },
        clock: None,
        status: [0, 0],
    }
    .encode()
}

#[tokio::test(flavor = "multi_thread")]
async fn meters_dial_in_and_are_read() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(2).await;
    let add = "insert into meters (serial, medium, protocol, address) values
               ('W1', 'water', 'cjt188', '22222222222222'), ('C1', 'water', 'cat1-nb-push', '78330011223344')";
    door.client().await.execute(add, &[]).await.unwrap();
    door.start().await;
    let log = door.log();
    let at = log.split("tcp=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();

    // A module sends its meter's frame in pieces, with noise around it.
    let mut module = TcpStream::connect(at).await.unwrap();
    let frame = water("22222222222222", "321.09");
    let (first, second) = frame.split_at(11);
    for piece in [&b"\x00\xff"[..], first, second] {
        module.write_all(piece).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Another registers and sends documents that don't name it.
    let mut other = TcpStream::connect(at).await.unwrap();
    other.write_all(b"REG:2\r\n{\"registers\":{\"8-0:1.0.0\":\"5.5\"}}\n").await.unwrap();
    // A report is acknowledged, once for each time that it comes.
    let report = cat1_report();
    let mut meter = TcpStream::connect(at).await.unwrap();
    let mut answer = vec![0; 20];
    for _ in 0..2 {
        meter.write_all(&report).await.unwrap();
        let read = tokio::time::timeout(Duration::from_secs(10), meter.read_exact(&mut answer)).await;
        read.unwrap().unwrap();
        assert_eq!(Some(&answer), protocols::vendor_push::cat1_acknowledgement(&report).as_ref());
    }
    // What is no frame is kept when its sender goes.
    let mut noise = TcpStream::connect(at).await.unwrap();
    noise.write_all(&[0x55; 40]).await.unwrap();
    drop(noise);

    eventually("all that came is committed", Duration::from_secs(20), async || {
        let [stored, duplicate, _, rejected] = door.counts();
        (stored, duplicate, rejected) == (3, 1, 1)
    })
    .await;
    let rows = door.csv(&["readings", "export"]);
    let value = |serial: &str, register: &str| {
        let found = rows.iter().find(|row| row["serial"] == serial && row["register"] == register);
        found.map(|row| row["value"].clone()).unwrap_or_default()
    };
    assert_eq!([value("W1", "8-0:1.0.0"), value("S2", "8-0:1.0.0")], ["321.09", "5.5"]);
    assert!(rows.iter().any(|row| row["serial"] == "C1" && row["time"].starts_with("2000-12-31T17:01:01")));
    assert!(rows.iter().all(|row| row["source"] == "tcp"), "{rows:?}");
}
