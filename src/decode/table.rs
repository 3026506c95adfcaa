//! A frame for people: its bytes, and beside them what they mean.
//!
//! Each part stands on a line of its own with its meaning ([`super::parts`]). What was refused has no parts: its bytes
//! stand sixteen in a row above the reason.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use documents::terminal::{self, Side, printable};
use protocols::anatomy::Anatomy;
use protocols::{Answer, Decoded, Format, Frame, Record, Value};

use super::parts::{View, is_text};
use metering::Language;

/// The bytes of a buffer and what was read of them, for a terminal.
pub(super) struct Table<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) decoded: &'a Decoded,
    pub(super) anatomy: Anatomy<'a>,
    pub(super) language: Language,
    pub(super) coloured: bool,
}

/// DL/T 645-2007, the error word, bit 0 first.
const REFUSALS: [(&str, &str); 7] = [
    ("other error", "其他错误"),
    ("no such data", "无请求数据"),
    ("wrong password or not authorised", "密码错或未授权"),
    ("the baud rate cannot be changed", "通信速率不能更改"),
    ("too many yearly zones", "年时区数超"),
    ("too many daily slots", "日时段数超"),
    ("too many tariffs", "费率数超"),
];

/// Modbus application protocol V1.1b3, clause 7.
const EXCEPTIONS: [(u8, &str, &str); 5] = [
    (1, "illegal function", "非法功能码"),
    (2, "illegal address", "非法地址"),
    (3, "illegal value", "非法数值"),
    (4, "device failure", "设备故障"),
    (6, "device busy", "设备忙"),
];

const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = match self.decoded {
            Decoded::One(result) => std::slice::from_ref(result),
            Decoded::Many(results) => results,
        };
        if self.anatomy.parts.is_empty() {
            self.dump(f)?;
        }
        let view = View::new(self, results);
        for (index, result) in results.iter().enumerate() {
            if index > 0 || self.anatomy.parts.is_empty() {
                writeln!(f)?;
            }
            match result {
                Ok(frame) => {
                    self.head(f, frame)?;
                    view.frame(f, index)?;
                    self.notes(f, frame)?;
                }
                Err(error) => {
                    view.frame(f, index)?;
                    self.paint(f, RED, &self.word(error.kind.name()))?;
                    writeln!(f, ": {}", printable(&error.to_string()))?;
                }
            }
        }
        view.footnote(f)
    }
}

