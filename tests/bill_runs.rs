//! A month's bills: run, review, approve, issue; twice, in parallel, over exchanges and rollovers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use jiff::civil::date;
use jobs::{bill_issue, bill_run};
use metering::refusal::Why;
use office::{Caller, bill, user};
use store::bills::cancel;
use store::payments::Till;
use store::runs::{self, RunKey, RunState, Totals};
use store::{Actor, Change, Role, Trace, UserRole};
use support::Utility;
use support::deeds::{self, caller};

/// Runs a label up to review.
async fn review(utility: &Utility, period: &str, workers: usize) -> i64 {
    let run = deeds::review(utility, period, workers).await;
    assert!(totals(utility, run).await.agree());
    run
}

/// Approves and issues a run.
async fn issue(utility: &Utility, run: i64) -> RunState {
    let state = deeds::issue(utility, run, date(2026, 11, 2), 2).await;
    let totals = totals(utility, run).await;
    assert!(totals.agree(), "{totals:?}");
    state
}

async fn totals(utility: &Utility, run: i64) -> Totals {
    runs::totals(&utility.client, run).await.unwrap()
}

/// The lines of an agreement's live bill under a label: `code qty amount, …`.
async fn lines(utility: &Utility, service_no: &str, period: &str) -> String {
    let of = format!("a.service_no = '{service_no}' and b.period = '{period}' and b.state <> 'cancelled'");
    utility.lines(&of).await
}

#[tokio::test]
async fn a_maximum_is_billed_as_the_greatest_of_its_month() {
    let Some(utility) = Utility::new().await else { return };
    utility
        .tariff(
            r#"{"code": "D", "name": "Demand", "medium": "water", "currency": "CNY", "units": {"1-0:1.6.0": "kW"},
            "quantum": "0.01", "rounding": "half_up", "components": [
            {"type": "demand", "code": "cap", "basis": "actual", "qty": "1-0:1.6.0", "price": "30"}]}"#,
            "2020-01-01",
        )
        .await;
    // The one register of the house holds a maximum here.
    let name = "update registers set name = '1-0:1.6.0', unit = 'kW' where id = 1";
    utility.client.batch_execute(name).await.unwrap();
    for (n, end) in [(1, 260), (2, 180), (3, 0)] {
        let factory = utility.household(n, "D", "B1", "2026-09-01", 0).await;
        utility.read(factory.meter, "2026-10-01T00:00:00+08:00", 250_000).await;
        utility.read(factory.meter, "2026-10-20T10:15:00+08:00", 170_000).await;
        utility.read(factory.meter, "2026-11-01T00:00:00+08:00", end * 1000).await;
    }
    let september = review(&utility, "2026-09", 1).await;
    assert_eq!(lines(&utility, "S1", "2026-09").await, "cap 250 7500.00");
    issue(&utility, september).await;
    review(&utility, "2026-10", 1).await;
    assert_eq!(lines(&utility, "S1", "2026-10").await, "cap 260 7800.00");
    assert_eq!(lines(&utility, "S2", "2026-10").await, "cap 180 5400.00");
    assert_eq!(lines(&utility, "S3", "2026-10").await, "cap 170 5100.00", "begun anew at the very end");
}

#[tokio::test]
async fn a_reading_becomes_a_bill_and_a_receivable() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-09-01", 100).await;
    utility.read(home.meter, "2026-10-31T20:00:00+08:00", 115_900).await;
    let run = review(&utility, "2026-10", 1).await;
    // Whole cubic metres: 115 - 100; what is behind the point stays in the meter.
    assert_eq!(lines(&utility, "S1", "2026-10").await, "water#1 10 20.00, water#2 5 15.00, sewage 15 7.50");
    assert_eq!(issue(&utility, run).await, RunState::Issued);
    let posted =
        "select string_agg(debit || ' ' || credit || ' ' || amount, ', ' order by id) from transfers";
    assert_eq!(
        utility.value(posted).await,
        "receivable income 20.00, receivable income 15.00, receivable agency:city 7.50"
    );
    let dates = "select issued_on || ' ' || due_on || ' ' || bill_no from bills";
    assert_eq!(utility.value(dates).await, "2026-11-02 2026-11-22 0000000001");
    // The service ends with the reading, and the next bill opens there.
    let served = "select billed_from at time zone 'Asia/Shanghai' || ' ' || billed_to at time zone 'Asia/Shanghai' from register_ends";
    assert_eq!(utility.value(served).await, "2026-09-01 00:00:00 2026-10-31 20:00:00");
    utility.read(home.meter, "2026-12-01T00:00:00+08:00", 120_100).await;
    review(&utility, "2026-11", 1).await;
    assert_eq!(lines(&utility, "S1", "2026-11").await, "water#1 5 10.00, sewage 5 2.50");
}

