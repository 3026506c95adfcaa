//! The tariff document: read strictly, compiled once.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::plan::{Compiler, Label, Step, positive};
use super::read::{Fields, Key, Kind, Refused};
use super::units::Units;
use crate::components::{self, Component};
use crate::rating::{Mode, Need, Rule};

/// The keys of a document.
pub(crate) const KEYS: &[Key] = &[
    Key::may("code", Kind::Text, "the tariff's code; the same in all its versions"),
    Key::may("name", Kind::Label, "its printed name"),
    Key::may("medium", Kind::Text, "water, hot_water, heat, cooling, electricity, gas, other"),
    Key::may("currency", Kind::Text, "three letters, such as CNY"),
    Key::may("valid_from", Kind::Date, "its first day"),
    Key::may("valid_to", Kind::DateOrOpen, "the day after its last; open where null or absent"),
    Key::may("applies_by", Kind::OneOf(APPLIES_BY), "which date decides whether this version applies"),
    Key::may("transition", Kind::OneOf(TRANSITIONS), "how a period is split in which this version begins"),
    Key::may("tier_year_by", Kind::OneOf(TIER_YEAR_BY), "which date decides the tier year of a period"),
    Key::may("units", Kind::Texts, "units of quantities and facts whose names don't say them"),
    Key::must("quantum", Kind::Number, "the money step, such as 0.01"),
    Key::must("rounding", Kind::OneOf(Mode::NAMES), "how an amount comes to the money step"),
    Key::may(
        "round_at",
        Kind::OneOf(&["line", "total"]),
        "line: each line, then added; total: the sum, once",
    ),
    Key::may("final", Kind::Object(FINAL_KEYS), "the last step on the total, shown as a line of its own"),
    Key::must("components", Kind::Components, "the priced rules, in order"),
    Key::may("examples", Kind::List(EXAMPLE_KEYS), "worked bills that must come out to the cent"),
    Key::may("note", Kind::Any, "for people"),
    Key::may("source", Kind::Any, "for people: the notice that it was taken from"),
];

const FINAL_KEYS: &[Key] = &[
    Key::must("quantum", Kind::Number, "the step, such as 10"),
    Key::must("rounding", Kind::OneOf(Mode::NAMES), "how the total comes to it"),
];

const EXAMPLE_KEYS: &[Key] = &[
    Key::may("id", Kind::Text, "a name for messages"),
    Key::must("input", Kind::Any, "what it is rated from"),
    Key::must("expected", Kind::Any, "the lines and the total"),
    Key::may("note", Kind::Any, "for people"),
];

const APPLIES_BY: &[&str] = &["service", "reading", "bill"];
const TRANSITIONS: &[&str] = &["days", "start", "end", "reading_on_day", "reading_on_or_after"];
const TIER_YEAR_BY: &[&str] = &["service", "reading", "label"];

/// Which date decides whether a version applies to a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AppliesBy {
    /// The dates of the service.
    #[default]
    Service,
    /// The date of the closing reading.
    Reading,
    /// The date of the bill.
    Bill,
}

/// How a period is split in which a new version begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Transition {
    /// The usage is shared by days; the rest goes to the last part.
    #[default]
    Days,
    /// The version of the first day prices all.
    Start,
    /// The version of the last day prices all.
    End,
    /// By a reading on the day of the change.
    ReadingOnDay,
    /// By the first reading on or after the day of the change.
    ReadingOnOrAfter,
}

/// Which date decides the tier year of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TierYearBy {
    /// The dates of the service: a period over new year has two parts.
    #[default]
    Service,
    /// The date of the closing reading.
    Reading,
    /// The label of the period: 2026-01 is of 2026, whenever it was read.
    Label,
}

/// A tariff: one version of a document, compiled to rate with.
#[derive(Debug)]
pub struct Tariff {
    /// Its code.
    pub code: Option<Box<str>>,
    /// Its printed name.
    pub name: Option<Label>,
    /// What flows through the meter.
    pub medium: Option<Box<str>>,
    /// The currency of all its amounts.
    pub currency: Option<Box<str>>,
    /// Its first day.
    pub valid_from: Option<Date>,
    /// The day after its last.
    pub valid_to: Option<Date>,
    /// Which date decides whether it applies.
    pub applies_by: AppliesBy,
    /// How a period is split in which it begins.
    pub transition: Transition,
    /// Which date decides the tier year.
    pub tier_year_by: TierYearBy,
    pub(crate) rule: Rule,
    pub(crate) rounds_lines: bool,
    pub(crate) last_rule: Option<Rule>,
    pub(crate) steps: Vec<Step>,
    pub(crate) needs: Vec<Need>,
    pub(crate) examples: Vec<Value>,
}

