//! Deeds of the office: each is done whole with one audit row, or refused by kind without a trace.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::sync::Mutex;

use jiff::civil::{Date, date};
use metering::refusal::{RefusalKind, Why};
use metering::{Language, Zone};
use office::import::{self, Answer, Counts, Kind, Progress, Wish};
use office::reading::{Decision, decide, order_replay};
use office::{BillingSettings, Office, OfficeSettings, Refusal, alarm, month, policy, tariff};
use serde_json::Value;
use sheets::{Source, Unreadable};
use store::{Role, SqlError};
use support::deeds::{caller, caller_on, nobody, office, trail};
use support::{Program, Utility};

const LATE_FEE: &str = r#"{"kind": "late_fee", "code": "LF", "valid_from": "2026-01-01", "rate_per_day": "0.0005",
    "count_payment_day": true, "grace_days": 0, "cap": "principal", "minimum": "0"}"#;

fn water() -> Value {
    serde_json::from_str(include_str!("../deploy/demo/tariff-res-water.json")).unwrap()
}

#[tokio::test]
async fn a_tariff_is_published_once_and_only_if_its_examples_come_out() {
    let Some(utility) = Utility::new().await else { return };
    let office = office(&utility.database);
    let (li, code) = (caller("li"), "RES-WATER");
    let good = water().to_string();
    let mut wrong = water();
    let examples = wrong["examples"].as_array_mut().unwrap();
    examples[0]["expected"]["total"] = Value::String("0.01".to_owned());
    let refused = tariff::publish(&office, &li, code, &wrong.to_string()).await.unwrap_err();
    assert_eq!((refused.why, refused.fact("detail").contains("0.01")), (Why::Document, true), "{refused}");
    let mut bare = water();
    bare.as_object_mut().unwrap().remove("examples");
    let refused = tariff::publish(&office, &li, code, &bare.to_string()).await.unwrap_err();
    assert_eq!(refused.kind(), RefusalKind::Invalid, "{refused}");
    assert_eq!(trail(&utility.database).await.len(), 0, "what is refused leaves no trace");

    // Two at the same moment: one publication.
    let both =
        tokio::join!(tariff::publish(&office, &li, code, &good), tariff::publish(&office, &li, code, &good));
    assert_ne!(both.0.unwrap().repeated, both.1.unwrap().repeated);
    assert_eq!(trail(&utility.database).await, ["li tariff.publish RES-WATER"]);
    let refused = tariff::publish(&office, &caller("chen"), code, &good).await.unwrap_err();
    assert_eq!(refused.why, Why::Forbidden);
    let refused = tariff::publish(&office, &nobody(), code, &good).await.unwrap_err();
    assert_eq!(refused.why, Why::Unsigned);
}

#[tokio::test]
async fn a_policy_is_published_once_and_only_if_it_can_be_used() {
    let Some(utility) = Utility::new().await else { return };
    let office = office(&utility.database);
    let li = caller("li");
    let refused = policy::publish(&office, &li, &LATE_FEE.replace("rate_per_day", "rate")).await.unwrap_err();
    assert_eq!(refused.why, Why::Document, "{refused}");
    assert!(!policy::publish(&office, &li, LATE_FEE).await.unwrap().repeated);
    assert!(policy::publish(&office, &li, LATE_FEE).await.unwrap().repeated);
    let earlier = LATE_FEE.replace("2026-01-01", "2025-01-01");
    let refused = policy::publish(&office, &li, &earlier).await.unwrap_err();
    assert_eq!((refused.why, refused.fact("from")), (Why::Overlap, "2026-01-01"));
    assert_eq!(trail(&utility.database).await, ["li policy.publish LF"]);
}

#[tokio::test]
async fn a_conflict_is_decided_once_and_by_a_supervisor_with_a_reason() {
    let Some(utility) = Utility::new().await else { return };
    let office = office(&utility.database);
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 4_000).await;
    let conflict = "insert into conflicts (meter_id, register_id, time, stored_value, other_value, received, source, format, bytes)
        select meter_id, register_id, time, value, value + 1000000, received, source, 'json', '' from readings returning id";
    let id: i64 = utility.client.query_one(conflict, &[]).await.unwrap().get(0);
    let refused = async |name: &str, decision, reason: &str| {
        decide(&office, &caller(name), id, decision, reason).await.unwrap_err().why
    };
    assert_eq!(refused("li", Decision::Replace, "read again").await, Why::Forbidden);
    assert_eq!(refused("wang", Decision::Replace, " ").await, Why::NoReason);
    let nothing = decide(&office, &caller("wang"), id + 1, Decision::Keep, "").await.unwrap_err();
    assert_eq!((nothing.why, nothing.field), (Why::Unknown, "conflict"));
    decide(&office, &caller("wang"), id, Decision::Replace, "read again").await.unwrap();
    assert_eq!(refused("wang", Decision::Keep, "").await, Why::State);
    assert_eq!(utility.value("select value from readings").await, "5000000");
    assert_eq!(trail(&utility.database).await, [format!("wang conflict.replace {id}")]);
}

