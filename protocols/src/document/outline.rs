//! Where the values of a document stand in its text.

use std::borrow::Cow;
use std::ops::Range;

use super::{Json, Reader};

/// A value that is neither object nor list.
pub(crate) struct Leaf<'a> {
    /// The name of the member that it is, and of the member that holds the object or list around it.
    pub(crate) names: [Option<Cow<'a, str>>; 2],
    pub(crate) value: Json<'a>,
    /// From its name to the next one: with the commas and brackets behind it.
    pub(crate) place: Range<usize>,
    /// Which element of the document it belongs to, where that is a list.
    pub(crate) element: usize,
}

/// The leaves of a document that was read, in order.
pub(crate) fn leaves(text: &str) -> Vec<Leaf<'_>> {
    let mut walk = Walk { reader: Reader { text, at: 0 }, leaves: Vec::new(), element: 0 };
    // A document that was read ends where it should.
    let _ = walk.value(0, None, [None, None]);
    walk.leaves
}

impl Reader<'_> {
    /// Where the commas, brackets and white space behind a value end.
    fn closed(&self) -> usize {
        let rest = self.rest();
        let is_inside = |c: char| !matches!(c, ',' | ']' | '}') && !c.is_ascii_whitespace();
        self.at.saturating_add(rest.find(is_inside).unwrap_or(rest.len()))
    }
}

/// Where the elements of a document that is a list stand in its text, with what is behind them.
pub(crate) fn elements(text: &str) -> Vec<Range<usize>> {
    let mut reader = Reader { text, at: 0 };
    let mut places = Vec::new();
    reader.space();
    reader.take(b'[');
    loop {
        reader.space();
        let start = reader.at;
        if reader.value(1).is_err() {
            return places;
        }
        places.push(start..reader.closed());
        reader.space();
        if !reader.take(b',') {
            return places;
        }
    }
}

struct Walk<'a> {
    reader: Reader<'a>,
    leaves: Vec<Leaf<'a>>,
    element: usize,
}

impl<'a> Walk<'a> {
    /// A value that begins here, at `start` with its name. Deeper than a document may be it can't go.
    fn value(&mut self, depth: usize, start: Option<usize>, names: [Option<Cow<'a, str>>; 2]) -> Option<()> {
        self.reader.space();
        let start = start.unwrap_or(self.reader.at);
        let [name, _] = &names;
        match self.reader.peek()? {
            b'{' => self.inside(depth, b'}', name.as_ref()),
            b'[' => self.inside(depth, b']', name.as_ref()),
            _ => {
                let value = self.reader.value(depth).ok()?;
                let place = start..self.reader.closed();
                self.leaves.push(Leaf { names, value, place, element: self.element });
                Some(())
            }
        }
    }

    /// Members or elements up to the bracket that closes them.
    fn inside(&mut self, depth: usize, close: u8, holder: Option<&Cow<'a, str>>) -> Option<()> {
        self.reader.at = self.reader.at.checked_add(1)?;
        for index in 0_usize.. {
            self.reader.space();
            if self.reader.take(close) {
                break;
            }
            let start = self.reader.at;
            let name = if close == b'}' { Some(self.reader.string().ok()?) } else { None };
            self.reader.space();
            if name.is_some() && !self.reader.take(b':') {
                return None;
            }
            if depth == 0 && close == b']' {
                self.element = index;
            }
            self.value(depth.checked_add(1)?, Some(start), [name, holder.cloned()])?;
            self.reader.space();
            self.reader.take(b',');
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_stand_where_they_stand() {
        let text = r#"[ {"a": 1, "b": {"c": ["x", null]}}, 2.50 ]"#;
        let told: Vec<_> = leaves(text)
            .iter()
            .map(|leaf| {
                let [name, holder] = leaf.names.clone().map(Option::unwrap_or_default);
                format!("{} {name} {holder} {}", leaf.element, &text[leaf.place.clone()])
            })
            .collect();
        let expect = [r#"0 a  "a": 1, "#, r#"0  c "x", "#, "0  c null]}}, ", "1   2.50 ]"];
        assert_eq!(told, expect);
        let places: Vec<_> = elements(text).into_iter().map(|place| &text[place]).collect();
        assert_eq!(places, [r#"{"a": 1, "b": {"c": ["x", null]}}, "#, "2.50 ]"]);
    }
}
