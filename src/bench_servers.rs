//! Servers for a benchmark: those that the environment names, else private ones that end with it.

use std::process::{Output, Stdio};

use anyhow::{Context, Result, anyhow, ensure};
use tokio::process::Command;

use crate::servers;

/// The private set's name: beside the checkout's own, with data and ports of its own.
const INSTANCE: &str = "bench";

/// Where they are, and whether they are ours to stop.
pub(crate) struct BenchServers {
    pub(crate) database_url: String,
    pub(crate) mqtt_url: String,
    private: bool,
}

impl BenchServers {
    /// `DATABASE_URL` (and `MQTT_URL` where a broker is needed) as given; else servers are started.
    pub(crate) async fn up(broker: bool) -> Result<Self> {
        let given = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
        let (database, mqtt) = (given("DATABASE_URL"), given("MQTT_URL"));
        if let Some(database_url) = database.clone().filter(|_| !broker || mqtt.is_some()) {
            return Ok(Self { database_url, mqtt_url: mqtt.unwrap_or_default(), private: false });
        }
        let started = script(&["up"]).await?;
        ensure!(
            started.status.success(),
            "the private servers do not start (`METERLINE_INSTANCE={INSTANCE} deploy/servers.sh up`):\n{}",
            String::from_utf8_lossy(&started.stderr).trim_end()
        );
        let answer = script(&["status", "--format", "json"]).await?.stdout;
        let told: servers::Status = serde_json::from_slice(&answer).context("deploy/servers.sh status")?;
        let missing = || anyhow!("the private servers are not all up");
        Ok(Self {
            database_url: database.or(told.database_url).ok_or_else(missing)?,
            mqtt_url: mqtt.or(told.mqtt_url).ok_or_else(missing)?,
            private: true,
        })
    }

    /// Stops what was started.
    pub(crate) async fn down(self) -> Result<()> {
        if self.private {
            script(&["down"]).await?;
        }
        Ok(())
    }
}

async fn script(arguments: &[&str]) -> Result<Output> {
    let mut command = Command::from(servers::script()?);
    command.args(arguments).env("METERLINE_INSTANCE", INSTANCE).stdin(Stdio::null());
    command.output().await.context("deploy/servers.sh cannot be run")
}