#[tokio::test]
async fn the_same_run_again_bills_only_what_is_not_billed() {
    let Some(utility) = Utility::new().await else { return };
    let first = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    let second = utility.household(2, "W", "B1", "2026-10-01", 0).await;
    utility.read(first.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    let run = review(&utility, "2026-10", 2).await;
    assert_eq!(review(&utility, "2026-10", 2).await, run, "a run that waits is the same run");
    let t = totals(&utility, run).await;
    assert_eq!((t.due, t.billed, t.parked.get("no_reading")), (2, 1, Some(&1)));
    issue(&utility, run).await;
    utility.read(second.meter, "2026-11-01T00:00:00+08:00", 4_000).await;
    let again = review(&utility, "2026-10", 2).await;
    assert_ne!(again, run);
    let t = totals(&utility, again).await;
    assert_eq!((t.due, t.billed, t.excluded.get("already_billed")), (2, 1, Some(&1)));
    issue(&utility, again).await;
    let third = review(&utility, "2026-10", 2).await;
    let t = totals(&utility, third).await;
    assert_eq!((t.billed, t.excluded.get("already_billed")), (0, Some(&2)));
    assert_eq!(utility.value("select count(*) || ' ' || sum(total) from bills").await, "2 17.50");
}

/// Somebody with a hand on the database, between the trial and the issue.
async fn by_hand(utility: &Utility, text: &str) {
    utility.client.batch_execute(text).await.unwrap();
}

#[tokio::test]
async fn trial_bills_changed_behind_the_approval_are_rated_again_and_wait_for_another() {
    let changes = [
        "update bill_drafts set total = 0.50, amounts = '{5000}'",
        "update bill_drafts set due_days = 90",
        "update bill_drafts set leg_amounts = '{100, -100, 15000, -15000}'",
        "update bill_drafts set content = '\\x7b7d'",
        "update bill_drafts set review = 'v01'",
        "update bill_drafts set installations = '{}', registers = '{}'",
        "update bill_drafts set book = 'B2'",
        "delete from bill_drafts",
        "update bill_run_chunks set agreement_ids = array[1, 1]",
    ];
    for change in changes {
        let Some(utility) = Utility::new().await else { return };
        let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
        utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
        let run = review(&utility, "2026-10", 1).await;
        let lines_before = lines(&utility, "S1", "2026-10").await;
        deeds::approve(&utility, run, date(2026, 11, 2)).await;
        by_hand(&utility, change).await;
        assert_eq!(deeds::order(&utility, run, 1).await, RunState::Review, "{change}");
        assert_eq!(utility.value("select count(*) from journal").await, "0", "{change}: nothing is posted");
        assert_eq!(issue(&utility, run).await, RunState::Issued, "{change}");
        assert_eq!(lines(&utility, "S1", "2026-10").await, lines_before, "{change}");
        assert_eq!(
            utility.value("select sum(total) || ' ' || max(due_on) from bills").await,
            "7.50 2026-11-22"
        );
    }
}

#[tokio::test]
async fn a_run_whose_hash_is_not_the_approved_one_is_not_issued() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    let run = review(&utility, "2026-10", 1).await;
    deeds::approve(&utility, run, date(2026, 11, 2)).await;
    by_hand(
        &utility,
        "update bill_drafts set due_days = 90; \
         update bill_run_chunks set bills_sha256 = drafts_sha256(run_id, n)",
    )
    .await;
    let refused = bill::issue(&deeds::office(&utility.database), &caller("li"), run).await.unwrap_err();
    assert_eq!(refused.why, Why::NotApproved, "{refused}");
    assert_eq!(utility.value("select count(*) from journal").await, "0");
}

