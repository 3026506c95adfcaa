//! The published bills and the bills of the trade: each comes out to the cent.

use std::path::{Path, PathBuf};

use billing::tariff::Case;

/// The folder of the cases: beside the repository, or where `METERLINE_CASES` says.
fn bills() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let given = std::env::var_os("METERLINE_CASES").map(PathBuf::from);
    let near = ["../shared/cases", "../../shared/cases"].map(|path| root.join(path));
    given.into_iter().chain(near).map(|folder| folder.join("bills")).find(|folder| folder.is_dir())
}

#[test]
fn every_published_bill_comes_out() {
    let Some(folder) = bills() else {
        println!("SKIPPED: no cases at ../shared/cases/bills; METERLINE_CASES may name their folder");
        return;
    };
    let (mut passed, mut failed) = (0, Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "jsonl")) {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            match Case::from_json(line) {
                Ok(case) => match case.differences().as_slice() {
                    [] => passed += 1,
                    found => failed.push(format!("{}: {found:?}", case.id)),
                },
                Err(refused) => failed.push(format!("{}: {refused}", Case::id_in(line).unwrap_or_default())),
            }
        }
    }
    assert!(failed.is_empty(), "{passed} passed, {} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(passed > 0, "no case in {}", folder.display());
}
