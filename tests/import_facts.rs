//! Readings, openings and payments from files: taken exactly, once, and never overwritten by the way.

mod support;

use support::Program;
use support::imports::error;

#[tokio::test]
async fn readings_are_converted_exactly_and_never_overwritten_by_the_way() {
    let Some(program) = Program::utility().await else { return };
    let rows = |rows: &str| format!("serial,time,value,unit\n{rows}");
    assert_eq!(program.taken("readings", rows("000000000001,2026-10-02,123500,l\n"), &[]), (1, 0, 0));
    assert_eq!(
        program.number("select value from readings where time = '2026-10-01 16:00+00'").await,
        123_500_000
    );
    for (row, expected) in [
        ("000000000001,2026-10-01,123.457,", error(2, "value", "123.457", "differs")),
        ("000000000001,2026-10-03,1,kWh", error(2, "unit", "kWh", "mismatch")),
        ("000000000001,2026-10-03,1,cubits", error(2, "unit", "cubits", "unit")),
        ("000000000001,2099-10-03,1,", error(2, "time", "2099-10-03", "future")),
        ("000000000009,2026-10-03,1,", error(2, "serial", "000000000009", "unknown")),
    ] {
        assert_eq!(program.refused("readings", rows(&format!("{row}\n")), &[]), [expected]);
    }
    let one = "000000000001,2026-10-05,7,\n";
    assert_eq!(program.taken("readings", rows(&format!("{one}{one}")), &[]), (1, 0, 1));
    let contradiction =
        program.refused("readings", rows("000000000001,2026-10-06,7,\n000000000001,2026-10-06,8,\n"), &[]);
    assert_eq!((contradiction[0].0, contradiction[0].3.as_str()), (3, "disagrees"));
    // Only a supervisor puts another value in the place of a stored one, and the old one stays in the audit.
    program.done(&["user", "add", "li", "--role", "clerk"]);
    program.done(&["user", "add", "wang", "--role", "supervisor"]);
    program.write("file.csv", rows("000000000001,2026-10-01,123.457,\n"));
    assert_eq!(program.run(&["import", "readings", "file.csv", "--update"]).code, 1);
    assert_eq!(program.run(&["import", "readings", "file.csv", "--update", "--as", "li"]).code, 1);
    program.done(&["import", "readings", "file.csv", "--update", "--as", "wang"]);
    assert_eq!(
        program
            .number("select value from readings where time = '2026-09-30 16:00+00' and meter_id = 1")
            .await,
        123_457_000
    );
    assert_eq!(
        program.text("select before->>'value' from audit where action = 'reading.replace'").await,
        "123.456"
    );
}

#[tokio::test]
async fn openings_are_posted_once() {
    let Some(program) = Program::utility().await else { return };
    let text = "service_no,item,amount,as_of,due_on,ref\n\
                S1,receivable,86.40,2026-09-30,2026-10-20,OLD-1\nS1,receivable,10,2026-09-30,2026-09-20,OLD-2\n\
                S2,prepaid,50,2026-09-30,,\nS1,tier_counter,120,2026-09-30,,water\nS1,last_billed_index,123.456,2026-09-30,,\n";
    assert_eq!(program.taken("openings", text, &[]), (5, 0, 0));
    assert_eq!(program.taken("openings", text, &[]), (0, 0, 5));
    let ledger = "select string_agg(debit || ' ' || credit || ' ' || trim_scale(amount), '; ' order by id) from transfers";
    assert_eq!(
        program.text(ledger).await,
        "receivable opening 86.4; receivable opening 10; opening prepaid 50"
    );
    assert_eq!(
        program
            .text(
                "select trim_scale(sum(total))::text from bills where kind = 'opening' and state = 'issued'"
            )
            .await,
        "96.4"
    );
    let other = text.replace("86.40", "86.41");
    assert_eq!(program.refused("openings", other, &["--update"]), [error(2, "amount", "86.41", "fixed")]);
    assert_eq!(
        program.refused("openings", "service_no,item,amount,as_of\nS1,receivable,-5,2026-09-30\n", &[]),
        [error(2, "amount", "-5", "not_positive")]
    );
}

#[tokio::test]
async fn a_payment_is_taken_once_and_settles_the_oldest() {
    let Some(program) = Program::utility().await else { return };
    let openings = "service_no,item,amount,as_of,due_on,ref\nS1,receivable,10,2026-09-30,2026-10-20,A\nS1,receivable,5,2026-09-30,2026-09-20,B\n";
    program.taken("openings", openings, &[]);
    let columns = "channel,channel_ref,account_no,amount,paid_at,kind,reverses_ref\n";
    let rows = |rows: &str| format!("{columns}{rows}");
    let first = rows("wechat,X1,0000000001,8,2026-09-10 09:00,pay,\n");
    assert_eq!(program.taken("payments", &first, &[]), (1, 0, 0));
    assert_eq!(program.taken("payments", &first, &[]), (0, 0, 1));
    let settled = "select string_agg(b.bill_no || ' ' || trim_scale(t.amount), '; ' order by t.id) from transfers t \
                   join bills b on b.id = t.bill_id where t.payment_id is not null";
    assert_eq!(program.text(settled).await, "O-S1-B 5; O-S1-A 3");
    program.done(&["user", "add", "chen", "--role", "cashier"]);
    for (row, expected) in [
        ("wechat,X1,0000000001,9,2026-09-10 09:00,pay,", error(2, "channel_ref", "X1", "refused")),
        ("wechat,X2,0000000009,9,2026-09-10 09:00,pay,", error(2, "account_no", "0000000009", "refused")),
        ("wechat,X2,0000000001,0,2026-09-10 09:00,pay,", error(2, "amount", "0", "not_positive")),
        ("wechat,X2,0000000001,1,2099-09-10 09:00,pay,", error(2, "paid_at", "2099-09-10 09:00", "future")),
        ("wechat,X2,0000000001,1,2026-09-10 09:00,reversal,", error(2, "reverses_ref", "", "required")),
        ("wechat,X2,0000000001,1,2026-09-10 09:00,reversal,X9", error(2, "reverses_ref", "X9", "refused")),
    ] {
        assert_eq!(program.refused("payments", rows(&format!("{row}\n")), &["--as", "chen"]), [expected]);
    }
    // One row is refused, and the good one before it is not kept.
    let mixed = rows("wechat,X3,0000000001,1,2026-09-11,pay,\nwechat,X1,0000000001,9,2026-09-11,pay,\n");
    assert_eq!(program.refused("payments", mixed, &[]).len(), 1);
    assert_eq!(program.number("select count(*) from payments").await, 1);
    // A clerk and a machine take money, and do not give it back.
    program.done(&["user", "add", "li", "--role", "clerk"]);
    let back = rows("wechat,X4,0000000001,8,2026-09-12,reversal,X1\n");
    assert_eq!(
        program.refused("payments", &back, &["--as", "li"]),
        [error(2, "kind", "reversal", "refused")]
    );
    assert_eq!(program.refused("payments", &back, &[]), [error(2, "kind", "reversal", "refused")]);
    assert_eq!(program.taken("payments", &back, &["--as", "chen"]), (1, 0, 0));
}
