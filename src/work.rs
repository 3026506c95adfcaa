//! `meterline work`: takes jobs from the queue. Any number of them, on any number of machines.

use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::ingest::stop_on_signals;
use crate::metrics;
use crate::outcome::Outcome;
use crate::worker::{self, Share};

/// The arguments of `meterline work`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  meterline work\n  meterline work --once")]
pub(crate) struct Arguments {
    /// Seconds between two looks where nothing wakes it
    #[arg(long, default_value_t = 5)]
    every: u64,
    /// Port of the page /metrics on 127.0.0.1; 0: any free one. Else 9182, or a free one where another process has that
    #[arg(long, value_name = "PORT")]
    metrics: Option<u16>,
    /// Do what waits now and whose time has come, then end
    #[arg(long)]
    once: bool,
}

/// The port of `/metrics`.
const METRICS: u16 = 9182;

/// Works until it is told to stop (Ctrl-C, SIGTERM). What is under way is undone and given back to the queue.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    let pause = Duration::from_secs(args.every.max(1));
    let (worker, handlers) = (worker::worker(app, Share::Whole, pause)?, worker::handlers(app)?);
    if args.once {
        let (done, failed) = jobs::worker::drain(&worker, &handlers).await?;
        outln!(
            "{} {done}, {} {failed}",
            app.language.pick("done", "完成"),
            app.language.pick("failed", "失败")
        );
        return Ok(if failed == 0 { Outcome::Done } else { Outcome::NotSo });
    }
    metrics::begin(app)?;
    let _page = metrics::Page::serve("work", METRICS, args.metrics).await?;
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    jobs::worker::work(&worker, &handlers, &stop).await;
    Ok(Outcome::Done)
}
