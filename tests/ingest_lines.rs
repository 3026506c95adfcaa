//! Lines that are polled through a transparent connection, as concentrators are on bad days: echoes, preambles, noise,
//! answers in pieces, the answer of another meter, a meter that sleeps through the first request, one that was exchanged
//! without a word, and one that never says any.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use metering::Register;
use protocols::mbus::encode::ACKNOWLEDGEMENT;
use protocols::mbus::{Identity, Status};
use protocols::modbus::{Image, encode_answer, encode_exception, encode_tcp_answer, encode_tcp_exception};
use protocols::{Record, cjt188, dlt645};
use rust_decimal::Decimal;
use support::{FrontDoor, eventually, http};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A concentrator on a port of its own: what it hears becomes pieces that it sends one after another.
async fn concentrator(mut answer: impl FnMut(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut heard = [0; 512];
            while let Ok(count @ 1..) = stream.read(&mut heard).await {
                for piece in answer(&heard[..count]) {
                    if stream.write_all(&piece).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
    });
    port
}

/// A meter for electricity: total, two tariffs and reverse energy; it refuses what it has not.
fn dlt645_meter() -> impl FnMut(&[u8]) -> Vec<Vec<u8>> + Send + 'static {
    let address: dlt645::Address = "000000000017".parse().unwrap();
    let (mut requests, mut has_been_damaged) = (0, false);
    move |heard| {
        requests += 1;
        let request = heard.strip_prefix(&[0xFE; 4]).unwrap();
        let asked = dlt645::envelope(request).unwrap();
        // It sleeps through the first request.
        if requests == 1 || asked.address != address {
            return Vec::new();
        }
        let identifier = asked.identifier.unwrap();
        let values = match identifier {
            0x0001_FF00 => vec!["123456.78", "100000.00", "23456.78"],
            0x0002_0000 => vec!["0.05"],
            _ => Vec::new(),
        };
        let numbers: Vec<Option<Decimal>> = values.iter().map(|value| value.parse().ok()).collect();
        let content = if numbers.is_empty() {
            dlt645::Content::Refused(0x11, 0x02)
        } else {
            let payload = dlt645::numbers(dlt645::Edition::V2007, identifier, &numbers).unwrap();
            dlt645::Content::Data { identifier, payload, more: false }
        };
        let mut reply =
            dlt645::Reply { edition: dlt645::Edition::V2007, address, preamble: 2, content }.encode();
        // One answer is damaged on its way, and asked for again.
        if identifier == 0x0002_0000 && !std::mem::replace(&mut has_been_damaged, true) {
            reply[17] ^= 0x01;
        }
        let (first, second) = reply.split_at(9);
        vec![heard.to_vec(), vec![0x00, 0xFF], first.to_vec(), second.to_vec()]
    }
}

/// A water meter that knows the identifier in one order alone and refuses the other, on a line where another one answers
/// first.
fn cjt188_meters(heard: &[u8]) -> Vec<Vec<u8>> {
    let request = heard.strip_prefix(&[0xFE; 4]).unwrap();
    let asked = cjt188::envelope(request).unwrap();
    if !request.windows(2).any(|pair| pair == [0x1F, 0x90]) {
        // 68 T A C1 03 SER, status 2.
        let mut refusal = request[..9].to_vec();
        refusal.extend([0xC1, 0x03, 0x00, 0x02, 0x00]);
        let sum = refusal.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        refusal.extend([sum, 0x16]);
        return vec![refusal];
    }
    let amount =
        |text: &str| cjt188::Amount::counter(text.parse().unwrap(), metering::Unit::CubicMetre).unwrap();
    let reply = |address: cjt188::Address, current: &str| {
        cjt188::Reply {
            meter_type: asked.meter_type,
            address,
            di_order: cjt188::DiOrder::LowFirst,
            ser: 0,
            preamble: 2,
            data: cjt188::Data::Volume { current: Some(amount(current)), settlement: None },
            clock: None,
            status: [0, 0],
        }
        .encode()
    };
    vec![reply("11111111111111".parse().unwrap(), "999.00"), reply(asked.address, "321.09")]
}