impl Tariff {
    /// Reads and compiles a document. What is not understood is refused with its path and the rule.
    ///
    /// ```
    /// use billing::tariff::Tariff;
    /// let refused = Tariff::from_json(r#"{"quantum": "0.01", "rounding": "half_up",
    ///     "components": [{"type": "fixed", "code": "base", "ammount": "6"}]}"#).unwrap_err();
    /// assert!(refused.to_string().starts_with("components[0].ammount: unknown key"));
    /// ```
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        super::bounds::check_text(text)?;
        Self::from_value(&super::parse(text)?)
    }

    /// [`Tariff::from_json`] of a parsed document.
    pub fn from_value(value: &Value) -> Result<Self, Refused> {
        let fields = Fields::open("", value, &[KEYS])?;
        let examples = fields.items("examples");
        super::check_list("examples", "worked bills", examples.len(), super::EXAMPLES_MAX)?;
        let date = |key| fields.text(key).and_then(|text| text.parse::<Date>().ok());
        let (valid_from, valid_to) = (date("valid_from"), date("valid_to"));
        if let (Some(from), Some(to)) = (valid_from, valid_to)
            && to <= from
        {
            return Err(fields
                .refuse("valid_to", format!("must be after valid_from {from}: the end is not included")));
        }
        let rule = rule(&fields, None)?;
        let rounds_lines = fields.text("round_at") != Some("total");
        let last_rule = match fields.value("final") {
            Some(last) => Some(self::rule(&Fields::open("final", last, &[FINAL_KEYS])?, None)?),
            None => None,
        };
        let mut compiler = Compiler::new(rule, rounds_lines, Units::read(&fields));
        let steps = components::read_all(&fields, "components", &mut compiler)?;
        Ok(Self {
            code: fields.text("code").map(Box::from),
            name: Label::read(&fields, "name"),
            medium: fields.text("medium").map(Box::from),
            currency: fields.text("currency").map(Box::from),
            valid_from,
            valid_to,
            applies_by: match fields.text("applies_by") {
                Some("reading") => AppliesBy::Reading,
                Some("bill") => AppliesBy::Bill,
                _ => AppliesBy::Service,
            },
            transition: match fields.text("transition") {
                Some("start") => Transition::Start,
                Some("end") => Transition::End,
                Some("reading_on_day") => Transition::ReadingOnDay,
                Some("reading_on_or_after") => Transition::ReadingOnOrAfter,
                _ => Transition::Days,
            },
            tier_year_by: match fields.text("tier_year_by") {
                Some("reading") => TierYearBy::Reading,
                Some("label") => TierYearBy::Label,
                _ => TierYearBy::Service,
            },
            rule,
            rounds_lines,
            last_rule,
            steps,
            needs: compiler.needs,
            examples: examples.into_iter().map(|(_, example)| example.clone()).collect(),
        })
    }

    /// What its components ask of the input, each once.
    pub fn needs(&self) -> &[Need] {
        &self.needs
    }

    /// Whether the version is valid on a day.
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day < to)
    }

    /// The printed name of the component of a code, or of a line.
    pub(crate) fn label_of(&self, code: &str) -> Option<&Label> {
        fn find<'s>(steps: &'s [Step], code: &str) -> Option<&'s Label> {
            steps.iter().find_map(|step| match &step.component {
                Component::Select(select) => select.cases.iter().find_map(|(_, inner)| find(inner, code)),
                _ if *step.code == *code => step.name.as_ref(),
                _ => None,
            })
        }
        find(&self.steps, code)
    }

    /// The money step and mode of its lines, or of its total.
    pub fn rule(&self) -> Rule {
        self.rule
    }
}

/// The rule of an object with `quantum` and `rounding`, the missing ones from `default`.
pub(crate) fn rule(fields: &Fields<'_>, default: Option<Rule>) -> Result<Rule, Refused> {
    let quantum = positive(fields, "quantum")?.or(default.map(Rule::quantum)).unwrap_or(Decimal::ONE);
    let mode = match fields.text("rounding") {
        Some(text) => text.parse().map_err(|e| fields.refuse("rounding", format!("{e}")))?,
        None => default.map_or(Mode::HalfUp, Rule::mode),
    };
    Rule::new(quantum, mode).ok_or_else(|| fields.refuse("quantum", "must be above 0"))
}
