//! `--jsonl`: a line in, a line out.
//!
//! Buffered on both sides; the output is flushed when the input has nothing more to give at once, so that a
//! program that asks line by line gets its answer, and a file is read at full speed.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use protocols::output::Answered;
use protocols::{DecodeError, Decoded, ErrorKind};
use serde_json::Value;

use super::request::Request;

/// The longest line that is read: a frame is at most a megabyte, in hex two.
const LINE_BYTES_MAX: usize = 4 << 20;

/// Answers each line of `input`, in order.
pub(super) fn answer_all(input: impl Read, output: impl Write) -> io::Result<()> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut output = BufWriter::with_capacity(1 << 16, output);
    let mut line = Vec::new();
    loop {
        if input.buffer().is_empty() {
            unless_nobody_reads(output.flush())?;
        }
        match next_line(&mut input, &mut line)? {
            Line::End => break,
            Line::Whole => answer(&line, &mut output)?,
            Line::TooLong => {
                let message = format!("a line of more than {LINE_BYTES_MAX} bytes");
                let error = DecodeError::new(ErrorKind::Structure, LINE_BYTES_MAX, message);
                write(&mut output, &Value::Null, &Decoded::One(Err(error)))?;
            }
        }
    }
    unless_nobody_reads(output.flush())
}

/// The text of an input that holds one frame.
pub(super) fn whole(input: impl Read) -> Result<String, DecodeError> {
    let mut text = String::new();
    let read = input.take(LINE_BYTES_MAX as u64 + 1).read_to_string(&mut text);
    let refused = |what| DecodeError::new(ErrorKind::Structure, 0, format!("standard input {what}"));
    match read {
        Ok(read) if read > LINE_BYTES_MAX => Err(refused(format!("has more than {LINE_BYTES_MAX} bytes"))),
        Ok(_) => Ok(text),
        Err(error) => Err(refused(format!("cannot be read as text: {error}"))),
    }
}

/// A reader that goes away (`| head`) ends the command, and is no failure.
pub(super) fn unless_nobody_reads(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result,
    }
}

enum Line {
    End,
    Whole,
    /// Read to its end and thrown away.
    TooLong,
}

fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let read = input.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(Line::End);
    }
    if line.last() == Some(&b'\n') || read <= LINE_BYTES_MAX {
        return Ok(Line::Whole);
    }
    input.skip_until(b'\n')?;
    Ok(Line::TooLong)
}

fn answer(line: &[u8], output: &mut impl Write) -> io::Result<()> {
    let (id, decoded) = match serde_json::from_slice(line) {
        Ok(Value::Object(mut object)) => {
            let id = object.remove("id").unwrap_or_default();
            let decoded = match Request::from_json(&object) {
                Ok(request) => request.decode(),
                Err(error) => Decoded::One(Err(error)),
            };
            (id, decoded)
        }
        Ok(_) => (Value::Null, refused(0, "the line is no JSON object".to_owned())),
        Err(error) => (Value::Null, refused(error.column(), format!("the line is no JSON object: {error}"))),
    };
    write(output, &id, &decoded)
}

fn write(output: &mut impl Write, id: &Value, decoded: &Decoded) -> io::Result<()> {
    serde_json::to_writer(&mut *output, &Answered { id: Some(id), decoded })?;
    unless_nobody_reads(output.write_all(b"\n"))
}

fn refused(offset: usize, message: String) -> Decoded {
    Decoded::One(Err(DecodeError::new(ErrorKind::Structure, offset, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &[u8]) -> Vec<Value> {
        let mut output = Vec::new();
        answer_all(input, &mut output).unwrap();
        output
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn every_line_is_answered_in_order_whatever_it_holds() {
        let frame = hex::encode(br#"{"registers":{"8-0:1.0.0":"1"}}"#);
        let input = [
            format!(r#"{{"id":"a","format":"json","hex":"{frame}"}}"#),
            String::new(),
            "not json".to_owned(),
            "[1]".to_owned(),
            r#"{"id":7,"format":"morse","hex":"00"}"#.to_owned(),
            r#"{"id":"b","format":"json","hex":"0"}"#.to_owned(),
            r#"{"id":"c","format":5,"hex":"00"}"#.to_owned(),
            r#"{"id":"d","format":"json","hex":"00","start":70000}"#.to_owned(),
            format!(r#"{{"id":"e","hex":"{frame}"}}"#),
        ]
        .join("\n");
        let mut bytes = input.into_bytes();
        bytes.extend(b"\n\xff\xfe\n");
        let answers = answers(&bytes);
        let told: Vec<(String, bool, &str)> = answers
            .iter()
            .map(|a| (a["id"].to_string(), a["ok"] == true, a["error"]["kind"].as_str().unwrap_or("")))
            .collect();
        let told: Vec<(&str, bool, &str)> =
            told.iter().map(|(id, ok, kind)| (id.as_str(), *ok, *kind)).collect();
        assert_eq!(
            told,
            [
                ("\"a\"", true, ""),
                ("null", false, "structure"),
                ("null", false, "structure"),
                ("null", false, "structure"),
                ("7", false, "unsupported"),
                ("\"b\"", false, "structure"),
                ("\"c\"", false, "structure"),
                ("\"d\"", false, "structure"),
                ("\"e\"", true, ""),
                ("null", false, "structure"),
            ]
        );
    }

    #[test]
    fn one_frame_of_standard_input_is_bounded_and_text() {
        assert_eq!(whole(&b"{}\n"[..]).unwrap(), "{}\n");
        assert!(whole(&b"\xff"[..]).unwrap_err().to_string().contains("cannot be read as text"));
        assert!(whole(std::io::repeat(b'0')).unwrap_err().to_string().contains("more than"));
    }

    #[test]
    fn a_line_without_end_is_answered_once() {
        let mut input = vec![b'x'; LINE_BYTES_MAX + 5];
        input.extend(b"\n{}\n");
        assert_eq!(answers(&input).len(), 2);
        assert_eq!(answers(&vec![b'x'; LINE_BYTES_MAX]).len(), 1);
        assert_eq!(answers(&[]).len(), 0);
    }
}
