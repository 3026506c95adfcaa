//! Money: payments once, cancellations taken back to the cent, arrears at any day, bills that verify.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use metering::refusal::{Refusal, Why};
use office::bill::verify::{Verified, Verifier};
use office::{Caller, payment};
use rust_decimal::Decimal;
use store::payments::{Kind, Payment, Receipt};
use store::{arrears, bills, policies, runs};
use support::{Utility, deeds};

/// Runs, approves and issues a label on a day.
async fn bill(utility: &Utility, period: &str, on: Date) -> i64 {
    let run = deeds::review(utility, period, 1).await;
    deeds::issue(utility, run, on, 1).await;
    assert!(runs::totals(&utility.client, run).await.unwrap().agree());
    run
}

fn at_noon(day: &str) -> Timestamp {
    format!("{day}T12:00:00+08:00").parse().unwrap()
}

/// A payment of a kind, by its reference, taken by the cashier at noon of its day.
async fn take(
    utility: &Utility,
    kind: Kind,
    reference: &str,
    amount: &str,
    day: &str,
    reverses: Option<&str>,
) -> Result<Receipt, Refusal> {
    let payment = counter(kind, reference, amount, at_noon(day), reverses);
    let chen = Caller { now: at_noon(day), ..deeds::caller("chen") };
    payment::record(&deeds::office(&utility.database), &chen, &payment, "").await
}

fn counter<'a>(
    kind: Kind,
    reference: &'a str,
    amount: &str,
    paid_at: Timestamp,
    reverses: Option<&'a str>,
) -> Payment<'a> {
    Payment {
        channel: "counter",
        channel_ref: reference,
        line: 1,
        account_no: "A1",
        amount: amount.parse().unwrap(),
        paid_at,
        kind,
        reverses_ref: reverses,
        bill_no: None,
        tender: Some("cash"),
        cashier: None,
    }
}

async fn pay(utility: &Utility, reference: &str, amount: &str, day: &str) -> Result<Receipt, Refusal> {
    take(utility, Kind::Pay, reference, amount, day, None).await
}

/// What account A1 owes at a day: `bill principal late_fee`, …
async fn owed(utility: &Utility, as_of: Date) -> String {
    let rules = policies::settlement_rules(&utility.client).await.unwrap();
    let all: Vec<_> = arrears::at(&utility.client, as_of, arrears::always(), None)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    all.iter()
        .map(|a| {
            format!("{} {} {}", a.bill_no, a.principal, rules.fees().due(&a.fee, as_of).unwrap() + a.late_fee)
        })
        .collect::<Vec<_>>()
        .join(", ")
}

async fn verified(utility: &Utility) -> Verified {
    let mut verified = Verified::default();
    let judge = Verifier::new(&utility.client).await.unwrap();
    let page = bills::page(&utility.client, 0, 1000).await.unwrap();
    judge.verify(&utility.client, &page, &mut verified).await.unwrap();
    verified
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A household that used 4 m3 in October (10.00) and 6 in November (15.00).
async fn household() -> Option<Utility> {
    let utility = Utility::new().await?;
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 4_000).await;
    utility.read(home.meter, "2026-12-01T00:00:00+08:00", 10_000).await;
    Some(utility)
}

#[tokio::test]
async fn a_payment_is_recorded_once() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    let first = pay(&utility, "R1", "12.00", "2026-11-05").await.unwrap();
    // Agency before the rest: 2.00 sewage, 8.00 water; the rest is prepaid.
    let settled: Vec<String> =
        first.settled.iter().map(|(_, line, amount)| format!("{line} {amount}")).collect();
    assert_eq!((settled.join(", ").as_str(), first.to_prepaid), ("2 2.00, 1 8.00", d("2.00")));
    assert_eq!((first.balance, first.open), (d("2.00"), d("0")));
    let again = pay(&utility, "R1", "12.00", "2026-11-05").await.unwrap();
    assert!(again.repeated);
    assert_eq!((again.payment, &again.settled), (first.payment, &first.settled));
    let other = pay(&utility, "R1", "12.01", "2026-11-05").await.unwrap_err();
    assert_eq!(other.why, Why::PaymentDiffers, "{other}");
    let said = documents::refusal::say(&other, metering::Language::Zh);
    assert!(said.starts_with("缴费 counter R1/1 已登记为缴费 12"), "{said}");
    assert_eq!(utility.value("select count(*) from payments").await, "1");
    assert_eq!(utility.value("select count(*) from audit where action = 'payment.take'").await, "1");
}

