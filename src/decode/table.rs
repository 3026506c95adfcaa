//! A frame for people: its bytes with their offsets, and under them what they mean.

use std::fmt;

use protocols::{Answer, DecodeError, Decoded, Frame, Record, Value};

use crate::cli::Language;

/// The bytes of a buffer and what was read of them, for a terminal.
pub(super) struct Table<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) decoded: &'a Decoded,
    pub(super) language: Language,
    pub(super) coloured: bool,
}

const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dump(f)?;
        match self.decoded {
            Decoded::One(result) => self.result(f, result),
            Decoded::Many(results) => results.iter().try_for_each(|result| self.result(f, result)),
        }
    }
}

impl Table<'_> {
    /// Sixteen bytes a row; the byte of an error is red, that of a warning yellow.
    fn dump(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marks = self.marks();
        for (row, bytes) in self.bytes.chunks(16).enumerate() {
            write!(f, "{:04x}  ", row * 16)?;
            for column in 0..16 {
                match bytes.get(column) {
                    Some(byte) => {
                        let mark = marks.iter().find(|(offset, _)| *offset == row * 16 + column);
                        let colour = mark.map_or("", |(_, colour)| colour);
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

    fn marks(&self) -> Vec<(usize, &'static str)> {
        let mark = |result: &Result<Frame, DecodeError>| match result {
            Ok(frame) => frame.warnings.iter().map(|warning| (warning.offset, YELLOW)).collect(),
            Err(error) => vec![(error.offset, RED)],
        };
        match self.decoded {
            Decoded::One(result) => mark(result),
            Decoded::Many(results) => results.iter().flat_map(mark).collect(),
        }
    }

    fn paint(&self, f: &mut fmt::Formatter<'_>, colour: &str, text: &str) -> fmt::Result {
        if self.coloured && !colour.is_empty() {
            write!(f, "{colour}{text}{PLAIN}")
        } else {
            f.write_str(text)
        }
    }

    fn result(&self, f: &mut fmt::Formatter<'_>, result: &Result<Frame, DecodeError>) -> fmt::Result {
        writeln!(f)?;
        match result {
            Ok(frame) => self.frame(f, frame),
            Err(error) => {
                self.paint(f, RED, error.kind.name())?;
                writeln!(f, ": {error}")
            }
        }
    }

    fn frame(&self, f: &mut fmt::Formatter<'_>, frame: &Frame) -> fmt::Result {
        let device = &frame.device;
        self.paint(f, BOLD, frame.format.name())?;
        let facts = [
            (self.language.pick("address", "地址"), device.address.as_ref().map(ToString::to_string)),
            (self.language.pick("maker", "厂家"), device.manufacturer.as_ref().map(ToString::to_string)),
            (self.language.pick("medium", "介质"), device.medium.map(|medium| medium.to_string())),
            (self.language.pick("version", "版本"), device.version.map(|version| version.to_string())),
            (self.language.pick("access number", "访问号"), device.access.map(|access| access.to_string())),
        ];
        for (name, fact) in facts {
            if let Some(fact) = fact {
                write!(f, "  {name} {fact}")?;
            }
        }
        writeln!(f)?;
        Self::records(f, &frame.records)?;
        for event in &frame.events {
            writeln!(f, "  {}: {} ({})", self.language.pick("event", "事件"), event.kind, event.severity)?;
        }
        for warning in &frame.warnings {
            let name = self.language.pick("warning", "警告");
            self.paint(f, YELLOW, &format!("  {name}: {}", warning.kind.name()))?;
            writeln!(f, " @{:04x} {}", warning.offset, hex::encode(&warning.bytes))?;
        }
        if let Some(answer) = &frame.answer {
            let text = match answer {
                Answer::Request => self.language.pick("request", "请求").to_owned(),
                Answer::Error(code) => format!("{} {code}", self.language.pick("error answer", "异常应答")),
                Answer::Ack => self.language.pick("acknowledgement", "确认").to_owned(),
            };
            writeln!(f, "  {text}")?;
        }
        if let Some(data) = &frame.manufacturer_data {
            writeln!(f, "  {}: {}", self.language.pick("maker's data", "厂家数据"), hex::encode(data))?;
        }
        Ok(())
    }

    fn records(f: &mut fmt::Formatter<'_>, records: &[Record]) -> fmt::Result {
        let rows: Vec<[String; 5]> = records.iter().map(row).collect();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths = [width(0), width(1), width(2), width(3)];
        for [register, quantity, value, unit, rest] in &rows {
            let [a, b, c, d] = widths;
            let line = format!("  {register:<a$}  {quantity:<b$}  {value:>c$} {unit:<d$}  {rest}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Register, quantity, value, unit, and what is out of the ordinary.
fn row(record: &Record) -> [String; 5] {
    let mut rest = Vec::new();
    if record.state != protocols::State::Valid {
        rest.push(record.state.name().to_owned());
    }
    if let Some(time) = record.time {
        rest.push(time.to_string());
    }
    if let Some(precision) = record.precision {
        rest.push(precision.name().to_owned());
    }
    [
        record.register().to_string(),
        record.quantity.to_string(),
        match &record.value {
            Value::None => "-".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.to_string(),
        },
        record.unit.map(|unit| unit.to_string()).unwrap_or_default(),
        rest.join(" "),
    ]
}

#[cfg(test)]
mod tests {
    use protocols::{Format, Options, decode};

    use super::*;

    #[test]
    fn the_bytes_stand_above_what_they_mean() {
        let bytes = br#"{"address":"7","registers":{"8-0:1.0.0":"12.50"},"status":["leak"],"x":1}"#;
        let decoded = decode(Format::Json, bytes, &Options::default());
        let text = Table { bytes, decoded: &decoded, language: Language::Zh, coloured: false }.to_string();
        for part in [
            "0040  22 5d",
            "json  地址 7\n",
            "  8-0:1.0.0  volume  12.50 m3\n",
            "  事件: leak (warning)\n",
            "unknown_field",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn the_byte_of_an_error_is_marked() {
        let bytes = b"{]";
        let decoded = decode(Format::Json, bytes, &Options::default());
        let text = Table { bytes, decoded: &decoded, language: Language::En, coloured: true }.to_string();
        assert!(text.contains(&format!("7b {RED}5d{PLAIN}")), "{text:?}");
        assert!(text.contains("structure"), "{text:?}");
    }
}
