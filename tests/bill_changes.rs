//! A price that changes inside the period, by each of the five transitions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use billing::inputs::sha256;
use jiff::civil::date;
use office::bill::verify::{Verified, Verifier};
use support::{Utility, deeds};

/// Water at 2.00 until 11 October, at 3.00 from then on; 31.00 a month.
async fn publish(utility: &Utility, transition: &str) {
    for (from, to, price) in [("2020-01-01", "\"2026-10-11\"", "2.00"), ("2026-10-11", "null", "3.00")] {
        let document = format!(
            r#"{{"code": "C", "name": "Water", "medium": "water", "currency": "CNY", "valid_from": "{from}", "valid_to": {to},
            "transition": "{transition}", "quantum": "0.01", "rounding": "half_up", "components": [
            {{"type": "unit", "code": "water", "qty": "usage", "price": "{price}"}},
            {{"type": "fixed", "code": "rent", "amount": "31"}}]}}"#
        );
        let hash = sha256(&document);
        let during = if to == "null" { format!("[{from},)") } else { format!("[{from},2026-10-11)") };
        let insert = "insert into tariffs (code, during, medium, currency, document, sha256, published_by) \
                      values ('C', $1::text::daterange, 'water', 'CNY', $2, $3, 'wang')";
        utility.client.execute(insert, &[&during, &document, &hash.as_slice()]).await.unwrap();
    }
}

/// The lines of October, or why there are none: a household that opens at 0 and closes at 31 m3, with a reading of 5 m3
/// at an instant in between.
async fn october(transition: &str, between: Option<&str>) -> Option<String> {
    let utility = Utility::new().await?;
    publish(&utility, transition).await;
    let home = utility.household(1, "C", "B1", "2026-10-01", 0).await;
    if let Some(at) = between {
        utility.read(home.meter, at, 5_000).await;
    }
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 31_000).await;
    let run = deeds::review(&utility, "2026-10", 1).await;
    let mut told = utility.lines("true").await;
    if told == "-" {
        told = utility.value("select reason || ': ' || detail from bill_run_exceptions").await;
    }
    if told.starts_with("water") {
        deeds::issue(&utility, run, date(2026, 11, 2), 1).await;
        let mut verified = Verified::default();
        let page = store::bills::page(&utility.client, 0, 10).await.unwrap();
        let judge = Verifier::new(&utility.client).await.unwrap();
        judge.verify(&utility.client, &page, &mut verified).await.unwrap();
        assert!(
            verified.mismatches.is_empty(),
            "its frozen inputs give another bill: {:?}",
            verified.mismatches
        );
    }
    Some(told)
}

#[tokio::test]
async fn each_transition_parts_the_bill_in_its_way() {
    let day = Some("2026-10-11T08:00:00+08:00");
    let later = Some("2026-10-21T00:00:00+08:00");
    for (transition, between, expected) in [
        ("days", None, "water 10 20.00, rent 1 10.00, water 21 63.00, rent 1 21.00"),
        ("start", None, "water 31 62.00, rent 1 31.00"),
        ("end", None, "water 31 93.00, rent 1 31.00"),
        ("reading_on_day", day, "water 5 10.00, rent 1 10.00, water 26 78.00, rent 1 21.00"),
        (
            "reading_on_day",
            later,
            "price_change: C of 2026-10-11 begins on 2026-10-11 by a reading on that day: there is none",
        ),
        ("reading_on_or_after", day, "water 5 10.00, rent 1 10.00, water 26 78.00, rent 1 21.00"),
        ("reading_on_or_after", later, "water 5 10.00, rent 1 20.00, water 26 78.00, rent 1 11.00"),
        ("reading_on_or_after", None, "water 31 62.00, rent 1 31.00"),
    ] {
        let Some(told) = october(transition, between).await else { return };
        assert_eq!(told, expected, "{transition} {between:?}");
    }
}
