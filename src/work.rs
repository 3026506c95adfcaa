//! `meterline work`: the scheduler. Any number of them, on any number of machines.

use std::time::Duration;

use anyhow::Result;
use jobs::scheduler;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::bill::place;
use crate::metrics;
use crate::outcome::Outcome;

/// The arguments of `meterline work`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline work --every 5")]
pub(crate) struct Arguments {
    /// Seconds between two looks
    #[arg(long, default_value_t = 5)]
    every: u64,
    /// Port of the page /metrics on 127.0.0.1; 0: any free one, which the private Prometheus is told
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    metrics: u16,
    /// Do what waits now, then end
    #[arg(long)]
    once: bool,
}

/// Works until it is told to stop (Ctrl-C, SIGTERM). What is under way is finished or left to another worker: each
/// step is a transaction.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    let place = place(app)?;
    if args.once {
        scheduler::round(&place).await?;
        return Ok(Outcome::Done);
    }
    metrics::begin(app)?;
    let _page = metrics::Page::serve("work", args.metrics).await?;
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    };
    scheduler::work(&place, Duration::from_secs(args.every.max(1)), stop).await;
    Ok(Outcome::Done)
}
