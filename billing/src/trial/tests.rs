//! The four beats on a handful of readings: what only a run against a database could show before.

#![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use metering::{InstallationId, MeterId, Micro, Quality, RegisterId, RegisterKind, Service, Unit, Zone};
use proptest::prelude::*;
use rust_decimal::Decimal;
use series::boundary::{BoundaryPolicy, BoundaryRule};
use series::fitting::Fitting;
use series::index::Index;
use series::look::{Answer, Answers, Maxima, MaximumAnswer, MaximumQuestion};
use series::register::{Range, overload_m3h};
use series::span::{Billed, Supplied};

use super::{
    CounterQuestion, Counters, Lookup, Terms, Trial, ask, boundaries, counters, maxima, meet, price_readings,
    raise, rate,
};
use crate::agreement::{BookTerms, Due};
use crate::cycle::Cycle;
use crate::determinants::{Attribute, Quantities};
use crate::label::Season;
use crate::pricing::Version;
use crate::rules::ServiceRules;
use crate::tariff::Tariff;

const MAIN: &str = "8-0:1.0.0";

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn midnight(day: Date) -> Timestamp {
    Zone::utc().start_of(day).unwrap()
}

fn version(id: i32, from: Date, to: Option<Date>, head: &str, components: &str) -> Version {
    let json =
        format!(r#"{{"quantum": "0.01", "rounding": "half_up", {head} "components": [{components}]}}"#);
    let tariff = Tariff::from_json(&json).unwrap_or_else(|refused| panic!("{refused}"));
    Version { id, code: "W".into(), from, to, sha256: String::new(), tariff }
}

const PLAIN: &str = r#"{"type": "unit", "code": "water", "qty": "usage", "price": "2"}"#;
const RENT: &str = r#"{"type": "fixed", "code": "rent", "amount": "31"}"#;
const TIERED: &str = r#"{"type": "tiered", "code": "water", "qty": "usage", "basis": "annual_cumulative",
    "tiers": [{"upto": "180", "price": "2"}, {"upto": null, "price": "4"}]}"#;

fn terms(label: &str, versions: Vec<Version>) -> Terms {
    let rules = ServiceRules {
        boundary: BoundaryRule { policy: BoundaryPolicy::LastActual, max_age_days: 3 },
        index_step: Some(Decimal::ONE),
        season: Season::default(),
        due_days: 20,
        review_floor: d("20"),
        quantities: Quantities::new([("usage", MAIN)]),
    };
    Terms {
        run: 7,
        label: label.parse().unwrap(),
        as_of: midnight(date(2026, 12, 1)),
        zone: Zone::utc(),
        rules: HashMap::from([(Service::Water, rules)]),
        versions,
        books: HashMap::from([("Q".to_owned(), BookTerms { cycle: Cycle::Quarterly, due_days: 30 })]),
    }
}

fn plain(label: &str) -> Terms {
    terms(label, vec![version(1, date(2020, 1, 1), None, "", PLAIN)])
}

fn fact(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), value: value.into(), from: date(2020, 1, 1), to: None }
}

/// A household with a meter that was put in on 1 January 2026 at 0.
fn household(agreement: i32) -> Due {
    let fitting = Fitting {
        installation: InstallationId::new(agreement),
        meter: MeterId::new(agreement),
        serial: format!("M{agreement}").into(),
        register: RegisterId::new(1),
        name: MAIN.into(),
        unit: Unit::CubicMetre,
        kind: RegisterKind::Counter,
        range: Range { full: Some(d("100000")), hourly: overload_m3h(Some(20), Unit::CubicMetre) },
        multiplier: Decimal::ONE,
        size_mm: Some(20),
        from: midnight(date(2026, 1, 1)),
        to: None,
        opening: Micro::from_raw(0),
        closing: None,
    };
    Due {
        agreement,
        service_no: format!("S{agreement}"),
        account: agreement,
        company: 1,
        currency: "CNY".into(),
        service: Service::Water,
        area: "".into(),
        from: date(2026, 1, 1),
        to: None,
        billed_to: None,
        waits_in: None,
        has_label: false,
        attributes: vec![fact("tariff", "W")],
        supplied: vec![Supplied { fitting, from: date(2026, 1, 1), to: None, had_before: false }],
        billed: Vec::new(),
        handed_over: None,
    }
}

