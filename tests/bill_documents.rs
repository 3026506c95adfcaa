//! From draft to document: the same bytes, once, whatever runs beside it; and back again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use jiff::civil::{Date, date};
use office::bill::verify::{Verified, Verifier};
use store::runs::RunState;
use support::deeds::{self, caller_on};
use support::utility::{Household, Utility};

async fn read_months(utility: &Utility, home: Household, litres: &[i64]) {
    for (month, litres) in (10..).zip(litres) {
        let (year, month) = if month < 12 { (2026, month + 1) } else { (2027, 1) };
        utility.read(home.meter, &format!("{year}-{month:02}-01T00:00:00+08:00"), *litres).await;
    }
}

async fn bill(utility: &Utility, period: &str, on: Date) -> i64 {
    let run = deeds::review(utility, period, 1).await;
    assert_eq!(deeds::issue(utility, run, on, 1).await, RunState::Issued);
    run
}

async fn cancel(utility: &Utility, bill_no: &str) {
    let office = deeds::office(&utility.database);
    let (li, wang) = (caller_on("li", date(2027, 1, 20)), caller_on("wang", date(2027, 1, 20)));
    let run = office::bill::cancel(&office, &li, bill_no, "misread").await.unwrap();
    assert!(office::bill::approve(&office, &wang, run, None, "").await.unwrap().cancelled);
}

/// Nothing that is derived from bills and the journal says anything else than they do, and each bill rates again.
async fn sound(utility: &Utility) {
    let mut verified = Verified::default();
    let judge = Verifier::new(&utility.client).await.unwrap();
    let page = store::bills::page(&utility.client, 0, 10_000).await.unwrap();
    judge.verify(&utility.client, &page, &mut verified).await.unwrap();
    assert_eq!(verified.mismatches, vec![]);
    let mut derived = store::derived::differences(&utility.client).await.unwrap();
    derived.extend(verified.frontiers.differences(&utility.client).await.unwrap());
    assert_eq!(derived, vec![]);
}

const ENDS: &str = "select coalesce(string_agg(to_char(billed_from at time zone 'Asia/Shanghai', 'MM-DD') || ' ' || \
                    to_char(billed_to at time zone 'Asia/Shanghai', 'MM-DD') || ' ' || close_value / 1000000 || ' of ' || \
                    bill_id, ', '), 'none') from register_ends";
const GAPS: &str = "select coalesce(string_agg(to_char(lower(during) at time zone 'Asia/Shanghai', 'MM-DD') || ' ' || \
                    to_char(upper(during) at time zone 'Asia/Shanghai', 'MM-DD'), ', ' order by during), 'none') \
                    from register_gaps";

#[tokio::test]
async fn what_was_a_draft_is_the_document_byte_for_byte() {
    let Some(utility) = Utility::new().await else { return };
    utility.households(600).await;
    let run = deeds::review(&utility, "2026-10", 1).await;
    let kept = "select string_agg(concat_ws(' ', id, agreement_id, total, encode(content, 'hex'), dictionary, \
                encode(sha256, 'hex'), quantities, amounts), ',' order by id)";
    let drafts = utility.value(&format!("{kept} from bill_drafts")).await;
    assert!(drafts.len() > 10_000);
    // A crash takes nothing of a draft along.
    let lost = "select count(*) from pg_class where relname like 'bill_drafts_%' and relkind = 'r' and relpersistence <> 'p'";
    assert_eq!(utility.value(lost).await, "0");
    assert_eq!(utility.value("select count(*) from bill_documents").await, "0");
    assert_eq!(deeds::issue(&utility, run, date(2026, 11, 2), 1).await, RunState::Issued);
    assert_eq!(utility.value(&format!("{kept} from bill_documents")).await, drafts);
    assert_eq!(utility.value("select count(*) from bill_drafts").await, "0");
    let gone = format!("select to_regclass('bill_drafts_{run}') is null");
    assert_eq!(utility.value(&gone).await, "true", "its partition is dropped");
    sound(&utility).await;
}

