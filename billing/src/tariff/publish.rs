//! Publication: what a document must be before a bill may be rated by it. A document that can't be rated is refused
//! here, not when it is billed.

use jiff::civil::Date;
use metering::Medium;
use rust_decimal::Decimal;
use serde_json::Value;

use super::case::Expected;
use super::document::Tariff;
use super::plan::Step;
use super::read::{Fields, Refused};
use crate::components::Component;
use crate::rating::Input;

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
    let value: Value = serde_json::from_str(text).map_err(|e| one(Refused::new("", e.to_string())))?;
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
    steps(&tariff.steps, "components", None, &mut found);
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

/// What speaks against components: a code twice, a block without end, a price without unit, a subsidy without payer.
fn steps(list: &[Step], path: &str, bound: Option<(&str, Decimal)>, found: &mut Vec<Refused>) {
    for (n, step) in list.iter().enumerate() {
        let at = format!("{path}[{n}]");
        let mut refuse = |key: &str, rule: String| found.push(Refused::new(format!("{at}.{key}"), rule));
        if list.iter().take(n).any(|other| other.code == step.code) {
            refuse("code", format!("{:?} is the code of an earlier component", step.code));
        }
        if let Some(name) = step.component.prices()
            && step.unit.is_none()
        {
            refuse("qty", format!("the price of {name:?} is per what? units.{name} must say"));
        }
        if let Some(key) = open_end_missing(&step.component, bound) {
            refuse(key, "the last must be open (null): what is above it would cost nothing".into());
        }
        match &step.component {
            Component::Subsidy(subsidy) if subsidy.payer.is_none() => {
                refuse("payer", "is required of a subsidy: whose receivable it is".into());
            }
            Component::Select(select) => {
                for (case, (upto, inner)) in select.cases.iter().enumerate() {
                    let inner_path = format!("{at}.cases[{case}].components");
                    steps(inner, &inner_path, upto.map(|upto| (&*select.by, upto)), found);
                }
            }
            _ => {}
        }
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
