//! What a bill holds: frozen inputs, lines, how it moved tier counters, which register time it billed. One text, which is
//! kept packed with the bill for as long as the bill; its hash is taken over the unpacked bytes.
//!
//! ```text
//! frozen inputs, canonical JSON, or nothing         the bill rates again from it, byte for byte
//! \n
//! {"lines":[…],"counters":[…],"registers":[…]}
//! ```

use std::fmt;

use jiff::Timestamp;
use metering::{InstallationId, Quality, RegisterId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use series::segment::Segment;
use series::span::Billed;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::inputs::{maybe, text};
use crate::rating::Line;

/// What a bill holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The frozen inputs, as text; none of a bill that was not rated: a reversal, an opening.
    pub inputs: Option<String>,
    /// Its lines.
    pub lines: Vec<BilledLine>,
    /// How it moves tier counters.
    pub counters: Vec<CounterMove>,
    /// Which register time it bills.
    pub registers: Vec<RegisterTime>,
}

/// A line as printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BilledLine {
    /// The component's code; `water#2` of its second block.
    pub code: SmolStr,
    /// How much; below zero where it gives back.
    #[serde(with = "text")]
    pub qty: Decimal,
    /// Of what.
    pub unit: SmolStr,
    /// Money per unit.
    #[serde(with = "maybe", skip_serializing_if = "Option::is_none", default)]
    pub price: Option<Decimal>,
    /// Rounded, with its decimals.
    #[serde(with = "text")]
    pub amount: Decimal,
    /// Whose money it is, where not the company's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payee: Option<SmolStr>,
    /// Who pays it in the account's place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payer: Option<SmolStr>,
}

impl From<&Line<'_>> for BilledLine {
    fn from(line: &Line<'_>) -> Self {
        Self {
            code: line.code.into(),
            qty: line.qty.normalize(),
            unit: line.unit().unwrap_or_default().into(),
            price: line.price,
            amount: line.amount,
            payee: line.payee().map(SmolStr::from),
            payer: line.payer().map(SmolStr::from),
        }
    }
}

impl BilledLine {
    /// The line that takes it back.
    #[must_use]
    pub fn negated(&self) -> Self {
        let negated = |mut n: Decimal| {
            n.set_sign_positive(n.is_sign_negative() || n.is_zero());
            n
        };
        Self { qty: negated(self.qty), amount: negated(self.amount), ..self.clone() }
    }
}

/// By how much a bill moves a tier counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterMove {
    /// The counter's name.
    pub counter: SmolStr,
    /// Its tier year.
    pub tier_year: i16,
    /// What the bills before had moved it by: where it must still stand when the bill is issued.
    #[serde(with = "text")]
    pub stood: Decimal,
    /// Where it stood before the bill, with what the old system handed over.
    #[serde(with = "text")]
    pub prior: Decimal,
    /// Negative where the bill takes back.
    #[serde(with = "text")]
    pub by: Decimal,
}

/// The time of a register that a bill bills: one stretch, however many segments price or exchange cut it into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterTime {
    /// The installation.
    #[serde(with = "number")]
    pub installation: InstallationId,
    /// The register.
    #[serde(with = "number")]
    pub register: RegisterId,
    /// What it bills.
    pub end: RegisterEnd,
    /// To where it had been billed before; where it must still stand when the bill is issued.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Before>,
}

/// A stretch of a register's time, and its indexes, in millionths of the register's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterEnd {
    /// Its first instant.
    #[serde(with = "text")]
    pub from: Timestamp,
    /// The first instant after it.
    #[serde(with = "text")]
    pub to: Timestamp,
    /// The index at its start.
    pub open: i64,
    /// The index at its end.
    pub close: i64,
    /// How good that one is.
    #[serde(with = "text")]
    pub quality: Quality,
    /// Whether the register began again at zero in between.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub rolled: bool,
}

/// The stretch before, and the bill that bills it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The stretch.
    pub end: RegisterEnd,
    /// The bill's number here.
    pub bill: i64,
}

/// The register time of a bill's segments, by installation and register. `billed` is to where they had been billed.
pub fn register_times(segments: &[Segment], billed: &[Billed]) -> Vec<RegisterTime> {
    let mut times: Vec<RegisterTime> = Vec::new();
    for segment in segments {
        let key = (segment.installation, segment.register);
        let end = RegisterEnd {
            from: segment.open.at,
            to: segment.close.at,
            open: segment.open.value.raw(),
            close: segment.close.value.raw(),
            quality: segment.close.quality,
            rolled: segment.rollover.is_some(),
        };
        match times.iter_mut().find(|time| (time.installation, time.register) == key) {
            Some(time) => time.end = joined(time.end, end),
            None => {
                let before = billed.iter().find(|billed| (billed.installation, billed.register) == key);
                let before = before.map(|billed| Before { end: RegisterEnd::of(billed), bill: billed.bill });
                times.push(RegisterTime { installation: key.0, register: key.1, end, before });
            }
        }
    }
    times.sort_by_key(|time| (time.installation, time.register));
    times
}

impl RegisterEnd {
    fn of(billed: &Billed) -> Self {
        Self {
            from: billed.from,
            to: billed.close.at,
            open: billed.open.raw(),
            close: billed.close.value.raw(),
            quality: billed.close.quality,
            rolled: billed.rolled,
        }
    }
}

fn joined(one: RegisterEnd, other: RegisterEnd) -> RegisterEnd {
    let (first, last) = if other.from < one.from { (other, one) } else { (one, other) };
    RegisterEnd { from: first.from, open: first.open, rolled: one.rolled || other.rolled, ..last }
}

/// Why bytes are no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentError(String);

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what the bill holds cannot be read: {}", self.0)
    }
}

impl std::error::Error for ContentError {}

