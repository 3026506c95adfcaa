//! Writes the samples of every format as the fuzzers' first corpus: `cargo run -p protocols --example corpus`.
#![expect(clippy::unwrap_used, reason = "a tool, not the library")]

#[expect(dead_code, reason = "a corpus has no options")]
#[path = "../tests/support/samples.rs"]
mod samples;

use std::fs;
use std::path::Path;

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for sample in samples::samples() {
        let folder = corpus.join(sample.format.name());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(sample.name), &sample.bytes).unwrap();
    }
}
