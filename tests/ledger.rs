//! The ledger in the database: lawful, balanced, append only, and closed month by month.

mod support;

use std::time::Duration;

use billing::ledger::{AccountClass, PostingKind, is_lawful};
use support::{Database, Program};

#[tokio::test]
async fn the_lawful_pairs_are_the_same_in_the_program_and_in_the_database() {
    let Some(database) = Database::fresh().await else { return };
    let client = database.owner().await;
    let text = "select k.name as kind, d.code as debit, c.code as credit, lawful_pair(k.name, d.code, c.code) as lawful \
                from unnest($1::text[]) k (name), unnest($2::integer[]) d (code), unnest($2::integer[]) c (code)";
    let codes: Vec<i32> = AccountClass::ALL.iter().map(|class| class.code()).collect();
    let rows = client.query(text, &[&PostingKind::NAMES, &codes]).await.unwrap();
    assert_eq!(rows.len(), PostingKind::ALL.len() * codes.len() * codes.len());
    let class = |code: i32| *AccountClass::ALL.iter().find(|class| class.code() == code).unwrap();
    for row in rows {
        let kind: PostingKind = row.get::<_, &str>("kind").parse().unwrap();
        let (debit, credit) = (class(row.get("debit")), class(row.get("credit")));
        assert_eq!(
            row.get::<_, bool>("lawful"),
            is_lawful(kind, debit, credit),
            "{kind}: {debit} to {credit}"
        );
    }
    let unknown = client.query_one("select lawful_pair('gift', 1, 3)", &[]).await.unwrap();
    assert!(!unknown.get::<_, bool>(0));
    for class in AccountClass::ALL {
        let name = match class {
            AccountClass::Agency | AccountClass::Bank | AccountClass::Subsidy => format!("{class}:x"),
            _ => class.name().to_owned(),
        };
        let row = client.query_one("select ledger_account($1)", &[&name]).await.unwrap();
        assert_eq!(row.get::<_, i32>(0) / 10_000, class.code(), "{name}");
    }
    for name in ["cash", "bank", "bank:", "income:x"] {
        assert!(client.query_one("select ledger_account($1)", &[&name]).await.is_err(), "{name}");
    }
}

/// A posting of account 1, by hand: kind, bill, lines, accounts, amounts.
fn posting(kind: &str, bill: &str, line: &str, acct: &str, amount: &str, day: &str) -> String {
    format!(
        "insert into journal (kind, company_id, currency, posting_date, value_date, account_id, bill_id, line, acct, amount, \
         recorded_by) values ('{kind}', 1, 'CNY', '{day}', '{day}', 1, {bill}, '{{{line}}}', '{{{acct}}}', '{{{amount}}}', 'x')"
    )
}

/// A deposit of account 1.
fn deposit(amount: i64, day: &str) -> String {
    posting("deposit", "null", "0,0", "60001,20000", &format!("{amount},-{amount}"), day)
}

