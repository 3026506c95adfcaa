//! A frame or two of every format, written here byte by byte from the standards or by our own encoders: the
//! starting points of the shared test, of the noise generator and of the fuzzers' corpora.

use protocols::cjt188::{self, Address, DiOrder, MeterType};
use protocols::mbus::encode::EncodeError;
use protocols::mbus::{Identity, Status};
use protocols::{Decoded, Format, Options, Record, decode, wmbus};

/// A frame and what its decoder needs besides it.
pub(crate) struct Sample {
    /// Its format.
    pub(crate) format: Format,
    /// What it is, as a file name.
    pub(crate) name: &'static str,
    /// The frame.
    pub(crate) bytes: Vec<u8>,
    /// The key of an encrypted frame.
    pub(crate) key: Option<Vec<u8>>,
    /// Earlier frames of the same meter that its decoder needs.
    pub(crate) prior: Vec<Vec<u8>>,
    /// The profile that its decoder needs.
    pub(crate) profile: Option<&'static str>,
    /// How many bytes at the end carry nothing: line ends.
    pub(crate) slack: usize,
    /// Whether a check covers every bit before the slack.
    pub(crate) is_checked: bool,
    /// Whether a prefix can be told from the whole.
    pub(crate) has_end: bool,
}

impl Sample {
    fn new(format: Format, name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            format,
            name,
            bytes: bytes.into(),
            key: None,
            prior: Vec::new(),
            profile: None,
            slack: 0,
            is_checked: false,
            has_end: true,
        }
    }

    fn checked(self) -> Self {
        Self { is_checked: true, ..self }
    }

    fn with_profile(self, profile: &'static str) -> Self {
        Self { profile: Some(profile), ..self }
    }

    /// The options that read it.
    pub(crate) fn options(&self) -> Options<'_> {
        let start = matches!(self.format, Format::ModbusRtu | Format::ModbusTcp).then_some(0);
        Options {
            key: self.key.as_deref(),
            prior: &self.prior,
            profile: self.profile,
            start,
            ..Options::default()
        }
    }
}

/// Every sample.
pub(crate) fn samples() -> Vec<Sample> {
    let mut all = meters();
    all.extend(telegrams());
    all.extend(documents());
    all
}

/// Frames of the wire.
fn meters() -> Vec<Sample> {
    vec![
        Sample::new(Format::Mbus, "long", long_frame(&MBUS_HEADER_AND_RECORDS)).checked(),
        Sample { key: Some(vec![7; 16]), ..Sample::new(Format::Mbus, "mode-5", wired_mode_5()).checked() },
        Sample::new(Format::Mbus, "short", summed(&[0x10, 0x5B, 0x01], 1)).checked(),
        Sample::new(Format::Wmbus, "format-a", format_a(&WMBUS)).checked(),
        Sample::new(Format::Wmbus, "without-crc", WMBUS),
        Sample { key: Some(vec![7; 16]), ..Sample::new(Format::Wmbus, "mode-5", mode_5()).checked() },
        Sample {
            prior: vec![WMBUS.to_vec()],
            ..Sample::new(Format::Wmbus, "compact", format_a(&compact())).checked()
        },
        Sample::new(Format::Wmbus, "driver", format_a(&ALLOCATOR)).checked(),
        Sample::new(
            Format::Dlt645V2007,
            "energy",
            dlt645(0x91, &[0x00, 0x00, 0x01, 0x00, 0x78, 0x56, 0x34, 0x12]),
        )
        .checked(),
        Sample::new(Format::Dlt645V2007, "error", dlt645(0xD1, &[0x02])).checked(),
        Sample::new(Format::Dlt645V1997, "energy", dlt645(0x81, &[0x10, 0x90, 0x78, 0x56, 0x34, 0x12]))
            .checked(),
        Sample::new(Format::Cjt188, "water", water()).checked(),
        Sample::new(Format::Cjt188, "heat", heat()).checked(),
        Sample::new(Format::Cjt188VendorPush, "half-hours", half_hours()).checked(),
        Sample::new(Format::Cat1NbPush, "report", cat1()).checked(),
        Sample::new(
            Format::ModbusRtu,
            "floats",
            protocols::modbus::encode_answer(1, 4, &[0x4366, 0x3333, 0, 0]),
        )
        .checked()
        .with_profile("eastron-sdm120"),
        Sample::new(Format::ModbusRtu, "exception", protocols::modbus::encode_exception(1, 4, 2))
            .checked()
            .with_profile("eastron-sdm120"),
        Sample::new(
            Format::ModbusTcp,
            "floats",
            protocols::modbus::encode_tcp_answer(7, 1, 4, &[0x4366, 0x3333, 0, 0]),
        )
        .with_profile("eastron-sdm120"),
        Sample::new(Format::ModbusTcp, "exception", protocols::modbus::encode_tcp_exception(7, 1, 4, 2))
            .with_profile("eastron-sdm120"),
    ]
}

