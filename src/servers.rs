//! Where the servers are: the environment, else the settings, else this checkout's private servers.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow};
use metering::refusal::{Refusal, Why};
use serde::Deserialize;
use store::{Client, Role};

use crate::settings::Settings;

/// What `deploy/servers.sh status --format json` says. A server that is down has no address.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Status {
    /// PostgreSQL's.
    pub(crate) database_url: Option<String>,
    /// The broker's.
    pub(crate) mqtt_url: Option<String>,
    /// The folder of programs and data.
    pub(crate) home: Option<String>,
}

/// The database's address.
pub(crate) fn database_url(settings: &Settings) -> Result<String> {
    given("DATABASE_URL", settings.database.url.as_ref())
        .or_else(|| private().ok()?.database_url)
        .ok_or_else(|| Refusal::new(Why::NoServer, "database").into())
}

/// The broker's address.
pub(crate) fn mqtt_url(settings: &Settings) -> Result<String> {
    given("MQTT_URL", settings.mqtt.url.as_ref())
        .or_else(|| private().ok()?.mqtt_url)
        .ok_or_else(|| Refusal::new(Why::NoServer, "broker").into())
}

/// One connection to the database in a role.
pub(crate) async fn connect(settings: &Settings, role: Role) -> Result<Client> {
    Ok(store::connect(&database_url(settings)?, role).await?)
}

fn given(variable: &str, setting: Option<&String>) -> Option<String> {
    std::env::var(variable).ok().filter(|url| !url.is_empty()).or_else(|| setting.cloned())
}

/// What the private servers of this checkout say of themselves.
pub(crate) fn private() -> Result<Status> {
    let output = script()?
        .args(["status", "--format", "json"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .context("deploy/servers.sh cannot be run")?;
    // Exit status 1 says that something is down; what is up is told all the same.
    serde_json::from_slice(&output.stdout).context("deploy/servers.sh status does not answer")
}

/// `deploy/servers.sh`, ready for its arguments.
pub(crate) fn script() -> Result<Command> {
    let root = checkout().ok_or_else(|| {
        anyhow!(
            "deploy/servers.sh is not found beside this program nor above the current folder: name the checkout in \
             METERLINE_ROOT, or use servers of your own (DATABASE_URL, MQTT_URL)"
        )
    })?;
    let mut command = Command::new("bash");
    command.arg(root.join("deploy/servers.sh")).env("METERLINE_ROOT", &root);
    Ok(command)
}

/// The folder that holds `deploy/servers.sh`: named, or above the program (`target/release/meterline`), or above
/// the current folder.
pub(crate) fn checkout() -> Option<PathBuf> {
    let holds = |folder: &Path| folder.join("deploy/servers.sh").is_file();
    let above = |start: PathBuf| start.ancestors().find(|folder| holds(folder)).map(Path::to_owned);
    if let Some(named) = std::env::var_os("METERLINE_ROOT").filter(|root| !root.is_empty()) {
        return Some(PathBuf::from(named)).filter(|root| holds(root));
    }
    std::env::current_exe().ok().and_then(above).or_else(|| std::env::current_dir().ok().and_then(above))
}
