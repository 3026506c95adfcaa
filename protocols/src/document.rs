//! JSON documents of the push formats, read with bounds and without losing a digit.
//!
//! Not `serde_json`: a reading's number must keep its text (`serde_json` does so only through a private marker
//! key), a duplicate key must be refused (the last one would win in silence, and the two ends of a line could
//! disagree about which), and an error must name its byte.
//!
//! Grammar: RFC 8259. Bounds: [`MAX_BYTES`] of text, [`MAX_DEPTH`] levels.

pub(crate) mod anatomy;
pub(crate) mod outline;

use std::borrow::Cow;
use std::collections::HashSet;

use rust_decimal::Decimal;

use crate::{DecodeError, ErrorKind};

/// The longest document that is read. A concentrator's largest batch is a tenth of it.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// The deepest nesting that is read; ChirpStack's deepest is 6.
pub(crate) const MAX_DEPTH: usize = 24;

/// A value of a document, borrowing what needs no unescaping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// The number as written.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Reads one document, with nothing but white space around it.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_BYTES {
            let message = format!("document of {} bytes: at most {MAX_BYTES}", bytes.len());
            return Err(DecodeError::new(ErrorKind::Structure, MAX_BYTES, message));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            DecodeError::new(ErrorKind::Structure, error.valid_up_to(), "document is not UTF-8")
        })?;
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.space();
        if reader.at < text.len() { Err(reader.wrong("bytes after the document")) } else { Ok(value) }
    }

    /// The member of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The members of an object, in order; none of anything else.
    pub(crate) fn members(&self) -> &[(Cow<'a, str>, Json<'a>)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of a list, none of anything else.
    pub(crate) fn elements(&self) -> &[Json<'a>] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// A text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text or a number's own text: how senders write identities.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Number(text) => Some(text),
            other => other.text(),
        }
    }

    /// An exact decimal, from a number or from a text that is one.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        self.name().and_then(decimal)
    }

    /// A whole number, from a number or from a text that is one.
    pub(crate) fn integer(&self) -> Option<i64> {
        self.name()?.parse().ok()
    }
}

