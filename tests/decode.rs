//! `meterline decode` as other programs call it: what it prints, and the exit status.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn decode(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_meterline"))
        .arg("decode")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

const WATER: &str = r#"{"address":"1","registers":{"8-0:1.0.0":"12.50"}}"#;

#[test]
fn the_exit_status_tells_read_refused_and_unreadable() {
    for (arguments, status) in [
        (&["--format", "json", WATER][..], 0),
        (&[WATER], 0),
        (&["--format", "cjt188", "FE FE 68 10"], 1),
        (&["--format", "morse", "00"], 1),
        (&["--format", "json", "0g"], 2),
        (&["--key", "xyz", "--format", "json", "00"], 2),
        (&[], 2),
        (&["--start", "70000", "00"], 2),
    ] {
        let output = decode(arguments, b"");
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {output:?}");
        assert_eq!(output.stderr.is_empty(), status < 2, "{arguments:?}");
    }
}

#[test]
fn a_pipe_gets_json_and_a_table_where_asked() {
    let answer: Value = serde_json::from_slice(&decode(&[WATER], b"").stdout).unwrap();
    assert_eq!(answer["records"][0]["value"], "12.50");
    assert_eq!(answer["format"], "json");
    assert!(answer.get("id").is_none());
    let table = String::from_utf8(decode(&["--table", "--lang", "en", WATER], b"").stdout).unwrap();
    assert!(table.contains("8-0:1.0.0  volume  12.50 m3") && table.contains("\n0000  {\n"), "{table}");
}

#[test]
fn a_stream_is_answered_line_by_line() {
    let line =
        |id: usize| format!("{{\"id\":\"{id}\",\"format\":\"json\",\"hex\":\"{}\"}}\n", hex::encode(WATER));
    let mut input: String = (0..20_000).map(line).collect();
    input.push_str("rubbish\n");
    let output = decode(&["--jsonl"], input.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    let answers: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 20_001);
    assert!(
        answers
            .iter()
            .take(20_000)
            .enumerate()
            .all(|(n, answer)| answer["id"].as_str() == Some(&*n.to_string()) && answer["ok"] == true)
    );
    assert_eq!(answers[20_000]["ok"], false);
}
