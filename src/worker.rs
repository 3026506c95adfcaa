//! The worker of this process: which handler does which kind of job.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::Result;
use deliver::Senders;
use jobs::handler::{Fault, Handlers};
use jobs::worker::{LEASE, Worker};
use jobs::{bill_jobs, housekeeping};
use serde::Deserialize;
use store::queue::JobKind;

use crate::app::App;
use crate::bill::place;
use crate::servers;

/// `[jobs]`
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    /// Long jobs that `work` does at once; else one for each core.
    places: Option<NonZeroUsize>,
}

/// How much of the machine the worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// What the settings give it: it is alone.
    Whole,
    /// One long job at a time, beside the console, and only while no `meterline work` is there.
    Beside,
}

/// The worker, which looks for work that often.
pub(crate) fn worker(app: &App, share: Share, pause: Duration) -> Result<Worker> {
    let settings: Settings = app.settings.section("jobs")?;
    let long = match share {
        Share::Beside => 1,
        Share::Whole => {
            settings.places.map_or_else(|| available_parallelism().map_or(2, usize::from), NonZeroUsize::get)
        }
    };
    let (url, gives_way) = (servers::database_url(&app.settings)?, share == Share::Beside);
    Ok(Worker { url, name: name(), long, gives_way, pause, lease: LEASE })
}

/// The handlers of every kind.
pub(crate) fn handlers(app: &App) -> Result<Handlers> {
    let url = servers::database_url(&app.settings)?;
    let handlers = bill_jobs::handlers(Handlers::new(), &place(app)?);
    let handlers = housekeeping::handlers(handlers, &url);
    let settings: deliver::Settings = app.settings.section("deliver")?;
    let senders = settings.senders(app.settings.utility.language, |name| std::env::var(name).ok())?;
    Ok(outbox(handlers, &url, &senders))
}

/// The handlers of the outbox.
fn outbox(handlers: Handlers, url: &str, senders: &Senders) -> Handlers {
    let (spread_url, spread_to) = (url.to_owned(), senders.clone());
    let (send_url, send_to) = (url.to_owned(), senders.clone());
    handlers
        .with(JobKind::OutboxSpread, move |_| {
            let (url, senders) = (spread_url.clone(), spread_to.clone());
            async move { deliver::spread(&url, &senders).await.map_err(fault) }
        })
        .with(JobKind::OutboxSend, move |job| {
            let (url, senders) = (send_url.clone(), send_to.clone());
            async move {
                let name = job.payload["destination"].as_str().unwrap_or_default();
                deliver::send(&url, &senders, name).await.map_err(fault)
            }
        })
}

fn fault(error: deliver::SendError) -> Fault {
    Fault::new(error.kind(), error)
}

/// Machine and process.
fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host.trim().chars().take(60).collect();
    format!("{host}:{}", std::process::id())
}
