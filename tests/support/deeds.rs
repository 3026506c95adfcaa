//! The office of a test: its verbs, called as the command line, a page or a file calls them.

use jiff::Timestamp;
use jiff::civil::Date;
use jobs::{bill_issue, bill_run};
use metering::{Language, Zone};
use office::{BillingSettings, Caller, Office, OfficeSettings, Proof, bill};
use store::runs::{RunKey, RunState};
use store::users::Actor;

use super::{Database, Utility};

/// On a test's database, in Shanghai.
pub fn office(database: &Database) -> Office {
    let pool = store::pool(database.url(), store::Role::Billing, 4).unwrap();
    Office::new(
        pool,
        Zone::named("Asia/Shanghai").unwrap(),
        // The days of the tests lie a month apart at most.
        OfficeSettings { back_days: 31, ..OfficeSettings::default() },
        BillingSettings::default(),
    )
}

/// Someone who gives a name, now.
pub fn caller(name: &str) -> Caller {
    Caller { name: Some(name.to_owned()), ..nobody() }
}

/// Someone at noon of a day.
pub fn caller_on(name: &str, day: Date) -> Caller {
    let noon = Zone::named("Asia/Shanghai").unwrap().instant(day.at(12, 0, 0, 0)).unwrap();
    Caller { now: noon, ..caller(name) }
}

/// Starts a run of everything under a label, by li.
pub async fn start(utility: &Utility, period: &str) -> i64 {
    let key = RunKey { service: None, book: None, period: period.to_owned() };
    let started = bill::start(&office(&utility.database), &caller("li"), &key).await;
    started.unwrap_or_else(|refusal| panic!("{refusal}")).run
}

/// The same, carried to its review by so many workers.
pub async fn review(utility: &Utility, period: &str, workers: usize) -> i64 {
    let run = start(utility, period).await;
    let carried = bill_run::carry_to_review(&utility.place(), run, workers).await;
    carried.unwrap_or_else(|error| panic!("{error}"));
    run
}

/// Has a run approved by wang on a day.
pub async fn approve(utility: &Utility, run: i64, on: Date) {
    let approved = bill::approve(&office(&utility.database), &caller_on("wang", on), run, None, "").await;
    approved.unwrap_or_else(|refusal| panic!("{refusal}"));
}

/// Has the issue of an approved run ordered by li, and carried out by so many workers.
pub async fn order(utility: &Utility, run: i64, workers: usize) -> RunState {
    let ordered = bill::issue(&office(&utility.database), &caller("li"), run).await;
    let by = Actor::ordered_by(ordered.unwrap_or_else(|refusal| panic!("{refusal}")).by);
    let state = bill_issue::carry_on(&utility.place(), run, &by, workers).await;
    state.unwrap_or_else(|error| panic!("{error}"))
}

/// Both.
pub async fn issue(utility: &Utility, run: i64, on: Date, workers: usize) -> RunState {
    approve(utility, run, on).await;
    order(utility, run, workers).await
}

/// The machine's account.
pub fn nobody() -> Caller {
    Caller {
        name: None,
        proof: Proof::Name,
        os_account: "machine".to_owned(),
        language: Language::En,
        now: Timestamp::now(),
        key: None,
    }
}

/// Who did what to what, in order.
pub async fn trail(database: &Database) -> Vec<String> {
    let client = database.owner().await;
    let rows =
        client.query("select who || ' ' || action || ' ' || subject from audit order by id", &[]).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}
