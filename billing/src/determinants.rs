//! What a tariff multiplies: quantities by the names that tariffs use, facts, days, months, counters.
//!
//! A tariff asks for `usage` or `kwh`; a meter has registers. Which register is meant is a setting of the service
//! ([`Quantities`]); a tariff may also name a register itself (`"qty": "1-0:1.8.2"`). A fact is the value on the
//! last day of the period.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use metering::Register;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::rating::Need;
use crate::reason::{NoBill, Reason};
use metering::CivilPeriod;
use series::segment::Segment;

/// A quantity's name: the register that counts it, and the unit that the tariff prices, where it is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// As tariffs name it.
    pub name: SmolStr,
    /// The register's name.
    pub register: SmolStr,
    /// `None`: the register's own unit.
    pub unit: Option<SmolStr>,
}

/// Which register counts what, for one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quantities(Vec<Counted>);

impl Quantities {
    /// From pairs such as `("kwh", "1-0:1.8.0")` or `("heat_kwh", "6-0:1.0.0 kWh")`; a name given later wins.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut list: Vec<Counted> = Vec::new();
        for (name, text) in pairs {
            let (register, unit) = text.split_once(' ').map_or((text, None), |(r, u)| (r, Some(u.into())));
            list.retain(|counted| counted.name != name);
            list.push(Counted { name: name.into(), register: register.into(), unit });
        }
        Self(list)
    }

    /// What counts a quantity; a register's own name counts itself.
    pub fn of(&self, name: &str) -> Option<Counted> {
        let known = self.0.iter().find(|counted| counted.name == name).cloned();
        known.or_else(|| {
            name.parse::<Register>().ok()?;
            Some(Counted { name: name.into(), register: name.into(), unit: None })
        })
    }

    /// The quantities among a tariff's needs. A name in a formula may be a fact instead.
    pub fn needed(&self, needs: &[Need], is_fact: impl Fn(&str) -> bool) -> Result<Vec<Counted>, NoBill> {
        let mut counted = Vec::new();
        for need in needs {
            match need {
                Need::Quantity(name) => match self.of(name) {
                    Some(found) => counted.push(found),
                    None => {
                        let detail =
                            format!("no register counts {name:?}: name one in [billing.SERVICE.quantities]");
                        return Err(NoBill::new(Reason::NoMeter, detail));
                    }
                },
                Need::Name(name) if !is_fact(name) => counted.extend(self.of(name)),
                _ => {}
            }
        }
        Ok(counted)
    }
}

/// The usage of a quantity over all segments of its register, in the unit that is priced: the sum of what was counted, or the
/// greatest of the maxima. The indexes are floored to `step`. `None` beyond 96 bits, or between units that measure
/// different things.
pub fn quantity(counted: &Counted, segments: &[Segment], step: Option<Decimal>) -> Option<Decimal> {
    let mut whole = Decimal::ZERO;
    let mut unit = None;
    for segment in segments.iter().filter(|segment| segment.name == counted.register) {
        let usage = segment.usage(step)?;
        whole = if segment.greatest.is_some() { whole.max(usage) } else { whole.checked_add(usage)? };
        unit = Some(segment.unit.symbol());
    }
    match (unit, counted.unit.as_deref()) {
        (Some(from), Some(to)) => convert(whole, from, to),
        _ => Some(whole),
    }
}

/// Energy from one unit into another, multiplied first and divided last: 3,600 MJ are 1,000 kWh.
fn convert(value: Decimal, from: &str, to: &str) -> Option<Decimal> {
    if from == to {
        return Some(value);
    }
    let kilojoules = |unit: &str| match unit {
        "MJ" => Some(Decimal::from(1_000)),
        "GJ" => Some(Decimal::from(1_000_000)),
        "kWh" => Some(Decimal::from(3_600)),
        "MWh" => Some(Decimal::from(3_600_000)),
        _ => None,
    };
    value.checked_mul(kilojoules(from)?)?.checked_div(kilojoules(to)?).map(|value| value.normalize())
}

/// A dated fact of the agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name: persons, heated_area_m2, tariff, book …
    pub name: SmolStr,
    /// Its value.
    pub value: SmolStr,
    /// The first day.
    pub from: Date,
    /// The first day after the last.
    pub to: Option<Date>,
}

impl Attribute {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

/// The value of a fact on a day.
pub fn value_on<'a>(attributes: &'a [Attribute], name: &str, day: Date) -> Option<&'a SmolStr> {
    attributes.iter().find(|a| a.name == name && a.holds_on(day)).map(|a| &a.value)
}

/// All facts on a day, by name.
pub fn facts_on(attributes: &[Attribute], day: Date) -> BTreeMap<SmolStr, SmolStr> {
    attributes.iter().filter(|a| a.holds_on(day)).map(|a| (a.name.clone(), a.value.clone())).collect()
}