/// Telegrams and notifications.
fn telegrams() -> Vec<Sample> {
    let information = [&[0xE6, 0xE7, 0x00], NOTIFICATION].concat();
    let (head, tail) = information.split_at(20);
    let segmented = [hdlc(head, true), hdlc(tail, false)].concat();
    let (first, last) = NOTIFICATION.split_at(30);
    let in_two_frames = [
        long_frame(&[&[0x53, 0xFF, 0x00, 0x01, 0x67], first].concat()),
        long_frame(&[&[0x53, 0xFF, 0x11, 0x01, 0x67], last].concat()),
    ];
    vec![
        Sample { slack: 2, ..Sample::new(Format::P1, "version-5", p1()).checked() },
        Sample { slack: 2, ..Sample::new(Format::P1, "version-3", P1_V3) },
        Sample::new(Format::DlmsPush, "apdu", NOTIFICATION),
        Sample::new(Format::DlmsPush, "hdlc", hdlc(&information, false)).checked(),
        Sample::new(Format::DlmsPush, "hdlc-segmented", segmented).checked(),
        Sample::new(Format::DlmsPush, "blocks", [block(0x40, 1, first), block(0xC0, 2, last)].concat()),
        Sample::new(
            Format::DlmsPush,
            "mbus",
            long_frame(&[&[0x53, 0xFF, 0x10, 0x01, 0x67], NOTIFICATION].concat()),
        )
        .checked(),
        Sample::new(Format::DlmsPush, "mbus-segmented", in_two_frames.concat()).checked(),
        Sample::new(Format::SenmlCbor, "pack", SENML_CBOR),
        Sample { has_end: false, ..Sample::new(Format::Lwm2m, "water", LWM2M_WATER).with_profile("/3424/0") },
        Sample { has_end: false, ..Sample::new(Format::Lwm2m, "opaque", LWM2M_OPAQUE).with_profile("/19/0") },
        Sample::new(Format::Lwm2m, "senml", r#"[{"bn":"/3331/0/","n":"5700","u":"Wh","v":1234.5}]"#),
    ]
}

/// Documents, some of them around the frames above.
fn documents() -> Vec<Sample> {
    let carried = hex::encode(water());
    let push = |text: String| text.replace("CARRIED", &carried);
    vec![
        Sample::new(Format::SenmlJson, "pack", SENML_JSON),
        Sample::new(Format::Ctwing, "bytes", push(CTWING_BYTES.to_owned())),
        Sample::new(Format::Ctwing, "fields", CTWING_FIELDS),
        Sample::new(Format::Iotda, "property", push(IOTDA.to_owned())),
        Sample::new(Format::Onenet, "stream", ONENET_STREAM),
        Sample::new(Format::Onenet, "model", ONENET_MODEL),
        Sample::new(Format::ChirpstackV4, "up", push(CHIRPSTACK.to_owned())),
        Sample::new(Format::WmbusmetersJson, "heat", WMBUSMETERS),
        Sample::new(Format::Json, "object", PLAIN),
        Sample::new(Format::Json, "array", format!("[{PLAIN},{PLAIN}]")),
    ]
}

/// RSP_UD of a heat meter: energy 1234 kWh, volume 5.678 m3, date-time, a manufacturer's rest.
const MBUS_HEADER_AND_RECORDS: [u8; 38] = [
    0x08, 0x01, 0x72, 0x78, 0x56, 0x34, 0x12, 0x2D, 0x2C, 0x1B, 0x04, 0x0E, 0x00, 0x00, 0x00, 0x04, 0x06,
    0xD2, 0x04, 0x00, 0x00, 0x0C, 0x13, 0x78, 0x56, 0x00, 0x00, 0x04, 0x6D, 0x00, 0x0C, 0xC1, 0x3A, 0x0F,
    0x01, 0x02, 0x03, 0x04,
];

/// SND_NR of a water meter, unencrypted: volume 5.678 m3.
const WMBUS: [u8; 21] = [
    0x14, 0x44, 0x2D, 0x2C, 0x78, 0x56, 0x34, 0x12, 0x1B, 0x07, 0x7A, 0x04, 0x00, 0x00, 0x00, 0x0C, 0x13,
    0x78, 0x56, 0x00, 0x00,
];

/// SND_NR of a heat cost allocator in its maker's own layout: 10 units at 2021-12-31, 7 since, 20 and 30 °C.
const ALLOCATOR: [u8; 25] = [
    0x18, 0x44, 0x68, 0x50, 0x78, 0x56, 0x34, 0x12, 0x69, 0x80, 0xA0, 0x00, 0x9F, 0x2B, 0x0A, 0x00, 0x00,
    0x00, 0x07, 0x00, 0xD0, 0x07, 0xB8, 0x0B, 0x00,
];

/// `[[1-0:1.8.0, 123456, [-1, Wh]], [0-0:96.1.0, "M1"], [0-0:1.0.0, 2026-10-25T02:30 summer]]`.
const NOTIFICATION: &[u8] = &[
    0x0F, 0x00, 0x00, 0x00, 0x01, 0x00, 0x02, 0x03, 0x02, 0x03, 0x09, 0x06, 0x01, 0x00, 0x01, 0x08, 0x00,
    0xFF, 0x06, 0x00, 0x01, 0xE2, 0x40, 0x02, 0x02, 0x0F, 0xFF, 0x16, 0x1E, 0x02, 0x02, 0x09, 0x06, 0x00,
    0x00, 0x60, 0x01, 0x00, 0xFF, 0x0A, 0x02, 0x4D, 0x31, 0x02, 0x02, 0x09, 0x06, 0x00, 0x00, 0x01, 0x00,
    0x00, 0xFF, 0x09, 0x0C, 0x07, 0xEA, 0x0A, 0x19, 0x07, 0x02, 0x1E, 0x00, 0x00, 0xFF, 0x88, 0x80,
];

/// `[{-2: "a/", 0: "8-0:1.0.0", 1: "m3", 2: 4([-3, 12345])}]`.
const SENML_CBOR: &[u8] = b"\x81\xA4\x21\x62a/\x00\x698-0:1.0.0\x01\x62m3\x02\xC4\x82\x22\x19\x30\x39";

/// 3424: volume 12.5, leak, no backflow, time, quality 4.
const LWM2M_WATER: [u8; 23] = [
    0xC4, 0x01, 0x41, 0x48, 0x00, 0x00, 0xC1, 0x09, 0x01, 0xC1, 0x0B, 0x00, 0xE4, 0x15, 0x8E, 0x6A, 0xBD,
    0x7E, 0x80, 0xE1, 0x17, 0x9A, 0x04,
];

/// 19/0/0: four bytes in a multiple resource.
const LWM2M_OPAQUE: [u8; 8] = [0x86, 0x00, 0x44, 0x00, 0x01, 0x02, 0x03, 0x04];

const P1_V3: &str = "/ABC5\\2\r\n\r\n0-0:96.1.1(414243)\r\n1-0:1.8.1(00123.456*kWh)\r\n\
    0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)\r\n!\r\n";

const SENML_JSON: &str = r#"[{"bn":"urn:dev:ow:10e2:","bt":1276020076,"bu":"A","n":"voltage","u":"V","v":120.1},
    {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.30,"s":1}]"#;
