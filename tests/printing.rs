//! What commands print, and what becomes of it where nobody reads, nothing can be written, or a spreadsheet opens it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use support::Program;

const TARIFF: &str = r#"{"code": "W", "medium": "water", "valid_from": "2026-01-01", "quantum": "0.01",
    "rounding": "half_up", "components": [{"type": "fixed", "code": "fee", "amount": "6"}]}"#;

/// `meterline tariff show`, which needs no database, into this.
fn show(out: Stdio) -> Output {
    let file: PathBuf = std::env::temp_dir().join(format!("meterline-printing-{}.json", std::process::id()));
    std::fs::write(&file, TARIFF).unwrap();
    let mut show = Command::new(env!("CARGO_BIN_EXE_meterline"));
    show.args(["--lang", "en", "tariff", "show"]).arg(&file).stdout(out).stderr(Stdio::piped());
    show.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = show(writer.into());
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]), "{ended:?}");
}

#[test]
fn a_disk_that_is_full_is_a_failure() {
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let ended = show(full.into());
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(1) && told.contains("standard output"), "{ended:?}");
    assert!(!told.contains("panicked"), "{told}");
}

#[tokio::test]
async fn a_form_that_a_command_does_not_have_is_refused() {
    let Some(program) = Program::new().await else { return };
    for words in [
        &["bill", "status", "1"][..],
        &["bill", "explain", "1"],
        &["bill", "cancel", "1", "--reason", "x"],
        &["pay", "--account", "1", "--amount", "1", "--channel", "c", "--ref", "r"],
    ] {
        let ended = program.run(&[words, &["--format", "csv"]].concat());
        assert!(ended.code == 2 && ended.stderr.contains("'csv'"), "{words:?}: {ended:?}");
    }
}

#[tokio::test]
async fn people_read_civil_times_and_programs_rfc_3339() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "boss", "--role", "admin"]);
    let shown = program.done(&["user", "list"]);
    let row = shown.lines().find(|line| line.starts_with("boss")).unwrap();
    let time = row.split_whitespace().collect::<Vec<_>>()[3..5].join(" ");
    assert_eq!(time.len(), "2026-10-01 08:00:00".len(), "{row}");
    let zone = metering::Zone::named("Asia/Shanghai").unwrap();
    let civil = metering::moment::instant(&time, &zone).unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&program.done(&["user", "list", "--format", "json"])).unwrap();
    let at: jiff::Timestamp = json[0]["created_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(civil.as_second(), at.as_second());
}

#[tokio::test]
async fn a_list_for_a_spreadsheet_begins_with_a_mark() {
    let Some(program) = Program::new().await else { return };
    for words in
        [&["arrears"][..], &["bill", "list", "--account", "1"], &["bill", "export", "--period", "2026-10"]]
    {
        let csv = program.done(&[words, &["--format", "csv"]].concat());
        let excel = program.done(&[words, &["--format", "csv", "--excel"]].concat());
        assert_eq!(excel, format!("\u{feff}{csv}"), "{words:?}");
        assert!(csv.starts_with(|c: char| c.is_ascii_lowercase()), "{csv}");
    }
}

/// The rows of a workbook.
fn rows(program: &Program, file: &str) -> Vec<Vec<String>> {
    let mut rows = sheets::Source::disk(&program.path(file)).unwrap().rows().unwrap();
    let mut all = Vec::new();
    let mut record = sheets::Record::new();
    while rows.read_record(&mut record).unwrap() {
        all.push(record.iter().map(str::to_owned).collect());
    }
    all
}