#[tokio::test]
async fn what_is_unbalanced_or_unlawful_is_not_posted() {
    let Some(program) = Program::utility().await else { return };
    let client = program.database.owner().await;
    client.batch_execute("select ledger_account('bank:counter')").await.unwrap();
    let on = "2026-11-15";
    for (statement, constraint) in [
        (posting("deposit", "null", "0,0", "60001,20000", "5,-4", on), "journal_balances"),
        (posting("deposit", "null", "0,0", "60001,20000", "-5,5", on), "journal_balances"),
        (posting("deposit", "null", "0,0", "60001,20000", "0,0", on), "journal_balances"),
        (posting("deposit", "null", "0,0,0", "60001,20000", "5,-5", on), "journal_balances"),
        (posting("deposit", "null", "0,1", "60001,20000", "5,-5", on), "journal_balances"),
        (posting("deposit", "null", "", "", "", on), "journal_balances"),
        (posting("deposit", "null", "0,0", "20000,60001", "5,-5", on), "journal_lawful"),
        (posting("late_fee", "null", "0,0", "10000,30000", "5,-5", on), "journal_lawful"),
        (posting("gift", "null", "0,0", "60001,20000", "5,-5", on), "journal_kind_check"),
        (posting("refund", "null", "0,0", "20000,60001", "5,-5", on), "prepaid_never_below_zero"),
    ] {
        let refused = client.batch_execute(&statement).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
    for (statement, missing) in [
        (posting("payment", "7", "1,1", "60001,10000", "5,-5", on), "bill 7"),
        (posting("deposit", "null", "0,0", "60002,20000", "5,-5", on), "ledger account 60002"),
        (deposit(5, on).replace("1, null", "99, null"), "account 99"),
    ] {
        let refused = client.batch_execute(&statement).await.unwrap_err();
        let message = refused.as_db_error().unwrap().message().to_owned();
        assert_eq!(message, format!("the journal names a {missing} that is not there"), "{statement}");
    }
    client.batch_execute(&deposit(50_000, on)).await.unwrap();
    assert_eq!(
        program.text("select debit || ' ' || credit || ' ' || amount from transfers").await,
        "bank:counter prepaid 5.00"
    );
    assert_eq!(program.text("select balance::text from prepaid_balances").await, "5.00");
    client.batch_execute("set role meterline_billing").await.unwrap();
    for statement in [
        "update open_items set open = 0",
        "update prepaid_balances set balance = 100",
        "insert into ledger_accounts values (60009, 'bank:mine')",
        "insert into journal (recorded_at) values ('2020-01-01')",
    ] {
        let refused = client.batch_execute(statement).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().code().code(), "42501", "{statement}");
    }
}

/// Whoever posts holds the month open; whoever closes it waits for them, and keeps the next ones out.
#[tokio::test]
async fn a_month_that_is_closed_never_changes_again() {
    let Some(program) = Program::utility().await else { return };
    let (mut poster, mut closer) = (program.database.owner().await, program.database.owner().await);
    poster.batch_execute("select ledger_account('bank:counter')").await.unwrap();
    let close = "insert into closed_months (company_id, month, closed_by) values (1, '2026-11-01', 'wang')";
    let posting = poster.transaction().await.unwrap();
    posting.batch_execute(&deposit(50_000, "2026-11-15")).await.unwrap();
    let closing = closer.transaction().await.unwrap();
    closing.batch_execute("set local lock_timeout = '300ms'").await.unwrap();
    let waits = closing.batch_execute(close).await.unwrap_err();
    assert_eq!(waits.as_db_error().unwrap().code().code(), "55P03", "the closer waits for who posts");
    closing.rollback().await.unwrap();
    posting.commit().await.unwrap();
    // The other way round: who posts waits for who closes, and then sees that the month is closed.
    let closing = closer.transaction().await.unwrap();
    closing.batch_execute(close).await.unwrap();
    let late =
        tokio::spawn(async move { (poster.batch_execute(&deposit(10_000, "2026-11-20")).await, poster) });
    let waiting =
        "select count(*) from pg_locks where locktype = 'advisory' and not granted and mode = 'ShareLock'";
    for _ in 0..100 {
        if program.number(waiting).await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(program.number(waiting).await, 1, "the poster waits for who closes");
    closing.commit().await.unwrap();
    let (refused, poster) = late.await.unwrap();
    let refused = refused.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().message(), "month 2026-11 of company 1 is closed");
    assert_eq!(
        program.text("select sum(amount)::text from transfers where posting_date < '2026-12-01'").await,
        "5.00"
    );
    // The next month is open, and a deed that wishes for the closed one is posted there.
    poster.batch_execute(&deposit(10_000, "2026-12-01")).await.unwrap();
    let open_day = "select open_day(1, '2026-11-20')::text || ' ' || open_day(1, '2026-12-20')::text";
    assert_eq!(program.text(open_day).await, "2026-12-01 2026-12-20");
}

/// A receivable of 100 that was due on 25 September.
async fn debtor() -> Option<Program> {
    let program = Program::utility().await?;
    let openings = "service_no,item,amount,as_of,due_on,ref\nS1,receivable,100,2026-08-31,2026-09-25,A\n";
    program.taken("openings", openings, &[]);
    for (name, role) in [("li", "clerk"), ("wang", "supervisor"), ("chen", "cashier")] {
        program.done(&["user", "add", name, "--role", role]);
    }
    Some(program)
}