#[tokio::test]
async fn another_person_approves() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    let office = deeds::office(&utility.database);
    // A supervisor may run, but not approve what they ran.
    let wang = caller("wang");
    let key = RunKey { service: Some("water".into()), book: Some("B1".into()), period: "2026-10".into() };
    let run = bill::start(&office, &wang, &key).await.unwrap().run;
    bill_run::carry_to_review(&utility.place(), run, 1).await.unwrap();
    let early = bill::issue(&office, &wang, run).await.unwrap_err();
    assert_eq!((early.why, early.fact("state"), early.fact("step")), (Why::State, "review", "issue"));
    let own = bill::approve(&office, &wang, run, None, "").await.unwrap_err();
    assert_eq!(own.why, Why::FourEyes);
    // Nor may a person whom they, or anybody at their machine, made a supervisor since.
    user::add(
        &office,
        &Caller { os_account: "elsewhere".into(), ..deeds::nobody() },
        "boss",
        UserRole::Admin,
    )
    .await
    .unwrap();
    user::add(&office, &caller("boss"), "wang2", UserRole::Supervisor).await.unwrap();
    let friend = bill::approve(&office, &caller("wang2"), run, None, "").await.unwrap_err();
    assert_eq!((friend.why, friend.fact("starter")), (Why::MadeByStarter, "wang"));
    bill::approve(&office, &caller("zhao"), run, None, "").await.unwrap();
    // The schema holds it too.
    let around = utility.client.execute("update bill_runs set approved_by = started_by", &[]).await;
    assert!(around.unwrap_err().as_db_error().expect("the server refuses").message().contains("four_eyes"));
    for action in ["run.freeze", "run.approve"] {
        let row = format!("select count(*) from audit where action = '{action}' and subject = '{run}'");
        assert_eq!(utility.value(&row).await, "1", "{action}");
    }
}

#[tokio::test]
async fn an_exchange_and_a_rollover_are_billed_without_sums_by_hand() {
    let Some(utility) = Utility::new().await else { return };
    let exchanged = utility.household(1, "W", "B1", "2026-10-01", 50).await;
    utility.take_out(exchanged.installation, "2026-10-12T10:00:00+08:00", 54).await;
    let (new, _) = utility.meter("M1b", exchanged.point, "2026-10-12T10:00:00+08:00", 7).await;
    utility.read(new, "2026-11-01T00:00:00+08:00", 12_300).await;
    let rolled = utility.household(2, "W", "B1", "2026-10-01", 99_990).await;
    utility.read(rolled.meter, "2026-11-01T00:00:00+08:00", 6_000).await;
    let backwards = utility.household(3, "W", "B1", "2026-10-01", 500).await;
    utility.read(backwards.meter, "2026-11-01T00:00:00+08:00", 499_000).await;
    let run = review(&utility, "2026-10", 1).await;
    assert_eq!(lines(&utility, "S1", "2026-10").await, "water#1 9 18.00, sewage 9 4.50"); // 4 + 5
    assert_eq!(lines(&utility, "S2", "2026-10").await, "water#1 10 20.00, water#2 6 18.00, sewage 16 8.00");
    let t = totals(&utility, run).await;
    assert_eq!(t.parked.get("negative_usage"), Some(&1));
    assert_eq!(t.review.get("rollover"), Some(&1));
}

#[tokio::test]
async fn a_conflict_parks_until_somebody_decides() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    utility
        .client
        .execute(
            "insert into conflicts (meter_id, register_id, time, stored_value, other_value, received, source, format, bytes) \
             values ($1, 1, '2026-11-01T00:00:00+08:00', 3000000, 4000000, now(), 0, 'json', '')",
            &[&home.meter],
        )
        .await
        .unwrap();
    let run = review(&utility, "2026-10", 1).await;
    assert_eq!(totals(&utility, run).await.parked.get("conflict"), Some(&1));
    issue(&utility, run).await;
    utility.client.execute("update conflicts set state = 'kept'", &[]).await.unwrap();
    let run = review(&utility, "2026-10", 1).await;
    assert_eq!(totals(&utility, run).await.billed, 1);
}