/// A heat meter that needs two telegrams, asked by its identification or as number 5.
fn mbus_meter() -> impl FnMut(&[u8]) -> Vec<Vec<u8>> + Send + 'static {
    let identity = Identity { id: [0x78, 0x56, 0x34, 0x12], manufacturer: 0x2C2D, version: 1, medium: 4 };
    let (mut is_selected, mut last, mut telegram) = (false, None, 0_usize);
    move |heard| match *heard {
        [0x68, 11, 11, 0x68, 0x53 | 0x73, 0xFD, 0x52, ref pattern @ .., _, 0x16] => {
            is_selected = pattern.starts_with(&identity.id);
            (last, telegram) = (None, 0);
            if is_selected { vec![ACKNOWLEDGEMENT.to_vec()] } else { Vec::new() }
        }
        [0x10, 0x40, 5, _, 0x16] => {
            (is_selected, last, telegram) = (true, None, 0);
            vec![ACKNOWLEDGEMENT.to_vec()]
        }
        [0x10, control @ (0x5B | 0x7B), 0xFD | 5, _, 0x16] if is_selected => {
            let bit = control & 0x20;
            telegram += usize::from(last.is_some_and(|last| last != bit));
            last = Some(bit);
            let record = |quantity, number, unit, c| Record {
                obis: Some(metering::Obis::new(6, 0, c, 0, 0)),
                ..Record::new(quantity, Decimal::from(number), unit)
            };
            let records = match telegram {
                0 => [record(metering::Quantity::Energy, 54_321_000, metering::Unit::WattHour, 1)],
                _ => [record(metering::Quantity::Volume, 88, metering::Unit::CubicMetre, 2)],
            };
            let status = Status { access: 1, status: 0, configuration: 0 };
            vec![protocols::mbus::encode::response(5, identity, status, &records, telegram == 0).unwrap()]
        }
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn meters_on_serial_lines_are_read_whatever_the_line_does() {
    let Some(mut door) = FrontDoor::new().await else { return };
    let electricity = concentrator(dlt645_meter()).await;
    let water = concentrator(cjt188_meters).await;
    let heat = concentrator(mbus_meter()).await;
    let exchanged = concentrator(mbus_meter()).await;
    let dead = concentrator(|_| Vec::new()).await;
    let add = "insert into meters (serial, medium, protocol, address) values
               ('E1', 'electricity', 'dlt645-2007', '000000000017'), ('W1', 'water', 'cjt188', '22222222222222'),
               ('H1', 'heat', 'mbus', '12345678'), ('H2', 'heat', 'mbus', '87654321'), ('D1', 'water', 'cjt188', '33333333333333')";
    door.client().await.execute(add, &[]).await.unwrap();
    door.import(
        "lines",
        &format!(
            "code,kind,host,port,interval_s,timeout_ms\nE,dlt645-tcp,127.0.0.1,{electricity},3600,400\n\
             W,cjt188-tcp,127.0.0.1,{water},3600,400\nH,mbus-tcp,127.0.0.1,{heat},3600,400\n\
             X,mbus-tcp,127.0.0.1,{exchanged},3600,400\nD,cjt188-tcp,127.0.0.1,{dead},3600,400\n"
        ),
    );
    door.import(
        "devices",
        "line,unit,serial\nE,000000000017,E1\nW,22222222222222,W1\nH,12345678,H1\nX,5,H2\nD,33333333333333,D1\n",
    );
    door.start().await;
    let expected = [
        "E1,1-0:1.8.0,123456.78",
        "E1,1-0:1.8.1,100000",
        "E1,1-0:1.8.2,23456.78",
        "E1,1-0:2.8.0,0.05",
        "H1,6-0:1.0.0,54321",
        "H1,6-0:2.0.0,88",
        "W1,8-0:1.0.0,321.09",
    ];
    let readings = || -> Vec<String> {
        let rows = door.csv(&["readings", "export"]);
        let mut rows: Vec<String> = rows
            .iter()
            .map(|row| format!("{},{},{}", row["serial"], row["register"], row["value"]))
            .collect();
        rows.sort();
        rows
    };
    eventually("every meter that answers has been read", Duration::from_secs(30), async || {
        readings().len() >= expected.len() && door.counts()[3] >= 2
    })
    .await;
    assert_eq!(readings(), expected);
    // The registers of one poll have one time.
    let rows = door.csv(&["readings", "export", "--serial", "E1"]);
    assert!(rows.iter().all(|row| row["time"] == rows[0]["time"]), "{rows:?}");
    // The dead meter has held up nobody else, and is given up in its time.
    let http = door.http().await;
    eventually("the polls are counted", Duration::from_secs(20), async || {
        let page = http::get(&http, "/metrics").await.1;
        ["line=\"D\",outcome=\"failed\"", "line=\"E\",outcome=\"answered\""]
            .iter()
            .all(|told| page.contains(told))
    })
    .await;
    // Where another meter hangs than the one that is expected, its readings are nobody's.
    let [_, duplicate, conflict, rejected] = door.counts();
    assert_eq!((duplicate, conflict, rejected), (0, 0, 2));
    let rejections = door.output(&["rejections", "list"]);
    assert!(rejections.contains("the channel names 87654321, the frame 12345678"), "{rejections}");
}

/// A device of a Modbus line: an image of a register map. It answers its first request too late, refuses from its second
/// request on where it is told to, and sends what it sends in two pieces.
fn modbus_meter(is_rtu: bool, refuses: bool) -> impl FnMut(&[u8]) -> Vec<Vec<u8>> + Send + 'static {
    let map = protocols::modbus::builtin("eastron-sdm120").unwrap();
    let mut image = Image::new(map);
    let energy = Register::Obis(metering::Obis::ELECTRICITY_IMPORT);
    image.set(energy, "4321.5".parse().unwrap()).unwrap();
    let mut requests = 0;
    move |heard| {
        requests += 1;
        let unit_at = if is_rtu { 0 } else { 6 };
        let &[unit, function, s1, s0, c1, c0, ..] = &heard[unit_at..] else { return Vec::new() };
        let (start, count) = (u16::from_be_bytes([s1, s0]), u16::from_be_bytes([c1, c0]));
        let registers = image.read(function, start, count).filter(|_| !refuses);
        let mut answer = match (is_rtu, registers) {
            (true, Some(registers)) => encode_answer(unit, function, &registers),
            (true, None) => encode_exception(unit, function, 2),
            (false, Some(registers)) => encode_tcp_answer(0, unit, function, &registers),
            (false, None) => encode_tcp_exception(0, unit, function, 2),
        };
        if !is_rtu {
            answer[..2].copy_from_slice(&heard[..2]);
        }
        if requests == 1 {
            std::thread::sleep(Duration::from_millis(400));
        }
        let (first, second) = answer.split_at(5);
        vec![first.to_vec(), second.to_vec()]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn modbus_meters_are_read_whatever_they_answer() {
    let Some(mut door) = FrontDoor::new().await else { return };
    let tcp = concentrator(modbus_meter(false, false)).await;
    let rtu = concentrator(modbus_meter(true, false)).await;
    let refusing = concentrator(modbus_meter(true, true)).await;
    let add = "insert into meters (serial, medium, protocol, address) values
               ('T1', 'electricity', 'modbus-tcp', '1'), ('R1', 'electricity', 'modbus-rtu', '2'), ('X1', 'electricity', 'modbus-rtu', '3')";
    door.client().await.execute(add, &[]).await.unwrap();
    door.import(
        "lines",
        &format!(
            "code,kind,host,port,interval_s,timeout_ms\nT,modbus-tcp,127.0.0.1,{tcp},1,200\n\
             R,modbus-rtu-tcp,127.0.0.1,{rtu},1,200\nX,modbus-rtu-tcp,127.0.0.1,{refusing},1,200\n"
        ),
    );
    door.import(
        "devices",
        "line,unit,serial,profile\nT,1,T1,eastron-sdm120\nR,2,R1,eastron-sdm120\nX,3,X1,eastron-sdm120\n",
    );
    door.start().await;
    let energies = || -> BTreeSet<String> {
        let rows = door.csv(&["readings", "export"]);
        let energy = rows.iter().filter(|row| row["register"] == "1-0:1.8.0");
        energy.map(|row| format!("{} {}", row["serial"], row["value"])).collect()
    };
    let expected = BTreeSet::from(["R1 4321.5".to_owned(), "T1 4321.5".to_owned()]);
    eventually("both meters that answer have been read", Duration::from_secs(30), async || {
        energies() == expected
    })
    .await;
    let http = door.http().await;
    eventually("failed and answered polls are counted", Duration::from_secs(20), async || {
        let page = http::get(&http, "/metrics").await.1;
        [
            "\"R\",outcome=\"failed\"",
            "\"R\",outcome=\"answered\"",
            "\"T\",outcome=\"failed\"",
            "\"X\",outcome=\"failed\"",
        ]
        .iter()
        .all(|counted| page.contains(counted))
    })
    .await;
    // Late answers and exceptions are no frames.
    let [_, _, conflict, rejected] = door.counts();
    assert_eq!((conflict, rejected), (0, 0));
    assert_eq!(energies(), expected);
}