#[tokio::test]
async fn an_alarm_is_acknowledged_by_one_person() {
    let Some(utility) = Utility::new().await else { return };
    let office = office(&utility.database);
    utility
        .client
        .execute("insert into alarms (kind, severity, began_at, last_seen_at) values ('tamper', 'warning', now(), now())", &[])
        .await
        .unwrap();
    assert_eq!(alarm::acknowledge(&office, &nobody(), 1).await.unwrap_err().why, Why::Unsigned);
    assert_eq!(alarm::acknowledge(&office, &caller("li"), 2).await.unwrap_err().why, Why::Unknown);
    alarm::acknowledge(&office, &caller("li"), 1).await.unwrap();
    alarm::acknowledge(&office, &caller("li"), 1).await.unwrap();
    let late = alarm::acknowledge(&office, &caller("wang"), 1).await.unwrap_err();
    assert_eq!((late.why, late.fact("by")), (Why::Acknowledged, "li"));
    assert_eq!(trail(&utility.database).await, ["li alarm.acknowledge 1"]);
}

#[tokio::test]
async fn a_replay_leaves_its_trace_before_the_first_frame_moves() {
    let Some(utility) = Utility::new().await else { return };
    let office = office(&utility.database);
    let order = order_replay(&office, &nobody(), Some("unknown_meter")).await.unwrap();
    assert_eq!(order.waiting, 0);
    assert_eq!(order_replay(&office, &caller("chen"), None).await.unwrap_err().why, Why::Forbidden);
    assert_eq!(trail(&utility.database).await, ["os:machine rejection.replay unknown_meter"]);
}

#[tokio::test]
async fn a_refusal_is_said_in_the_readers_language_with_the_databases_own_words_and_no_command_line() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "li", "--role", "clerk"]);
    program.done(&["user", "add", "wang", "--role", "supervisor"]);
    let refused = program.run(&["--lang", "zh", "bill", "approve", "99", "--as", "wang"]);
    assert_eq!((refused.code, refused.stderr.trim()), (1, "meterline: 没有批次 99；请查看列表"));
    let refused = program.run(&["bill", "approve", "99", "--as", "li"]);
    assert!(refused.stderr.contains("li is clerk and may not do run.approve"), "{refused:?}");
    let client = program.database.owner().await;
    client.batch_execute("revoke insert on bill_runs from meterline_billing").await.unwrap();
    let refused = program.run(&["bill", "run", "--period", "2026-10", "--as", "li"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("permission denied for table bill_runs"), "{refused:?}");
}

#[tokio::test]
async fn bytes_are_brought_in_as_a_file_is_and_their_sender_hears_how_far_they_are() {
    let Some(utility) = Utility::new().await else { return };
    let office = office(&utility.database);
    let mut text = "code,name,parent\n".to_owned();
    for n in 0..2_500 {
        writeln!(text, "E{n},East {n},").unwrap();
    }
    let source = Source::memory(text.into_bytes()).unwrap();
    let wish = |source, dry_run| Wish {
        kind: Kind::Areas,
        name: "areas.csv",
        source,
        update: false,
        dry_run,
        ragged: false,
        reason: "",
    };
    let heard = Mutex::new(Vec::new());
    let hear = |progress: Progress| heard.lock().unwrap().push((progress.done, progress.total));
    let dry = import::take(&office, &caller("li"), &wish(&source, true), &hear).await.unwrap();
    assert!(matches!(dry, Answer::Taken(Counts { new: 2_500, .. })), "{dry:?}");
    assert_eq!(trail(&utility.database).await.len(), 0, "a dry run leaves nothing");
    assert_eq!(*heard.lock().unwrap(), [(1_000, 2_500), (2_000, 2_500)]);
    let taken = import::take(&office, &caller("li"), &wish(&source, false), &hear).await.unwrap();
    assert!(matches!(taken, Answer::Taken(Counts { new: 2_500, .. })), "{taken:?}");
    assert_eq!(trail(&utility.database).await, ["li import.areas areas.csv"]);
    let refused = import::take(&office, &caller("chen"), &wish(&source, false), &hear).await.unwrap_err();
    assert_eq!(refused.why, Why::Forbidden);

    let wrong = Source::memory(b"code,name,parent\nE1,,\n".to_vec()).unwrap();
    let Answer::Refused(faults) =
        import::take(&office, &caller("li"), &wish(&wrong, false), &hear).await.unwrap()
    else {
        panic!("a row without a name was taken")
    };
    assert_eq!((faults[0].row, faults[0].column.as_str(), faults[0].rule.name()), (2, "name", "required"));
    let other = Source::memory(b"horse\n1\n".to_vec()).unwrap();
    let answer = import::take(&office, &caller("li"), &wish(&other, false), &hear).await.unwrap();
    assert!(matches!(answer, Answer::Unreadable(Unreadable::UnknownColumn(..))), "{answer:?}");
}

