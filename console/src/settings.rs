//! `[console]` of the settings file.

use std::fmt;
use std::net::SocketAddr;

use serde::Deserialize;

/// `[console]`: where the pages are served, and under which names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address and port. It must be of loopback: there is no log-in yet.
    pub listen: SocketAddr,
    /// Names, without port, under which browsers reach the console besides `localhost` and the address itself: those of
    /// a proxy in front.
    pub hosts: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), hosts: Vec::new() }
    }
}

/// An address that other machines reach. The pages hold names, addresses and debts, and nobody has to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposed(pub SocketAddr);

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "[console] listen = \"{}\" can be reached from other machines, and the console has no log-in yet: \
             listen on 127.0.0.1 or [::1], and put a proxy that asks who it is in front (its name in [console] hosts)",
            self.0
        )
    }
}

impl std::error::Error for Exposed {}

/// Refuses an address that is not loopback's.
pub fn refuse_exposure(listen: SocketAddr) -> Result<(), Exposed> {
    if listen.ip().to_canonical().is_loopback() { Ok(()) } else { Err(Exposed(listen)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_served() {
        for (listen, fits) in [
            ("127.0.0.1:8080", true),
            ("127.8.0.1:8080", true),
            ("[::1]:8080", true),
            ("[::ffff:127.0.0.1]:8080", true),
            ("0.0.0.0:8080", false),
            ("[::]:8080", false),
            ("192.168.1.4:8080", false),
        ] {
            let listen: SocketAddr = listen.parse().unwrap();
            assert_eq!(refuse_exposure(listen), if fits { Ok(()) } else { Err(Exposed(listen)) });
        }
        let refused = Exposed("0.0.0.0:8080".parse().unwrap()).to_string();
        assert!(refused.contains("[console] listen = \"0.0.0.0:8080\""), "{refused}");
    }
}
