//! The names under which this server may be asked: a page elsewhere whose own name is made to resolve to this machine
//! (DNS rebinding) is not served, since its browser sends that name.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// The names, in small letters and without ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts(BTreeSet<String>);

/// A name that no browser sends as a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoHost(String);

impl fmt::Display for NoHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "[console] hosts: {:?} is no host name: expected billing.example or 192.0.2.7, without port",
            self.0
        )
    }
}

impl std::error::Error for NoHost {}

impl Hosts {
    /// Loopback's names, the address itself, and further ones.
    pub fn new(listen: IpAddr, further: &[String]) -> Result<Self, NoHost> {
        let mut names: BTreeSet<String> =
            ["localhost", "127.0.0.1", "[::1]"].into_iter().map(str::to_owned).collect();
        names.insert(match listen {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        });
        for name in further {
            let host = without_port(name).filter(|host| host.len() == name.len() && !host.is_empty());
            names.insert(host.ok_or_else(|| NoHost(name.clone()))?.to_ascii_lowercase());
        }
        Ok(Self(names))
    }

    /// Whether a `Host` (or an authority), with or without a port, is one of ours.
    pub fn has(&self, host: &str) -> bool {
        without_port(host).is_some_and(|name| self.0.contains(&name.to_ascii_lowercase()))
    }
}

/// `None`: it is no host at all.
fn without_port(host: &str) -> Option<&str> {
    let end = match host.strip_prefix('[') {
        Some(rest) => rest.find(']')?.saturating_add(2),
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at_checked(end)?;
    let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let has_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    (has_port && name.bytes().all(of_a_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_ours_with_any_port_and_no_other() {
        let hosts = Hosts::new("127.0.0.1".parse().unwrap(), &["Billing.Example".to_owned()]).unwrap();
        for host in [
            "localhost",
            "localhost:8080",
            "LOCALHOST:1",
            "127.0.0.1:38090",
            "[::1]:8080",
            "[::1]",
            "billing.example",
            "billing.example:443",
        ] {
            assert!(hosts.has(host), "{host}");
        }
        for host in [
            "",
            ":8080",
            "evil.example",
            "localhost.evil.example",
            "evil.example:127.0.0.1",
            "localhost:8080@evil",
            "[::1",
            "[::2]:80",
            "billing.example.",
            "127.0.0.2",
            "localhost:123456",
        ] {
            assert!(!hosts.has(host), "{host}");
        }
    }

    #[test]
    fn a_setting_that_is_no_host_is_refused() {
        for name in ["https://billing.example", "billing.example:443", "", "a b"] {
            assert_eq!(
                Hosts::new("::1".parse().unwrap(), &[name.to_owned()]).unwrap_err(),
                NoHost(name.to_owned())
            );
        }
    }
}
