//! Publication: what a document must be before a bill may be rated by it. A document that can't be rated is refused
//! here, not when it is billed.

use jiff::civil::Date;
use metering::Identifier;
use metering::Medium;
use rust_decimal::Decimal;
use serde_json::Value;

use super::case::Expected;
use super::document::Tariff;
use super::plan::Step;
use super::read::{Fields, Refused};
use super::units::Units;
use crate::components::{Component, Select};
use crate::rating::{Input, ROUNDING};

/// The days of a version, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Its first day.
    pub from: Date,
    /// The day after its last; `None` while it is open.
    pub to: Option<Date>,
}

/// A document that may be published.
#[derive(Debug)]
pub struct Publication {
    /// The tariff.
    pub tariff: Tariff,
    /// Its days.
    pub validity: Validity,
    /// The place in `others` of the open version that ends where this one begins.
    pub closes: Option<usize>,
}

/// What a published document must hold.
const REQUIRED: &[&str] =
    &["code", "name", "medium", "currency", "valid_from", "valid_to", "applies_by", "transition", "examples"];

/// Reads a document for publication beside the `others` of its code, or tells all that speaks against it.
pub fn publication(text: &str, others: &[Validity]) -> Result<Publication, Vec<Refused>> {
    let one = |refused| vec![refused];
    super::bounds::check_text(text).map_err(one)?;
    let value = super::parse(text).map_err(one)?;
    let tariff = Tariff::from_value(&value).map_err(one)?;
    let fields = Fields::open("", &value, &[super::document::KEYS]).map_err(one)?;
    let mut found: Vec<Refused> = Vec::new();
    for key in REQUIRED.iter().filter(|key| !fields.has(key)) {
        found.push(fields.refuse(key, "is required of a published document"));
    }
    if let Some(medium) = fields.text("medium")
        && let Err(unknown) = medium.parse::<Medium>()
    {
        found.push(fields.refuse("medium", unknown.to_string()));
    }
    if let Some(currency) = fields.text("currency")
        && (currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()))
    {
        found.push(fields.refuse("currency", format!("must be three capital letters, not {currency:?}")));
    }
    let units = Units::read(&fields);
    let mut judge = Judge { tariff: &tariff, units: &units, taken: Vec::new(), found: &mut found };
    judge.steps(&tariff.steps, "components", None);
    examples(&tariff, &fields, &mut found);
    let validity = tariff.valid_from.map(|from| Validity { from, to: tariff.valid_to });
    let closes = validity.and_then(|own| match place(own, others) {
        Ok(closes) => closes,
        Err(refused) => {
            found.push(refused);
            None
        }
    });
    match validity {
        Some(validity) if found.is_empty() => Ok(Publication { tariff, validity, closes }),
        _ => Err(found),
    }
}

/// The open version that a new one closes; refuses one that overlaps with another.
fn place(own: Validity, others: &[Validity]) -> Result<Option<usize>, Refused> {
    let mut closes = None;
    for (n, other) in others.iter().enumerate() {
        let begins_before_end = |a: Validity, b: Validity| b.to.is_none_or(|to| a.from < to);
        if !begins_before_end(own, *other) || !begins_before_end(*other, own) {
            continue;
        }
        if other.to.is_none() && other.from < own.from {
            closes = Some(n);
            continue;
        }
        let until = other.to.map_or("open".to_owned(), |to| to.to_string());
        let rule = format!("overlaps with the version of [{}, {until})", other.from);
        return Err(Refused::new("valid_from", rule));
    }
    Ok(closes)
}

/// What speaks against components. `taken` are the codes of those before them.
/// Why a code or a payee is none: bills, exports and the ledger know lines and payees by these names.
fn no_identifier(name: &str) -> Option<String> {
    match Identifier::new(name) {
        Ok(own) if own.as_str() == name => None,
        Ok(own) => Some(format!("{name:?} would be the same as {:?}: write that", own.as_str())),
        Err(why) => Some(format!("{name:?}: {why}")),
    }
}

struct Judge<'t> {
    tariff: &'t Tariff,
    units: &'t Units,
    taken: Vec<&'t str>,
    found: &'t mut Vec<Refused>,
}

impl<'t> Judge<'t> {
    /// The components of the document, or those of a schedule that is chosen up to a usage.
    fn steps(&mut self, list: &'t [Step], path: &str, bound: Option<(&str, Decimal)>) {
        for (n, step) in list.iter().enumerate() {
            self.step(step, &format!("{path}[{n}]"), bound);
            if step.component.makes_lines() {
                self.taken.push(&step.code);
            }
        }
    }