const CTWING_BYTES: &str = r#"{"upPacketSN":-1,"messageType":"dataReport","serviceId":"","deviceId":"40ed",
    "timestamp":1650554828842,"IMSI":"undefined","IMEI":"86259","payload":{"APPdata":"CARRIED"}}"#;
const CTWING_FIELDS: &str = r#"{"tenantId":"1","messageType":"dataReport","deviceId":"40ed","timestamp":1650554828842,
    "payload":{"serviceId":1,"serviceData":{"total_m3":3.50,"battery_v":3.6,"valve":1}}}"#;
const IOTDA: &str = r#"{"resource":"device.property","event":"report","event_time":"20151212T121212Z","notify_data":{
    "header":{"device_id":"d49"},"body":{"services":[{"service_id":"w","properties":{"rawData":"CARRIED"}},
    {"service_id":"b","properties":{"battery_pct":80}}]}}}"#;
const ONENET_STREAM: &str = r#"{"msg":[{"type":1,"dev_id":2016617,"ds_id":"3424_0_1","at":1466133706841,"value":12.25}],
    "msg_signature":"x","nonce":"y"}"#;
const ONENET_MODEL: &str = r#"{"msg":"{\"notifyType\":\"property\",\"deviceName\":\"m1\",\"data\":{\"params\":{\"total_m3\":{\"value\":7,\"time\":1466133706841}}}}","nonce":"y","signature":"z"}"#;
const CHIRPSTACK: &str = r#"{"deduplicationId":"3ac7","time":"2026-10-01T00:00:00.5+00:00","deviceInfo":{"devEui":"0102"},
    "fCnt":10,"fPort":1,"data":"CARRIED","object":{"total_m3":12.0},"rxInfo":[{"rssi":-48,"snr":9.0}]}"#;
