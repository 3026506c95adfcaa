//! The plan that a document is compiled to, once: names become places, so that rating looks nothing up.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::bounds::Size;
use super::read::{Fields, Refused};
use super::units::Units;
use crate::Language;
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

impl Label {
    /// The name in a language, else in the other.
    pub(crate) fn text(&self, language: Language) -> Option<&str> {
        let (first, second) = match language {
            Language::Zh => (&self.zh, &self.en),
            Language::En => (&self.en, &self.zh),
        };
        first.as_deref().or(second.as_deref())
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
    /// The place of each.
    slots: HashMap<Need, Slot>,
    /// The codes of the components so far.
    pub(crate) codes: Vec<Box<str>>,
    /// The places of those that may not be named here: they are of another schedule, which excludes this one.
    hidden: Vec<u16>,
    /// The codes of components that make no lines of their own.
    pub(crate) lineless: Vec<Box<str>>,
    /// The codes of the lines that they can make, where these have more than one.
    pub(crate) lines: Vec<Box<str>>,
    /// The document's rule.
    pub(crate) rule: Rule,
    /// Whether the document rounds lines.
    pub(crate) rounds_lines: bool,
    /// The units of quantities and facts.
    pub(crate) units: Units,
    /// How large the document is so far.
    pub(crate) size: Size,
}

/// What the schedules of a `select` may name: what stands before it, and their own. One schedule excludes the others, so
/// that a line of another would be nothing, in silence.
pub(crate) struct Scope {
    first_code: usize,
    first_line: usize,
    lines: Vec<Box<str>>,
    hidden_before: Vec<u16>,
    size_before: Size,
    /// With the largest of the schedules so far.
    size: Size,
}

impl Scope {
    /// Before the first schedule.
    pub(crate) fn begin(compiler: &Compiler) -> Self {
        Self {
            first_code: compiler.codes.len(),
            first_line: compiler.lines.len(),
            lines: Vec::new(),
            hidden_before: compiler.hidden.clone(),
            size_before: compiler.size,
            size: compiler.size,
        }
    }

    /// After a schedule: the next may not name its components.
    pub(crate) fn end_case(&mut self, compiler: &mut Compiler) {
        self.lines.extend(compiler.lines.drain(self.first_line..));
        self.size = compiler.size.most(self.size);
        compiler.size.begin_case(self.size_before);
        let own = (self.first_code..compiler.codes.len()).filter_map(|place| u16::try_from(place).ok());
        compiler.hidden.clone_from(&self.hidden_before);
        compiler.hidden.extend(own);
    }

    /// After the last: what follows may name the components of all.
    pub(crate) fn end(self, compiler: &mut Compiler) {
        compiler.lines.extend(self.lines);
        compiler.size = self.size;
        compiler.hidden = self.hidden_before;
    }
}

impl Compiler {
    /// An empty one.
    pub(crate) fn new(rule: Rule, rounds_lines: bool, units: Units) -> Self {
        Self {
            needs: Vec::new(),
            slots: HashMap::new(),
            codes: Vec::new(),
            hidden: Vec::new(),
            lineless: Vec::new(),
            lines: Vec::new(),
            rule,
            rounds_lines,
            units,
            size: Size::default(),
        }
    }

    /// The place of a need's value.
    pub(crate) fn slot(&mut self, need: Need) -> Slot {
        if let Some(slot) = self.slots.get(&need) {
            return *slot;
        }
        let slot = Slot(u32::try_from(self.needs.len()).unwrap_or(u32::MAX));
        self.needs.push(need.clone());
        self.slots.insert(need, slot);
        slot
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
        let known = self.place(code);
        let place = known.unwrap_or_else(|| {
            self.codes.push(code.into());
            u16::try_from(self.codes.len().saturating_sub(1)).unwrap_or(u16::MAX)
        });
        self.hidden.retain(|hidden| *hidden != place);
        place
    }

    /// Notes a component that makes no line of its own; no line has its place.
    pub(crate) fn lineless(&mut self, code: &str) -> u16 {
        self.lineless.push(code.into());
        u16::MAX
    }

    /// The place of the code of an earlier component.
    pub(crate) fn base_of(&self, code: &str) -> Option<u16> {
        self.place(code).filter(|place| !self.hidden.contains(place))
    }

    fn place(&self, code: &str) -> Option<u16> {
        let place = self.codes.iter().position(|other| &**other == code)?;
        u16::try_from(place).ok()
    }

    /// The lines that `key` names; each must be made by an earlier component.
    pub(crate) fn of(&self, fields: &Fields<'_>, key: &str) -> Result<Of, Refused> {
        let mut of = Of::default();
        for code in fields.names(key) {
            match self.base_of(code) {
                None if self.lineless.iter().any(|other| &**other == code) => {
                    let rule = format!(
                        "{code:?} makes no line of its own: name the components whose lines are meant"
                    );
                    return Err(fields.refuse(key, rule));
                }
                Some(base) => of.bases.push(base),
                None if self.lines.iter().any(|line| &**line == code) => of.lines.push(code.into()),
                None => {
                    return Err(fields.refuse(key, format!("{code:?} is the code of no earlier component")));
                }
            }
        }
        Ok(of)
    }
}

/// A number that must not be below zero.
pub(crate) fn not_negative(fields: &Fields<'_>, key: &str) -> Result<Option<Decimal>, Refused> {
    match fields.number(key) {
        Some(n) if n < Decimal::ZERO => Err(fields.refuse(key, format!("must not be below 0, as {n}"))),
        other => Ok(other),
    }
}

/// A number that must be above zero.
pub(crate) fn positive(fields: &Fields<'_>, key: &str) -> Result<Option<Decimal>, Refused> {
    match fields.number(key) {
        Some(n) if n <= Decimal::ZERO => Err(fields.refuse(key, format!("must be above 0, not {n}"))),
        other => Ok(other),
    }
}