    fn step(&mut self, step: &'t Step, at: &str, bound: Option<(&str, Decimal)>) {
        let mut refuse = |key: &str, rule: String| self.found.push(Refused::new(format!("{at}.{key}"), rule));
        if step.component.makes_lines() && self.taken.contains(&&*step.code) {
            refuse("code", format!("{:?} is the code of an earlier component", step.code));
        }
        for (key, name) in [("code", Some(&*step.code)), ("payee", step.payee.as_deref())] {
            if let Some(why) = name.and_then(no_identifier) {
                refuse(key, why);
            }
        }
        if &*step.code == ROUNDING && (!self.tariff.rounds_lines || self.tariff.last_rule.is_some()) {
            refuse("code", format!("{ROUNDING:?} is the line that the rounded total leaves"));
        }
        let mut unit = None;
        for (key, name) in step.component.priced() {
            match (self.units.of(name), &unit) {
                (None, _) => {
                    refuse(&key, format!("the price of {name:?} is per what? units.{name} must say"));
                }
                (Some(own), Some(first)) if own != *first => {
                    refuse(&key, format!("{name:?} is in {own}, the bands before it in {first}"));
                }
                (Some(own), _) => unit = Some(own),
            }
        }
        if let Some(key) = open_end_missing(&step.component, bound) {
            refuse(key, "the last must be open (null): what is above it would cost nothing".into());
        }
        match &step.component {
            Component::Subsidy(subsidy) if subsidy.payer.is_none() => {
                refuse("payer", "is required of a subsidy: whose receivable it is".into());
            }
            Component::Formula(formula) if formula.may_divide_by_zero(&self.tariff.needs) => {
                refuse("expr", "may divide by zero: bound the divisor, as in max(1, usage)".into());
            }
            Component::Tou(tou) => {
                for (n, band) in tou.bands.iter().enumerate() {
                    if tou.bands.iter().take(n).any(|other| other.qty == band.qty) {
                        refuse("qty", format!("{:?} counts in two bands", band.qty));
                    }
                }
            }
            Component::Select(select) => self.schedules(select, at),
            _ => {}
        }
    }

    /// The schedules of a `select`: one excludes the others, so that they may share codes.
    fn schedules(&mut self, select: &'t Select, at: &str) {
        let before = self.taken.len();
        let mut inside = Vec::new();
        for (case, (upto, steps)) in select.cases.iter().enumerate() {
            let path = format!("{at}.cases[{case}].components");
            self.steps(steps, &path, upto.map(|upto| (&*select.by, upto)));
            inside.extend(self.taken.drain(before..));
        }
        self.taken.extend(inside);
    }
}

/// The key of blocks whose last one is bounded below what they can meet. In a schedule that is chosen up to a usage, a
/// bound of that usage is end enough.
fn open_end_missing(component: &Component, bound: Option<(&str, Decimal)>) -> Option<&'static str> {
    match component {
        Component::Tiered(tiered) => {
            let last = tiered.blocks.tiers.last().and_then(|tier| tier.upto)?;
            let enough = bound.is_some_and(|(by, upto)| by == &*tiered.qty && upto <= last);
            (!(enough && tiered.blocks.is_plain())).then_some("tiers")
        }
        Component::Tou(tou) => tou.last_bound().map(|_| "tiers"),
        Component::Quota(quota) => quota.bands.last().and_then(|band| band.upto_ratio).map(|_| "bands"),
        Component::Select(select) => select.cases.last().and_then(|(upto, _)| *upto).map(|_| "cases"),
        _ => None,
    }
}

/// What comes out otherwise than an example says.
fn examples(tariff: &Tariff, fields: &Fields<'_>, found: &mut Vec<Refused>) {
    if fields.has("examples") && tariff.examples.is_empty() {
        found.push(fields.refuse("examples", "must hold at least one worked bill"));
    }
    for (n, example) in tariff.examples.iter().enumerate() {
        let path = format!("examples[{n}]");
        let missing = Value::Null;
        let part = |key| example.get(key).unwrap_or(&missing);
        let read = Input::from_value(part("input"))
            .and_then(|input| Ok((input, Expected::from_value(part("expected"))?)));
        match read {
            Err(refused) => found.push(Refused::new(format!("{path}.{}", refused.path), refused.rule)),
            Ok((input, expected)) => {
                let differences = expected.differences(tariff, &input);
                found.extend(
                    differences.iter().map(|difference| Refused::new(&*path, difference.to_string())),
                );
            }
        }
    }
}