#[tokio::test]
async fn a_bimonthly_book_is_billed_for_the_two_months_that_end() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B2", "2026-09-01", 0).await;
    utility.read(home.meter, "2026-10-01T00:00:00+08:00", 3_000).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 8_000).await;
    let september = review(&utility, "2026-09", 1).await;
    assert_eq!(totals(&utility, september).await.due, 0);
    review(&utility, "2026-10", 1).await;
    assert_eq!(lines(&utility, "S1", "2026-10").await, "water#1 8 16.00, sewage 8 4.00");
    let inputs = utility.content("true").await.unwrap().inputs.unwrap();
    assert!(inputs.contains(r#""days":61,"months":2"#), "{inputs}");
}

#[tokio::test]
async fn a_counter_that_moved_sends_its_bill_back_to_trial() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "Y", "B1", "2026-10-01", 0).await;
    let other = utility.household(2, "Y", "B1", "2026-10-01", 0).await;
    for meter in [home.meter, other.meter] {
        utility.read(meter, "2026-11-01T00:00:00+08:00", 20_000).await;
    }
    let run = review(&utility, "2026-10", 1).await;
    assert_eq!(lines(&utility, "S1", "2026-10").await, "water#1 20 40.00");
    // The old system's counter comes in late, after the trial.
    utility
        .client
        .execute(
            "insert into openings (agreement_id, item, amount, as_of) values ($1, 'tier_counter', 25, '2026-10-01')",
            &[&home.agreement],
        )
        .await
        .unwrap();
    assert_eq!(issue(&utility, run).await, RunState::Review, "its amount is not the one that was approved");
    assert_eq!(lines(&utility, "S1", "2026-10").await, "water#1 5 10.00, water#2 15 60.00");
    let states = "select string_agg(state, ' ' order by agreement_id) from bill_heads";
    assert_eq!(utility.value(states).await, "trial issued");
    assert_eq!(issue(&utility, run).await, RunState::Issued);
    assert_eq!(utility.value(states).await, "issued issued");
    // The next month goes on from both.
    utility.read(home.meter, "2026-12-01T00:00:00+08:00", 21_000).await;
    review(&utility, "2026-11", 1).await;
    assert_eq!(lines(&utility, "S1", "2026-11").await, "water#2 1 4.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_not_issued_on_the_counter_of_one_that_is_being_cancelled() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "Y", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 20_000).await;
    let october = review(&utility, "2026-10", 1).await;
    assert_eq!(issue(&utility, october).await, RunState::Issued);
    utility.read(home.meter, "2026-12-01T00:00:00+08:00", 40_000).await;
    let office = deeds::office(&utility.database);
    let cancelling = bill::cancel(&office, &caller("li"), "1", "misread").await.unwrap();
    let november = review(&utility, "2026-11", 1).await;
    assert_eq!(lines(&utility, "S1", "2026-11").await, "water#1 10 20.00, water#2 10 40.00");
    deeds::approve(&utility, november, date(2026, 11, 2)).await;

    // The cancellation is under way, but not committed, when the issue begins.
    let mut client = store::connect(utility.database.url(), Role::Billing).await.unwrap();
    let rules = store::policies::settlement_rules(&client).await.unwrap();
    let zhao = Actor::new("zhao", "machine");
    let change = Change::sign(store::begin(&mut client).await.unwrap(), zhao.clone());
    let (zone, on) = (utility.place().zone, date(2026, 11, 10));
    let till = Till { zone: &zone, rules: &rules, who: &zhao };
    runs::set_approved(&change, cancelling, on, None).await.unwrap();
    cancel::carry_out(&change, cancelling, on, &till).await.unwrap();
    bill::issue(&office, &caller("li"), november).await.unwrap();
    let (place, by) = (utility.place(), Actor::ordered_by("li"));
    let issuing = tokio::spawn(async move { bill_issue::carry_on(&place, november, &by, 1).await });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let trace = Trace { action: "run.approve", subject: cancelling.to_string(), before: None, after: None };
    change.finish(trace).await.unwrap();
    let state = issuing.await.unwrap().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(state, RunState::Review, "its blocks were counted from a bill that is gone");
    let posted = "select count(*) from journal j join bills b on b.id = j.bill_id where b.period = '2026-11'";
    assert_eq!(utility.value(posted).await, "0");
}