#[tokio::test]
async fn a_list_is_a_workbook_with_the_same_cells() {
    let Some(program) = Program::utility().await else { return };
    program.taken(
        "openings",
        "service_no,item,amount,as_of,due_on,ref\nS1,receivable,1234567.80,2026-01-01,2026-01-31,old\n",
        &[],
    );
    for (words, days) in [
        (&["arrears", "--as-of", "2026-10-31"][..], &["due_on"][..]),
        (&["bill", "list", "--account", "0000000001"], &["due_on"]),
        (&["readings", "export"], &["time", "received"]),
        (&["user", "list"], &[]),
        (&["alarms", "list"], &[]),
        (&["jobs", "list"], &[]),
        (&["policy", "list"], &[]),
        (&["tariff", "list"], &[]),
        (&["rejections", "list"], &[]),
        (&["conflicts", "list"], &[]),
        (&["bill", "export", "--period", "2026-10"], &[]),
    ] {
        let csv = program.done(&[words, &["--format", "csv"]].concat());
        let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes()).into_records();
        let header = csv.next().unwrap().unwrap();
        program.done(&[words, &["--format", "xlsx", "--out", "list.xlsx"]].concat());
        let book = rows(&program, "list.xlsx");
        assert_eq!(header.iter().collect::<Vec<_>>(), book[0], "{words:?}: in English the names of the CSV");
        for (n, row) in csv.map(Result::unwrap).enumerate() {
            for (column, cell) in header.iter().zip(&row) {
                let shown = book[n + 1].get(header.iter().position(|name| name == column).unwrap());
                let shown = shown.map_or("", String::as_str);
                match (cell.parse::<rust_decimal::Decimal>(), shown.parse::<rust_decimal::Decimal>()) {
                    (Ok(one), Ok(other)) => assert_eq!(one, other, "{words:?} {column}"),
                    _ if days.contains(&column) => {
                        assert_eq!(shown.get(..3), cell.get(..3), "{words:?} {column}");
                    }
                    _ => assert_eq!(shown, cell, "{words:?} {column}"),
                }
            }
        }
    }
    program.done(&[
        "--lang",
        "zh",
        "arrears",
        "--as-of",
        "2026-10-31",
        "--format",
        "xlsx",
        "--out",
        "zh.xlsx",
    ]);
    let book = rows(&program, "zh.xlsx");
    assert_eq!(
        (book[0][0].as_str(), book[1][7].as_str(), book[1][8].as_str()),
        ("户号", "2026-01-31", "1234567.8")
    );
    assert_eq!(book[1].last().map(String::as_str), Some("181-365天"));
    for words in [&["--format", "xlsx"][..], &["--format", "csv", "--out", "x"], &["--excel", "--out", "x"]] {
        let ended = program.run(&[&["arrears"], words].concat());
        assert!(ended.code == 2 && ended.stderr.contains("--out"), "{words:?}: {ended:?}");
    }
    let ended = program.run(&["arrears", "--format", "xlsx", "--out", "nowhere/x.xlsx"]);
    assert!(ended.code == 1 && ended.stderr.contains("nowhere/x.xlsx"), "{ended:?}");
}

#[tokio::test]
async fn what_programs_read_of_the_trail_is_in_no_language() {
    let Some(program) = Program::new().await else { return };
    let verify = |lang: &str| program.done(&["--lang", lang, "audit", "verify", "--format", "csv"]);
    assert_eq!(verify("zh"), verify("en"));
    assert!(verify("en").starts_with("what,value,row,note\nsealed,0,,\nunsealed,0,,\n"), "{}", verify("en"));
    assert!(program.done(&["--lang", "zh", "audit", "verify"]).contains("未封存"));
}

#[tokio::test]
async fn names_that_look_alike_pay_once() {
    let Some(program) = Program::new().await else { return };
    let pay = |channel: &str, reference: &str| {
        program.run(&["pay", "--account", "1", "--amount", "1", "--channel", channel, "--ref", reference])
    };
    for (channel, reference) in
        [("", "1"), ("counter", ""), ("coun\u{1b}[31mter", "1"), ("c", "1\u{200b}"), ("ｃ", "1")]
    {
        let ended = pay(channel, reference);
        assert!(ended.code == 2 && !ended.stderr.contains('\u{1b}'), "{channel:?} {reference:?}: {ended:?}");
    }
}