#[tokio::test]
async fn drafts_go_later_where_somebody_reads_them() {
    let Some(utility) = Utility::new().await else { return };
    utility.households(3).await;
    let run = deeds::review(&utility, "2026-10", 1).await;
    let mut reader = utility.database.owner().await;
    let reading = reader.transaction().await.unwrap();
    reading.query("select count(*) from bill_drafts", &[]).await.unwrap();
    assert_eq!(
        deeds::issue(&utility, run, date(2026, 11, 2), 1).await,
        RunState::Issued,
        "nobody waits for a reader"
    );
    assert_eq!(store::runs::undropped(&utility.client).await.unwrap(), [run]);
    reading.commit().await.unwrap();
    assert!(store::runs::drop_drafts(&utility.client, run).await.unwrap());
    assert_eq!(store::runs::undropped(&utility.client).await.unwrap(), Vec::<i64>::new());
}

#[tokio::test]
async fn bills_learn_what_they_have_in_common() {
    let Some(utility) = Utility::new().await else { return };
    utility.households(1_500).await;
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    // The first chunk teaches; what comes after is packed with what it has taught.
    let packed = "select string_agg(n || ' ' || coalesce(dictionary, 0), ', ' order by dictionary nulls first) \
                  from (select dictionary, count(*) as n from bill_documents group by dictionary) d";
    assert_eq!(utility.value(packed).await, "500 0, 1000 1");
    let smaller = "select avg(length(content)) filter (where dictionary = 1) * 2 < avg(length(content)) filter (where dictionary is null) \
                   from bill_documents";
    assert_eq!(utility.value(smaller).await, "true");
    sound(&utility).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_bill_each_household_once() {
    let Some(utility) = Utility::new().await else { return };
    utility.households(1_200).await;
    let one = deeds::review(&utility, "2026-10", 1).await;
    // The second was tried in the same moment: neither saw the other's drafts.
    utility
        .client
        .batch_execute(&format!(
            "insert into bill_runs (service, period, rules, state, as_of, started_by, due, input_sha256) \
               select 'water', period, rules, 'review', as_of, started_by, due, input_sha256 from bill_runs where id = {one}; \
             select open_drafts(2); \
             create temp table other as select * from bill_drafts; \
             update other set run_id = 2, id = nextval('bill_numbers'); \
             insert into bill_drafts select * from other; \
             insert into bill_run_chunks (run_id, n, agreement_ids, state, billed, total) \
               select 2, n, agreement_ids, state, billed, total from bill_run_chunks; \
             update bill_run_chunks set bills_sha256 = drafts_sha256(2, n) where run_id = 2"
        ))
        .await
        .unwrap();
    let on = date(2026, 11, 2);
    deeds::approve(&utility, one, on).await;
    deeds::approve(&utility, 2, on).await;
    let (first, second) = tokio::join!(deeds::order(&utility, one, 2), deeds::order(&utility, 2, 2));
    let each = "select count(*) || ' ' || count(distinct agreement_id) from bill_documents";
    assert_eq!(utility.value(each).await, "1200 1200", "{first} {second}");
    // What was overtaken was rated again, found billed, and waits for a person.
    for run in [one, 2] {
        let totals = store::runs::totals(&utility.client, run).await.unwrap();
        assert!(totals.agree(), "{totals:?}");
        let out: i64 = totals.excluded.values().chain(totals.parked.values()).sum();
        assert_eq!(totals.billed + out, 1200);
    }
    sound(&utility).await;
}

#[tokio::test]
async fn a_bill_before_others_that_is_taken_back_leaves_a_gap_and_the_last_one_none() {
    let Some(utility) = Utility::new().await else { return };
    let home = utility.household(1, "Y", "B1", "2026-10-01", 0).await;
    read_months(&utility, home, &[10_000, 25_000, 45_000]).await;
    for (period, on) in
        [("2026-10", date(2026, 11, 2)), ("2026-11", date(2026, 12, 2)), ("2026-12", date(2027, 1, 5))]
    {
        bill(&utility, period, on).await;
    }
    let counter = "select string_agg(tier_year || ' ' || trim_scale(value), ', ') from tier_counters";
    assert_eq!(utility.value(ENDS).await, "12-01 01-01 45 of 3");
    assert_eq!(utility.value(counter).await, "2026 45");
    sound(&utility).await;
    cancel(&utility, "2").await;
    assert_eq!(
        (utility.value(ENDS).await.as_str(), utility.value(GAPS).await.as_str()),
        ("12-01 01-01 45 of 3", "11-01 12-01")
    );
    assert_eq!(utility.value(counter).await, "2026 30");
    sound(&utility).await;
    // The last one: back to where the last bill that stands has billed the register; the gap lies beyond it now.
    cancel(&utility, "3").await;
    assert_eq!(
        (utility.value(ENDS).await.as_str(), utility.value(GAPS).await.as_str()),
        ("10-01 11-01 10 of 1", "none")
    );
    sound(&utility).await;
    // Billed anew from there, in one bill or two.
    bill(&utility, "2026-11", date(2026, 12, 3)).await;
    assert_eq!(
        utility.lines("b.period = '2026-11' and b.state = 'issued' and b.kind = 'regular'").await,
        "water#1 15 30.00"
    );
    cancel(&utility, "1").await;
    assert_eq!(utility.value(GAPS).await, "10-01 11-01");
    sound(&utility).await;
    let last = utility.value("select max(id) from bill_documents where live").await;
    cancel(&utility, &last).await;
    assert_eq!((utility.value(ENDS).await.as_str(), utility.value(GAPS).await.as_str()), ("none", "none"));
    assert_eq!(utility.value(counter).await, "2026 0");
    sound(&utility).await;
}

#[tokio::test]
async fn facts_are_what_the_ledger_says_by_class_and_item() {
    let Some(utility) = Utility::new().await else { return };
    for n in 1..=3 {
        let home = utility.household(n, "W", "B1", "2026-10-01", 0).await;
        utility.read(home.meter, "2026-11-01T00:00:00+08:00", i64::from(n) * 6_000).await;
    }
    bill(&utility, "2026-10", date(2026, 11, 2)).await;
    cancel(&utility, "3").await;
    let facts = "select string_agg(concat_ws(' ', to_char(f.month, 'YYYY-MM'), book, area, use_class, item, unit, a.name, lines, \
                 trim_scale(quantity), decimal_amount(amount)), ', ' order by month, item) \
                 from bill_facts f join ledger_accounts a on a.id = f.account";
    assert_eq!(
        utility.value(facts).await,
        "2026-11 B1 A1 residential sewage m3 agency:city 3 36 18.00, \
         2026-11 B1 A1 residential water m3 income 5 36 82.00, \
         2027-01 B1 A1 residential sewage m3 agency:city 1 -18 -9.00, \
         2027-01 B1 A1 residential water m3 income 2 -18 -44.00"
    );
    let ledger = "select string_agg(account || ' ' || to_char(month, 'YYYY-MM') || ' ' || amount, ', ' order by account, month) from ( \
        select account, date_trunc('month', posting_date) as month, sum(amount) as amount from ( \
          select credit as account, posting_date, amount from transfers union all select debit, posting_date, -amount from transfers) t \
        where account in ('income', 'agency:city') group by 1, 2) s";
    let of_facts = "select string_agg(name || ' ' || to_char(month, 'YYYY-MM') || ' ' || amount, ', ' order by name, month) from ( \
        select a.name, f.month, decimal_amount(sum(f.amount)::bigint) as amount \
        from bill_facts f join ledger_accounts a on a.id = f.account group by 1, 2) s";
    assert_eq!(utility.value(of_facts).await, utility.value(ledger).await);
    sound(&utility).await;
}
