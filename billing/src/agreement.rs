//! What is known of an agreement that is due, and what follows from it alone: its days, its facts, what its tariff needs.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use metering::{CivilPeriod, Service, Zone};
use series::span::{Billed, HandedOver, Supplied};
use smol_str::{SmolStr, format_smolstr};

use crate::cycle::Cycle;
use crate::determinants::{self, Attribute, Counted};
use crate::label::Label;
use crate::pricing::Version;
use crate::reason::{NoBill, Reason};
use crate::rules::ServiceRules;

/// An agreement that is due, as it was known when the run froze.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its number here.
    pub agreement: i32,
    /// Its number on paper.
    pub service_no: String,
    /// Who pays.
    pub account: i32,
    /// Whose income it is.
    pub company: i32,
    /// The company's currency.
    pub currency: String,
    /// What it is about.
    pub service: Service,
    /// The area of its premises, by its code; empty where it has none.
    pub area: SmolStr,
    /// Its first day.
    pub from: Date,
    /// The first day after its last.
    pub to: Option<Date>,
    /// To where issued bills reach.
    pub billed_to: Option<Timestamp>,
    /// The run in which a bill of it waits.
    pub waits_in: Option<i64>,
    /// Whether a bill under this label is issued.
    pub has_label: bool,
    /// Dated facts.
    pub attributes: Vec<Attribute>,
    /// Registers that count for it.
    pub supplied: Vec<Supplied>,
    /// Where its registers' last bills closed.
    pub billed: Vec<Billed>,
    /// What the old system billed to.
    pub handed_over: Option<HandedOver>,
}

/// A book, as far as bills go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookTerms {
    /// How often it is billed.
    pub cycle: Cycle,
    /// Days from issue to due.
    pub due_days: i16,
}

/// Facts that tariffs know by a shorter name.
const ALIASES: &[(&str, &str)] = &[("area_m2", "heated_area_m2"), ("kw", "contract_kw")];

