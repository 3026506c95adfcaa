//! `[console]` of the settings file.

use std::net::SocketAddr;

use serde::Deserialize;

/// `[console]`: where the pages are served.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address and port. Loopback unless told otherwise: there is no log-in yet.
    pub listen: SocketAddr,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)) }
    }
}
