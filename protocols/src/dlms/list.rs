//! The forms in which push lists hold their values.
//!
//! ```text
//! pairs       [[code, value, [scaler, unit]], [code, value], …]     Aidon, Landis+Gyr, most
//! flat        [name, code, value, code, value, [scaler, unit], …]   Kamstrup, Kaifa in Austria
//! backwards   [[value, class, [scaler, unit], code], …]             an order that other listeners know
//! described   [[[class, code, attribute, index, …], …], value, …]   a push setup's object list, then the values
//! by position [value, …]                                            Kaifa in Norway: see `models`
//! ```
//! The description is itself the first value where it stands in its own list.

use metering::Obis;

use super::data::{Data, Width};

/// A value and what stands beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a, 'd> {
    pub(super) obis: Obis,
    pub(super) value: &'d Data<'a>,
    /// Power of ten and unit code.
    pub(super) scaler: Option<(i8, u8)>,
}

/// The values of a list with their codes.
pub(super) fn items<'a, 'd>(data: &'d Data<'a>) -> Vec<Item<'a, 'd>> {
    let mut found = Vec::new();
    if let Data::List(list) = data
        && !described(list, &mut found)
    {
        walk(list, &mut found);
        framed(list, &mut found);
    }
    found
}

/// The codes of the clock and of the meter's number.
pub(super) const CLOCK: Obis = Obis::new(0, 0, 1, 0, 0);
pub(super) const NUMBER: Obis = Obis::new(0, 0, 96, 1, 0);

/// A flat list may begin with the clock and end with the meter's number, both without a code (Kaifa for Austria's
/// Netz NÖ and EVN, whose description of the customer port names them).
fn framed<'a, 'd>(list: &'d [Data<'a>], found: &mut Vec<Item<'a, 'd>>) {
    if let [value @ Data::Octets(octets), second, ..] = list
        && octets.len() == 12
        && code(second).is_some()
    {
        found.push(Item { obis: CLOCK, value, scaler: None });
    }
    if let [.., before, value @ (Data::Octets(_) | Data::Text(_))] = list
        && scaler(before).is_some()
    {
        found.push(Item { obis: NUMBER, value, scaler: None });
    }
}

/// The text that begins a list and names its kind: `Kamstrup_V0001`, `KFM_001`.
pub(super) fn name<'a>(data: &Data<'a>) -> Option<&'a str> {
    let Data::List(list) = data else { return None };
    match list.first()? {
        Data::Text(text) => Some(text),
        Data::Octets(octets) => {
            std::str::from_utf8(octets).ok().filter(|text| !text.is_empty() && code_of(octets).is_none())
        }
        _ => None,
    }
}

fn walk<'a, 'd>(list: &'d [Data<'a>], found: &mut Vec<Item<'a, 'd>>) {
    let mut rest = list;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if let [Data::Integer(_, Width::Unsigned16), unit, name, tail @ ..] = tail
            && let (None, Some(scaler), Some(obis)) = (code(first), scaler(unit), code(name))
        {
            found.push(Item { obis, value: first, scaler: Some(scaler) });
            rest = tail;
            continue;
        }
        match (code(first), tail) {
            (Some(obis), [value, tail @ ..]) if code(value).is_none() => {
                let next = tail.first().and_then(scaler);
                found.push(Item { obis, value, scaler: next });
                rest = if next.is_some() { tail.get(1..).unwrap_or_default() } else { tail };
            }
            _ => {
                if let Data::List(inner) = first {
                    walk(inner, found);
                }
            }
        }
    }
}

/// Puts a described list's values; false where the list is none.
fn described<'a, 'd>(list: &'d [Data<'a>], found: &mut Vec<Item<'a, 'd>>) -> bool {
    let Some((Data::List(description), values)) = list.split_first() else { return false };
    let codes: Option<Vec<Obis>> = description.iter().map(described_code).collect();
    let Some(codes) = codes.filter(|codes| !codes.is_empty()) else { return false };
    let values = if codes.len() == list.len() { list } else { values };
    if codes.len() != values.len() {
        return false;
    }
    for (obis, value) in codes.into_iter().zip(values) {
        match value {
            // The description itself has been read; a value may again be a list of codes and values.
            Data::List(inner) if std::ptr::eq(inner.as_slice(), description.as_slice()) => {}
            Data::List(inner) => walk(inner, found),
            value => found.push(Item { obis, value, scaler: None }),
        }
    }
    true
}

/// `[class, code, attribute, index, …]`.
pub(super) fn described_code(entry: &Data<'_>) -> Option<Obis> {
    match entry {
        Data::List(parts) => match parts.as_slice() {
            [Data::Integer(_, Width::Unsigned16), obis, Data::Integer(_, Width::Signed8), ..] => code(obis),
            _ => None,
        },
        _ => None,
    }
}

fn code(data: &Data<'_>) -> Option<Obis> {
    match data {
        Data::Octets(octets) => code_of(octets),
        _ => None,
    }
}

pub(super) fn code_of(octets: &[u8]) -> Option<Obis> {
    match octets {
        [a @ 0..=15, b, c, d, e, f] => Some(Obis { a: *a, b: *b, c: *c, d: *d, e: *e, f: *f }),
        _ => None,
    }
}

/// `[scaler, unit]`.
fn scaler(data: &Data<'_>) -> Option<(i8, u8)> {
    match data {
        Data::List(parts) => match parts.as_slice() {
            [Data::Integer(scaler, Width::Signed8), Data::Enum(unit)] => {
                Some((i8::try_from(*scaler).ok()?, *unit))
            }
            _ => None,
        },
        _ => None,
    }
}