impl Due {
    /// The days for which it is due under a label, those of its book's cycle as far as it has supply, and the days that
    /// its account has to pay. Without a book it is billed as a monthly one.
    pub fn days<'b>(
        &self,
        label: Label,
        rules: &ServiceRules,
        book: impl Fn(&str) -> Option<&'b BookTerms>,
    ) -> Result<(CivilPeriod, i16), NoBill> {
        let overflow = || NoBill::new(Reason::Overflow, "the days of the period");
        let end = label.period(rules.season).ok_or_else(overflow)?.to();
        let end = self.to.map_or(end, |to| to.min(end));
        let last = end.checked_sub(1.day()).map_err(|_| overflow())?;
        let book = self.value("book", last).and_then(|code| book(code));
        let cycle = book.map_or(Cycle::Monthly, |book| book.cycle);
        let days = cycle.due(label, rules.season).ok_or_else(overflow)?;
        let days = CivilPeriod::new(days.from().max(self.from), end).ok_or_else(overflow)?;
        Ok((days, book.map_or(rules.due_days, |book| book.due_days)))
    }

    /// The value of a dated fact on a day, by its own name.
    pub fn value(&self, name: &str, day: Date) -> Option<&SmolStr> {
        determinants::value_on(&self.attributes, name, day)
    }

    /// A fact on a day, by its own name or by the one that tariffs use; the size of a meter is the master data's, that of
    /// the largest one that is in.
    pub fn fact(&self, name: &str, day: Date) -> Option<SmolStr> {
        if let Some(value) = self.value(name, day) {
            return Some(value.clone());
        }
        let alias = ALIASES.iter().find(|(short, _)| *short == name);
        if let Some(value) = alias.and_then(|(_, long)| self.value(long, day)) {
            return Some(value.clone());
        }
        let is_size = matches!(name, "meter_size" | "size_mm");
        let fitted = self.supplied.iter().map(|s| &s.fitting).filter(|f| is_size && f.to.is_none());
        fitted.filter_map(|f| f.size_mm).max().map(|mm| format_smolstr!("{mm}"))
    }

    /// The quantities that a version needs of it.
    pub fn needed(&self, rules: &ServiceRules, priced: &Version, day: Date) -> Result<Vec<Counted>, NoBill> {
        rules.quantities.needed(priced.tariff.needs(), |name| self.fact(name, day).is_some())
    }

    /// The instants of a service that no meter counts: the days due, from where the last bill ended.
    pub fn unmetered(&self, days: CivilPeriod, zone: &Zone) -> Result<(Timestamp, Timestamp), NoBill> {
        let start_of =
            |date| zone.start_of(date).ok_or_else(|| NoBill::new(Reason::Overflow, "the days due"));
        let (from, to) = (start_of(days.from())?, start_of(days.to())?);
        let from = self.billed_to.map_or(from, |billed| billed.max(from));
        if from < to { Ok((from, to)) } else { Err(NoBill::new(Reason::AlreadyBilled, "")) }
    }

    /// The months of a tier year that it has, of twelve: the month of its beginning counts.
    pub fn part_of_year(&self, year: i16) -> SmolStr {
        let begins = self.from.year() == year;
        let months = if begins { 13_i8.saturating_sub(self.from.month()) } else { 12 };
        format_smolstr!("{months}/12")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use metering::{InstallationId, MeterId, Micro, RegisterId, RegisterKind, Unit};
    use rust_decimal::Decimal;
    use series::boundary::{BoundaryPolicy, BoundaryRule};
    use series::fitting::Fitting;
    use series::register::Range;

    use super::*;
    use crate::determinants::Quantities;
    use crate::label::Season;

    fn fact(name: &str, value: &str, from: Date, to: Option<Date>) -> Attribute {
        Attribute { name: name.into(), value: value.into(), from, to }
    }

    fn agreement(from: Date, to: Option<Date>, attributes: Vec<Attribute>) -> Due {
        Due {
            agreement: 1,
            service_no: "S1".into(),
            account: 1,
            company: 1,
            currency: "CNY".into(),
            service: Service::Heat,
            area: SmolStr::default(),
            from,
            to,
            billed_to: None,
            waits_in: None,
            has_label: false,
            attributes,
            supplied: Vec::new(),
            billed: Vec::new(),
            handed_over: None,
        }
    }

    fn rules() -> ServiceRules {
        ServiceRules {
            boundary: BoundaryRule { policy: BoundaryPolicy::LastActual, max_age_days: 3 },
            index_step: None,
            season: Season::default(),
            due_days: 20,
            review_floor: Decimal::ZERO,
            quantities: Quantities::default(),
        }
    }

    /// The days due as `from..to, days to pay`, or the reason why there are none.
    fn days(due: &Due, label: &str) -> String {
        let books = [
            ("M", BookTerms { cycle: Cycle::Monthly, due_days: 10 }),
            ("E", BookTerms { cycle: Cycle::BimonthlyEven, due_days: 15 }),
            ("Q", BookTerms { cycle: Cycle::Quarterly, due_days: 30 }),
            ("S", BookTerms { cycle: Cycle::Season, due_days: 45 }),
        ];
        let book = |code: &str| books.iter().find(|(name, _)| *name == code).map(|(_, terms)| terms);
        match due.days(label.parse().unwrap(), &rules(), book) {
            Ok((days, to_pay)) => format!("{}..{}, {to_pay}", days.from(), days.to()),
            Err(why) => why.reason.to_string(),
        }
    }

    #[test]
    fn the_book_of_the_last_day_decides_the_days() {
        let of =
            |book: &str| agreement(date(2020, 1, 1), None, vec![fact("book", book, date(2020, 1, 1), None)]);
        for (book, label, expected) in [
            ("M", "2026-10", "2026-10-01..2026-11-01, 10"),
            ("E", "2026-10", "2026-09-01..2026-11-01, 15"),
            ("E", "2026-09", "overflow"),
            ("Q", "2026-12", "2026-10-01..2027-01-01, 30"),
            ("S", "season:2025-26", "2025-11-15..2026-03-16, 45"),
            ("S", "2026-01-01..2026-02-01", "2026-01-01..2026-02-01, 45"),
            ("none of that name", "2026-10", "2026-10-01..2026-11-01, 20"),
        ] {
            assert_eq!(days(&of(book), label), expected, "{book} {label}");
        }
        let moved = vec![
            fact("book", "M", date(2020, 1, 1), Some(date(2026, 10, 31))),
            fact("book", "E", date(2026, 10, 31), None),
        ];
        assert_eq!(days(&agreement(date(2020, 1, 1), None, moved), "2026-10"), "2026-09-01..2026-11-01, 15");
    }

    #[test]
    fn an_agreement_is_due_for_its_own_days_alone() {
        let begun = agreement(date(2026, 10, 12), None, Vec::new());
        assert_eq!(days(&begun, "2026-10"), "2026-10-12..2026-11-01, 20");
        let ended = agreement(date(2020, 1, 1), Some(date(2026, 10, 20)), Vec::new());
        assert_eq!(days(&ended, "2026-10"), "2026-10-01..2026-10-20, 20");
        assert_eq!(days(&ended, "2026-11"), "overflow");
    }

    #[test]
    fn tariffs_know_some_facts_by_a_shorter_name() {
        let from = date(2020, 1, 1);
        let mut due = agreement(
            from,
            None,
            vec![
                fact("heated_area_m2", "88.5", from, Some(date(2026, 10, 10))),
                fact("heated_area_m2", "90", date(2026, 10, 10), None),
                fact("contract_kw", "250", from, None),
                fact("kw", "300", date(2026, 10, 10), None),
            ],
        );
        let on = |due: &Due, name: &str, day: i8| due.fact(name, date(2026, 10, day)).map(String::from);
        assert_eq!(on(&due, "area_m2", 9).as_deref(), Some("88.5"));
        assert_eq!(on(&due, "area_m2", 10).as_deref(), Some("90"));
        assert_eq!(on(&due, "kw", 9).as_deref(), Some("250"));
        assert_eq!(on(&due, "kw", 10).as_deref(), Some("300"), "its own name comes first");
        assert_eq!(on(&due, "persons", 10), None);
        assert_eq!(on(&due, "meter_size", 10), None);
        let fitting = |mm, to| Fitting {
            installation: InstallationId::new(1),
            meter: MeterId::new(1),
            serial: "M1".into(),
            register: RegisterId::new(1),
            name: "6-0:1.0.0".into(),
            unit: Unit::MegaJoule,
            kind: RegisterKind::Counter,
            range: Range::default(),
            multiplier: Decimal::ONE,
            size_mm: Some(mm),
            from: Timestamp::UNIX_EPOCH,
            to,
            opening: Micro::from_raw(0),
            closing: None,
        };
        for (mm, to) in [(20, None), (32, None), (50, Some(Timestamp::UNIX_EPOCH))] {
            let fitting = fitting(mm, to);
            due.supplied.push(Supplied { fitting, from, to: None, had_before: false });
        }
        assert_eq!(on(&due, "meter_size", 10).as_deref(), Some("32"), "the largest that is in");
    }

    #[test]
    fn the_month_of_its_beginning_counts_for_the_tier_year() {
        let due = agreement(date(2026, 6, 30), None, Vec::new());
        assert_eq!([2026, 2027].map(|year| due.part_of_year(year).to_string()), ["7/12", "12/12"]);
        assert_eq!(agreement(date(2026, 12, 31), None, Vec::new()).part_of_year(2026), "1/12");
    }
}
