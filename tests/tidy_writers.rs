//! Who may write: what people decide is written by functions that take a `Change`, and only the office makes one. The
//! compiler does the rest: `office` hands out no `Change`, so that nobody else can call these functions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use source::{Piece, pieces};

/// Functions of `store` that write, or that are given a transaction to write in, without a `Change`: how their file's name
/// begins, the function (`*`: each), and for whom they write.
const WITHOUT: &[(&str, &str, &str)] = &[
    ("change.rs", "begin", "what is signed next"),
    ("change.rs", "at_one_instant", "nothing: it only reads"),
    ("bills/draft.rs", "*", "a worker carries on a trial; its start was signed"),
    (
        "bills/issue.rs",
        "*",
        "a worker carries on an issue; its order was signed, and the database asks for it",
    ),
    ("bills/pack.rs", "learn", "a dictionary says nothing about anybody"),
    ("runs/chunk.rs", "*", "a worker's hold on a chunk, and what became of it"),
    ("runs/facts.rs", "*", "nothing: it looks up what a chunk is billed from"),
    ("runs.rs", "end_trial", "the last worker of a trial"),
    ("runs.rs", "end_issue", "the last worker of an issue"),
    ("ledger", "*", "what a signed payment or an ordered issue posts, and only from inside of them"),
    ("payments.rs", "deduct", "what is paid ahead settles the bills of an ordered issue"),
    ("queue/lease.rs", "*", "a worker's hold on its jobs"),
    ("queue/wish.rs", "*", "a job comes with the deed, or with the job, that makes it necessary"),
    ("queue/keep.rs", "sweep", "the house throws away what has ended long ago"),
    ("outbox/", "*", "an event comes with what has happened; a sender writes down what became of it"),
    ("seals.rs", "seal", "a link says nothing that the row does not"),
    ("users.rs", "note_wrong_password", "nobody has proven who it was, and the deed is undone"),
    ("directory.rs", "register_named", "ingest meets a register"),
    ("node.rs", "*", "ingest's heartbeat and when its meters were heard"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, by their path from it.
fn rust_files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = entry.file_name();
            if entry.file_type().unwrap().is_dir() {
                if !matches!(name.to_str(), Some("target" | ".git" | ".meterline")) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn only_the_office_signs_a_change() {
    let mut found = Vec::new();
    for (path, text) in rust_files(&root()) {
        // The type's own file, the room in which it is asked who it is, and tests of the store's functions themselves.
        if path == "store/src/change.rs" || path.starts_with("office/") || path.starts_with("tests/") {
            continue;
        }
        let code = pieces(&text).into_iter().filter(|(piece, ..)| *piece == Piece::Code);
        found.extend(code.filter(|(.., code)| code.contains("Change::sign")).map(|_| path.clone()));
    }
    assert!(
        found.is_empty(),
        "who writes money or master data comes through a deed of the office: {found:?}"
    );
}

#[test]
fn whoever_writes_what_people_decide_takes_a_change() {
    let folder = root().join("store/src");
    let mut needed = BTreeSet::new();
    let mut found = Vec::new();
    for (path, text) in rust_files(&folder) {
        for function in public_functions(&text) {
            if function.head.contains("Change<")
                || !(function.head.contains("Transaction<") || function.writes(&folder, &path))
            {
                continue;
            }
            let listed = WITHOUT.iter().position(|(file, name, _)| {
                path.starts_with(file) && (*name == "*" || *name == function.name)
            });
            match listed {
                Some(n) => drop(needed.insert(n)),
                None => found.push(format!("{path}: {}", function.name)),
            }
        }
    }
    assert!(
        found.is_empty(),
        "these write, or are given a transaction to write in, without a `Change`:\n  {}",
        found.join("\n  ")
    );
    let idle: Vec<_> =
        WITHOUT.iter().enumerate().filter(|(n, _)| !needed.contains(n)).map(|(_, entry)| entry).collect();
    assert!(idle.is_empty(), "no longer needed: {idle:?}");
}

/// A public function: its name, what stands before its body, its body.
struct Function {
    name: String,
    head: String,
    body: String,
}

impl Function {
    /// Whether its own statements, or those of a file that it includes, change a table.
    fn writes(&self, folder: &Path, path: &str) -> bool {
        let included =
            self.body.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(
                |name| {
                    let beside = folder.join(path);
                    std::fs::read_to_string(beside.parent().unwrap().join(name)).unwrap()
                },
            );
        included.chain([self.body.clone()]).any(|text| is_write(&text))
    }
}

fn is_write(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["insert into ", "delete from ", "pg_notify("].iter().any(|verb| text.contains(verb))
        || text.split("update ").skip(1).any(|rest| rest.contains(" set ") || rest.contains("\nset "))
}

/// The public asynchronous functions of a file. A body ends with the brace that stands as far from the margin as its head.
fn public_functions(text: &str) -> Vec<Function> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (n, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("pub async fn ") else { continue };
        let margin = &line[..line.len() - line.trim_start().len()];
        let end = format!("{margin}}}");
        let whole: Vec<&str> = lines[n..].iter().take_while(|line| **line != end).copied().collect();
        let whole = whole.join("\n");
        let (head, body) = whole.split_once(" {\n").unwrap_or((&whole, ""));
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        found.push(Function { name: name.to_owned(), head: head.to_owned(), body: body.to_owned() });
    }
    found
}

#[test]
fn functions_that_write_are_told_from_those_that_read() {
    let text = "impl A {\n    pub async fn a(\n        change: &Transaction<'_>,\n    ) -> B {\n        c(\"select 1 for update of c\")\n    }\n}\n\n\
                pub async fn d(client: &Client) -> E {\n    f(\"update g \\\n       set h = 1\")\n}\npub fn i() {}\n";
    let found = public_functions(text);
    let told: Vec<_> = found
        .iter()
        .map(|function| {
            let writes = function.writes(Path::new(""), "");
            (function.name.as_str(), function.head.contains("Transaction<"), writes)
        })
        .collect();
    assert_eq!(told, [("a", true, false), ("d", false, true)]);
}