impl Table<'_> {
    /// A name of the closed lists, in the reader's language.
    fn word<'n>(&self, name: &'n str) -> Cow<'n, str> {
        documents::word(self.language, name)
    }

    /// Sixteen bytes a row; the byte of an error is red, that of a warning yellow.
    fn dump(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marks = self.marks();
        for (row, bytes) in self.bytes.chunks(16).enumerate() {
            write!(f, "{:04x}  ", row * 16)?;
            for column in 0..16 {
                match bytes.get(column) {
                    Some(byte) => {
                        let colour = marks.get(&(row * 16 + column)).copied().unwrap_or_default();
                        self.paint(f, colour, &format!("{byte:02x}"))?;
                    }
                    None => f.write_str("  ")?,
                }
                f.write_str(if column == 7 { "  " } else { " " })?;
            }
            let text: String =
                bytes.iter().map(|b| if b.is_ascii_graphic() { char::from(*b) } else { '.' }).collect();
            writeln!(f, " {text}")?;
        }
        Ok(())
    }

    /// The colours of the bytes that errors and warnings name.
    pub(super) fn marks(&self) -> HashMap<usize, &'static str> {
        let results = match self.decoded {
            Decoded::One(result) => std::slice::from_ref(result),
            Decoded::Many(results) => results,
        };
        let mut marks = HashMap::new();
        for result in results {
            match result {
                Ok(frame) => marks.extend(frame.warnings.iter().map(|warning| (warning.offset, YELLOW))),
                Err(error) => {
                    marks.insert(error.offset, RED);
                }
            }
        }
        marks
    }

    pub(super) fn paint(&self, f: &mut fmt::Formatter<'_>, colour: &str, text: &str) -> fmt::Result {
        if self.coloured && !colour.is_empty() {
            write!(f, "{colour}{text}{PLAIN}")
        } else {
            f.write_str(text)
        }
    }

    /// Format and device.
    fn head(&self, f: &mut fmt::Formatter<'_>, frame: &Frame) -> fmt::Result {
        let device = &frame.device;
        self.paint(f, BOLD, frame.format.name())?;
        let facts = [
            (self.language.pick("address", "地址"), device.address.as_ref().map(ToString::to_string)),
            (self.language.pick("maker", "厂家"), device.manufacturer.as_ref().map(ToString::to_string)),
            (
                self.language.pick("medium", "介质"),
                device.medium.map(|medium| self.word(medium.name()).into_owned()),
            ),
            (self.language.pick("version", "版本"), device.version.map(|version| version.to_string())),
            (self.language.pick("access number", "访问号"), device.access.map(|access| access.to_string())),
        ];
        for (name, fact) in facts {
            if let Some(fact) = fact {
                write!(f, "  {name} {}", printable(&fact))?;
            }
        }
        writeln!(f)
    }

    /// Events, warnings, answer, and what the maker keeps to itself.
    fn notes(&self, f: &mut fmt::Formatter<'_>, frame: &Frame) -> fmt::Result {
        for event in &frame.events {
            let (kind, severity) = (self.word(event.kind.name()), self.word(event.severity.name()));
            writeln!(f, "  {}: {kind} ({severity})", self.language.pick("event", "事件"))?;
        }
        for warning in &frame.warnings {
            let name = self.language.pick("warning", "警告");
            self.paint(f, YELLOW, &format!("  {name}: {}", self.word(warning.kind.name())))?;
            let text = std::str::from_utf8(&warning.bytes).ok().filter(|_| is_text(frame.format, self.bytes));
            match text {
                // A field is known by its name.
                Some(text) if warning.offset == 0 => writeln!(f, " {}", text.escape_debug())?,
                Some(text) => writeln!(f, " @{:04x} {}", warning.offset, text.escape_debug())?,
                None => writeln!(f, " @{:04x} {}", warning.offset, hex::encode(&warning.bytes))?,
            }
        }
        if let Some(answer) = &frame.answer {
            let text = match answer {
                Answer::Request => self.language.pick("request", "请求").to_owned(),
                Answer::Error(code) => {
                    let why = self.refusal(frame.format, code);
                    format!("{} {code}{why}", self.language.pick("error answer", "异常应答"))
                }
                Answer::Ack => self.language.pick("acknowledgement", "确认").to_owned(),
            };
            writeln!(f, "  {text}")?;
        }
        if let Some(data) = &frame.manufacturer_data {
            writeln!(f, "  {}: {}", self.language.pick("maker's data", "厂家数据"), hex::encode(data))?;
        }
        Ok(())
    }

    /// Why a meter refuses, where the standard's codes tell: the error word of DL/T 645 (a bit each), a Modbus
    /// exception.
    fn refusal(&self, format: Format, code: &str) -> String {
        let Ok(code) = u8::from_str_radix(code, 16) else { return String::new() };
        let names: Vec<&str> = match format {
            Format::Dlt645V2007 => REFUSALS
                .iter()
                .enumerate()
                .filter(|(bit, _)| code >> bit & 1 == 1)
                .map(|(_, (en, zh))| self.language.pick(en, zh))
                .collect(),
            Format::ModbusRtu | Format::ModbusTcp => {
                let names = EXCEPTIONS.iter().filter(|(number, ..)| *number == code);
                names.map(|(_, en, zh)| self.language.pick(en, zh)).collect()
            }
            _ => Vec::new(),
        };
        if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
    }

    /// A line a record, in columns.
    pub(super) fn lines(&self, records: &[Record]) -> Vec<String> {
        let mut rows: Vec<[String; 4]> = records.iter().map(|record| self.row(record)).collect();
        // The points of the numbers need not stand below each other, their units do.
        let widths = records.iter().map(|record| terminal::width(&value(record)));
        let widest = widths.filter(|width| *width <= LONG).max().unwrap_or(0);
        for (row, record) in rows.iter_mut().zip(records) {
            let blanks = widest.saturating_sub(terminal::width(&value(record)));
            row[2].insert_str(0, &" ".repeat(blanks));
        }
        terminal::lines(&rows, &[Side::Left; 4], LONG)
    }

    /// Register, quantity, value with its unit, and what is out of the ordinary.
    fn row(&self, record: &Record) -> [String; 4] {
        let mut rest = Vec::new();
        if record.state != protocols::State::Valid {
            rest.push(self.word(record.state.name()).into_owned());
        }
        if let Some(time) = record.time {
            rest.push(time.to_string());
        }
        if let Some(precision) = record.precision {
            rest.push(precision.name().to_owned());
        }
        [
            record.register().to_string(),
            self.word(record.quantity.name()).into_owned(),
            format!("{} {}", value(record), record.unit.map(|unit| unit.to_string()).unwrap_or_default()),
            rest.join(" "),
        ]
    }
}