const WMBUSMETERS: &str = r#"{"media":"heat","meter":"m","id":"76","total_energy_consumption_kwh":1234.5,
    "max_power_kw":7,"flow_temperature_c":65.1,"status":"DRY OK","timestamp":"2026-10-01T00:00:00Z"}"#;
const PLAIN: &str = r#"{"address":"12345678","time":"2026-10-01T00:00:00+08:00","registers":{"8-0:1.0.0":"123.456"},
    "status":["battery_low"]}"#;

/// Frame, sum over it from `from`, and 16.
fn summed(frame: &[u8], from: usize) -> Vec<u8> {
    let sum = frame[from..].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    [frame, &[sum, 0x16]].concat()
}

fn long_frame(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    summed(&[&[0x68, length, length, 0x68], content].concat(), 4)
}

/// DATA + 33H on the wire.
fn dlt645(control: u8, data: &[u8]) -> Vec<u8> {
    let mut frame =
        vec![0x68, 0x21, 0x43, 0x65, 0x87, 0x09, 0x00, 0x68, control, u8::try_from(data.len()).unwrap()];
    frame.extend(data.iter().map(|byte| byte.wrapping_add(0x33)));
    summed(&frame, 0)
}

fn cjt188_frame(kind: u8, control: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x68, kind, 0x44, 0x33, 0x22, 0x11, 0x00, 0x33, 0x78, control];
    frame.push(u8::try_from(data.len()).unwrap());
    frame.extend(data);
    summed(&frame, 0)
}

fn water() -> Vec<u8> {
    let mut data = vec![0x90, 0x1F, 0x01, 0x78, 0x56, 0x34, 0x12, 0x2C, 0xFF, 0xFF, 0xFF, 0xFF, 0x2C];
    data.extend([0x00, 0x30, 0x02, 0x25, 0x10, 0x26, 0x20, 0x04, 0x00]);
    cjt188_frame(0x10, 0x81, &data)
}

fn heat() -> Vec<u8> {
    let request = cjt188::Request {
        meter_type: MeterType(0x20),
        address: Address::ANY,
        di_order: DiOrder::HighFirst,
        ser: 1,
        preamble: 0,
        command: cjt188::Command::Read(cjt188::CURRENT),
    };
    request.encode()
}

/// Identifier 9097 of a vendor's daily push.
fn half_hours() -> Vec<u8> {
    let mut data = vec![0x90, 0x97, 0x00];
    for unit in [0x2B, 0x2B, 0x2B, 0x2C, 0x35] {
        data.extend([unit, 0x78, 0x56, 0x34, 0x12]);
    }
    data.resize(172, 0x00);
    cjt188_frame(0x10, 0x81, &data)
}

/// Report 03 of a CAT-1 module.
fn cat1() -> Vec<u8> {
    let mut frame =
        vec![0x68, 0x10, 0x44, 0x33, 0x22, 0x11, 0x00, 0x33, 0x78, 0x03, 0x97, 0, 0, 0, 0, 62, 0x03];
    frame.resize(16 + 62, 0x01);
    summed(&frame, 0)
}

