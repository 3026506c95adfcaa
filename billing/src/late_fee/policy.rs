//! The policy document: rates, grace, what counts, cap, minimum.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::rating::{Mode, Rule};
use crate::tariff::{Fields, Key, Kind, Refused, not_negative, rule};

const KEYS: &[Key] = &[
    Key::must("kind", Kind::OneOf(&["late_fee"]), "late_fee"),
    Key::must("code", Kind::Text, "the policy's code"),
    Key::must("valid_from", Kind::Date, "its first day"),
    Key::may("valid_to", Kind::DateOrOpen, "the day after its last"),
    Key::may("rate_per_day", Kind::Number, "of the open principal; 0.0005 is 0.05 % a day"),
    Key::may("segments", Kind::List(SEGMENT_KEYS), "rates that differ; of those that fit, the last holds"),
    Key::may("count_payment_day", Kind::Flag, "whether the day of payment counts; default true"),
    Key::may("grace_days", Kind::Number, "days after the due date that don't count; default 0"),
    Key::may(
        "due_moves",
        Kind::OneOf(&["next_working_day", "never"]),
        "a due date on a holiday; default next_working_day",
    ),
    Key::may("items", Kind::Names, "the components whose principal bears the fee; default all"),
    Key::may(
        "cap",
        Kind::Any,
        "principal, {\"share\": \"0.3\"} of it, {\"amount\": \"50\"}, or none (default)",
    ),
    Key::may("minimum", Kind::Number, "the least fee, once, where any day counts; default 0"),
    Key::may("quantum", Kind::Number, "the money step; default 0.01"),
    Key::may("rounding", Kind::OneOf(Mode::NAMES), "default half_up"),
];

const SEGMENT_KEYS: &[Key] = &[
    Key::must("rate_per_day", Kind::Number, "of the open principal"),
    Key::may("when", Kind::OneOf(&["same_year", "earlier_years"]), "days in the debt's year, or after it"),
    Key::may("from_day", Kind::Number, "from this day overdue on; default 1"),
];

const CAP_KEYS: &[Key] =
    &[Key::may("share", Kind::Number, "of the principal"), Key::may("amount", Kind::Number, "money")];

/// A late-fee policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its code.
    pub code: Box<str>,
    /// Its first day.
    pub valid_from: Date,
    /// The day after its last.
    pub valid_to: Option<Date>,
    /// The rates; of those that fit a day, the last holds.
    pub segments: Vec<Segment>,
    /// Whether the day of payment counts.
    pub count_payment_day: bool,
    /// Days after the due date that don't count.
    pub grace_days: u16,
    /// Whether a due date on a holiday moves to the next working day.
    pub due_moves: bool,
    /// The components whose principal bears the fee; all where empty.
    pub items: Vec<Box<str>>,
    /// The most that it comes to.
    pub cap: Option<Cap>,
    /// The least that it comes to, where any day counts.
    pub minimum: Decimal,
    /// How the accumulated sum is rounded.
    pub rule: Rule,
}

/// A rate and the days that it holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Of the open principal, a day.
    pub rate_per_day: Decimal,
    /// In which years.
    pub when: When,
    /// From this day overdue on; 1 is the first.
    pub from_day: u32,
}

/// In which years a rate holds, seen from the year of the debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In all.
    Always,
    /// On days in the year in which the debt was due.
    SameYear,
    /// On days after that year: a debt of earlier years (跨年度).
    EarlierYears,
}

/// The most that a fee comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// This share of the principal; 1 is the principal.
    Share(Decimal),
    /// This amount.
    Amount(Decimal),
}

