//! Master data from files: what is taken, what is refused and how, what the same file does again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use sheets::{Book, Kind};
use support::Program;
use support::imports::{ACCOUNTS, AREAS, BOOKS, METERS, READINGS, SERVICES, error};

#[tokio::test]
async fn the_same_files_again_change_nothing() {
    let Some(program) = Program::utility().await else { return };
    let before = program.number("select count(*) from audit").await;
    for (kind, text, rows) in [
        ("areas", AREAS, 2),
        ("books", BOOKS, 1),
        ("accounts", ACCOUNTS, 2),
        ("services", SERVICES, 2),
        ("meters", METERS, 2),
        ("readings", READINGS, 2),
    ] {
        assert_eq!(program.taken(kind, text, &[]), (0, 0, rows), "{kind}");
        assert_eq!(
            program.taken(kind, text, &["--update"][..usize::from(kind != "readings")]),
            (0, 0, rows),
            "{kind}"
        );
    }
    assert_eq!(program.number("select count(*) from audit").await, before);
}

#[tokio::test]
async fn a_service_stands_with_its_place_its_meter_point_and_its_dated_facts() {
    let Some(program) = Program::utility().await else { return };
    let facts = "select string_agg(a.service_no || ' ' || x.name || ' ' || x.value || ' ' || x.during, '; ' order by x.name) \
                 from attributes x join agreements a on a.id = x.agreement_id where a.service_no = 'S1'";
    assert_eq!(
        program.text(facts).await,
        "S1 book W1 [2024-01-01,); S1 tariff W-RES [2024-01-01,); S1 use_class residential [2024-01-01,)"
    );
    let chain = "select count(*) from agreements a join premises p on p.id = a.premise_id \
                 join agreement_points x on x.agreement_id = a.id join meter_points t on t.id = x.meter_point_id \
                 join installations n on n.meter_point_id = t.id join installation_registers r on r.installation_id = n.id \
                 join meters m on m.id = n.meter_id join readings g on g.meter_id = m.id and g.register_id = r.register_id \
                 where t.premise_id = p.id and lower(n.during) = '2023-12-31 16:00+00'";
    assert_eq!(program.number(chain).await, 2);
    assert_eq!(
        program
            .text("select name from areas where id = (select parent_id from areas where code = 'E01')")
            .await,
        "East"
    );
    assert_eq!(program.number("select value from readings order by value desc limit 1").await, 123_456_000);
    assert_eq!(program.text("select who from imports where kind = 'meters'").await, "os:machine");
}

#[tokio::test]
async fn a_file_may_be_gbk_with_a_chinese_header_in_any_order() {
    let Some(program) = Program::new().await else { return };
    let text = "户名,开户日期,户号*,电话\n张三,2020年1月1日,0001,\n欧阳,2020/12/1,0002,13800000000\n";
    let (gbk, _, lossy) = encoding_rs::GBK.encode(text);
    assert!(!lossy);
    assert_eq!(program.taken("accounts", gbk, &[]), (2, 0, 0));
    assert_eq!(program.taken("accounts", format!("\u{feff}{text}"), &[]), (0, 0, 2));
    assert_eq!(
        program
            .text("select name from accounts where account_no = '0002' and opened_on = '2020-12-01'")
            .await,
        "欧阳"
    );
    let wrong = "户名,开户日期,户号\n张三,昨天,0001\n";
    assert_eq!(program.refused("accounts", wrong, &[]), [error(2, "开户日期", "昨天", "date")]);
}

