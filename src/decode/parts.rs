//! The parts of a frame, a line each: offset, bytes (of a telegram of lines: its text), meaning.

use std::collections::{HashMap, HashSet};
use std::fmt;

use documents::terminal::{printable, width};
use protocols::anatomy::{Anatomy, Field, Part};
use protocols::{DecodeError, Format, Frame};

use super::table::Table;

/// Bytes of a line.
const ROW: usize = 12;

/// Columns that the bytes of a line take.
const WIDTH: usize = 3 * ROW;

/// The parts of all frames, and the lines of their records.
pub(super) struct View<'t> {
    table: &'t Table<'t>,
    format: Option<Format>,
    /// Of each frame, each record's line.
    lines: Vec<Vec<String>>,
    /// Which records of which frames have a part.
    shown: HashSet<(usize, usize)>,
    marks: HashMap<usize, &'static str>,
}

impl<'t> View<'t> {
    pub(super) fn new(table: &'t Table<'t>, results: &[Result<Frame, DecodeError>]) -> Self {
        let lines = results.iter().map(|result| result.as_ref().map(|frame| table.lines(&frame.records)));
        let mut shown = HashSet::new();
        collect(&table.anatomy, &mut shown);
        let format = results.iter().flatten().map(|frame| frame.format).next();
        Self {
            table,
            format,
            lines: lines.map(Result::unwrap_or_default).collect(),
            shown,
            marks: table.marks(),
        }
    }

    /// The parts of a frame, and the records that no part became.
    pub(super) fn frame(&self, f: &mut fmt::Formatter<'_>, frame: usize) -> fmt::Result {
        self.parts(f, &self.table.anatomy, self.format, Some(frame), "")?;
        let lines = self.lines.get(frame).map(Vec::as_slice).unwrap_or_default();
        for (_, line) in
            lines.iter().enumerate().take_while(|(index, _)| !self.shown.contains(&(frame, *index)))
        {
            below(f, "", line)?;
        }
        Ok(())
    }

    /// What a mark means, where one stands.
    pub(super) fn footnote(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !is_deciphered(&self.table.anatomy) {
            return Ok(());
        }
        let note = self
            .table
            .language
            .pick("* deciphered; the frame has other bytes at these places", "* 已解密；原帧此处字节不同");
        writeln!(f, "{note}")
    }

    /// Every part of one frame, or of all; a record's meaning is its line. What is longer than a line goes on below.
    fn parts(
        &self,
        f: &mut fmt::Formatter<'_>,
        anatomy: &Anatomy<'_>,
        format: Option<Format>,
        frame: Option<usize>,
        indent: &str,
    ) -> fmt::Result {
        let is_text = format.is_some_and(|format| is_text(format, &anatomy.bytes));
        // The places of warnings and errors are those of the buffer itself.
        let marks = if indent.is_empty() { &self.marks } else { &HashMap::new() };
        let canvas = Canvas { table: self.table, anatomy, indent, is_text, marks };
        let mut told = None;
        // Frame after frame, and what they carry part after part.
        let first = frame.map_or(0, |frame| anatomy.parts.partition_point(|part| part.frame < frame));
        let behind = anatomy.parts.iter().enumerate().skip(first);
        for (index, part) in behind.take_while(|(_, part)| frame.is_none_or(|frame| frame == part.frame)) {
            match part.field {
                Field::Record(record) => {
                    let lines = self.lines.get(part.frame).map(Vec::as_slice).unwrap_or_default();
                    // A check of the radio link may stand inside a record.
                    let goes_on = told == Some((part.frame, record));
                    let line = lines.get(record).map_or("", String::as_str);
                    canvas.part(f, part, if goes_on { "…" } else { line })?;
                    if !goes_on {
                        told = Some((part.frame, record));
                        // A part may have become several records.
                        let behind = lines.iter().enumerate().skip(record + 1);
                        for (_, line) in
                            behind.take_while(|(index, _)| !self.shown.contains(&(part.frame, *index)))
                        {
                            below(f, indent, line)?;
                        }
                    }
                }
                field => canvas.part(f, part, self.table.field(field))?,
            }
            let first = anatomy.carried.partition_point(|carried| carried.part < index);
            for carried in anatomy.carried.iter().skip(first).take_while(|carried| carried.part == index) {
                writeln!(f, "{indent}    {}", carried.format)?;
                self.parts(f, &carried.anatomy, Some(carried.format), None, &format!("{indent}    "))?;
            }
        }
        Ok(())
    }
}

