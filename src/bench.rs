//! `meterline bench`: each mark as a ratio to a bare loop that does the same on the same machine.

use anyhow::Result;
use clap::Subcommand;

use crate::app::App;
use crate::outcome::Outcome;
use crate::{bench_decode, bench_servers::BenchServers};

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
    Sink(benches::sink::Sink),
    /// QoS 1 frames to commit and acknowledgement, against a bare subscribe-decode-unnest-ack loop
    Mqtt(benches::mqtt::Mqtt),
    /// A bill run from freeze to issue, against COPY of the same rows
    Bill(benches::bill::Bill),
    /// Bills a second on one core, against a loop by hand
    Rate(benches::rate::Rate),
}

/// Measures, and prints the one object.
pub(crate) async fn run(_: &App, args: &Arguments) -> Result<Outcome> {
    let measured = match &args.what {
        What::Decode(args) => return bench_decode::run(args),
        What::Rate(args) => benches::rate::run(args)?,
        What::Sink(args) => {
            on_servers(false, async |at| benches::sink::run(&at.database_url, args).await).await?
        }
        What::Mqtt(args) => {
            on_servers(true, async |at| benches::mqtt::run(&at.database_url, &at.mqtt_url, args).await)
                .await?
        }
        What::Bill(args) => {
            on_servers(false, async |at| benches::bill::run(&at.database_url, args).await).await?
        }
    };
    outln!("{measured}");
    Ok(Outcome::Done)
}

/// Measures on servers that end with it where they were started for it.
async fn on_servers(
    broker: bool,
    measure: impl AsyncFnOnce(&BenchServers) -> Result<serde_json::Value>,
) -> Result<serde_json::Value> {
    let servers = BenchServers::up(broker).await?;
    let measured = measure(&servers).await;
    servers.down().await?;
    measured
}