#[tokio::test]
async fn an_opening_counts_for_its_counter_or_parks() {
    let Some(utility) = Utility::new().await else { return };
    for (n, reference) in [(1, ""), (2, "usage"), (3, "water"), (4, "gas")] {
        let home = utility.household(n, "Y", "B1", "2026-10-01", 0).await;
        utility.read(home.meter, "2026-11-01T00:00:00+08:00", 20_000).await;
        let opening = "insert into openings (agreement_id, item, amount, as_of, ref) \
                       values ($1, 'tier_counter', 25, '2026-10-01', $2)";
        utility.client.execute(opening, &[&home.agreement, &reference]).await.unwrap();
    }
    // What a tariff without counters is told about them means nothing to it.
    let flat = utility.household(5, "W", "B1", "2026-10-01", 0).await;
    utility.read(flat.meter, "2026-11-01T00:00:00+08:00", 1_000).await;
    let opening = "insert into openings (agreement_id, item, amount, as_of) values ($1, 'tier_counter', 25, '2026-10-01')";
    utility.client.execute(opening, &[&flat.agreement]).await.unwrap();
    let run = review(&utility, "2026-10", 1).await;
    for service_no in ["S1", "S2", "S3"] {
        assert_eq!(lines(&utility, service_no, "2026-10").await, "water#1 5 10.00, water#2 15 60.00");
    }
    assert_eq!(lines(&utility, "S5", "2026-10").await, "water#1 1 2.00, sewage 1 0.50");
    let why = format!("select reason || ': ' || detail from bill_run_exceptions where run_id = {run}");
    assert_eq!(
        utility.value(&why).await,
        "rating: the opening of tier counter \"gas\" (25) is of no counter of Y, which counts usage"
    );
    assert_eq!(issue(&utility, run).await, RunState::Issued, "what was believed of the counters is still so");
}

#[tokio::test]
async fn mixed_use_parks() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 20_000).await;
    let split = r#"insert into attributes (agreement_id, name, value, during, recorded_by)
        values ($1, 'split', '{"rest": "residential", "parts": [{"class": "shop", "ratio": "0.3"}]}', '[2026-10-01,)', 'test')"#;
    utility.client.execute(split, &[&home.agreement]).await.unwrap();
    let run = review(&utility, "2026-10", 1).await;
    assert_eq!(totals(&utility, run).await.billed, 0);
}

#[tokio::test]
async fn an_aborted_run_leaves_nothing() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    let run = review(&utility, "2026-10", 1).await;
    bill::abort(&deeds::office(&utility.database), &caller("li"), run).await.unwrap();
    for table in [
        "bill_heads",
        "bill_run_chunks",
        "bill_run_exceptions",
        "register_ends",
        "tier_counters",
        "transfers",
    ] {
        assert_eq!(utility.value(&format!("select count(*) from {table}")).await, "0", "{table}");
    }
    let again = review(&utility, "2026-10", 1).await;
    assert_eq!(totals(&utility, again).await.billed, 1);
}

#[tokio::test]
async fn many_workers_bill_each_household_once() {
    let Some(utility) = Utility::new().await else { return };
    utility.households(3000).await;
    let run = review(&utility, "2026-10", 4).await;
    issue(&utility, run).await;
    let t = totals(&utility, run).await;
    assert_eq!((t.due, t.billed), (3000, 3000));
    let each = "select count(*) || ' ' || count(distinct agreement_id) from bills where state = 'issued'";
    assert_eq!(utility.value(each).await, "3000 3000");
}

#[tokio::test]
async fn the_day_of_issue_is_part_of_what_is_approved() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 3_000).await;
    let run = review(&utility, "2026-10", 1).await;
    let office = deeds::office(&utility.database);
    let wang = deeds::caller_on("wang", date(2026, 12, 20));
    let approve = async |on, reason: &str| {
        bill::approve(&office, &wang, run, Some(on), reason).await.map_err(|refusal| refusal.why)
    };
    assert_eq!(approve(date(2026, 12, 21), "").await, Err(Why::FutureDay));
    assert_eq!(approve(date(2026, 11, 2), "").await, Err(Why::PastDay));
    assert_eq!(
        approve(date(2026, 11, 2), "the printer was down").await.map(|approved| approved.on),
        Ok(date(2026, 11, 2))
    );
    let li = deeds::caller_on("li", date(2026, 12, 20));
    let ordered = bill::issue(&office, &li, run).await.unwrap();
    assert!(!ordered.repeated && bill::issue(&office, &li, run).await.unwrap().repeated);
    // Whoever ordered it may leave: the workers go on in their name.
    utility.client.execute("update users set disabled_at = now() where name = 'li'", &[]).await.unwrap();
    let by = store::users::Actor::ordered_by(ordered.by);
    jobs::bill_issue::carry_on(&utility.place(), run, &by, 1).await.unwrap();
    assert_eq!(utility.value("select issued_on || ' ' || due_on from bills").await, "2026-11-02 2026-11-22");
    let kept = "select back_dated || ', ' || issued_by from bill_runs";
    assert_eq!(utility.value(kept).await, "the printer was down, li");
    assert_eq!(utility.value("select string_agg(distinct recorded_by, ',') from transfers").await, "li");
}