#[tokio::test]
async fn what_is_prepaid_settles_the_next_bill_at_its_issue() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    pay(&utility, "R1", "22.00", "2026-11-05").await.unwrap();
    bill(&utility, "2026-11", date(2026, 12, 2)).await;
    assert_eq!(owed(&utility, date(2026, 12, 2)).await, "0000000002 3.00 0.00");
    let prepaid = "select sum(case when credit = 'prepaid' then amount else -amount end) from transfers where 'prepaid' in (debit, credit)";
    assert_eq!(utility.value(prepaid).await, "0.00");
    assert!(verified(&utility).await.mismatches.is_empty());
}

#[tokio::test]
async fn deposits_refunds_and_reversals_are_entries_of_their_own() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    take(&utility, Kind::Deposit, "D1", "30", "2026-11-03", None).await.unwrap();
    let short = take(&utility, Kind::Refund, "F1", "31", "2026-11-04", None).await.unwrap_err();
    assert_eq!((short.why, d(short.fact("balance"))), (Why::Short, d("30")));
    let refunded = take(&utility, Kind::Refund, "F1", "10", "2026-11-04", None).await.unwrap();
    assert_eq!(refunded.balance, d("20"));
    pay(&utility, "R1", "10.00", "2026-11-05").await.unwrap();
    assert_eq!(owed(&utility, date(2026, 11, 5)).await, "");
    let reversed = take(&utility, Kind::Reversal, "X1", "10.00", "2026-11-06", Some("R1")).await.unwrap();
    assert_eq!((reversed.balance, reversed.open), (d("20"), d("10")));
    let again = take(&utility, Kind::Reversal, "X1", "10.00", "2026-11-06", Some("R1")).await.unwrap();
    assert!(again.repeated);
    let twice = take(&utility, Kind::Reversal, "X2", "10.00", "2026-11-06", Some("R1")).await.unwrap_err();
    assert_eq!(twice.why, Why::NothingToReverse, "{twice}");
    // The list of an earlier day stays what it was.
    assert_eq!(owed(&utility, date(2026, 11, 4)).await, "0000000001 10.00 0.00");
    assert_eq!(owed(&utility, date(2026, 11, 5)).await, "");
    assert_eq!(owed(&utility, date(2026, 11, 6)).await, "0000000001 10.00 0.00");
}

#[tokio::test]
async fn a_late_fee_accrues_until_it_is_paid() {
    let Some(utility) = household().await else { return };
    let policy = r#"{"kind": "late_fee", "code": "LF", "valid_from": "2026-01-01", "rate_per_day": "0.01",
        "due_moves": "never", "cap": "principal"}"#;
    utility
        .client
        .execute(
            "insert into policies (kind, code, during, document, sha256, published_by) \
             values ('late_fee', 'LF', '[2026-01-01,)', $1, '', 'wang')",
            &[&policy],
        )
        .await
        .unwrap();
    bill(&utility, "2026-10", date(2026, 11, 2)).await; // due on 22 November
    assert_eq!(owed(&utility, date(2026, 11, 22)).await, "0000000001 10.00 0.00");
    assert_eq!(owed(&utility, date(2026, 11, 27)).await, "0000000001 10.00 0.50");
    // 0.50 late fee first, then 4.50 of the principal; from then on half of it bears the fee.
    pay(&utility, "R1", "5.00", "2026-11-27").await.unwrap();
    assert_eq!(owed(&utility, date(2026, 11, 27)).await, "0000000001 5.50 0.00");
    assert_eq!(owed(&utility, date(2026, 12, 7)).await, "0000000001 5.50 0.55");
    let last = pay(&utility, "R2", "6.05", "2026-12-07").await.unwrap();
    assert_eq!((last.open, last.to_prepaid), (d("0"), d("0")));
    assert_eq!(utility.value("select sum(amount) from transfers where credit = 'late_fee'").await, "1.05");
    assert_eq!(owed(&utility, date(2027, 12, 7)).await, "");
}

