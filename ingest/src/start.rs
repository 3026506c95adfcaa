//! Before the first frame: are settings, database, broker and spool such that what is promised can be kept?

use std::path::Path;
use std::time::Duration;

use store::sink::Sink;
use tokio::time::sleep;
use tracing::warn;

use crate::error::RunError;
use crate::settings::{Environment, Settings};
use crate::sources::probe::Probe;

/// Tries settings, database, broker and spool, and takes nothing in. An ingest that runs under the same client id is
/// not disturbed: no session, no row and no file of its own is touched.
pub async fn check(settings: &Settings, environment: &Environment) -> Result<(), RunError> {
    settings.check().map_err(RunError::Settings)?;
    open_sink(settings, environment, 0).await?;
    if let Some(url) = environment.mqtt_url.as_deref() {
        // Two checks at once don't disturb each other either.
        let name = format!("{}-check-{}", settings.client_id, std::process::id());
        probe(url, settings, &name).await?;
    }
    let folder = settings.spool_folder(&environment.home);
    try_to_write(&folder).map_err(|source| RunError::Spool(folder, source))
}

/// At the start both servers must be there: a wrong address must not look like an outage. Returns the writers'
/// connections.
pub(crate) async fn reach_servers(
    settings: &Settings,
    environment: &Environment,
) -> Result<Vec<Sink>, RunError> {
    let mut sinks = Vec::new();
    for number in 0..settings.writers.cast_signed() {
        sinks.push(open_sink(settings, environment, number).await?);
    }
    if let Some(url) = environment.mqtt_url.as_deref().filter(|_| settings.probe) {
        // The same name at each start: what a start that was killed has left is found again, and removed.
        probe(url, settings, &format!("{}-probe", settings.client_id)).await?;
    }
    Ok(sinks)
}

async fn probe(url: &str, settings: &Settings, name: &str) -> Result<(), RunError> {
    let topic = format!("{}meterline/probe/{name}", settings.topic_prefix);
    Probe { url, session: name.to_owned(), topic }.run().await
}

/// A database that is just starting, or that loses the connection, is asked again; one that is not there, or has no
/// schema, is told at once.
async fn open_sink(settings: &Settings, environment: &Environment, number: i16) -> Result<Sink, RunError> {
    const ATTEMPTS: u32 = 6;
    let mut pause = Duration::from_millis(250);
    for attempt in 1..ATTEMPTS {
        match Sink::open(&environment.database_url, &settings.client_id, number).await {
            Err(error) if error.may_pass() => {
                warn!(%error, attempt, "the database could not be reached; trying again");
                sleep(pause).await;
                pause *= 2;
            }
            opened => return opened.map_err(RunError::Database),
        }
    }
    let opened = Sink::open(&environment.database_url, &settings.client_id, number).await;
    opened.map_err(RunError::Database)
}

/// Whether a file can be made and filled there: the spool's own are not touched.
fn try_to_write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join(format!(".check-{}", std::process::id()));
    let written = std::fs::write(&file, [0; 4096]);
    let removed = std::fs::remove_file(&file);
    written.and(removed)
}