/// What stands behind the inputs.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    lines: Vec<BilledLine>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    counters: Vec<CounterMove>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    registers: Vec<RegisterTime>,
}

impl Content {
    /// As bytes: the same content gives the same bytes.
    pub fn into_bytes(self) -> Result<Vec<u8>, ContentError> {
        let Self { inputs, lines, counters, registers } = self;
        let mut bytes = inputs.unwrap_or_default().into_bytes();
        bytes.push(b'\n');
        let rest = Rest { lines, counters, registers };
        serde_json::to_writer(&mut bytes, &rest).map_err(|why| ContentError(why.to_string()))?;
        Ok(bytes)
    }

    /// Reads it back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ContentError> {
        let wrong = |why: &dyn fmt::Display| ContentError(why.to_string());
        let text = std::str::from_utf8(bytes).map_err(|why| wrong(&why))?;
        let (inputs, rest) = text.split_once('\n').ok_or_else(|| wrong(&"it has one line, not two"))?;
        let Rest { lines, counters, registers } = serde_json::from_str(rest).map_err(|why| wrong(&why))?;
        let inputs = (!inputs.is_empty()).then(|| inputs.to_owned());
        Ok(Self { inputs, lines, counters, registers })
    }
}

/// SHA-256 of what a bill holds, unpacked.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A number of ours as the number that it is.
mod number {
    use metering::{InstallationId, RegisterId};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) trait Number: Sized {
        type Raw: Serialize + for<'de> Deserialize<'de>;
        fn raw(&self) -> Self::Raw;
        fn of(raw: Self::Raw) -> Self;
    }

    impl Number for InstallationId {
        type Raw = i32;
        fn raw(&self) -> i32 {
            self.get()
        }
        fn of(raw: i32) -> Self {
            Self::new(raw)
        }
    }

    impl Number for RegisterId {
        type Raw = i16;
        fn raw(&self) -> i16 {
            self.get()
        }
        fn of(raw: i16) -> Self {
            Self::new(raw)
        }
    }

    pub(super) fn serialize<N: Number, S: Serializer>(value: &N, to: S) -> Result<S::Ok, S::Error> {
        value.raw().serialize(to)
    }

    pub(super) fn deserialize<'de, N: Number, D: Deserializer<'de>>(from: D) -> Result<N, D::Error> {
        N::Raw::deserialize(from).map(N::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn end(from: &str, to: &str, open: i64, close: i64) -> RegisterEnd {
        RegisterEnd { from: at(from), to: at(to), open, close, quality: Quality::Actual, rolled: false }
    }

    fn content() -> Content {
        let d = |text: &str| Decimal::from_str_exact(text).unwrap();
        Content {
            inputs: Some(r#"{"v":1}"#.to_owned()),
            lines: vec![BilledLine {
                code: "water#1".into(),
                qty: d("4"),
                unit: "m3".into(),
                price: Some(d("2.00")),
                amount: d("8.00"),
                payee: None,
                payer: Some("civil affairs".into()),
            }],
            counters: vec![CounterMove {
                counter: "water".into(),
                tier_year: 2026,
                stood: d("10"),
                prior: d("15"),
                by: d("4"),
            }],
            registers: vec![RegisterTime {
                installation: InstallationId::new(7),
                register: RegisterId::new(1),
                end: end("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", 3_000_000, 7_000_000),
                before: Some(Before {
                    end: end("2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z", 0, 3_000_000),
                    bill: 12,
                }),
            }],
        }
    }

    #[test]
    fn what_a_bill_holds_reads_back() {
        for content in [content(), Content { inputs: None, ..content() }, Content::default()] {
            let bytes = content.clone().into_bytes().unwrap();
            assert_eq!(Content::from_bytes(&bytes).unwrap(), content);
        }
    }

    #[test]
    fn the_bytes_are_fixed() {
        let bytes = content().into_bytes().unwrap();
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            concat!(
                "{\"v\":1}\n",
                r#"{"lines":[{"code":"water#1","qty":"4","unit":"m3","price":"2.00","amount":"8.00","#,
                r#""payer":"civil affairs"}],"counters":[{"counter":"water","tier_year":2026,"stood":"10","#,
                r#""prior":"15","by":"4"}],"registers":[{"installation":7,"register":1,"#,
                r#""end":{"from":"2026-10-01T00:00:00Z","to":"2026-11-01T00:00:00Z","open":3000000,"#,
                r#""close":7000000,"quality":"actual"},"before":{"end":{"from":"2026-09-01T00:00:00Z","#,
                r#""to":"2026-10-01T00:00:00Z","open":0,"close":3000000,"quality":"actual"},"bill":12}}]}"#
            )
        );
    }

    #[test]
    fn what_is_no_content_is_an_error() {
        for bytes in [&b""[..], b"{}", b"\n", b"\n{}", b"\n{\"lines\":1}", b"\xff\n{\"lines\":[]}"] {
            assert!(Content::from_bytes(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn segments_of_a_register_are_one_stretch() {
        let (one, other) = (
            end("2026-10-01T00:00:00Z", "2026-10-15T00:00:00Z", 1, 5),
            RegisterEnd { rolled: true, ..end("2026-10-15T00:00:00Z", "2026-11-01T00:00:00Z", 5, 2) },
        );
        let whole = RegisterEnd { rolled: true, ..end("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", 1, 2) };
        assert_eq!(joined(one, other), whole);
        assert_eq!(joined(other, one), whole);
    }

    #[test]
    fn a_line_of_zero_taken_back_has_no_sign() {
        let mut line = content().lines.remove(0);
        line.amount = Decimal::new(0, 2);
        assert_eq!(line.negated().amount.to_string(), "0.00");
        assert_eq!(line.negated().qty.to_string(), "-4");
    }
}
