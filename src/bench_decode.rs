//! `meterline bench decode`: frames a second on one core, beside the m-bus-parser crate.
//!
//! The other decoder is a dependency of the package `decode-bench` alone, which a plain build leaves out. In a checkout
//! cargo builds and starts it; elsewhere it is expected beside this program.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::outcome::{Outcome, Unusable};

/// The arguments of `meterline bench decode`.
#[derive(Debug, clap::Args)]
pub(crate) struct Decode {
    /// A look, not a measurement
    #[arg(long)]
    quick: bool,
}

const PROGRAM: &str = "decode-bench";

pub(crate) fn run(args: &Decode) -> Result<Outcome> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = if checkout.join("benches/decode/Cargo.toml").is_file() {
        // The lock file says which version of the other decoder: the same each time.
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["run", "--release", "--quiet", "--locked", "--package", PROGRAM, "--manifest-path"]);
        cargo.arg(checkout.join("Cargo.toml")).arg("--");
        cargo
    } else if let Some(program) = beside() {
        Command::new(program)
    } else {
        return Err(Unusable(format!(
            "the baseline is a program of its own, {PROGRAM}: build it in a checkout with \
             `cargo build --release -p {PROGRAM}` and put it beside meterline"
        ))
        .into());
    };
    if args.quick {
        command.arg("--quick");
    }
    let status = command.status().with_context(|| format!("starting {}", command.get_program().display()))?;
    Ok(if status.success() { Outcome::Done } else { Outcome::NotSo })
}

/// The program in the folder of this one.
fn beside() -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    Some(here.with_file_name(PROGRAM)).filter(|program| program.is_file())
}