/// Billed to 1 October at an index, at so much a day.
fn billed(mut due: Due, index: i64, daily: &str) -> Due {
    due.billed.push(Billed {
        installation: InstallationId::new(due.agreement),
        register: RegisterId::new(1),
        from: midnight(date(2026, 9, 1)),
        open: Micro::from_raw(0),
        rolled: false,
        bill: 1,
        close: Index {
            at: midnight(date(2026, 10, 1)),
            value: Micro::from_raw(index * 1_000_000),
            quality: Quality::Actual,
        },
        daily: Some(d(daily)),
    });
    due
}

/// A reading of whole m3 at a midnight: meter, day, index.
type Read = (i32, Date, i64);

/// What the questions find in a list of readings.
fn look_up(lookups: &[Lookup], readings: &[Read]) -> Answers {
    let mut answers = Answers::new();
    for (look, questions) in lookups {
        for question in questions {
            let of = readings.iter().filter(|(meter, ..)| *meter == question.meter.get());
            let indexes: Vec<Index> = of
                .map(|(_, day, value)| Index {
                    at: midnight(*day),
                    value: Micro::from_raw(value * 1_000_000),
                    quality: Quality::Actual,
                })
                .collect();
            let before = indexes.iter().filter(|i| look.earliest <= i.at && i.at <= look.at);
            let after = indexes.iter().filter(|i| look.at < i.at && look.latest.is_some_and(|l| i.at < l));
            let answer = Answer {
                before: before.max_by_key(|i| i.at).copied(),
                after: after.min_by_key(|i| i.at).copied(),
                in_conflict: false,
            };
            answers.insert(*question, answer);
        }
    }
    answers
}

/// The greatest readings of stretches.
fn look_up_maxima(questions: &[MaximumQuestion], readings: &[Read]) -> Maxima {
    let answer = |question: &MaximumQuestion| {
        let of = readings.iter().filter(|(meter, ..)| *meter == question.meter.get());
        let indexes = of.map(|(_, day, value)| Index {
            at: midnight(*day),
            value: Micro::from_raw(value * 1_000_000),
            quality: Quality::Actual,
        });
        let inside = indexes.filter(|i| question.from < i.at && i.at <= question.to);
        MaximumAnswer { greatest: inside.max_by_key(|i| i.value), in_conflict: false }
    };
    questions.iter().map(|question| (*question, answer(question))).collect()
}

fn tried(terms: &Terms, due: &[Due], readings: &[Read], known: &Counters) -> Trial {
    let mut exceptions = Vec::new();
    let asked = ask(terms, due, &mut exceptions);
    let found = look_up(&boundaries(terms, &asked), readings);
    let price_found = look_up(&price_readings(terms, &asked), readings);
    let met = meet(terms, &asked, &found, &price_found, &mut exceptions);
    let greatest = look_up_maxima(&maxima(&met), readings);
    let met = raise(met, &greatest, &mut exceptions);
    let bills = rate(terms, &met, known, &mut exceptions);
    Trial { bills, exceptions }
}

/// The bill of one agreement: `from..to: code qty amount, … [review]`, or why there is none.
fn bill(terms: &Terms, due: Due, readings: &[Read]) -> String {
    bill_after(terms, due, readings, &Counters::default())
}

fn bill_after(terms: &Terms, due: Due, readings: &[Read], known: &Counters) -> String {
    let trial = tried(terms, &[due], readings, known);
    match (trial.bills.as_slice(), trial.exceptions.as_slice()) {
        ([], [exception]) => exception.why.to_string(),
        ([bill], []) => {
            let lines: Vec<String> =
                bill.lines.iter().map(|line| format!("{} {} {}", line.code, line.qty, line.amount)).collect();
            let (from, to) = (Zone::utc().date(bill.from), Zone::utc().date(bill.to));
            let review: Vec<String> = bill.review.iter().map(|rule| format!(" [{rule}]")).collect();
            assert_eq!(bill.total, bill.lines.iter().map(|line| line.amount).sum::<Decimal>());
            format!("{from}..{to}: {}{}", lines.join(", "), review.concat())
        }
        other => panic!("one bill or one reason: {other:?}"),
    }
}