/// A fact's value in each month of a year: that of the last day in the month on which there is one. Evidence that
/// covers a part of a month covers it (人口核增 counts from the month of its approval).
pub fn value_by_month(attributes: &[Attribute], name: &str, year: i16) -> Vec<Option<Decimal>> {
    (1..=12_i8)
        .map(|month| {
            let first = Date::new(year, month, 1).ok()?;
            let next = first.checked_add(1.month()).ok()?;
            let covering = attributes
                .iter()
                .filter(|a| a.name == name && a.from < next && a.to.is_none_or(|to| first < to));
            covering.max_by_key(|a| a.from).and_then(|a| crate::tariff::plain_decimal(&a.value))
        })
        .collect()
}

/// The days of a bill that price and tier year go by. A reading stands for the boundary that it meets: one that
/// lies up to `max_age_days` from the first day of the period due stands for that day.
pub fn nominal(service: CivilPeriod, due: CivilPeriod, max_age_days: u16) -> CivilPeriod {
    let near = |a: Date, b: Date| {
        a.until(b).is_ok_and(|span| span.get_days().unsigned_abs() <= u32::from(max_age_days))
    };
    let from = if near(service.from(), due.from()) { due.from() } else { service.from() };
    let to = if near(service.to(), due.to()) { due.to() } else { service.to() };
    CivilPeriod::new(from, to).unwrap_or(service)
}

/// The months of a bill: those that its days touch, once each end is at a month's beginning or not. A supply that
/// begins inside a month has that month; so does one that ends inside it.
///
/// ```
/// use billing::determinants::months;
/// use metering::CivilPeriod;
/// let days = |from: &str, to: &str| CivilPeriod::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
/// assert_eq!(months(days("2026-09-01", "2026-11-01")), 2);
/// assert_eq!(months(days("2026-09-20", "2026-11-01")), 2);
/// assert_eq!(months(days("2025-11-15", "2026-03-16")), 5);
/// ```
pub fn months(nominal: CivilPeriod) -> u32 {
    let count =
        |date: Date| i32::from(date.year()).saturating_mul(12).saturating_add(i32::from(date.month()));
    let months = count(nominal.last()).saturating_sub(count(nominal.from())).saturating_add(1);
    u32::try_from(months).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn joules_become_kilowatt_hours_without_a_remainder() {
        assert_eq!(convert(d("3600"), "MJ", "kWh"), Some(d("1000")));
        assert_eq!(convert(d("1"), "MWh", "MJ"), Some(d("3600")));
        assert_eq!(convert(d("1500"), "MJ", "GJ"), Some(d("1.5")));
        assert_eq!(convert(d("1"), "m3", "kWh"), None);
    }

    #[test]
    fn a_name_counts_a_register() {
        let quantities =
            Quantities::new([("usage", "1-0:1.8.0"), ("peak", "1-0:1.8.1"), ("peak", "1-0:1.8.2")]);
        assert_eq!(quantities.of("peak").unwrap().register, "1-0:1.8.2");
        assert_eq!(quantities.of("1-0:2.8.0").unwrap().register, "1-0:2.8.0");
        assert_eq!(quantities.of("valley"), None);
        let needs = [Need::Quantity("usage".into()), Need::Name("persons".into()), Need::Days];
        let needed = quantities.needed(&needs, |name| name == "persons").unwrap();
        assert_eq!(needed.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["usage"]);
        let unknown = quantities.needed(&[Need::Quantity("valley".into())], |_| false);
        assert_eq!(unknown.unwrap_err().reason, Reason::NoMeter);
    }

    #[test]
    fn evidence_counts_from_the_month_of_its_approval() {
        let fact =
            |value: &str, from, to| Attribute { name: "persons".into(), value: value.into(), from, to };
        let facts = [
            fact("5", date(2026, 3, 20), Some(date(2026, 9, 1))),
            fact("6", date(2026, 9, 15), Some(date(2026, 11, 2))),
        ];
        let months = value_by_month(&facts, "persons", 2026);
        let text: Vec<String> = months.iter().map(|m| m.map_or("-".into(), |n| n.to_string())).collect();
        assert_eq!(text.join(" "), "- - 5 5 5 5 5 5 6 6 6 -");
    }

    #[test]
    fn a_reading_stands_for_the_boundary_it_meets() {
        let days = |from, to| CivilPeriod::new(from, to).unwrap();
        let due = days(date(2026, 10, 1), date(2026, 11, 1));
        let read = days(date(2026, 9, 29), date(2026, 10, 30));
        assert_eq!(nominal(read, due, 3), due);
        let long = days(date(2026, 8, 1), date(2026, 10, 30));
        assert_eq!(nominal(long, due, 3), days(date(2026, 8, 1), date(2026, 11, 1)));
        assert_eq!(months(nominal(long, due, 3)), 3);
    }

    proptest! {
        /// Law D1: twelve monthly bills of a year have twelve months, four quarterly ones too.
        #[test]
        fn a_year_has_twelve_months(year in 1990_i16..2100, cycle in prop::sample::select(vec![1_i32, 2, 3, 6])) {
            let mut sum = 0;
            let mut from = date(year, 1, 1);
            while from.year() == year {
                let to = from.checked_add(cycle.months()).unwrap();
                sum += months(CivilPeriod::new(from, to).unwrap());
                from = to;
            }
            prop_assert_eq!(sum, 12);
        }
    }
}