/// A workbook of these rows, the first of them the header.
fn workbook(kinds: &[Kind], rows: &[&[&str]]) -> Vec<u8> {
    let (head, rows) = rows.split_first().unwrap();
    let headings = head.iter().map(|name| (*name).to_owned()).zip(kinds.iter().cloned()).collect();
    let mut book = Book::new(headings).unwrap();
    for row in rows {
        book.row(*row).unwrap();
    }
    let mut bytes = Vec::new();
    book.save(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn a_workbook_is_read_as_a_file_of_rows() {
    let Some(program) = Program::new().await else { return };
    let kinds = [Kind::Text, Kind::Text, Kind::Date, Kind::Text];
    let head: &[&str] = &["户号*", "户名", "开户日期", "电话"];
    let accounts = workbook(
        &kinds,
        &[head, &["0001", "=1+1", "2020-01-01", ""], &["", "", "", ""], &["0002", "李", "2020-12-01", ""]],
    );
    assert_eq!(program.taken("accounts", &accounts, &[]), (2, 0, 0));
    assert_eq!(program.taken("accounts", &accounts, &[]), (0, 0, 2), "the same file again");
    assert_eq!(
        program.text("select opened_on::text from accounts where account_no = '0001'").await,
        "2020-01-01"
    );
    assert_eq!(
        program.text("select encode(sha256, 'hex') from imports").await,
        hex::encode(sheets::Source::memory(accounts).unwrap().sha256),
        "what is kept is the hash of the workbook itself"
    );
    // The same advice as in CSV where a number cell has lost zeros, and rows as the spreadsheet counts them.
    let kinds = [Kind::Number, Kind::Text, Kind::Number, Kind::Text];
    let spoilt = workbook(
        &kinds,
        &[head, &["3", "王", "45931", ""], &["", "", "", ""], &["4", "", "2020-01-01", "1.23457E+11"]],
    );
    let errors = program.refused("accounts", spoilt, &[]);
    assert_eq!(
        errors,
        [
            error(2, "户号", "3", "lost_zeros"),
            error(2, "开户日期", "45931", "day_number"),
            error(4, "户号", "4", "lost_zeros"),
            error(4, "户名", "", "required"),
            error(4, "电话", "1.23457E+11", "exponent"),
        ]
    );
    program.write("old.xls", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1]);
    let ended = program.run(&["import", "accounts", "old.xls"]);
    assert!(ended.code == 2 && ended.stderr.contains(".xlsx"), "{ended:?}");
}

#[tokio::test]
async fn a_template_is_a_workbook_that_can_be_imported() {
    let Some(program) = Program::new().await else { return };
    program.done(&["--lang", "zh", "import", "accounts", "--template", "--out", "t.xlsx"]);
    let template = std::fs::read(program.path("t.xlsx")).unwrap();
    assert_eq!(program.taken("accounts", template, &[]), (1, 0, 0));
    assert_eq!(program.text("select account_no from accounts").await, "0010000001");
}

#[tokio::test]
async fn one_bad_row_and_nothing_is_imported() {
    let Some(program) = Program::new().await else { return };
    let text = "account_no,name,opened_on,closed_on\n0001,A,2020-01-01,\n0002,,2020-01-01,\n0003,C,45931,\n0004,D,2020-01-01,2019-01-01\n";
    let errors = [
        error(3, "name", "", "required"),
        error(4, "opened_on", "45931", "day_number"),
        error(5, "closed_on", "2019-01-01", "before"),
    ];
    assert_eq!(program.refused("accounts", text, &[]), errors);
    assert_eq!(program.number("select count(*) from accounts").await, 0);
    let written = program.read("file.csv.errors.csv");
    assert!(written.starts_with("\u{feff}row,column,value,rule,message\n3,name,,required,"), "{written}");
    // Taken at last: the list of errors goes away.
    assert_eq!(program.taken("accounts", "account_no,name,opened_on\n0001,A,2020-01-01\n", &[]), (1, 0, 0));
    assert!(!program.path("file.csv.errors.csv").exists());
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_keeps_nothing() {
    let Some(program) = Program::new().await else { return };
    assert_eq!(program.taken("accounts", ACCOUNTS, &["--dry-run"]), (2, 0, 0));
    assert_eq!(program.number("select count(*) from accounts").await, 0);
    let unknown = program.refused("services", SERVICES, &["--dry-run"]);
    assert!(unknown.contains(&error(2, "account_no", "0000000001", "unknown")), "{unknown:?}");
}

#[tokio::test]
async fn a_hundred_errors_are_enough() {
    let Some(program) = Program::new().await else { return };
    let rows = (0..500).map(|n| format!("A{n},,2020-01-01")).collect::<Vec<_>>().join("\n");
    assert_eq!(program.refused("accounts", format!("account_no,name,opened_on\n{rows}"), &[]).len(), 100);
    let twice = "A1,x,2020-01-01\n".repeat(500);
    let errors = program.refused("accounts", format!("account_no,name,opened_on\n{twice}"), &[]);
    assert_eq!((errors.len(), &errors[0]), (100, &error(3, "account_no", "A1", "twice")));
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_refused() {
    let Some(program) = Program::new().await else { return };
    let accounts = |no: &str| format!("account_no,name,opened_on\n\"{no}\",A,2020-01-01\n");
    for no in ["A\u{200b}1", "A\u{202e}1", "１２３", "=1+1", "<svg>", "A 1", "@SUM(A1)", "../x;y"] {
        let rule = if no.contains(['\u{200b}', '\u{202e}']) { "unprintable" } else { "identifier" };
        assert_eq!(program.refused("accounts", accounts(no), &[]), [error(2, "account_no", no, rule)]);
    }
    // Composed or taken apart, with blanks around it or without: one name.
    assert_eq!(program.taken("accounts", accounts("Café"), &[]), (1, 0, 0));
    assert_eq!(program.taken("accounts", accounts(" Cafe\u{301} "), &[]), (0, 0, 1));
}

#[tokio::test]
async fn a_list_of_errors_is_short_and_runs_in_no_spreadsheet() {
    let Some(program) = Program::new().await else { return };
    let long = "户".repeat(100_000);
    let file = format!("account_no,name,opened_on\nA1,{long},2020-01-01\nA2,=1+1\u{200b},2020-01-01\n");
    let errors = program.refused("accounts", &file, &[]);
    assert_eq!(errors[0].2.chars().count(), 201, "200 characters and an ellipsis");
    let written = program.read("file.csv.errors.csv");
    assert!(written.len() < 2_000 && written.starts_with('\u{feff}'), "{written}");
    assert!(written.contains(",'=1+1") && !written.contains(",=1+1"), "{written}");
}

#[tokio::test]
async fn what_a_spreadsheet_has_spoilt_is_refused() {
    let Some(program) = Program::utility().await else { return };
    for (kind, text, expected) in [
        (
            "accounts",
            "account_no,name,opened_on\n1.23E+11,A,2020-01-01\n",
            error(2, "account_no", "1.23E+11", "exponent"),
        ),
        (
            "accounts",
            "account_no,name,opened_on\n12345.0,A,2020-01-01\n",
            error(2, "account_no", "12345.0", "point_zero"),
        ),
        (
            "accounts",
            "account_no,name,opened_on\n7,A,2020-01-01\n",
            error(2, "account_no", "7", "lost_zeros"),
        ),
        ("readings", "serial,time,value\n1,2026-10-02,5\n", error(2, "serial", "1", "lost_zeros")),
        (
            "readings",
            "serial,time,value\n000000000001,2026-10-02,1.2E+3\n",
            error(2, "value", "1.2E+3", "exponent"),
        ),
        (
            "readings",
            "serial,time,value\n000000000001,#N/A,1\n",
            error(2, "time", "#N/A", "spreadsheet_error"),
        ),
    ] {
        assert_eq!(program.refused(kind, text, &[]), [expected]);
    }
    // Where the lengths are meant, one says so.
    assert_eq!(
        program.taken("accounts", "account_no,name,opened_on\n7,A,2020-01-01\n", &["--ragged"]),
        (1, 0, 0)
    );
    // The formula by which people keep their zeros is understood.
    assert_eq!(
        program.taken(
            "accounts",
            "account_no,name,opened_on\n\"=\"\"0000000001\"\"\",Zhang,2020-01-01\n",
            &[]
        ),
        (0, 0, 1)
    );
}

#[tokio::test]
async fn a_known_key_with_another_content_names_both_unless_updated() {
    let Some(program) = Program::utility().await else { return };
    let text = "account_no,name,phone,opened_on\n0000000001,Zhang San,1,2020-01-01\n";
    assert_eq!(
        program.refused("accounts", text, &[]),
        [error(2, "name", "Zhang San", "differs"), error(2, "phone", "1", "differs")]
    );
    assert!(program.read("file.csv.errors.csv").contains("Zhang"), "the stored value is named too");
    assert_eq!(program.taken("accounts", text, &["--update"]), (0, 1, 0));
    let audited = "select before || ' ' || after from (select before->>'name' as before, after->>'name' as after \
                   from audit where action = 'account.update' and subject = '0000000001') a";
    assert_eq!(program.text(audited).await, "Zhang Zhang San");
    // An empty cell says nothing.
    assert_eq!(
        program.taken("accounts", "account_no,name,phone,opened_on\n0000000001,Zhang San,,2020-01-01\n", &[]),
        (0, 0, 1)
    );
}

#[tokio::test]
async fn a_dated_fact_follows_the_last_and_never_goes_back() {
    let Some(program) = Program::utility().await else { return };
    let facts = |rows: &str| format!("service_no,name,value,from,to\n{rows}");
    assert_eq!(
        program.taken("attributes", facts("S1,persons,3,2024-01-01,\nS1,persons,5,2025-01-01,\n"), &[]),
        (2, 0, 0)
    );
    assert_eq!(program.taken("attributes", facts("S1,persons,6,2026-01-01,\n"), &[]), (1, 0, 0));
    // The first file again: what became of its last fact later is no contradiction.
    assert_eq!(
        program.taken("attributes", facts("S1,persons,3,2024-01-01,\nS1,persons,5,2025-01-01,\n"), &[]),
        (0, 0, 2)
    );
    let live = "select string_agg(value || ' ' || during, '; ' order by during) from attributes \
                where name = 'persons' and superseded_at is null";
    let history = "3 [2024-01-01,2025-01-01); 5 [2025-01-01,2026-01-01); 6 [2026-01-01,)";
    assert_eq!(program.text(live).await, history);
    assert_eq!(
        program.refused("attributes", facts("S1,persons,4,2025-06-01,\n"), &["--update"]),
        [error(2, "from", "2025-06-01", "backwards")]
    );
    assert_eq!(
        program.refused("attributes", facts("S1,persons,7,2026-01-01,\n"), &[]),
        [error(2, "value", "7", "differs")]
    );
    assert_eq!(program.taken("attributes", facts("S1,persons,7,2026-01-01,\n"), &["--update"]), (0, 1, 0));
    assert_eq!(program.text(live).await, history.replace("6 [", "7 ["));
    // What was recorded stays, superseded.
    assert_eq!(
        program
            .number("select count(*) from attributes where name = 'persons' and superseded_at is not null")
            .await,
        2
    );
    // A service's dated facts are not changed by its own file.
    let other = SERVICES.replace("residential", "commercial");
    assert!(program.refused("services", other, &["--update"]).contains(&error(
        2,
        "use_class",
        "commercial",
        "dated"
    )));
}

#[tokio::test]
async fn an_exchange_is_a_second_meter_from_the_instant_the_first_is_removed() {
    let Some(program) = Program::utility().await else { return };
    let columns = "serial,medium,service_no,installed_at,removed_at,register,opening,closing\n";
    let old = "000000000001,water,S1,2024-01-01,2026-06-01 10:00,8-0:1.0.0,0,110\n";
    let new = "000000000009,water,S1,2026-06-01 10:00,,8-0:1.0.0,3,\n";
    let alone = program.refused("meters", format!("{columns}{new}"), &[]);
    assert_eq!((alone[0].1.as_str(), alone[0].3.as_str()), ("installed_at", "overlaps"));
    let unconfirmed = program.refused("meters", format!("{columns}{old}{new}"), &[]);
    assert_eq!((unconfirmed[0].1.as_str(), unconfirmed[0].3.as_str()), ("removed_at", "differs"));
    assert_eq!(program.taken("meters", format!("{columns}{old}{new}"), &["--update"]), (1, 1, 0));
    assert_eq!(program.taken("meters", format!("{columns}{old}{new}"), &[]), (0, 0, 2));
    let story = "select string_agg(m.serial || ' ' || r.opening || ' ' || coalesce(r.closing::text, '-'), '; ' order by lower(n.during)) \
                 from installations n join meters m on m.id = n.meter_id join installation_registers r on r.installation_id = n.id \
                 where n.meter_point_id = (select meter_point_id from installations where meter_id = 1)";
    assert_eq!(program.text(story).await, "000000000001 0 110000000; 000000000009 3000000 -");
    // The index that was billed from stays.
    let rewritten = old.replace(",0,110", ",5,110");
    assert_eq!(
        program.refused("meters", format!("{columns}{rewritten}"), &["--update"]),
        [error(2, "opening", "5", "fixed")]
    );
}

#[tokio::test]
async fn rows_of_a_meters_file_must_agree_and_fit() {
    let Some(program) = Program::utility().await else { return };
    let columns = "serial,maker,medium,service_no,installed_at,register,opening,protocol,address\n";
    for (rows, expected) in [
        (
            "M1,A,water,S1,2026-01-01,8-0:1.0.0,0,,\nM1,B,water,S1,2026-01-01,8-0:2.0.0,0,,\n",
            error(3, "maker", "B", "disagrees"),
        ),
        ("M1,A,heat,S1,2026-01-01,6-0:1.0.0,0,,\n", error(2, "medium", "heat", "mismatch")),
        ("M1,A,water,S9,2026-01-01,8-0:1.0.0,0,,\n", error(2, "service_no", "S9", "unknown")),
        (
            "M1,A,water,S1,2026-01-01,8-0:1.0.0,0,cjt188,00000000000001\n",
            error(2, "address", "00000000000001", "taken"),
        ),
        ("M1,A,water,S1,2026-01-01,8-0:1.0.0,0,cjt188,1\n", error(2, "address", "1", "lost_zeros")),
        ("M1,A,water,S1,2026-01-01,1.8.0,0,,\n", error(2, "register", "1.8.0", "register")),
        ("M1,A,water,S1,2026-01-01,8-0:1.0.0,0.0000001,,\n", error(2, "opening", "0.0000001", "too_fine")),
        ("M1,A,water,S1,2099-01-01,8-0:1.0.0,0,,\n", error(2, "installed_at", "2099-01-01", "future")),
    ] {
        assert_eq!(program.refused("meters", format!("{columns}{rows}"), &[]), [expected], "{rows}");
    }
}

#[tokio::test]
async fn lines_and_devices_are_imported() {
    let Some(program) = Program::utility().await else { return };
    let lines = "code,kind,host,port,interval_s\nL1,modbus-tcp,127.0.0.1,502,60\n";
    let devices = "line,unit,serial,profile\nL1,1,000000000001,\n";
    assert_eq!(program.taken("lines", lines, &[]), (1, 0, 0));
    assert_eq!(program.taken("devices", devices, &[]), (1, 0, 0));
    assert_eq!(program.taken("devices", devices, &[]), (0, 0, 1));
    assert_eq!(
        program.refused("lines", lines.replace("502", "70000"), &[]),
        [error(2, "port", "70000", "integer")]
    );
    assert_eq!(
        program.refused("devices", devices.replace("L1", "L2"), &[]),
        [error(2, "line", "L2", "unknown")]
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_wrong_usage() {
    let Some(program) = Program::new().await else { return };
    for (text, told) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04workbook", "workbook"),
        (b"\xff\xfec\0o\0", "UTF-16"),
        (b"account_no,name,opened_on\n1,\xff\xff,2020-01-01\n", "neither UTF-8 nor GBK"),
        (b"account_no,name\n1,A\n", "opened_on"),
        (b"account_no,name,opened_on,colour\n1,A,2020-01-01,red\n", "colour"),
        (b"account_no,name,name,opened_on\n1,A,A,2020-01-01\n", "twice"),
    ] {
        program.write("file.csv", text);
        let ended = program.run(&["import", "accounts", "file.csv"]);
        assert!(ended.code == 2 && ended.stderr.contains(told), "{ended:?}");
    }
    assert_eq!(program.run(&["import", "accounts", "nowhere.csv"]).code, 2);
    assert_eq!(program.run(&["import", "accounts"]).code, 2);
    assert_eq!(program.run(&["import", "colours", "file.csv"]).code, 2);
}

#[tokio::test]
async fn a_company_is_made_once_and_then_has_to_be_known() {
    let Some(program) = Program::new().await else { return };
    let books = |rows: &str| format!("code,name,company,service,cycle\n{rows}");
    assert_eq!(program.taken("books", books("B1,One,,water,monthly\n"), &[]), (1, 0, 0));
    assert_eq!(program.text("select code || ' ' || currency from companies").await, "1 CNY");
    assert_eq!(
        program.refused("books", books("B2,Two,9,heat,season\n"), &[]),
        [error(2, "company", "9", "unknown")]
    );
    assert_eq!(program.taken("companies", "code,name\n9,Heat Ltd\n", &[]), (1, 0, 0));
    assert_eq!(program.taken("books", books("B2,Two,9,heat,season\n"), &[]), (1, 0, 0));
    assert_eq!(
        program.refused("books", books("B3,Three,,heat,season\n"), &[]),
        [error(2, "company", "", "ambiguous")]
    );
}

#[tokio::test]
async fn areas_are_a_tree() {
    let Some(program) = Program::new().await else { return };
    assert_eq!(program.refused("areas", "code,name,parent\nA,a,B\nB,b,A\n", &[])[0].3, "cycle");
    assert_eq!(
        program.refused("areas", "code,name,parent\nA,a,Z\n", &[]),
        [error(2, "parent", "Z", "unknown")]
    );
}

#[tokio::test]
async fn every_template_is_taken_as_it_is() {
    let Some(program) = Program::new().await else { return };
    // The example of an area names a parent, which is there when the file comes.
    program.taken("areas", "code,name\nE,East\n", &[]);
    for kind in [
        "companies",
        "areas",
        "books",
        "accounts",
        "services",
        "attributes",
        "meters",
        "readings",
        "openings",
        "lines",
        "devices",
    ] {
        for language in ["en", "zh"] {
            let template = program.done(&["import", kind, "--template", "--lang", language]);
            let (new, changed, unchanged) = program.taken(kind, template, &[]);
            assert_eq!((new + unchanged, changed), (1, 0), "{kind} {language}");
        }
    }
}