#[test]
fn a_month_is_billed_from_its_readings() {
    let end = [(1, date(2026, 11, 1), 40)];
    assert_eq!(bill(&plain("2026-10"), household(1), &end), "2026-01-01..2026-11-01: water 40 80.00");
    let next = billed(household(1), 30, "0.3");
    assert_eq!(bill(&plain("2026-10"), next.clone(), &end), "2026-10-01..2026-11-01: water 10 20.00");
    assert_eq!(bill(&plain("2026-10"), next, &[]), "no_reading: M1 8-0:1.0.0 at 2026-11-01T00:00:00Z");
}

#[test]
fn a_reading_after_the_freeze_is_not_asked_for() {
    let terms = plain("2026-10");
    let due = [household(1)];
    let asked = ask(&terms, &due, &mut Vec::new());
    let looks: Vec<_> = boundaries(&terms, &asked).into_iter().map(|(look, _)| look.as_of).collect();
    assert_eq!(looks, [terms.as_of]);
}

#[test]
fn each_agreement_falls_out_with_its_own_reason() {
    let terms = plain("2026-10");
    let end = [(1, date(2026, 11, 1), 40)];
    let with = |change: &dyn Fn(&mut Due)| {
        let mut due = billed(household(1), 30, "0.3");
        change(&mut due);
        bill(&terms, due, &end)
    };
    assert_eq!(with(&|due| due.waits_in = Some(6)), "open_run: run 6");
    assert_eq!(with(&|due| due.waits_in = Some(7)), "2026-10-01..2026-11-01: water 10 20.00", "this run");
    assert_eq!(with(&|due| due.has_label = true), "already_billed: 2026-10");
    assert_eq!(with(&|due| due.attributes.clear()), "no_tariff: on 2026-10-31");
    assert_eq!(
        with(&|due| due.attributes.push(fact("split", "50/50"))),
        "rating: mixed use 50/50: a run bills one use class"
    );
    assert_eq!(with(&|due| due.supplied.clear()), "no_meter: 8-0:1.0.0");
    assert_eq!(with(&|due| due.service = Service::Heat), "no_tariff: no rules for heat");
    // Ended on 1 October, and billed until then.
    assert_eq!(
        with(&|due| {
            due.to = Some(date(2026, 10, 1));
            due.supplied[0].to = due.to;
        }),
        "overflow: the days of the period"
    );
    assert_eq!(
        with(&|due| {
            due.to = Some(date(2026, 10, 20));
            due.supplied[0].to = due.to;
            due.billed[0].close.at = midnight(date(2026, 10, 20));
        }),
        "ended"
    );
}

#[test]
fn a_service_without_a_meter_goes_on_where_the_last_bill_ended() {
    let terms = terms("2026-10", vec![version(1, date(2020, 1, 1), None, "", RENT)]);
    let mut due = household(1);
    due.supplied.clear();
    assert_eq!(bill(&terms, due.clone(), &[]), "2026-10-01..2026-11-01: rent 1 31.00");
    due.billed_to = Some(midnight(date(2026, 10, 11)));
    assert_eq!(bill(&terms, due.clone(), &[]), "2026-10-11..2026-11-01: rent 1 31.00");
    due.billed_to = Some(midnight(date(2026, 11, 1)));
    assert_eq!(bill(&terms, due, &[]), "already_billed");
}

#[test]
fn what_wants_a_persons_eye_is_listed() {
    let terms = plain("2026-10");
    let october = |index: i64, daily: &str, end: i64| {
        let told = bill(&terms, billed(household(1), index, daily), &[(1, date(2026, 11, 1), end)]);
        told.split_once(" [").map_or_else(String::new, |(_, review)| format!("[{review}"))
    };
    assert_eq!(october(30, "0.3", 40), "");
    assert_eq!(october(30, "0.3", 60), "[high_usage]");
    assert_eq!(october(30, "1", 35), "[low_usage]");
    assert_eq!(october(30, "1", 30), "[zero_usage]");
    assert_eq!(october(99_990, "1", 12), "[rollover]");
}

#[test]
fn a_price_that_begins_by_a_reading_parts_the_segments() {
    let head = r#""transition": "reading_on_or_after","#;
    let change = date(2026, 10, 11);
    let dear = PLAIN.replace("\"2\"", "\"3\"");
    let terms = terms(
        "2026-10",
        vec![version(1, date(2020, 1, 1), Some(change), head, PLAIN), version(2, change, None, head, &dear)],
    );
    let end = (1, date(2026, 11, 1), 61);
    let due = || billed(household(1), 30, "0.9");
    assert_eq!(
        bill(&terms, due(), &[(1, date(2026, 10, 15), 36), end]),
        "2026-10-01..2026-11-01: water 6 12.00, water 25 75.00"
    );
    assert_eq!(bill(&terms, due(), &[end]), "2026-10-01..2026-11-01: water 31 62.00");
}

