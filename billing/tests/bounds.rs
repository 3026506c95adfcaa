//! Documents as large as may be, and larger: each is read, checked for publication, rated and dropped on a stack of
//! 512 kB, as it is by whoever bills with it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;

use billing::rating::{Input, rate};
use billing::tariff::{
    BYTES_MAX, COMPONENTS_MAX, EXAMPLES_MAX, LINES_MAX, Refused, RefusedKind, Tariff, publication,
};

const SMALL_STACK: usize = 512 * 1024;

fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(SMALL_STACK).spawn(work).unwrap().join().unwrap()
}

/// A document for publication, whose only example is not the question.
fn document(components: &str) -> String {
    let example = r#"{"input": {}, "expected": {"lines": [], "total": "0"}}"#;
    with_examples(components, example)
}

fn with_examples(components: &str, examples: &str) -> String {
    format!(
        r#"{{"code": "T", "name": "t", "medium": "water", "currency": "CNY", "valid_from": "2026-01-01", "valid_to": null,
            "applies_by": "service", "transition": "days", "quantum": "0.01", "rounding": "half_up", "units": {{"usage": "m3"}},
            "components": [{components}], "examples": [{examples}]}}"#
    )
}

fn fixed(count: usize) -> String {
    let one = |n| format!(r#"{{"type":"fixed","code":"f{n}","amount":"1"}}"#);
    (0..count).map(one).collect::<Vec<_>>().join(",")
}

fn tiered(code: &str, tiers: usize) -> String {
    let tier = |n| format!(r#"{{"upto":"{n}","price":"1"}}"#);
    let tiers: Vec<String> =
        (1..tiers).map(tier).chain([r#"{"upto":null,"price":"1"}"#.to_owned()]).collect();
    format!(r#"{{"type":"tiered","code":"{code}","qty":"usage","tiers":[{}]}}"#, tiers.join(","))
}

fn formula(code: &str, expr: &str) -> String {
    format!(r#"{{"type":"formula","code":"{code}","expr":"{expr}"}}"#)
}

/// Read, checked for publication, and rated where it can be read; how many lines there are.
fn worked_through(text: String) -> Result<usize, Refused> {
    on_a_small_stack(move || {
        let published = publication(&text, &[]);
        if let Err(found) = &published {
            // The example need not come out; what else is refused would be refused of any.
            let own = found.iter().find(|refused| !refused.path.starts_with("examples[0]"));
            if let Some(refused) = own {
                return Err(refused.clone());
            }
        }
        let tariff = Tariff::from_json(&text)?;
        let input = Input::from_json(
            r#"{"qty": {"usage": "100000"}, "attrs": {"a": "2"}, "days": 30, "months": "1"}"#,
        );
        Ok(rate(&tariff, &input.unwrap()).unwrap().lines.len())
    })
}

#[track_caller]
fn refused(text: String, kind: RefusedKind, place: &str) {
    let refused = worked_through(text).unwrap_err();
    assert_eq!((refused.kind, refused.path.as_str()), (kind, place), "{refused}");
}

#[test]
fn a_document_is_bounded_in_every_way() {
    assert_eq!(worked_through(document(&fixed(COMPONENTS_MAX))), Ok(COMPONENTS_MAX));
    refused(document(&fixed(COMPONENTS_MAX + 1)), RefusedKind::TooLarge, "components[500]");

    assert_eq!(worked_through(document(&tiered("w", LINES_MAX))), Ok(LINES_MAX));
    refused(document(&tiered("w", LINES_MAX + 1)), RefusedKind::TooLarge, "components[0]");
    let two = format!("{},{}", tiered("a", LINES_MAX / 2), tiered("b", LINES_MAX / 2 + 1));
    refused(document(&two), RefusedKind::TooLarge, "components[1]");

    let example = r#"{"input": {}, "expected": {"lines": [{"code": "f0", "amount": "1"}], "total": "1.00"}}"#;
    let examples = |count: usize| with_examples(&fixed(1), &vec![example; count].join(","));
    assert!(publication(&examples(EXAMPLES_MAX), &[]).is_ok_and(|p| p.tariff.needs().is_empty()));
    refused(examples(EXAMPLES_MAX + 1), RefusedKind::TooLarge, "examples[200]");

    let mut long = document(&fixed(1));
    long.extend(std::iter::repeat_n(' ', BYTES_MAX - long.len()));
    assert_eq!(worked_through(long.clone()), Ok(1));
    refused(long + " ", RefusedKind::TooLarge, "");
}

/// Schedules exclude each other: a bill has the lines of one. The components of all are compiled.
#[test]
fn of_schedules_the_longest_counts() {
    let case = |upto: &str, inner: &str| format!(r#"{{"upto":{upto},"components":[{inner}]}}"#);
    let select = |cases: &[String]| {
        document(&format!(r#"{{"type":"select","code":"s","by":"usage","cases":[{}]}}"#, cases.join(",")))
    };
    let large = tiered("w", LINES_MAX * 3 / 4);
    assert_eq!(worked_through(select(&[case("\"5\"", &large), case("null", &large)])), Ok(LINES_MAX * 3 / 4));
    let many = fixed(COMPONENTS_MAX / 2);
    refused(
        select(&[case("\"5\"", &many), case("null", &many)]),
        RefusedKind::TooLarge,
        "components[0].cases[1].components[249]",
    );
}

#[test]
fn formulas_are_refused_before_they_can_do_harm() {
    let long = format!("0{}+usage", "+0".repeat(20_000));
    refused(document(&formula("f", &long)), RefusedKind::Content, "components[0].expr");
    let deep = format!("{}usage{}", "max(0,".repeat(10_000), ")".repeat(10_000));
    refused(document(&formula("f", &deep)), RefusedKind::Content, "components[0].expr");
}

/// As many formulas as fit, each as long or as high as may be, and schedules within schedules.
#[test]
fn the_worst_lawful_documents_need_little_stack() {
    let fitting = |expr: &str| {
        let mut list = vec![formula("f0", expr)];
        while list.iter().map(|one| one.len() + 1).sum::<usize>() < BYTES_MAX - expr.len() - 1_000 {
            list.push(formula(&format!("f{}", list.len()), expr));
        }
        document(&list[..list.len().min(COMPONENTS_MAX)].join(","))
    };
    for expr in [
        format!("0{}", "+a".repeat(249)),
        format!("{}usage{}", "max(0,".repeat(60), ")".repeat(60)),
        format!("{}usage{}", "1+2*(".repeat(30), ")".repeat(30)),
        format!("{}usage", "-".repeat(60)),
        (0..248).map(|n| format!("n{n}")).collect::<Vec<_>>().join("+") + "+usage - usage",
    ] {
        let is_named = expr.contains("n1+");
        let text = fitting(&expr);
        if is_named {
            // A name for each node: none is looked for among all the others.
            on_a_small_stack(move || assert_eq!(Tariff::from_json(&text).unwrap().needs().len(), 249));
        } else {
            assert!(worked_through(text).is_ok_and(|lines| lines > 100), "{expr}");
        }
    }
    // As deep as JSON may be.
    let mut inner = fixed(1);
    for n in 0..30 {
        inner = format!(
            r#"{{"type":"select","code":"s{n}","by":"usage","cases":[{{"upto":null,"components":[{inner}]}}]}}"#
        );
    }
    assert_eq!(worked_through(document(&inner)), Ok(1));
}
