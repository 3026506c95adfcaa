//! The rules of the tree, so that a reviewer need not remember them. Each is a "never" of docs/architecture.md; where
//! one has an exception, the exception stands here with its reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/source.rs"]
mod source;
#[path = "support/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use source::{code_lines, every_code_line, functions, literals, words};
use tree::{files, has_extension, root, rust_files};

/// Whom each crate may name. `jobs` is not `ingest`'s to name, `billing` not `protocols'`: a bill must not depend on
/// how its reading came, nor a frame on what becomes of it.
const ARROWS: &[(&str, &[&str])] = &[
    ("metering", &[]),
    ("protocols", &["metering"]),
    ("series", &["metering"]),
    ("billing", &["metering", "series"]),
    ("documents", &["metering", "series", "billing"]),
    ("sheets", &["metering"]),
    ("store", &["metering", "series", "billing"]),
    ("office", &["metering", "series", "protocols", "billing", "documents", "sheets", "store"]),
    ("ingest", &["metering", "protocols", "series", "store"]),
    ("deliver", &["metering", "documents", "store"]),
    ("jobs", &["metering", "series", "billing", "store", "office"]),
    ("console", &["metering", "billing", "documents", "store", "jobs", "office"]),
    ("simulator", &["metering", "protocols"]),
    ("decode-bench", &["metering", "protocols"]),
    ("benches", &["metering", "protocols", "billing", "store", "office", "ingest", "jobs"]),
    (
        "meterline",
        &[
            "benches",
            "metering",
            "protocols",
            "billing",
            "documents",
            "sheets",
            "store",
            "office",
            "ingest",
            "jobs",
            "deliver",
            "console",
            "simulator",
        ],
    ),
];

/// Values in, values out: no socket, no file, no clock, no environment, no float.
const PURE: &[&str] = &["metering", "series", "protocols", "billing", "documents"];

/// Heavy or foreign builds, and second ways of doing what is done already.
const NEVER_BUILT: &[&str] = &[
    "typst",
    "aws-lc-rs",
    "aws-lc-sys",
    "prost-build",
    "protoc-bin-vendored",
    "libudev",
    "libudev-sys",
    "native-tls",
    "openssl",
    "openssl-sys",
    "serialport",
    "reqwest",
];

/// Words of the trade that we do not use, and what we say.
const WORDS: &[(&str, &str)] =
    &[("slave", "device"), ("customer", "account"), ("invoice", "bill"), ("consumption", "usage")];

/// Where a word is another's name for its own thing: folder or file, word, reason.
const WORDS_OF_OTHERS: &[(&str, &str, &str)] = &[
    ("metering/src/quantity.rs", "customer", "EN 13757-3 names a record so"),
    ("protocols/src/", "customer", "EN 13757-3 names a record so"),
    ("ingest/src/sources/modbus", "slave", "tokio-modbus names a type so"),
    ("simulator/src/modbus.rs", "slave", "tokio-modbus names a field so"),
];

/// The packages of this workspace. Asks for no crate of others, so that a machine whose registry is empty answers too.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--no-deps"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages of the lock file, name and version: all that any platform could build.
fn locked() -> Vec<(String, String)> {
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    let packages = lock["package"].as_array().unwrap();
    packages.iter().map(|package| (text(package, "name"), text(package, "version"))).collect()
}

fn nothing(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn the_arrows_between_crates_are_as_drawn() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for package in
        metadata["packages"].as_array().unwrap().iter().filter(|package| package["source"].is_null())
    {
        let name = package["name"].as_str().unwrap();
        let Some((name, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
            found.push(format!("{name} is in no arrow"));
            continue;
        };
        seen.insert(*name);
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            if ours.contains(on) && !allowed.contains(&on) {
                found.push(format!("{name} names {on}"));
            }
        }
    }
    nothing(&found, "a crate names one that it must not");
    assert_eq!(seen, ours, "a crate of the drawing is missing");
}

#[test]
fn nothing_heavy_or_foreign_is_built() {
    let found: Vec<String> = locked()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| NEVER_BUILT.contains(&name.as_str()))
        .collect();
    nothing(&found, "these must not be built");
}

