//! The parts of a frame, a line each: offset, bytes (of a telegram of lines: its text), meaning.

use std::fmt;

use protocols::anatomy::{Field, Part};
use unicode_width::UnicodeWidthStr as _;

use super::table::Table;

/// Bytes of a line.
const ROW: usize = 12;

/// Columns that the bytes of a line take.
const WIDTH: usize = 3 * ROW;

impl Table<'_> {
    /// Every part; a record's meaning is its line of `lines`. What is longer than a line goes on below.
    pub(super) fn parts(&self, f: &mut fmt::Formatter<'_>, lines: &[String], is_text: bool) -> fmt::Result {
        let parts = &self.anatomy.parts;
        let is_shown = |index| parts.iter().any(|part| part.field == Field::Record(index));
        let below = |f: &mut fmt::Formatter<'_>, line: &str| writeln!(f, "{:6}{:WIDTH$}  {line}", "", "");
        let mut told = None;
        for part in parts {
            let Field::Record(record) = part.field else {
                self.part(f, part, self.field(part.field), is_text)?;
                continue;
            };
            // A check of the radio link may stand inside a record.
            let goes_on = told == Some(record);
            let line = lines.get(record).map_or("", String::as_str);
            self.part(f, part, if goes_on { "…" } else { line }, is_text)?;
            if goes_on {
                continue;
            }
            told = Some(record);
            // A part may have become several records.
            for (_, line) in lines
                .iter()
                .enumerate()
                .skip(record.saturating_add(1))
                .take_while(|(index, _)| !is_shown(*index))
            {
                below(f, line)?;
            }
        }
        // What no part became.
        for (_, line) in lines.iter().enumerate().take_while(|(index, _)| !is_shown(*index)) {
            below(f, line)?;
        }
        if parts.iter().any(|part| part.is_deciphered) {
            let note = self.language.pick(
                "* deciphered with the key; the frame has other bytes at these places",
                "* 已用密钥解密；原帧此处字节不同",
            );
            writeln!(f, "{note}")?;
        }
        Ok(())
    }

    fn part(&self, f: &mut fmt::Formatter<'_>, part: &Part, meaning: &str, is_text: bool) -> fmt::Result {
        let bytes = self.anatomy.bytes.get(part.offset..part.offset + part.len).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) if is_text && !text.contains(|c: char| c.is_control() && !matches!(c, '\r' | '\n')) => {
                Self::text(f, part, text, meaning)
            }
            _ => self.hex(f, part, bytes, meaning),
        }
    }

    fn hex(&self, f: &mut fmt::Formatter<'_>, part: &Part, bytes: &[u8], meaning: &str) -> fmt::Result {
        let marks = self.marks();
        for (row, bytes) in bytes.chunks(ROW).enumerate() {
            let offset = part.offset + row * ROW;
            let meaning = if row == 0 { meaning } else { "" };
            write!(f, "{offset:04x}{}", mark(part))?;
            for column in 0..ROW {
                match bytes.get(column) {
                    Some(byte) => {
                        let mark = marks.iter().find(|(marked, _)| *marked == offset + column);
                        self.paint(f, mark.map_or("", |(_, colour)| colour), &format!(" {byte:02x}"))?;
                    }
                    None if meaning.is_empty() => break,
                    None => f.write_str("   ")?,
                }
            }
            writeln!(f, "{}", format!("   {meaning}").trim_end())?;
        }
        Ok(())
    }

    /// Lines of text, beside the first of which stands what they mean, below it where it is long. Empty lines are left
    /// out.
    fn text(f: &mut fmt::Formatter<'_>, part: &Part, text: &str, meaning: &str) -> fmt::Result {
        let (mut offset, mut meaning) = (part.offset, Some(meaning));
        for whole in text.split_inclusive('\n') {
            let line = whole.trim();
            let begin = format!("{offset:04x}{} ", mark(part));
            offset += whole.len();
            if line.is_empty() {
                continue;
            }
            let meaning = meaning.take().unwrap_or_default();
            if line.width() > WIDTH && !meaning.is_empty() {
                writeln!(f, "{begin}{line}\n{:6}{:WIDTH$}  {meaning}", "", "")?;
            } else {
                let pad = WIDTH.saturating_sub(line.width());
                writeln!(f, "{}", format!("{begin}{line}{:pad$}  {meaning}", "").trim_end())?;
            }
        }
        Ok(())
    }

    fn field(&self, field: Field) -> &'static str {
        let (en, zh) = match field {
            Field::Preamble => ("preamble or noise", "前导或多余字节"),
            Field::Start => ("start", "起始"),
            Field::Control => ("control", "控制码"),
            Field::Address => ("address", "地址"),
            Field::MeterType => ("meter type", "表类型"),
            Field::Length => ("length", "长度"),
            Field::Function => ("function", "功能码"),
            Field::Identity => ("identification, maker, version, medium", "识别号、厂家、版本、介质"),
            Field::Status => ("access number, status, configuration", "访问号、状态、配置"),
            Field::Identifier => ("data identifier", "数据标识"),
            Field::Sequence => ("sequence", "序列号"),
            Field::Link => ("link control, access number", "链路控制、访问号"),
            Field::Session => ("session number", "会话号"),
            Field::MessageCounter => ("message counter", "报文计数器"),
            Field::Authenticator => ("authentication code", "认证码"),
            Field::Title => ("system title", "系统标题"),
            Field::List => ("list", "列表"),
            Field::Encrypted => ("encrypted", "未解密的数据"),
            Field::Data | Field::Record(_) => ("data", "数据"),
            Field::Clock => ("the meter's clock", "表内时钟"),
            Field::Flag => ("alarm flag", "告警标志"),
            Field::Qualifier => ("unit or quality of the values", "数值的单位或质量"),
            Field::Filler => ("filler", "填充"),
            Field::Unknown => ("not understood", "未识别"),
            Field::ManufacturerData => ("maker's data", "厂家数据"),
            Field::Check => ("check", "校验"),
            Field::End => ("end", "结束"),
        };
        self.language.pick(en, zh)
    }
}

const fn mark(part: &Part) -> char {
    if part.is_deciphered { '*' } else { ' ' }
}
