//! What the program says of a machine on which something is missing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use serde_json::Value;

fn doctor(settings: &str) -> (i32, Vec<Value>) {
    let folder =
        std::env::temp_dir().join(format!("meterline-doctor-{}-{}", std::process::id(), settings.len()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("meterline.toml"), settings).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_meterline"))
        .args(["doctor", "--format", "json", "--lang", "en"])
        .current_dir(&folder)
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
        .env("MQTT_URL", "mqtt://127.0.0.1:1")
        .env_remove("METERLINE_CONFIG")
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), answer.as_array().unwrap().clone())
}

fn wrong(checks: &[Value]) -> Vec<&str> {
    checks
        .iter()
        .filter(|check| check["state"] == "WRONG")
        .map(|check| check["check"].as_str().unwrap())
        .collect()
}

#[test]
fn what_is_missing_is_named_with_what_mends_it() {
    let (code, checks) = doctor(
        "[console]\nlisten = \"127.0.0.1:0\"\n[ingest]\nhttp = \"127.0.0.1:0\"\nudp = \"127.0.0.1:0\"\ntcp = \"127.0.0.1:0\"\n",
    );
    assert_eq!(code, 1);
    assert_eq!(wrong(&checks), ["database", "broker"]);
    assert!(
        checks.iter().all(|check| (check["state"] == "WRONG") != check["mend"].as_str().unwrap().is_empty())
    );
}

#[test]
fn a_settings_file_that_cannot_be_read_is_one_finding_among_others() {
    let (code, checks) = doctor("[utility]\ntimezone = \"Asia/Shanghai\"\n");
    assert_eq!(code, 1);
    assert!(wrong(&checks).starts_with(&["settings"]), "{checks:?}");
    assert!(checks[0]["found"].as_str().unwrap().contains("timezone"));
    assert!(wrong(&checks).contains(&"database"), "the rest is looked at all the same");
}