#[test]
fn the_pure_crates_touch_nothing() {
    const TOUCH: &[&str] = &[
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::time::SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "tokio",
        "tracing",
        "println!",
        "eprintln!",
    ];
    let mut found = Vec::new();
    for (path, text) in rust_files().filter(|(path, _)| is_pure_source(path)) {
        for (n, line) in code_lines(&text) {
            found.extend(
                TOUCH.iter().filter(|word| line.contains(**word)).map(|word| format!("{path}:{n} {word}")),
            );
        }
    }
    nothing(&found, "the pure crates know no clock, no environment, no file, no socket");
}

#[test]
fn commands_print_by_one_way() {
    let mut found = Vec::new();
    for (path, text) in rust_files().filter(|(path, _)| path.starts_with("src/") && path != "src/out.rs") {
        for (n, line) in code_lines(&text) {
            let prints = line.split("print!(").count() > 1 || line.split("println!(").count() > 1;
            if prints && !line.contains("eprint") {
                found.push(format!("{path}:{n}"));
            }
        }
    }
    nothing(&found, "`print!` panics where the reader went away: commands print by `out!` and `outln!`");
}

#[test]
fn the_pure_crates_hold_no_float() {
    let mut found = Vec::new();
    for (path, text) in rust_files().filter(|(path, _)| is_pure_source(path)) {
        // The wire has floats; a file that reads them says so, with its reason, and hands on a decimal.
        if text.contains("clippy::disallowed_types") && text.contains("reason = ") {
            continue;
        }
        for (n, line) in code_lines(&text) {
            found.extend(
                words(&line)
                    .filter(|word| matches!(*word, "f32" | "f64"))
                    .map(|word| format!("{path}:{n} {word}")),
            );
        }
    }
    nothing(&found, "quantities and money are exact");
}

#[test]
fn sql_stands_in_the_store() {
    const VERBS: &[&str] = &[
        "select ",
        "insert into ",
        "delete from ",
        "create table ",
        "create temp table ",
        "alter table ",
        "drop table ",
        "truncate ",
    ];
    let mut found = Vec::new();
    for (path, text) in rust_files() {
        if ["store/", "tests/", "migrations/", "dashboards/", "benches/"]
            .iter()
            .any(|folder| path.starts_with(folder))
            || path.contains("/tests/")
        {
            continue;
        }
        for (n, literal) in literals(&text) {
            let start = literal.trim_start().to_ascii_lowercase();
            let is_update = start.starts_with("update ") && start.contains(" set ");
            if is_update || VERBS.iter().any(|verb| start.starts_with(verb)) {
                found.push(format!("{path}:{n} {}", literal.chars().take(40).collect::<String>()));
            }
        }
    }
    nothing(&found, "SQL stands in store/, migrations/, dashboards/, benches/ and tests alone");
}

/// A column that is read by its place is another one as soon as somebody adds one before it; `get` panics where `try_get` is an
/// error.
#[test]
fn columns_are_read_by_name_and_without_panic() {
    let mut found = Vec::new();
    for (path, text) in rust_files() {
        if !path.starts_with("store/src/") {
            continue;
        }
        let reads = |line: &str| {
            let by_place = line
                .match_indices("get(")
                .chain(line.match_indices(">("))
                .any(|(at, call)| line[at + call.len()..].starts_with(|c: char| c.is_ascii_digit()));
            by_place || line.contains("row.get(") || line.contains("row.get::<")
        };
        found.extend(
            code_lines(&text)
                .into_iter()
                .filter(|(_, line)| reads(line))
                .map(|(n, line)| format!("{path}:{n} {line}")),
        );
    }
    nothing(&found, "say row.try_get(\"name\")?");
}