impl Policy {
    /// Reads a policy document, strictly.
    pub fn from_json(text: &str) -> Result<Self, Refused> {
        let value = crate::tariff::parse(text)?;
        let fields = Fields::open("", &value, &[KEYS])?;
        let date = |key| fields.text(key).and_then(|text| text.parse::<Date>().ok());
        let valid_from = date("valid_from").ok_or_else(|| fields.refuse("valid_from", "is required"))?;
        let cents = Rule::new(Decimal::new(1, 2), Mode::HalfUp);
        Ok(Self {
            code: fields.need_text("code")?.into(),
            valid_from,
            valid_to: date("valid_to"),
            segments: segments(&fields)?,
            count_payment_day: fields.flag("count_payment_day").unwrap_or(true),
            grace_days: whole(&fields, "grace_days")?.unwrap_or(0),
            due_moves: fields.text("due_moves") != Some("never"),
            items: fields.names("items").into_iter().map(Box::from).collect(),
            cap: cap(&fields)?,
            minimum: not_negative(&fields, "minimum")?.unwrap_or_default(),
            rule: rule(&fields, cents)?,
        })
    }

    /// Whether the principal of a component bears the fee.
    pub fn bears(&self, component: &str) -> bool {
        self.items.is_empty() || self.items.iter().any(|item| &**item == component)
    }

    /// The rate of a day: in the debt's year or after it, and how many days overdue.
    pub(super) fn rate(&self, same_year: bool, day_overdue: u32) -> Decimal {
        let fits = |segment: &&Segment| {
            let year = match segment.when {
                When::Always => true,
                When::SameYear => same_year,
                When::EarlierYears => !same_year,
            };
            year && segment.from_day <= day_overdue
        };
        self.segments.iter().rev().find(fits).map_or(Decimal::ZERO, |segment| segment.rate_per_day)
    }
}

/// `rate_per_day`, then the segments. One of them must hold on every day: a gap would be a day without a fee.
fn segments(fields: &Fields<'_>) -> Result<Vec<Segment>, Refused> {
    let mut list = Vec::new();
    if let Some(rate_per_day) = not_negative(fields, "rate_per_day")? {
        list.push(Segment { rate_per_day, when: When::Always, from_day: 1 });
    }
    for (path, item) in fields.items("segments") {
        let own = Fields::open(path, item, &[SEGMENT_KEYS])?;
        list.push(Segment {
            rate_per_day: not_negative(&own, "rate_per_day")?.unwrap_or_default(),
            when: match own.text("when") {
                Some("same_year") => When::SameYear,
                Some("earlier_years") => When::EarlierYears,
                _ => When::Always,
            },
            from_day: whole(&own, "from_day")?.map_or(1, u32::from),
        });
    }
    let holds =
        |wanted: When| list.iter().any(|s| s.from_day <= 1 && (s.when == When::Always || s.when == wanted));
    if !(holds(When::SameYear) && holds(When::EarlierYears)) {
        return Err(
            fields.refuse("rate_per_day", "is required, or segments that leave no day without a rate")
        );
    }
    Ok(list)
}

fn cap(fields: &Fields<'_>) -> Result<Option<Cap>, Refused> {
    let Some(value) = fields.value("cap") else { return Ok(None) };
    match value.as_str() {
        Some("principal") => return Ok(Some(Cap::Share(Decimal::ONE))),
        Some("none") => return Ok(None),
        Some(_) => return Err(fields.refuse("cap", "must be principal, none, {\"share\"} or {\"amount\"}")),
        None => {}
    }
    let own = Fields::open("cap", value, &[CAP_KEYS])?;
    match (not_negative(&own, "share")?, not_negative(&own, "amount")?) {
        (Some(share), None) => Ok(Some(Cap::Share(share))),
        (None, Some(amount)) => Ok(Some(Cap::Amount(amount))),
        _ => Err(fields.refuse("cap", "must hold exactly one of share and amount")),
    }
}

fn whole(fields: &Fields<'_>, key: &str) -> Result<Option<u16>, Refused> {
    let Some(n) = fields.number(key) else { return Ok(None) };
    let days = if n.fract().is_zero() { u16::try_from(n).ok() } else { None };
    days.map(Some).ok_or_else(|| fields.refuse(key, format!("must be a whole number of days, not {n}")))
}