/// A factory whose demand register was put in on 1 September 2026.
fn factory(register: &str, unit: Unit) -> Due {
    let mut due = household(1);
    let fitting = &mut due.supplied[0].fitting;
    fitting.name = register.into();
    fitting.unit = unit;
    fitting.kind = register.parse::<metering::Register>().unwrap().kind(unit);
    fitting.range = Range::default();
    fitting.from = midnight(date(2026, 9, 1));
    due.from = date(2026, 9, 1);
    due.supplied[0].from = due.from;
    due
}

/// Priced at 30 a kW of the register `1-0:1.6.0`.
fn demand(label: &str) -> Terms {
    const DEMAND: &str =
        r#"{"type": "demand", "code": "cap", "basis": "actual", "qty": "1-0:1.6.0", "price": "30"}"#;
    terms(label, vec![version(1, date(2020, 1, 1), None, r#""units": {"1-0:1.6.0": "kW"},"#, DEMAND)])
}

#[test]
fn a_maximum_is_no_difference() {
    let due = factory("1-0:1.6.0", Unit::KiloWatt);
    let (october, november) = (date(2026, 10, 1), date(2026, 11, 1));
    let read = |end: i64| [(1, october, 250), (1, november, end)];
    assert_eq!(bill(&demand("2026-09"), due.clone(), &read(260)), "2026-09-01..2026-10-01: cap 250 7500.00");
    let mut next = due;
    next.billed.push(Billed {
        installation: InstallationId::new(1),
        register: RegisterId::new(1),
        from: midnight(date(2026, 9, 1)),
        open: Micro::from_raw(0),
        rolled: false,
        bill: 1,
        close: Index { at: midnight(october), value: Micro::from_raw(250_000_000), quality: Quality::Actual },
        daily: None,
    });
    let bill = |readings: &[Read]| bill(&demand("2026-10"), next.clone(), readings);
    assert_eq!(bill(&read(260)), "2026-10-01..2026-11-01: cap 260 7800.00");
    // The meter begins anew each month: less than before is no running backwards.
    assert_eq!(bill(&read(180)), "2026-10-01..2026-11-01: cap 180 5400.00");
    // Begun anew at the very end: the greatest of the period counts, not the last.
    let peak = [(1, october, 250), (1, date(2026, 10, 20), 190), (1, november, 0)];
    assert_eq!(bill(&peak), "2026-10-01..2026-11-01: cap 190 5700.00");
}

#[test]
fn the_maximum_is_that_of_all_meters_of_the_period() {
    let mut due = factory("1-0:1.6.0", Unit::KiloWatt);
    let exchange = midnight(date(2026, 9, 12));
    due.supplied[0].fitting.to = Some(exchange);
    due.supplied[0].fitting.closing = Some(Micro::from_raw(240_000_000));
    let mut second = due.supplied[0].clone();
    second.fitting.installation = InstallationId::new(2);
    second.fitting.meter = MeterId::new(2);
    second.fitting.from = exchange;
    (second.fitting.to, second.fitting.closing) = (None, None);
    due.supplied.push(second);
    let read = [(2, date(2026, 10, 1), 180)];
    assert_eq!(bill(&demand("2026-09"), due, &read), "2026-09-01..2026-10-01: cap 240 7200.00");
}

#[test]
fn a_price_change_shares_a_demand_by_days() {
    let change = date(2026, 9, 11);
    let version = |id, from, to, price: &str| {
        let component = format!(
            r#"{{"type": "demand", "code": "cap", "basis": "actual", "qty": "1-0:1.6.0", "price": "{price}"}}"#
        );
        version(id, from, to, r#""transition": "days", "units": {"1-0:1.6.0": "kW"},"#, &component)
    };
    let mut terms = terms(
        "2026-09",
        vec![version(1, date(2020, 1, 1), Some(change), "30"), version(2, change, None, "60")],
    );
    terms.rules.get_mut(&Service::Water).unwrap().index_step = None;
    // 240 kW: ten of thirty days at 30, twenty at 60.
    let read = [(1, date(2026, 10, 1), 240)];
    assert_eq!(
        bill(&terms, factory("1-0:1.6.0", Unit::KiloWatt), &read),
        "2026-09-01..2026-10-01: cap 80 2400.00, cap 160 9600.00"
    );
}

#[test]
fn a_value_of_the_moment_is_no_usage() {
    let terms = terms(
        "2026-09",
        vec![version(
            1,
            date(2020, 1, 1),
            None,
            "",
            r#"{"type": "unit", "code": "p", "qty": "1-0:1.7.0", "price": "1"}"#,
        )],
    );
    assert_eq!(
        bill(&terms, factory("1-0:1.7.0", Unit::KiloWatt), &[(1, date(2026, 10, 1), 5)]),
        "no_meter: M1 1-0:1.7.0 holds a value of the moment, which is no usage"
    );
}

#[test]
fn a_counter_begins_at_what_bills_and_the_old_system_say() {
    let terms = terms("2026-10", vec![version(1, date(2020, 1, 1), None, "", TIERED)]);
    let name = terms.versions[0].tariff.counters().next().unwrap().to_owned();
    let end = [(1, date(2026, 11, 1), 50)];
    let due = || billed(household(1), 30, "0.6");
    let mut known = Counters::default();
    known.moved.insert((1, name.clone(), 2026), d("100"));
    known.moved.insert((1, name.clone(), 2025), d("999"));
    known.opened.insert((1, 2026), vec![(name.clone(), d("70"))]);
    assert_eq!(
        bill_after(&terms, due(), &end, &known),
        "2026-10-01..2026-11-01: water#1 10 20.00, water#2 10 40.00"
    );
    let moves = tried(&terms, &[due()], &end, &known).bills[0].counters.clone();
    assert_eq!(moves.len(), 1);
    assert_eq!((moves[0].tier_year, moves[0].prior, moves[0].by), (2026, d("170"), d("20")));
    known.opened.insert((1, 2026), vec![("gas".to_owned(), d("70"))]);
    assert_eq!(
        bill_after(&terms, due(), &end, &known),
        format!(
            "rating: the opening of tier counter \"gas\" (70) is of no counter of W, which counts {name}"
        )
    );
}

#[test]
fn only_tariffs_that_count_ask_for_counters() {
    let end = [(1, date(2026, 11, 1), 50)];
    let asked_for = |terms: &Terms| {
        let due = [billed(household(1), 30, "0.6")];
        let asked = ask(terms, &due, &mut Vec::new());
        let found = look_up(&boundaries(terms, &asked), &end);
        let met = meet(terms, &asked, &found, &Answers::new(), &mut Vec::new());
        counters(&met)
    };
    assert_eq!(asked_for(&plain("2026-10")), CounterQuestion::default());
    let counts = terms("2026-10", vec![version(1, date(2020, 1, 1), None, "", TIERED)]);
    assert_eq!((asked_for(&counts).agreements, asked_for(&counts).years), (vec![1], vec![2026]));
}

proptest! {
    /// due = billed + parked + excluded, whatever is read, waits, or is billed already; and none twice.
    #[test]
    fn every_agreement_that_is_due_has_one_outcome(
        all in prop::collection::vec((prop::option::of(0_i64..60), 0_u8..4), 1..20)
    ) {
        let terms = plain("2026-10");
        let mut due = Vec::new();
        let mut readings = Vec::new();
        for (n, (end, state)) in (1..).zip(&all) {
            let mut household = billed(household(n), 30, "0.5");
            household.waits_in = (*state == 1).then_some(3);
            household.has_label = *state == 2;
            if *state == 3 {
                household.supplied.clear();
            }
            readings.extend(end.map(|index| (n, date(2026, 11, 1), index)));
            due.push(household);
        }
        let trial = tried(&terms, &due, &readings, &Counters::default());
        let billed = trial.bills.iter().map(|bill| bill.agreement);
        let mut outcomes: Vec<i32> = billed.chain(trial.exceptions.iter().map(|e| e.agreement)).collect();
        outcomes.sort_unstable();
        prop_assert_eq!(outcomes, due.iter().map(|due| due.agreement).collect::<Vec<_>>());
    }
}
