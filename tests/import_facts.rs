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
    let one = "000000000001,2026-10-05,200,\n";
    assert_eq!(program.taken("readings", rows(&format!("{one}{one}")), &[]), (1, 0, 1));
    let contradiction = program.refused(
        "readings",
        rows("000000000001,2026-10-06,300,\n000000000001,2026-10-06,301,\n"),
        &[],
    );
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
        ("wechat,X1,0000000001,9,2026-09-10 09:00,pay,", error(2, "channel_ref", "X1", "payment_differs")),
        ("wechat,X2,0000000009,9,2026-09-10 09:00,pay,", error(2, "account_no", "0000000009", "unknown")),
        ("wechat,X2,0000000001,0,2026-09-10 09:00,pay,", error(2, "amount", "0", "not_positive")),
        ("wechat,X2,0000000001,1,2099-09-10 09:00,pay,", error(2, "paid_at", "2099-09-10 09:00", "future")),
        ("wechat,X2,0000000001,1,2026-09-10 09:00,reversal,", error(2, "reverses_ref", "", "required")),
        (
            "wechat,X2,0000000001,1,2026-09-10 09:00,reversal,X9",
            error(2, "reverses_ref", "X9", "nothing_to_reverse"),
        ),
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
        [error(2, "kind", "reversal", "forbidden")]
    );
    assert_eq!(program.refused("payments", &back, &[]), [error(2, "kind", "reversal", "unsigned")]);
    assert_eq!(program.taken("payments", &back, &["--as", "chen"]), (1, 0, 0));
}

#[tokio::test]
async fn a_file_of_payments_stands_under_the_counters_rules_and_leaves_its_sums() {
    let Some(program) = Program::utility().await else { return };
    program.write(
        "meterline.toml",
        "[office]\nback_days = 31\nmost_payment = 1000\nnow = \"2026-11-20T12:00:00+08:00\"\n",
    );
    for (name, role) in [("chen", "cashier"), ("wang", "supervisor")] {
        program.done(&["user", "add", name, "--role", role]);
    }
    let rows =
        |rows: &str| format!("channel,channel_ref,account_no,amount,paid_at,kind,reverses_ref\n{rows}");
    let old = rows("wechat,B1,0000000001,8,2026-10-01 09:00,pay,\n");
    let back_dated = error(2, "paid_at", "2026-10-01T01:00:00Z", "past_day");
    // A day further back than a cashier may go is the same at the counter and in a file.
    let counter = ["pay", "--account", "0000000001", "--amount", "8", "--channel", "wechat", "--ref", "B1"];
    let counter = program.run(&[&counter[..], &["--at", "2026-10-01 09:00", "--as", "chen"]].concat());
    assert!(counter.code == 1 && counter.stderr.contains("31 days back"), "{counter:?}");
    assert_eq!(program.refused("payments", &old, &["--as", "chen"]), std::slice::from_ref(&back_dated));
    assert_eq!(
        program.refused("payments", &old, &["--as", "chen", "--reason", "late slip"]),
        std::slice::from_ref(&back_dated)
    );
    assert_eq!(program.refused("payments", &old, &["--as", "wang"]), [back_dated]);
    let much = rows("wechat,B2,0000000001,1000.01,2026-11-10,pay,\n");
    assert_eq!(
        program.refused("payments", &much, &["--as", "chen"]),
        [error(2, "amount", "1000.01", "amount_too_large")]
    );
    assert_eq!(program.taken("payments", &old, &["--as", "wang", "--reason", "late slip"]), (1, 0, 0));

    let day = rows(
        "counter,C1,0000000001,10.50,2026-11-10,pay,\ncounter,C2,0000000002,4.5,2026-11-10,pay,\n\
         counter,C3,0000000002,7,2026-11-11,deposit,\ncounter,C4,0000000001,10.5,2026-11-12,reversal,C1\n",
    );
    assert_eq!(program.taken("payments", &day, &["--as", "chen"]), (4, 0, 0));
    assert_eq!(
        program.taken("payments", &day, &["--as", "chen"]),
        (0, 0, 4),
        "the same again changes nothing"
    );
    let trail = "select string_agg(concat_ws(' ', who, a.after ->> 'reason', p ->> 'kind', p ->> 'currency', \
                   p ->> 'number', p ->> 'sum'), ', ' order by a.id, n) \
                 from audit a, jsonb_array_elements(a.after -> 'payments') with ordinality e(p, n) \
                 where action = 'import.payments'";
    assert_eq!(
        program.text(trail).await,
        "wang late slip pay CNY 1 8, chen pay CNY 2 15, chen deposit CNY 1 7, chen reversal CNY 1 10.5"
    );
}

const HEAT: &str = "serial,medium,service_no,installed_at,register,unit,digits,opening\n";