/// Whether a buffer of that format shows its text: documents and telegrams of lines.
pub(super) fn is_text(format: Format, bytes: &[u8]) -> bool {
    match format {
        Format::P1
        | Format::SenmlJson
        | Format::Ctwing
        | Format::Iotda
        | Format::Onenet
        | Format::ChirpstackV4
        | Format::WmbusmetersJson
        | Format::Json => true,
        // A pack in JSON, or TLV.
        Format::Lwm2m => bytes.trim_ascii_start().first() == Some(&b'['),
        _ => false,
    }
}

fn below(f: &mut fmt::Formatter<'_>, indent: &str, line: &str) -> fmt::Result {
    writeln!(f, "{indent}{:6}{:WIDTH$}  {line}", "", "")
}

fn collect(anatomy: &Anatomy<'_>, shown: &mut HashSet<(usize, usize)>) {
    for part in &anatomy.parts {
        if let Field::Record(record) = part.field {
            shown.insert((part.frame, record));
        }
    }
    anatomy.carried.iter().for_each(|carried| collect(&carried.anatomy, shown));
}

fn is_deciphered(anatomy: &Anatomy<'_>) -> bool {
    anatomy.parts.iter().any(|part| part.is_deciphered)
        || anatomy.carried.iter().any(|carried| is_deciphered(&carried.anatomy))
}

/// Where the bytes of a buffer, or of what it carries, are written.
struct Canvas<'c> {
    table: &'c Table<'c>,
    anatomy: &'c Anatomy<'c>,
    indent: &'c str,
    is_text: bool,
    marks: &'c HashMap<usize, &'static str>,
}

impl Canvas<'_> {
    fn part(&self, f: &mut fmt::Formatter<'_>, part: &Part, meaning: &str) -> fmt::Result {
        let bytes = self.anatomy.bytes.get(part.offset..part.offset + part.len).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text)
                if self.is_text && !text.contains(|c: char| c.is_control() && !c.is_ascii_whitespace()) =>
            {
                self.text(f, part, text, meaning)
            }
            _ => self.hex(f, part, bytes, meaning),
        }
    }

    fn hex(&self, f: &mut fmt::Formatter<'_>, part: &Part, bytes: &[u8], meaning: &str) -> fmt::Result {
        for (row, bytes) in bytes.chunks(ROW).enumerate() {
            let offset = part.offset + row * ROW;
            let meaning = if row == 0 { meaning } else { "" };
            write!(f, "{}{offset:04x}{}", self.indent, mark(part))?;
            for column in 0..ROW {
                match bytes.get(column) {
                    Some(byte) => {
                        let colour = self.marks.get(&(offset + column)).copied().unwrap_or_default();
                        self.table.paint(f, colour, &format!(" {byte:02x}"))?;
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
    fn text(&self, f: &mut fmt::Formatter<'_>, part: &Part, text: &str, meaning: &str) -> fmt::Result {
        let (mut offset, mut meaning) = (part.offset, Some(meaning));
        for whole in text.split_inclusive('\n') {
            let line = printable(whole.trim());
            let begin = format!("{}{offset:04x}{} ", self.indent, mark(part));
            offset += whole.len();
            if line.is_empty() {
                continue;
            }
            let meaning = meaning.take().unwrap_or_default();
            if width(&line) > WIDTH && !meaning.is_empty() {
                writeln!(f, "{begin}{line}")?;
                below(f, self.indent, meaning)?;
            } else {
                let pad = WIDTH.saturating_sub(width(&line));
                writeln!(f, "{}", format!("{begin}{line}{:pad$}  {meaning}", "").trim_end())?;
            }
        }
        Ok(())
    }
}

impl Table<'_> {
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
            Field::Base => ("holds for what follows", "对其后各条有效"),
            Field::Member => ("", ""),
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
