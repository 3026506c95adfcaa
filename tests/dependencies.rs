//! What the workspace builds on: licences, one version of a crate, and no dependency that nobody names. Each exception
//! stands here with its reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Licences under which code may be linked into a program that goes out under Apache-2.0.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates of which more than one version is built, and whose doing that is.
const TWICE: &[(&str, &str)] = &[
    ("base64", "hyper's and axum's friends have moved on, ours and tokio-postgres not yet"),
    ("block-buffer", "digest 0.10 beside 0.11"),
    ("const-oid", "digest 0.10 beside 0.11"),
    ("cpufeatures", "digest 0.10 beside 0.11"),
    ("crypto-common", "digest 0.10 beside 0.11"),
    ("digest", "argon2 and sha2 0.10 beside aes 0.9 and its modes"),
    ("getrandom", "one each for rand 0.8, 0.9 and 0.10"),
    ("nom", "rumqttc reads URLs by one that uses nom 7"),
    ("rand", "argon2, proptest and tokio-postgres each use their own"),
    ("rand_chacha", "as rand"),
    ("rand_core", "as rand"),
    ("rustls-webpki", "rumqttc pins tokio-rustls' older one"),
    ("sha2", "tokio-postgres' SCRAM uses 0.11"),
    ("syn", "macros of two generations"),
    ("synstructure", "as syn"),
];

/// Dependencies that no source file names: package, dependency, reason.
const UNNAMED: &[(&str, &str, &str)] = &[];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The packages that this machine builds. Those of other platforms need not be in its registry.
fn metadata() -> Value {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().unwrap()
}

/// Whether an SPDX expression lets us: one side of each OR, both of each AND. `/` is its older form of OR.
fn permits(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    if let Some((left, right)) = split(expression, "OR") {
        return permits(left) || permits(right);
    }
    if let Some((left, right)) = split(expression, "AND") {
        return permits(left) && permits(right);
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => permits(inner),
        None => LICENCES.contains(&expression),
    }
}

/// Splits at the first word that stands outside all brackets.
fn split<'a>(expression: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_i32;
    for (at, c) in expression.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        let rest = expression.get(at..)?;
        if depth == 0
            && rest
                .strip_prefix(' ')
                .and_then(|rest| rest.strip_prefix(word))
                .is_some_and(|rest| rest.starts_with(' '))
        {
            return Some((expression.get(..at)?.trim(), rest.get(word.len() + 2..)?.trim()));
        }
    }
    None
}

#[test]
fn the_licence_of_each_crate_permits_what_we_do() {
    let metadata = metadata();
    let ours = |package: &Value| package["source"].is_null();
    let refused: Vec<String> = packages(&metadata)
        .iter()
        .filter(|package| !ours(package) && !permits(package["license"].as_str().unwrap_or("none is named")))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn an_expression_is_read_as_spdx_does() {
    assert!(
        permits("MIT OR GPL-3.0") && permits("Unlicense/MIT") && permits("(MIT OR GPL-2.0) AND Unicode-3.0")
    );
    assert!(
        !permits("MIT AND GPL-3.0")
            && !permits("GPL-3.0")
            && !permits("")
            && !permits("(MIT OR ISC) AND SSPL-1.0")
    );
}

#[test]
fn a_crate_is_built_in_one_version() {
    let metadata = metadata();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages(&metadata) {
        versions
            .entry(package["name"].as_str().unwrap())
            .or_default()
            .insert(package["version"].as_str().unwrap());
    }
    versions.retain(|_, found| found.len() > 1);
    let known: BTreeSet<&str> = TWICE.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = versions.keys().copied().collect();
    let new: Vec<&&str> = found.difference(&known).collect();
    let gone: Vec<&&str> = known.difference(&found).collect();
    assert!(new.is_empty(), "built more than once without a reason: {new:?}");
    assert!(gone.is_empty(), "no longer built more than once: take them from the list: {gone:?}");
}

#[test]
fn each_dependency_is_named_by_somebody() {
    let metadata = metadata();
    let mut unnamed = Vec::new();
    for package in packages(&metadata).iter().filter(|package| package["source"].is_null()) {
        let name = package["name"].as_str().unwrap();
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let folders: &[&str] = if dependency["kind"].is_null() {
                &["src"]
            } else {
                &["src", "tests", "benches", "build.rs"]
            };
            let called = dependency["rename"].as_str().unwrap_or(on).replace('-', "_");
            let named = folders.iter().any(|part| mentions(&folder.join(part), &called));
            if !named && !UNNAMED.iter().any(|(by, what, _)| *by == name && *what == on) {
                unnamed.push(format!("{name}: {on}"));
            }
        }
    }
    assert!(unnamed.is_empty(), "no source file names these dependencies:\n{}", unnamed.join("\n"));
}

/// Whether a Rust file below a path has this word.
fn mentions(path: &Path, word: &str) -> bool {
    if path.is_dir() {
        return path.read_dir().unwrap().any(|entry| mentions(&entry.unwrap().path(), word));
    }
    path.extension().is_some_and(|extension| extension == "rs")
        && std::fs::read_to_string(path).is_ok_and(|text| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
        })
}