/// A decimal with all its digits, exponent allowed; `None` where 28 digits do not hold it exactly.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let plain = digits.strip_prefix('-').unwrap_or(digits);
    if !plain.starts_with(|c: char| c.is_ascii_digit()) || plain.contains('_') {
        return None;
    }
    let value = Decimal::from_str_exact(digits).ok()?;
    if exponent == 0 || value.is_zero() {
        return Some(value);
    }
    let scale = i64::from(value.scale()).checked_sub(i64::from(exponent))?;
    match u32::try_from(scale) {
        Ok(scale) => Decimal::try_from_i128_with_scale(value.mantissa(), scale).ok(),
        Err(_) => {
            let up = u32::try_from(scale.checked_neg()?).ok()?;
            let mantissa = value.mantissa().checked_mul(10_i128.checked_pow(up)?)?;
            Decimal::try_from_i128_with_scale(mantissa, 0).ok()
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Json<'a>, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("document nested too deeply"));
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err(self.wrong("expected a value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, DecodeError> {
        self.at = self.at.saturating_add(1);
        let mut members = Vec::new();
        self.space();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.space();
            if !self.take(b':') {
                return Err(self.wrong("expected ':'"));
            }
            members.push((key, self.value(depth.saturating_add(1))?));
            self.space();
            if self.take(b'}') {
                self.distinct(&members)?;
                return Ok(Json::Object(members));
            }
            if !self.take(b',') {
                return Err(self.wrong("expected ',' or '}'"));
            }
        }
    }

    fn distinct(&self, members: &[(Cow<'a, str>, Json<'a>)]) -> Result<(), DecodeError> {
        // Most objects are short: comparing a dozen keys costs less than hashing them.
        let duplicate = if members.len() <= 12 {
            (1..members.len()).any(|n| {
                let (before, rest) = members.split_at(n);
                rest.first().is_some_and(|(key, _)| before.iter().any(|(other, _)| other == key))
            })
        } else {
            let mut seen = HashSet::with_capacity(members.len());
            members.iter().any(|(key, _)| !seen.insert(key))
        };
        if duplicate {
            return Err(DecodeError::new(ErrorKind::Structure, self.at, "the same key twice in an object"));
        }
        Ok(())
    }

    fn list(&mut self, depth: usize) -> Result<Json<'a>, DecodeError> {
        self.at = self.at.saturating_add(1);
        let mut elements = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Json::List(elements));
        }
        loop {
            elements.push(self.value(depth.saturating_add(1))?);
            self.space();
            if self.take(b']') {
                return Ok(Json::List(elements));
            }
            if !self.take(b',') {
                return Err(self.wrong("expected ',' or ']'"));
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        if !self.take(b'"') {
            return Err(self.wrong("expected a string"));
        }
        let rest = self.rest();
        let end = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ').ok_or_else(|| self.ends())?;
        let (plain, tail) = rest.split_at(end);
        self.at = self.at.saturating_add(end);
        if tail.starts_with('"') {
            self.at = self.at.saturating_add(1);
            return Ok(Cow::Borrowed(plain));
        }
        self.escaped(plain.to_owned()).map(Cow::Owned)
    }

    fn escaped(&mut self, mut text: String) -> Result<String, DecodeError> {
        loop {
            let c = self.next_char()?;
            match c {
                '"' => return Ok(text),
                '\\' => {
                    let c = self.escape()?;
                    text.push(c);
                }
                c if c < ' ' => return Err(self.wrong("control character in a string")),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, DecodeError> {
        Ok(match self.next_char()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.four_hex()?;
                let code = if (0xD800..0xDC00).contains(&first) {
                    let (slash, u) = (self.next_char()?, self.next_char()?);
                    let second = self.four_hex()?;
                    if (slash, u) != ('\\', 'u') || !(0xDC00..0xE000).contains(&second) {
                        return Err(self.wrong("half a surrogate pair"));
                    }
                    (((first & 0x3FF) << 10) | (second & 0x3FF)).wrapping_add(0x1_0000)
                } else {
                    first
                };
                char::from_u32(code).ok_or_else(|| self.wrong("half a surrogate pair"))?
            }
            _ => return Err(self.wrong("unknown escape")),
        })
    }

    fn four_hex(&mut self) -> Result<u32, DecodeError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit =
                self.next_char()?.to_digit(16).ok_or_else(|| self.wrong("expected four hex digits"))?;
            code = (code << 4) | digit;
        }
        Ok(code)
    }

    /// RFC 8259 section 6: no leading zero, no bare point, no sign but minus.
    fn number(&mut self) -> Result<Json<'a>, DecodeError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(Json::Number(self.text.get(start..self.at).unwrap_or_default()))
    }

    fn digits(&mut self) -> Result<(), DecodeError> {
        let count = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at = self.at.saturating_add(count);
        if count == 0 { Err(self.wrong("expected a digit")) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, DecodeError> {
        if self.rest().starts_with(word) {
            self.at = self.at.saturating_add(word.len());
            Ok(value)
        } else {
            Err(self.wrong("expected a value"))
        }
    }

    fn space(&mut self) {
        let count = self.rest().bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.at = self.at.saturating_add(count);
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at = self.at.saturating_add(1);
        }
        found
    }

    fn next_char(&mut self) -> Result<char, DecodeError> {
        let c = self.rest().chars().next().ok_or_else(|| self.ends())?;
        self.at = self.at.saturating_add(c.len_utf8());
        Ok(c)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn ends(&self) -> DecodeError {
        DecodeError::new(ErrorKind::Truncated, self.text.len(), "truncated: the document ends inside a value")
    }

    fn wrong(&self, what: &'static str) -> DecodeError {
        if self.at >= self.text.len() {
            self.ends()
        } else {
            DecodeError::new(ErrorKind::Structure, self.at, what)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_text() {
        let document = Json::parse(br#"{"a": 1.50, "b": [-0, 1e3], "c": "\u00e9\ud83d\ude00\n"}"#).unwrap();
        assert_eq!(document.get("a"), Some(&Json::Number("1.50")));
        assert_eq!(document.get("b").unwrap().elements(), [Json::Number("-0"), Json::Number("1e3")]);
        assert_eq!(document.get("c").unwrap().text(), Some("é😀\n"));
    }

    #[test]
    fn what_is_no_document_names_its_byte() {
        for (text, kind, offset) in [
            ("", ErrorKind::Truncated, 0),
            ("{\"a\":", ErrorKind::Truncated, 5),
            ("{\"a\"", ErrorKind::Truncated, 4),
            ("[1 2]", ErrorKind::Structure, 3),
            ("{\"a\":1,\"a\":2}", ErrorKind::Structure, 13),
            ("01", ErrorKind::Structure, 1),
            ("+1", ErrorKind::Structure, 0),
            ("NaN", ErrorKind::Structure, 0),
            ("\"\\ud800xx1234\"", ErrorKind::Structure, 13),
            ("[1] x", ErrorKind::Structure, 4),
        ] {
            let error = Json::parse(text.as_bytes()).unwrap_err();
            assert_eq!(
                (error.kind, error.offset.min(text.len())),
                (kind, offset.min(text.len())),
                "{text}: {error}"
            );
        }
        assert_eq!(Json::parse(b"\"\xff\"").unwrap_err().offset, 1);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        assert!(Json::parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(Json::parse(&vec![b' '; MAX_BYTES.wrapping_add(1)]).is_err());
    }

    #[test]
    fn many_keys_are_compared_too() {
        let keys: Vec<String> = (0..50).map(|n| format!("\"k{n}\":0")).collect();
        assert!(Json::parse(format!("{{{}}}", keys.join(",")).as_bytes()).is_ok());
        assert!(Json::parse(format!("{{{},\"k7\":0}}", keys.join(",")).as_bytes()).is_err());
    }

    #[test]
    fn a_decimal_is_exact_or_none() {
        for (text, value) in
            [("1.5e3", "1500"), ("15e-1", "1.5"), ("-0.10", "-0.10"), ("007", "7"), ("0e99", "0")]
        {
            assert_eq!(decimal(text), Some(value.parse().unwrap()), "{text}");
        }
        for text in
            ["", "1e99", "1e-40", "NaN", "1_000", "+1", ".5", "0x1", "1.00000000000000000000000000001"]
        {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