/// A text longer than this shall not push every other value away.
const LONG: usize = 40;

fn value(record: &Record) -> String {
    match &record.value {
        Value::None => "-".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => printable(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use protocols::mbus::{Identity, Status};
    use protocols::{Options, decode};

    use super::*;

    fn shown(format: Format, bytes: &[u8], options: &Options<'_>, language: Language) -> String {
        let decoded = decode(format, bytes, options);
        let anatomy = protocols::dissect(bytes, Some(format), &decoded, options);
        Table { bytes, decoded: &decoded, anatomy, language, coloured: false }.to_string()
    }

    #[test]
    fn every_name_of_the_closed_lists_has_its_word() {
        let names = protocols::WarningKind::ALL
            .iter()
            .map(|kind| kind.name())
            .chain(protocols::ErrorKind::ALL.iter().map(|kind| kind.name()))
            .chain(["maximum", "minimum", "instantaneous", "absent", "error", "unknown"]);
        for name in names {
            assert!(!documents::word(Language::Zh, name).is_ascii(), "{name}");
        }
    }

    #[test]
    fn a_frame_does_not_command_the_terminal() {
        let hostile = "\u{1b}[31m\u{202e}";
        let bytes = format!(
            r#"{{"address":"a{hostile}","registers":{{"x{hostile}":"1"}},"y{hostile}":"{hostile}"}}"#
        );
        let text = shown(Format::Json, bytes.as_bytes(), &Options::default(), Language::En);
        assert!(!text.contains(|c| c != '\n' && metering::text::is_hidden(c)), "{text:?}");
    }

    #[test]
    fn a_document_has_each_field_beside_what_it_means() {
        let bytes = br#"{"address":"7","registers":{"8-0:1.0.0":"12.50"},"status":["leak"],"x":1}"#;
        let text = shown(Format::Json, bytes, &Options::default(), Language::Zh);
        for part in [
            "json  地址 7\n0000  {\n",
            "0001  \"address\":\"7\",                        地址\n",
            "001c  \"8-0:1.0.0\":\"12.50\"},                 8-0:1.0.0  累计流量  12.50 m3\n",
            "  事件: 漏水 (警告)\n",
            "  警告: 未知字段 x\n",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn a_document_shows_the_frame_that_it_carries() {
        let frame = "6811111111111168910833333433ab896745".to_owned();
        let sum = hex::decode(&frame).unwrap().iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        let push = format!(
            r#"[{{"deviceId":"a","tenantId":"1","payload":{{"APPdata":"{frame}{sum:02x}16"}}}},
                {{"deviceId":"b","tenantId":"1","payload":{{"total_m3":1.5}}}}]"#
        );
        let text = shown(Format::Ctwing, push.as_bytes(), &Options::default(), Language::En);
        for part in [
            "\n    dlt645-2007\n    0000  68 ",
            "    000e  ab 89 67 45                           1-0:1.8.0                             energy          123456.78 kWh\n",
            "\n\nctwing  address b\n",
            "\"total_m3\":1.5}}]                     x:volume.instantaneous.0.0.0  volume  1.5 m3\n",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
    }

    #[test]
    fn frames_of_one_buffer_stand_one_behind_the_other() {
        let text = shown(
            Format::Mbus,
            &[0xE5, 0x10, 0x5B, 0x01, 0x5C, 0x16, 0xE5],
            &Options::default(),
            Language::En,
        );
        let heads: Vec<_> = text.lines().filter(|line| line.starts_with("mbus")).collect();
        assert_eq!(heads.len(), 3, "{text}");
        assert!(text.contains("0001  10 ") && text.contains("0006  e5 "), "{text}");
    }

    #[test]
    fn a_frame_of_fields_has_its_bytes_beside_what_they_mean() {
        let bytes = [
            0x68, 0x0E, 0x0E, 0x68, 0x08, 0x01, 0x7A, 0x05, 0x00, 0x00, 0x00, 0x0C, 0x13, 0x78, 0x56, 0x34,
            0x12, 0x0F, 0xCA, 0x16,
        ];
        let text = shown(Format::Mbus, &bytes, &Options::default(), Language::En);
        for part in [
            "0000  68 0e 0e 68                           start\n",
            "0007  05 00 00 00                           access number, status, configuration\n",
            "000b  0c 13 78 56 34 12                     x:volume.instantaneous.0.0.0  volume  12345.678 m3\n",
            "0011  0f                                    maker's data\n",
            "0012  ca                                    check\n",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
    }

    /// SND_NR of a water meter with the checks of format A, in mode 5 under the key 07 × 16.
    fn radio() -> Vec<u8> {
        let identity =
            Identity { id: [0x78, 0x56, 0x34, 0x12], manufacturer: 0x2C2D, version: 27, medium: 7 };
        let status = Status { access: 42, status: 0, configuration: 0 };
        let volume = Record {
            obis: Some(metering::Obis::COLD_WATER),
            ..Record::new(
                metering::Quantity::Volume,
                rust_decimal::Decimal::new(1_234_567, 3),
                metering::Unit::CubicMetre,
            )
        };
        protocols::wmbus::encode::telegram(identity, status, &[volume], Some(&[7; 16])).unwrap()
    }

    #[test]
    fn a_radio_telegram_has_its_clear_bytes_beside_what_they_mean() {
        let bytes = radio();
        let options = Options { key: Some(&[7; 16]), ..Options::default() };
        let text = shown(Format::Wmbus, &bytes, &options, Language::En);
        for part in [
            "0002  2d 2c 78 56 34 12 1b 07               identification, maker, version, medium\n",
            "000a  ",
            "0011* 2f 2f                                 filler\n",
            "volume  1234.567 m3\n",
            "* deciphered; ",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
        let text = shown(Format::Wmbus, &bytes, &Options::default(), Language::Zh);
        for part in ["未解密的数据\n", "缺密钥"] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
    }

    #[test]
    fn a_telegram_of_lines_has_each_line_beside_what_it_means() {
        let bytes = b"/ISk5\\2MT382-1003\r\n\r\n0-0:96.1.1(4B384547)\r\n1-0:1.8.1(00012.345*kWh)\r\n!\r\n";
        let text = shown(Format::P1, bytes, &Options::default(), Language::En);
        for part in ["/ISk5\\2MT382-1003", "1-0:1.8.1(00012.345*kWh)", "energy            12.345 kWh\n"] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let bytes = [0x68, 0x21, 0x43, 0x65, 0x87, 0x09, 0x00, 0x68, 0xD1, 0x01, 0x35, 0x30, 0x16];
        let text = shown(Format::Dlt645V2007, &bytes, &Options::default(), Language::Zh);
        assert!(text.contains("异常应答 02: 无请求数据"), "{text}");
    }

    #[test]
    fn the_byte_of_an_error_is_marked() {
        let bytes = b"{]";
        let decoded = decode(Format::Json, bytes, &Options::default());
        let anatomy = Anatomy::default();
        let text =
            Table { bytes, decoded: &decoded, anatomy, language: Language::En, coloured: true }.to_string();
        assert!(text.contains(&format!("7b {RED}5d{PLAIN}")), "{text:?}");
        assert!(text.contains("structure"), "{text:?}");
    }
}
