//! Checked data: what stands in the tree, and the larger collection of cases that may lie beside the repository.
//!
//! What is in the tree is always checked. The collection is `METERLINE_CASES`, or `shared/cases` near the repository;
//! where it is absent the tests skip it and print so, and fail under `REQUIRE_CASES=1`.

use std::path::{Path, PathBuf};

/// A folder of the collection: `vectors`, `bills`.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let given = std::env::var_os("METERLINE_CASES").map(PathBuf::from);
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1).take(3);
    let near: Vec<PathBuf> = near.map(|above| above.join("shared/cases")).collect();
    let found = given.into_iter().chain(near).map(|cases| cases.join(name)).find(|folder| folder.is_dir());
    if found.is_none() {
        let missing = format!("no shared/cases/{name} near the repository, nor in METERLINE_CASES");
        assert!(std::env::var_os("REQUIRE_CASES").is_none(), "{missing}");
        eprintln!("SKIPPED: {missing}");
    }
    found
}

/// The lines of a file of the collection.
pub(crate) fn lines(folder_name: &str, file: &str) -> Option<Vec<String>> {
    folder(folder_name).map(|folder| read(&folder.join(file)))
}

/// The lines of every `.jsonl` file of a folder, files in the order of their names.
pub(crate) fn all_lines(folder: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> = folder
        .read_dir()
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn read(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}