#[tokio::test]
async fn a_cancelled_bill_leaves_the_ledger_even_and_its_time_free() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    pay(&utility, "R1", "7.00", "2026-11-05").await.unwrap();
    let office = deeds::office(&utility.database);
    let li = deeds::caller("li");
    let reason = office::bill::cancel(&office, &li, "1", " ").await.unwrap_err();
    assert_eq!(reason.why, Why::NoReason);
    let run = office::bill::cancel(&office, &li, "1", "misread").await.unwrap();
    let waits = office::bill::cancel(&office, &li, "1", "again").await.unwrap_err();
    assert_eq!(waits.why, Why::CancellationWaits, "one cancellation of a bill waits");
    // Approving a cancellation carries it out.
    let wang = deeds::caller_on("wang", date(2026, 11, 10));
    assert!(office::bill::approve(&office, &wang, run, None, "").await.unwrap().cancelled);
    assert!(runs::totals(&utility.client, run).await.unwrap().agree());
    // Every account but the bank's money and what is prepaid is even again.
    let balances = "select string_agg(name || ' ' || balance, ', ' order by name) from ( \
        select name, sum(s) as balance from (select debit as name, amount as s from transfers \
        union all select credit, -amount from transfers) t group by name having sum(s) <> 0) b";
    assert_eq!(utility.value(balances).await, "bank:counter 7.00, prepaid -7.00");
    assert_eq!(owed(&utility, date(2026, 11, 10)).await, "");
    assert_eq!(owed(&utility, date(2026, 11, 9)).await, "0000000001 3.00 0.00");
    let documents = "select string_agg(kind || ' ' || state || ' ' || total, ', ' order by id) from bills";
    assert_eq!(utility.value(documents).await, "regular cancelled 10.00, reversal issued -10.00");
    assert!(verified(&utility).await.mismatches.is_empty());
    assert_eq!(derived(&utility).await, "");
    // Billed anew, over the same time, and settled from what had been paid.
    bill(&utility, "2026-10", date(2026, 11, 11)).await;
    assert_eq!(owed(&utility, date(2026, 11, 11)).await, "0000000003 3.00 0.00");
}

