//! `meterline bench`: each mark as a ratio to a bare loop that does the same on the same machine.

use anyhow::Result;
use clap::Subcommand;

use crate::app::App;
use crate::bench_bill;
use crate::cli::Outcome;

/// The arguments of `meterline bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bench bill --accounts 200000\n\nPrints one JSON object: subject, baseline, ratio.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A bill run from freeze to issue, against COPY of the same rows
    Bill(bench_bill::Bill),
}

/// Measures.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    match &args.what {
        What::Bill(args) => bench_bill::run(app, args).await,
    }
}
