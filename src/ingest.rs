//! `meterline ingest`: the front door.

use std::path::PathBuf;

use ::ingest::{Environment, Options};
use anyhow::{Context, Result};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;

/// Takes frames in: MQTT, operators' HTTP push, UDP, polls
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  meterline ingest                                take frames in until Ctrl-C or SIGTERM
  meterline ingest --check                        try settings, database and broker, and end
  meterline ingest --take-over meterline-2        take in what the broker still holds for a dead node, and end")]
pub(crate) struct Arguments {
    /// Try settings, database, broker and spool, and take nothing in
    #[arg(long)]
    check: bool,
    /// Drain the MQTT session of this client id, which another node has left, and end
    #[arg(long, value_name = "CLIENT_ID", conflicts_with = "check")]
    take_over: Option<String>,
    /// Do not try at the start whether the broker keeps what it acknowledges
    #[arg(long)]
    no_probe: bool,
}

pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let mut settings: ::ingest::Settings = app.settings.section("ingest")?;
    settings.check().map_err(|message| Unusable(format!("[ingest] {message}")))?;
    settings.probe &= !arguments.no_probe;
    let environment = environment(app, Some(servers::mqtt_url(&app.settings)?))?;
    if arguments.check {
        ::ingest::check(&settings, &environment).await?;
        outln!("settings, database, broker and spool are in order");
        return Ok(Outcome::Done);
    }
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    let options = Options { take_over: arguments.take_over.clone() };
    ::ingest::run(settings, app.settings.section("alarms")?, environment, options, stop).await?;
    Ok(Outcome::Done)
}

/// Where the servers are, with the broker's address.
pub(crate) fn environment(app: &App, mqtt_url: Option<String>) -> Result<Environment> {
    Ok(Environment {
        database_url: servers::database_url(&app.settings)?,
        mqtt_url,
        home: home(),
        zone: app.settings.zone()?,
    })
}

/// SIGTERM and Ctrl-C stop in order; a second one does not wait for it.
pub(crate) fn stop_on_signals(stop: &CancellationToken) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be caught")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("Ctrl-C cannot be caught")?;
    let stop = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.is_cancelled() {
                std::process::exit(130);
            }
            stop.cancel();
        }
    });
    Ok(())
}

/// Where spool and Prometheus' targets are: the private servers' home, else `METERLINE_HOME`, else `.meterline`.
pub(crate) fn home() -> PathBuf {
    let private = servers::private().ok().and_then(|status| status.home);
    let named = || std::env::var("METERLINE_HOME").ok().filter(|home| !home.is_empty());
    private.or_else(named).map_or_else(|| PathBuf::from(".meterline"), PathBuf::from)
}