fn pay<'a>(amount: &'a str, reference: &'a str) -> [&'a str; 13] {
    [
        "pay",
        "--account",
        "0000000001",
        "--amount",
        amount,
        "--channel",
        "counter",
        "--ref",
        reference,
        "--at",
        "2026-10-25T10:00:00",
        "--as",
        "chen",
    ]
}

#[tokio::test]
async fn who_pays_at_the_same_moment_pays_the_late_fee_once() {
    let Some(program) = debtor().await else { return };
    let policy =
        r#"{"kind": "late_fee", "code": "LF", "valid_from": "2014-01-01", "rate_per_day": "0.0005"}"#;
    program.write("lf.json", policy);
    program.done(&["policy", "publish", "lf.json", "--as", "wang"]);
    std::thread::scope(|scope| {
        for reference in ["x1", "x2", "x3", "x4"] {
            let program = &program;
            scope.spawn(move || program.done(&pay("60", reference)));
        }
    });
    // 30 days on 100: 1.50, once.
    let sums = "select (select sum(amount) from transfers where credit = 'late_fee') || ' ' || balance from prepaid_balances";
    assert_eq!(program.text(sums).await, "1.50 138.50");
    assert_eq!(program.text("select sum(open)::text from open_items").await, "0.00");
}

#[tokio::test]
async fn a_payment_of_a_cancelled_bill_is_taken_back_from_what_is_prepaid() {
    let Some(program) = debtor().await else { return };
    program.done(&pay("100", "A1"));
    program.done(&["bill", "cancel", "O-S1-A", "--reason", "misread", "--as", "li"]);
    program.done(&["bill", "approve", "1", "--as", "wang"]);
    assert_eq!(program.text("select balance::text from prepaid_balances").await, "100.00");
    let back = ["--kind", "reversal", "--reverses", "A1"];
    program.done(&[&pay("100", "R1")[..], &back].concat());
    assert_eq!(program.text("select balance::text from prepaid_balances").await, "0.00");
    assert_eq!(program.text("select sum(open)::text from open_items").await, "0.00");
    let refused = program.run(&[&pay("100", "F1")[..], &["--kind", "refund"]].concat());
    assert_eq!(refused.code, 1, "{refused:?}");
    let even = "select count(*) from (select name from (select debit as name, amount as s from transfers union all \
                select credit, -amount from transfers) t group by name having sum(s) <> 0) b";
    assert_eq!(program.number(even).await, 0);
}

#[tokio::test]
async fn a_cancellation_in_a_closed_month_is_posted_into_the_open_one() {
    let Some(program) = debtor().await else { return };
    let close = "insert into closed_months (company_id, month, closed_by) values (1, '2026-08-01', 'wang'), (1, '2026-09-01', 'wang')";
    program.database.owner().await.batch_execute(close).await.unwrap();
    program.done(&["bill", "cancel", "O-S1-A", "--reason", "misread", "--as", "li"]);
    program.done(&["bill", "approve", "1", "--on", "2026-09-20", "--as", "wang"]);
    let days =
        "select string_agg(posting_date || ' ' || value_date, ', ') from transfers where debit = 'opening'";
    assert_eq!(program.text(days).await, "2026-10-01 2026-09-20");
}

#[tokio::test]
async fn an_amount_without_sense_is_refused_and_nothing_crashes() {
    let Some(program) = debtor().await else { return };
    for (amount, reference) in
        [("39000000000000000000000000000", "B1"), ("0.00001", "B2"), ("922337203685477.5808", "B3")]
    {
        let refused = program.run(&pay(amount, reference));
        assert_eq!(refused.code, 1, "{refused:?}");
        let named = ["is no amount", "that one payment may be"];
        assert!(named.iter().any(|why| refused.stderr.contains(why)), "{refused:?}");
    }
    assert_eq!(program.number("select count(*) from payments").await, 0);
}