// The command blocks this thread, while what was refused before it is undone on another.
#[tokio::test(flavor = "multi_thread")]
async fn months_are_closed_in_order_and_a_posting_into_a_closed_one_is_refused_as_that() {
    let Some(program) = Program::utility().await else { return };
    let office = office(&program.database);
    for (name, role) in [("li", "clerk"), ("wang", "supervisor")] {
        program.done(&["user", "add", name, "--role", role]);
    }
    let paid = "channel,channel_ref,account_no,amount,paid_at\ncounter,A,0000000001,5,2026-09-10\n\
                counter,B,0000000001,5,2026-10-10\n";
    program.taken("payments", paid, &[]);
    let by = |name: &str| caller_on(name, date(2026, 11, 20));
    let refused = async |name: &str, month: Date| {
        let refused = month::close(&office, &by(name), month).await.unwrap_err();
        (refused.why, refused.fact("month").to_owned())
    };
    let october = date(2026, 10, 1);
    assert_eq!(refused("li", october).await.0, Why::Forbidden);
    assert_eq!(refused("wang", date(2026, 11, 1)).await, (Why::MonthNotOver, "2026-11".to_owned()));
    assert_eq!(refused("wang", october).await, (Why::EarlierMonthOpen, "2026-09".to_owned()));
    assert_eq!(month::close(&office, &by("wang"), date(2026, 9, 1)).await.unwrap(), ["1"]);
    program.write("meterline.toml", "[office]\nnow = \"2026-11-20T12:00:00+08:00\"\n");
    assert!(program.done(&["close", "--month", "2026-10", "--as", "wang"]).contains("closed 2026-10"));
    assert_eq!(refused("wang", october).await, (Why::ClosedMonth, "2026-10".to_owned()));
    let said = program.run(&["--lang", "zh", "close", "--month", "2026-10", "--as", "wang"]);
    assert_eq!((said.code, said.stderr.trim()), (1, "meterline: 2026-10 已结账；请另选日期"));

    // What no deed does: a posting past the office, into the closed month.
    let client = program.database.owner().await;
    let posting = "insert into journal (company_id, currency, account_id, kind, posting_date, value_date, payment_id, line, acct, amount, recorded_by) \
                   select company_id, currency, account_id, kind, '2026-10-15', value_date, payment_id, line, acct, amount, recorded_by \
                   from journal limit 1";
    let error = client.batch_execute(posting).await.unwrap_err();
    let refusal = Refusal::from(SqlError::from(error));
    assert_eq!((refusal.kind(), refusal.fact("month")), (RefusalKind::ClosedMonth, "2026-10"), "{refusal}");
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_refused_with_what_mends_it() {
    let Some(program) = Program::new().await else { return };
    let url = program.database.url();
    let elsewhere = |from: &str, to: &str| url.replacen(from, to, 1);
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    let user = url.split("://").nth(1).unwrap().split([':', '@']).next().unwrap();
    for (url, why, en) in [
        (
            "postgres://a@127.0.0.1:1/b".to_owned(),
            Why::NoDatabase,
            "no connection to the database at 127.0.0.1:1/b",
        ),
        (elsewhere(name, "nothing"), Why::DatabaseMissing, "there is no database"),
        (elsewhere(user, "nobody"), Why::DatabaseLogin, "refuses the log-in"),
        ("mysql://a".to_owned(), Why::ServerAddress, "the address of the database cannot be used"),
    ] {
        let Err(error) = store::connect(&url, Role::Read).await.map(drop) else { panic!("{url} answers") };
        let refusal = Refusal::from(&error);
        assert_eq!(refusal.why, why, "{url}: {error}");
        let (said, log) = (documents::refusal::say(&refusal, Language::En), error.to_string());
        assert!(said.starts_with(en) || said.contains(en), "{said}");
        for text in [said, log] {
            assert!(!text.contains("meterline ") && !text.contains('`'), "no command line: {text}");
        }
        // A deed is refused by the same.
        let Ok(pool) = store::pool(&url, Role::Billing, 1) else { continue };
        let (settings, billing) = (OfficeSettings::default(), BillingSettings::default());
        let office = Office::new(pool, Zone::utc(), settings, billing);
        let refusal = month::close(&office, &caller("wang"), date(2026, 10, 1)).await.unwrap_err();
        assert_eq!(refusal.why, why, "{refusal}");
    }
}