#[test]
fn every_module_says_what_it_is() {
    let found: Vec<String> = rust_files()
        .filter(|(_, text)| !text.trim_start().starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    nothing(&found, "these files do not begin with //!");
}

/// Data of others come with where they are from, and how many there are.
#[test]
fn checked_data_name_their_sources() {
    let files = files();
    let mut found = Vec::new();
    for folder in ["protocols/vectors/", "billing/cases/"] {
        let sources = &files[&format!("{folder}SOURCES.md")];
        let stated: BTreeSet<&str> =
            sources.lines().filter(|line| line.starts_with("| `")).map(str::trim).collect();
        let data = files.iter().filter(|(path, _)| path.starts_with(folder) && has_extension(path, "jsonl"));
        let mut count = 0;
        for (path, text) in data {
            count += 1;
            let row = format!("| `{}` | {} |", path.strip_prefix(folder).unwrap(), text.lines().count());
            if !stated.iter().any(|line| line.starts_with(&row)) {
                found.push(format!("{folder}SOURCES.md has no row {row}"));
            }
        }
        assert_eq!(stated.len(), count, "{folder}SOURCES.md has rows of files that are not there");
    }
    nothing(&found, "data without a source");
}

/// A folder's module is the file beside it, so that a file is found by its name. Cargo takes each file in `tests/` for a
/// test of its own; what these share is a folder with `mod.rs`.
#[test]
fn a_module_is_named_by_its_file() {
    let found: Vec<String> = rust_files()
        .map(|(path, _)| path)
        .filter(|path| path.ends_with("/mod.rs") && !path.ends_with("tests/support/mod.rs"))
        .collect();
    nothing(&found, "say name.rs beside name/");
}

#[test]
fn a_file_has_one_subject() {
    const MOST: usize = 500;
    let long: Vec<String> = rust_files()
        .filter(|(path, text)| text.lines().count() > MOST && !path.contains("tests/"))
        .map(|(path, _)| path)
        .collect();
    nothing(&long, "longer than 500 lines: what is the second subject?");
}

#[test]
fn a_function_is_one_step() {
    const MOST: usize = 100;
    let mut long = Vec::new();
    for (path, text) in rust_files() {
        let found = functions(&text).into_iter().filter(|(_, lines)| *lines > MOST);
        long.extend(found.map(|(first, lines)| format!("{path}:{first} {lines} lines")));
    }
    nothing(&long, "longer than 100 lines: what are its steps?");
}

/// Cargo writes it, with the names of registries.
fn is_lock(path: &str) -> bool {
    Path::new(path).file_name().is_some_and(|name| name == "Cargo.lock")
}

#[test]
fn nothing_is_left_undone_or_names_where_it_was_made() {
    // Written in two parts, so that this file does not find itself.
    let forbidden = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("FIX", "ME"),
        concat!("crates", ".io"),
        concat!("deb.debian", ".org"),
        concat!("/wo", "rk/"),
        concat!("static.rust", "-lang"),
        concat!("ghc", "r.io"),
        concat!("index.docker", ".io"),
    ];
    let mut found = Vec::new();
    for (path, text) in files().iter().filter(|(path, _)| !is_lock(path)) {
        for (n, line) in text.lines().enumerate() {
            found.extend(
                forbidden
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{path}:{} {word}", n + 1)),
            );
        }
    }
    nothing(&found, "words that must not stand in the tree");
}

#[test]
fn code_and_sql_speak_the_glossary() {
    let mut found = Vec::new();
    for (path, text) in files() {
        let lines = match path.rsplit('.').next() {
            Some("rs") => every_code_line(&text),
            Some("sql") => {
                let code = text.lines().map(|line| line.split("--").next().unwrap_or("").to_owned());
                code.enumerate().map(|(n, line)| (n + 1, line)).collect()
            }
            _ => continue,
        };
        for (n, line) in lines {
            let line = line.to_ascii_lowercase();
            for (word, ours) in WORDS {
                let theirs =
                    |(place, other, _): &(&str, &str, &str)| path.starts_with(place) && other == word;
                if line.contains(word) && !WORDS_OF_OTHERS.iter().any(theirs) {
                    found.push(format!("{path}:{n} {word}: say {ours}"));
                }
            }
        }
    }
    nothing(&found, "the trade's words, once (docs/glossary.md)");
}

fn is_pure_source(path: &str) -> bool {
    PURE.iter().any(|name| path.starts_with(&format!("{name}/src/")))
}