/// CRC-16 of EN 13757-4: polynomial 3D65, most significant bit first, inverted.
fn crc_3d65(bytes: &[u8]) -> [u8; 2] {
    let crc = bytes.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { 0x3D65 }
        })
    });
    (!crc).to_be_bytes()
}

/// Frame format A: a block of 10 bytes, then blocks of 16, each with its CRC.
fn format_a(telegram: &[u8]) -> Vec<u8> {
    let (first, rest) = telegram.split_at(10);
    std::iter::once(first)
        .chain(rest.chunks(16))
        .flat_map(|block| [block, &crc_3d65(block)].concat())
        .collect()
}

/// The same meter's next telegram as a compact frame: the CRC of the blocks, that of the records, the data alone.
fn compact() -> Vec<u8> {
    let (head, records) = WMBUS.split_at(15);
    let (blocks, values) = records.split_at(2);
    let crc = |bytes: &[u8]| {
        let [high, low] = crc_3d65(bytes);
        [low, high]
    };
    let mut telegram = [head, &crc(blocks), &crc(records), values].concat();
    (telegram[0], telegram[10], telegram[11]) = (22, 0x7B, 5);
    telegram
}

/// The same meter on a wire: the same header and the same encryption.
fn wired_mode_5() -> Vec<u8> {
    let radio = encrypted(wmbus::encode::bare);
    let identity = [0x78, 0x56, 0x34, 0x12, 0x2D, 0x2C, 0x1B, 0x07];
    long_frame(&[&[0x08, 0x01, 0x72], &identity[..], &radio[11..]].concat())
}

/// The same meter in mode 5.
fn mode_5() -> Vec<u8> {
    encrypted(wmbus::encode::telegram)
}

type Encode = fn(Identity, Status, &[Record], Option<&[u8; 16]>) -> Result<Vec<u8>, EncodeError>;

/// Under a key of sevens.
fn encrypted(encode: Encode) -> Vec<u8> {
    let records = match decode(Format::Wmbus, &WMBUS, &Options::default()) {
        Decoded::One(Ok(clear)) => clear.records,
        _ => Vec::new(),
    };
    let identity = Identity { id: [0x78, 0x56, 0x34, 0x12], manufacturer: 0x2C2D, version: 27, medium: 7 };
    let status = Status { access: 4, status: 0, configuration: 0 };
    encode(identity, status, &records, Some(&[7; 16])).unwrap()
}

fn crc_reflected(polynomial: u16, init: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(init, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { polynomial } else { 0 })
    })
}

/// A block of a general block transfer.
fn block(control: u8, number: u8, part: &[u8]) -> Vec<u8> {
    [&[0xE0, control, 0, number, 0, 0, u8::try_from(part.len()).unwrap()], part].concat()
}

fn hdlc(information: &[u8], is_segmented: bool) -> Vec<u8> {
    let length = u8::try_from(information.len() + 9).unwrap();
    let mut frame = vec![if is_segmented { 0xA8 } else { 0xA0 }, length, 0x41, 0x03, 0x13];
    let check = |frame: &[u8]| (!crc_reflected(0x8408, 0xFFFF, frame)).to_le_bytes();
    frame.extend(check(&frame));
    frame.extend(information);
    frame.extend(check(&frame));
    [&[0x7E], frame.as_slice(), &[0x7E]].concat()
}

fn p1() -> Vec<u8> {
    let lines = [
        "/ABC5\\METER-1",
        "",
        "1-3:0.2.8(50)",
        "0-0:1.0.0(261025023000S)",
        "0-0:96.1.1(414243313233)",
        "1-0:1.8.1(000123.456*kWh)",
        "1-0:99.97.0(1)(0-0:96.7.19)(190326095015W)(0000002014*s)",
        "0-1:24.1.0(003)",
        "0-1:24.2.1(261025022500W)(00046.138*m3)",
        "!",
    ];
    let text = lines.join("\r\n");
    format!("{text}{:04X}\r\n", crc_reflected(0xA001, 0, text.as_bytes())).into_bytes()
}
