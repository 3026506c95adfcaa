//! The tree as it lies on disk, for tests of its rules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where it is.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the tree, by its path from the root, that is text.
pub(crate) fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    walk(&root(), &mut files);
    assert!(files.len() > 100, "the tree is not here");
    files
}

fn walk(folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in folder.read_dir().unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if matches!(name.to_str(), Some("target" | ".git" | ".meterline" | "corpus-local")) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            walk(&path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.insert(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(), text);
        }
    }
}

/// Those that are Rust.
pub(crate) fn rust_files() -> impl Iterator<Item = (String, String)> {
    files().into_iter().filter(|(path, _)| has_extension(path, "rs"))
}

/// Whether a path ends so.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}