/// Where derived tables are not what their sources make of them: `table, key: expected, found; …`.
async fn derived(utility: &Utility) -> String {
    let mut found = store::derived::differences(&utility.client).await.unwrap();
    let frontiers = verified(utility).await.frontiers;
    found.extend(frontiers.differences(&utility.client).await.unwrap());
    let one = |d: &store::derived::Difference| format!("{}, {}: {}, {}", d.table, d.key, d.expected, d.found);
    found.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_derived_table_that_is_not_what_its_sources_make_of_it_is_found() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    pay(&utility, "R1", "12.00", "2026-11-05").await.unwrap();
    assert_eq!(derived(&utility).await, "");
    for (change, found) in [
        ("update open_items set open = 1", "open_items, account 1, bill 1: 0.00, 1"),
        ("delete from open_items", "open_items, account 1, bill 1: 0.00, none"),
        ("update prepaid_balances set balance = 3", "prepaid_balances, account 1, company 1: 2.00, 3"),
        ("delete from prepaid_balances", "prepaid_balances, account 1, company 1: 2.00, none"),
        ("update bill_runs set due = 2", "bill_runs, run 1 due: 1, 2"),
        ("update bill_run_chunks set billed = 0", "bill_run_chunks, run 1 billed: 1 10.00, 0 10.00"),
        (
            "alter table bill_facts disable trigger user; update bill_facts set amount = 1 where item = 'sewage'",
            "bill_facts, run 1, 2026-11, sewage, B1, A1, residential, ledger account 40001: 1 4 2.00, 1 4 0.0001",
        ),
        (
            "alter table bill_documents disable trigger user; update bill_documents set live = false",
            "bill_documents, bill 1: stands, taken back; \
             register_ends, installation 1, register 1: none, 2026-09-30T16:00:00Z 0 .. 2026-10-31T16:00:00Z 4000000, bill 1",
        ),
        (
            "update register_ends set close_value = 3",
            "register_ends, installation 1, register 1: \
             2026-09-30T16:00:00Z 0 .. 2026-10-31T16:00:00Z 4000000, bill 1, 2026-09-30T16:00:00Z 0 .. 2026-10-31T16:00:00Z 3, bill 1",
        ),
        (
            "insert into register_gaps values (1, 1, '[2026-09-01 00:00+00,2026-09-02 00:00+00)', 1)",
            "register_gaps, installation 1, register 1: none, 2026-09-01T00:00:00Z .. 2026-09-02T00:00:00Z",
        ),
        (
            "insert into tier_counters values (1, 'water', 2026, 4, 0)",
            "tier_counters, agreement 1, water 2026: 0, 4",
        ),
    ] {
        utility.client.batch_execute(&format!("begin; {change}")).await.unwrap();
        assert_eq!(derived(&utility).await, found, "{change}");
        utility.client.batch_execute("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn a_tampered_line_is_found() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    bill(&utility, "2026-11", date(2026, 12, 2)).await;
    let sound = verified(&utility).await;
    assert_eq!((sound.bills, sound.total, sound.mismatches), (2, d("25.00"), vec![]));
    // Nobody can do that but by putting the triggers to sleep.
    utility.client.batch_execute("set session_replication_role = 'replica'").await.unwrap();
    for (tamper, found) in [
        ("update bill_documents set quantities = '{5,4}' where id = 1", "0000000001 line 1 shown quantity"),
        (
            "update bill_documents set amounts = '{80100,19900}' where id = 1",
            "0000000001 line 1 shown amount, 0000000001 line 2 shown amount",
        ),
        (
            "update bill_documents set total = 10.01, amounts = '{80100,20000}' where id = 1",
            "0000000001 total, 0000000001 line 1 shown amount",
        ),
        (
            "update journal set amount = '{80100,-80100,20000,-20000}' where bill_id = 1",
            "0000000001 ledger line 1",
        ),
        (
            "update bill_documents set content = set_byte(content, length(content) - 9, 7) where id = 2",
            "0000000002 content",
        ),
        (
            "update bill_documents o set content = b.content, sha256 = b.sha256 from bill_documents b where o.id = 1 and b.id = 2",
            "0000000001 total, 0000000001 line 1 shown quantity, 0000000001 line 1 shown amount, \
             0000000001 line 2 shown quantity, 0000000001 line 2 shown amount, 0000000001 ledger line 1, \
             0000000001 ledger line 2",
        ),
    ] {
        utility.client.batch_execute(&format!("begin; {tamper}")).await.unwrap();
        let at: Vec<String> =
            verified(&utility).await.mismatches.iter().map(|m| format!("{} {}", m.bill_no, m.at)).collect();
        assert_eq!(at.join(", "), found, "{tamper}");
        utility.client.batch_execute("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn an_issued_document_is_kept_by_the_schema() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    for statement in [
        "update bill_documents set total = 0",
        "delete from bill_documents",
        "update journal set amount = '{1, -1}'",
        "delete from journal",
        "truncate journal",
        "truncate payments cascade",
        "delete from ledger_accounts",
        "update audit set who = 'nobody'",
    ] {
        let refused = utility.client.batch_execute(statement).await.unwrap_err();
        assert!(
            refused.as_db_error().expect("the server refuses").code().code().starts_with("23"),
            "{statement}"
        );
    }
    utility
        .client
        .batch_execute(
            "insert into closed_months (company_id, month, closed_by) values (1, '2026-11-01', 'wang')",
        )
        .await
        .unwrap();
    // A payment of the closed month is posted into the first open one; its value date stays.
    let late = pay(&utility, "R1", "10.00", "2026-11-20").await.unwrap();
    assert_eq!(late.open, d("0"));
    let days = "select string_agg(distinct posting_date || ' ' || value_date, ', ') from transfers where payment_id is not null";
    assert_eq!(utility.value(days).await, "2026-12-01 2026-11-20");
}

#[tokio::test]
async fn a_price_that_changes_inside_the_period_prices_its_own_days() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "W", "B1", "2026-10-01", 0).await;
    utility.read(home.meter, "2026-11-01T00:00:00+08:00", 31_000).await;
    utility
        .client
        .batch_execute("update tariffs set during = '[2020-01-01,2026-10-11)' where code = 'W'")
        .await
        .unwrap();
    let dearer = support::utility::WATER.replace("\"2.00\"", "\"2.50\"");
    utility.tariff(&dearer, "2026-10-11").await;
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    // 31 m3 in 31 days: 10 before, 21 after; so are the blocks of 10 shared, 3.2258… and 6.7741…
    let lines = utility.content("true").await.unwrap().lines;
    let line = |line: &billing::content::BilledLine| {
        format!("{} {} {} {}", line.code, line.qty.round_dp(2), line.price.unwrap(), line.amount)
    };
    assert_eq!(
        lines.iter().map(line).collect::<Vec<_>>().join(", "),
        "water#1 3.23 2.00 6.45, water#2 6.77 3.00 20.32, sewage 10 0.50 5.00, \
         water#1 6.77 2.50 16.94, water#2 14.23 3.00 42.68, sewage 21 0.50 10.50"
    );
    assert_eq!(verified(&utility).await.mismatches, vec![]);
}

#[tokio::test]
async fn days_and_amounts_of_payments_are_not_believed() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    let office = deeds::office(&utility.database);
    let taken = async |name: &str, reference: &str, amount: &str, paid_at: &str, reason: &str| {
        let caller = Caller { now: at_noon("2026-12-20"), ..deeds::caller(name) };
        let payment = counter(Kind::Pay, reference, amount, at_noon(paid_at), None);
        payment::take(&office, &caller, &payment, reason).await.map(drop).map_err(|refusal| refusal.why)
    };
    assert_eq!(taken("chen", "R1", "1", "2099-01-01", "").await, Err(Why::FutureDay));
    assert_eq!(taken("chen", "R1", "1", "2026-11-05", "found in the safe").await, Err(Why::PastDay));
    assert_eq!(taken("wang", "R1", "1", "2026-11-05", "").await, Err(Why::PastDay));
    assert_eq!(taken("wang", "R1", "1", "2026-11-05", "found in the safe").await, Ok(()));
    assert_eq!(taken("chen", "R2", "6901234567892", "2026-12-20", "").await, Err(Why::AmountTooLarge));
    assert_eq!(taken("chen", "R2", "0", "2026-12-20", "").await, Err(Why::Amount));
    // A name that looks like another is asked for in the form in which it is kept.
    assert_eq!(taken("chen", " R2", "1", "2026-12-20", "").await, Err(Why::Name));
    assert_eq!(taken("chen", "R２", "1", "2026-12-20", "").await, Err(Why::Name));
    // Money that goes out carries a person's name, and a clerk's is not enough.
    let back = counter(Kind::Reversal, "X1", "1", at_noon("2026-11-06"), Some("R1"));
    let machine = payment::reverse(&office, &deeds::nobody(), &back, "").await.unwrap_err();
    assert_eq!(machine.why, Why::Unsigned);
    let clerk = payment::reverse(&office, &deeds::caller("li"), &back, "").await.unwrap_err();
    assert_eq!(clerk.why, Why::Forbidden);
    let trail = deeds::trail(&utility.database).await;
    let of_money: Vec<_> = trail.iter().filter(|row| row.contains("payment.")).collect();
    assert_eq!(of_money, ["wang payment.take counter R1"], "one row a deed, none for what is refused");
}

#[tokio::test]
async fn one_key_is_one_wish() {
    let Some(utility) = household().await else { return };
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    let office = deeds::office(&utility.database);
    let caller = Caller { key: Some("k1".into()), now: at_noon("2026-11-05"), ..deeds::caller("chen") };
    let wish = |reference, amount: &str| counter(Kind::Pay, reference, amount, at_noon("2026-11-05"), None);
    let three = wish("R1", "3");
    let both = tokio::join!(
        payment::take(&office, &caller, &three, ""),
        payment::take(&office, &caller, &three, "")
    );
    let (one, two) = (both.0.unwrap(), both.1.unwrap());
    assert!(one.payment == two.payment && one.repeated != two.repeated);
    let other = payment::take(&office, &caller, &wish("R2", "3"), "").await.unwrap_err();
    assert_eq!((other.why, other.fact("key")), (Why::KeyTaken, "k1"));
    assert_eq!(utility.value("select count(*) from payments").await, "1");
}
