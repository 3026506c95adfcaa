//! `meterline bench`: each mark as a ratio to a bare loop that does the same on the same machine.

use anyhow::Result;
use clap::Subcommand;

use crate::app::App;
use crate::outcome::Outcome;
use crate::{bench_bill, bench_decode, bench_mqtt, bench_rate, bench_sink};

/// The arguments of `meterline bench`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  meterline bench decode\n  meterline bench sink\n  meterline bench mqtt --quick\n  \
                  meterline bench bill --accounts 200000\n\nEach prints one JSON object: subject, baseline, ratio."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Frames to canonical records on one core, against the m-bus-parser crate
    Decode(bench_decode::Decode),
    /// Decoded readings to durable rows, against a bare unnest loop
    Sink(bench_sink::Sink),
    /// QoS 1 frames to commit and acknowledgement, against a bare subscribe-decode-unnest-ack loop
    Mqtt(bench_mqtt::Mqtt),
    /// A bill run from freeze to issue, against COPY of the same rows
    Bill(bench_bill::Bill),
    /// Bills a second on one core, against a loop by hand
    Rate(bench_rate::Rate),
}

/// Measures.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    match &args.what {
        What::Decode(args) => bench_decode::run(args),
        What::Sink(args) => bench_sink::run(app, args).await,
        What::Mqtt(args) => bench_mqtt::run(app, args).await,
        What::Bill(args) => bench_bill::run(app, args).await,
        What::Rate(args) => bench_rate::run(args),
    }
}

/// The middle one.
pub(crate) fn median(mut of: Vec<u128>) -> u128 {
    of.sort_unstable();
    of.get(of.len() / 2).copied().unwrap_or_default()
}

/// `a / b` with two decimals, as a JSON number.
pub(crate) fn ratio(a: u128, b: u128) -> Result<serde_json::Number> {
    let hundredths = a * 100 / b.max(1);
    Ok(serde_json::from_str(&format!("{}.{:02}", hundredths / 100, hundredths % 100))?)
}
