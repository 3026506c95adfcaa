//! The plan that a document is compiled to, once: names become places, so that rating looks nothing up.

use rust_decimal::Decimal;

use super::read::{Fields, Refused};
use super::units::Units;
use crate::components::Component;
use crate::rating::{Line, Need, Rule, Slot};

/// A printed name, in one language or in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Chinese.
    pub zh: Option<Box<str>>,
    /// English.
    pub en: Option<Box<str>>,
}

impl Label {
    /// From `"name"` (for both languages) or `{"zh", "en"}`.
    pub(crate) fn read(fields: &Fields<'_>, key: &str) -> Option<Self> {
        let value = fields.value(key)?;
        if let Some(name) = value.as_str() {
            return Some(Self { zh: Some(name.into()), en: Some(name.into()) });
        }
        let name = |lang| value.get(lang).and_then(serde_json::Value::as_str).map(Box::from);
        Some(Self { zh: name("zh"), en: name("en") })
    }
}

/// A component in its place: what all of them have in common, and the component.
#[derive(Debug)]
pub(crate) struct Step {
    /// Its code; its kind, where it has none.
    pub(crate) code: Box<str>,
    /// The place of its code in the plan's list.
    pub(crate) base: u16,
    /// Its printed name.
    pub(crate) name: Option<Label>,
    /// Whose money it is.
    pub(crate) payee: Option<Box<str>>,
    /// The unit of what it prices.
    pub(crate) unit: Option<Box<str>>,
    /// The rule for its lines.
    pub(crate) rule: Rule,
    /// Whether its lines are rounded at all.
    pub(crate) rounds: bool,
    /// What it does.
    pub(crate) component: Component,
}

/// Lines that a component names: all of another component, or one line of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Of {
    bases: Vec<u16>,
    lines: Vec<Box<str>>,
}

impl Of {
    /// All lines of one component.
    pub(crate) fn all(base: u16) -> Self {
        Self { bases: vec![base], lines: Vec::new() }
    }

    /// One line.
    pub(crate) fn one(code: &str) -> Self {
        Self { bases: Vec::new(), lines: vec![code.into()] }
    }

    /// Whether it names this line.
    #[inline]
    pub(crate) fn names(&self, line: &Line<'_>) -> bool {
        line.step.is_some_and(|step| self.bases.contains(&step.base))
            || self.lines.iter().any(|code| &**code == line.code)
    }
}

/// What is gathered while a document is compiled.
pub(crate) struct Compiler {
    /// What the components ask of the input, each once.
    pub(crate) needs: Vec<Need>,
    /// The codes of the components so far.
    pub(crate) codes: Vec<Box<str>>,
    /// The codes of the lines that they can make, where these have more than one.
    pub(crate) lines: Vec<Box<str>>,
    /// The document's rule.
    pub(crate) rule: Rule,
    /// Whether the document rounds lines.
    pub(crate) rounds_lines: bool,
    /// The units of quantities and facts.
    pub(crate) units: Units,
}

impl Compiler {
    /// The place of a need's value.
    pub(crate) fn slot(&mut self, need: Need) -> Slot {
        let known = self.needs.iter().position(|other| *other == need);
        let place = known.unwrap_or_else(|| {
            self.needs.push(need);
            self.needs.len().saturating_sub(1)
        });
        Slot(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// The place of a quantity.
    pub(crate) fn quantity(&mut self, name: &str) -> Slot {
        self.slot(Need::Quantity(name.into()))
    }

    /// The place of a numeric fact.
    pub(crate) fn attr(&mut self, name: &str) -> Slot {
        self.slot(Need::Attribute(name.into()))
    }

    /// The place of a code.
    pub(crate) fn base(&mut self, code: &str) -> u16 {
        let known = self.base_of(code);
        known.unwrap_or_else(|| {
            self.codes.push(code.into());
            u16::try_from(self.codes.len().saturating_sub(1)).unwrap_or(u16::MAX)
        })
    }

    /// The place of the code of an earlier component.
    pub(crate) fn base_of(&self, code: &str) -> Option<u16> {
        let place = self.codes.iter().position(|other| &**other == code)?;
        u16::try_from(place).ok()
    }

    /// The lines that `key` names; each must be made by an earlier component.
    pub(crate) fn of(&self, fields: &Fields<'_>, key: &str) -> Result<Of, Refused> {
        let mut of = Of::default();
        for code in fields.names(key) {
            match self.base_of(code) {
                Some(base) => of.bases.push(base),
                None if self.lines.iter().any(|line| &**line == code) => of.lines.push(code.into()),
                None => {
                    return Err(fields.refuse(key, format!("{code:?} is the code of no earlier component")));
                }
            }
        }
        Ok(of)
    }

    /// Whether a document has more codes than places.
    pub(crate) fn is_full(&self) -> bool {
        self.codes.len() >= usize::from(u16::MAX)
    }
}

/// A number that must be above zero.
pub(crate) fn positive(fields: &Fields<'_>, key: &str) -> Result<Option<Decimal>, Refused> {
    match fields.number(key) {
        Some(n) if n <= Decimal::ZERO => Err(fields.refuse(key, format!("must be above 0, not {n}"))),
        other => Ok(other),
    }
}