#[tokio::test]
async fn a_file_of_readings_asks_what_frames_are_asked() {
    let Some(program) = Program::utility().await else { return };
    let meter = "serial,medium,service_no,point,installed_at,removed_at,register,digits,opening,closing\n\
                 000000000021,water,S1,2,2026-10-01,,8-0:1.0.0,5,0,\n\
                 000000000022,water,S1,3,2026-01-01,2026-06-01,8-0:1.0.0,5,0,40\n";
    assert_eq!(program.taken("meters", meter, &[]), (2, 0, 0));
    let rows = |rows: &str| format!("serial,time,value\n{rows}\n");
    for (row, expected) in [
        ("000000000021,1995-01-01,5", error(2, "time", "1995-01-01", "past_time")),
        ("000000000021,2026-09-01,1234567", error(2, "time", "2026-09-01", "before_installation")),
        ("000000000021,2026-10-01,1234567", error(2, "value", "1234567", "digits_overflow")),
        ("000000000021,2026-10-01,0.0000001", error(2, "value", "0.0000001", "too_fine")),
        ("000000000021,2099-10-01,5", error(2, "time", "2099-10-01", "future")),
        ("000000000022,2026-06-02,5", error(2, "time", "2026-06-02", "after_removal")),
    ] {
        assert_eq!(program.refused("readings", rows(row), &[]), [expected], "{row}");
    }
    assert_eq!(program.taken("readings", rows("000000000022,2026-06-01,40"), &[]), (1, 0, 0));
}

#[tokio::test]
async fn a_counter_that_shows_less_asks_for_a_reason() {
    let Some(program) = Program::utility().await else { return };
    let rows = |rows: &str| format!("serial,time,value,reason\n{rows}\n");
    let serial = "000000000001";
    // In the order of time, whatever the order of the file; against the file and against what is stored.
    let file = rows(&format!("{serial},2026-10-20,300,\n{serial},2026-10-10,310,"));
    assert_eq!(program.refused("readings", file, &[]), [error(2, "value", "300", "runs_backwards")]);
    assert_eq!(program.taken("readings", rows(&format!("{serial},2026-10-10,310,")), &[]), (1, 0, 0));
    let late = rows(&format!("{serial},2026-10-20,300,"));
    assert_eq!(program.refused("readings", late, &[]), [error(2, "value", "300", "runs_backwards")]);
    let explained = rows(&format!("{serial},2026-10-20,300,misread ten days ago"));
    assert_eq!(program.taken("readings", &explained, &[]), (1, 0, 0));
    assert_eq!(program.taken("readings", &explained, &[]), (0, 0, 1));
    let kept =
        "select count(*) from audit where action = 'reading.backwards' and after->>'reason' like 'misread%'";
    assert_eq!(program.number(kept).await, 1, "once, although the file came twice");
    // A rollover is no running backwards.
    let rolled = rows(&format!("{serial},2026-10-21,99990,\n{serial},2026-10-28,12,"));
    assert_eq!(program.taken("readings", rolled, &[]), (2, 0, 0));
}

#[tokio::test]
async fn a_heat_meter_in_kwh_stands_beside_one_in_megajoules() {
    let Some(program) = Program::utility().await else { return };
    let services =
        "service_no,account_no,service,use_class,tariff,from\nH1,0000000001,heat,residential,T,2020-01-01\n";
    program.taken("services", services, &["--ragged"]);
    let meters = format!(
        "{HEAT}000000000031,heat,H1,2026-01-01,6-0:1.0.0,kWh,5,10\n\
         000000000032,heat,H1,2026-01-01,6-0:1.0.0,MJ,6,36\n"
    )
    .replace("service_no,", "service_no,point,")
    .replace("31,heat,H1,", "31,heat,H1,1,")
    .replace("32,heat,H1,", "32,heat,H1,2,");
    assert_eq!(program.taken("meters", &meters, &[]), (2, 0, 0));
    assert_eq!(program.taken("meters", &meters, &[]), (0, 0, 2));
    assert_eq!(program.text("select unit from registers where name = '6-0:1.0.0'").await, "MJ");
    let openings = "select string_agg(distinct x.opening::text, ' ') from installation_registers x \
                    join registers g on g.id = x.register_id where g.name = '6-0:1.0.0'";
    assert_eq!(program.text(openings).await, "36000000", "10 kWh are 36 MJ");
    let read = "serial,time,value,unit\n000000000031,2026-10-01,100.5,kWh\n000000000032,2026-10-01,50,\n";
    assert_eq!(program.taken("readings", read, &[]), (2, 0, 0));
    let stored = "select string_agg(r.value::text, ' ' order by m.serial) from readings r \
                  join meters m on m.id = r.meter_id where m.serial in ('000000000031', '000000000032')";
    assert_eq!(program.text(stored).await, "361800000 50000000");
    // Five digits of kWh are 360,000 MJ.
    let full = "serial,time,value,unit\n000000000031,2026-10-02,100000,kWh\n";
    assert_eq!(program.refused("readings", full, &[]), [error(2, "value", "100000", "digits_overflow")]);
    // Without a unit the register's is meant.
    let more = "serial,medium,service_no,point,installed_at,register,opening\n000000000033,heat,H1,3,2026-01-01,6-0:1.0.0,7\n";
    assert_eq!(program.taken("meters", more, &[]), (1, 0, 0));
    let third = "select x.opening from installation_registers x join installations i on i.id = x.installation_id \
                 join meters m on m.id = i.meter_id where m.serial = '000000000033'";
    assert_eq!(program.number(third).await, 7_000_000);
}
