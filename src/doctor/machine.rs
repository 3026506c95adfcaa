//! The machine: zone, locale, programs, broker, disk, ports.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::check::Check;
use crate::servers;
use crate::settings::Settings;

/// The utility's zone, and what time it is there.
pub(super) fn zone(settings: &Settings) -> Check {
    let mend = "[utility] time_zone names a zone such as Asia/Shanghai";
    match settings.zone() {
        Ok(zone) => {
            let now = zone.civil(jiff::Timestamp::now());
            Check::right("time zone", format!("{}, {}", settings.utility.time_zone, now.strftime("%F %H:%M")))
        }
        Err(error) => Check::wrong("time zone", format!("{error:#}"), mend),
    }
}

/// Chinese names and addresses are UTF-8, in files and on the terminal.
pub(super) fn locale() -> Check {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "not set".to_owned());
    let plain = locale.to_ascii_lowercase().replace('-', "");
    // Without a locale the program writes UTF-8 all the same.
    let is_right = plain.contains("utf8") || matches!(plain.as_str(), "not set" | "c" | "posix");
    Check::of(is_right, "locale", locale, "use a UTF-8 locale, such as LANG=C.UTF-8")
}

/// What `deploy/servers.sh` works with, where the servers are not given.
pub(super) fn tools() -> Check {
    const NEEDED: &[&str] = &["bash", "apt-get", "dpkg-deb", "flock", "setsid", "sha256sum"];
    let given =
        ["DATABASE_URL", "MQTT_URL"].iter().all(|name| std::env::var(name).is_ok_and(|url| !url.is_empty()));
    if given {
        return Check::right("private servers", "not needed: DATABASE_URL and MQTT_URL are given");
    }
    if servers::checkout().is_none() {
        let mend = "name the checkout in METERLINE_ROOT, or set DATABASE_URL and MQTT_URL";
        return Check::wrong("private servers", "deploy/servers.sh is not found", mend);
    }
    let missing: Vec<&str> = NEEDED.iter().copied().filter(|program| !is_program(program)).collect();
    let found = match (missing.is_empty(), servers::private().ok().and_then(|status| status.home)) {
        (false, _) => format!("missing: {}", missing.join(", ")),
        (true, home) => home.unwrap_or_default(),
    };
    let mend = "install them, or use the compose file in deploy/, or set DATABASE_URL and MQTT_URL";
    Check::of(missing.is_empty(), "private servers", found, mend)
}

fn is_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Something listens where the broker should.
pub(super) fn broker(settings: &Settings) -> Check {
    let Ok(url) = servers::mqtt_url(settings) else {
        let mend = "`meterline db up`, or set MQTT_URL";
        return Check::wrong("broker", "none is named, and no private one runs", mend);
    };
    let authority = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).trim_end_matches('/');
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:1883") };
    let reached = host
        .to_socket_addrs()
        .ok()
        .into_iter()
        .flatten()
        .any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(3)).is_ok());
    Check::of(reached, "broker", host, "start the broker, or correct MQTT_URL (`meterline db status`)")
}

/// Room where the servers' data and the spool lie.
pub(super) fn disk() -> Vec<Check> {
    const LEAST_MIB: u64 = 2048;
    let home = servers::private().ok().and_then(|status| status.home).map(PathBuf::from);
    let folder = home.filter(|home| home.is_dir()).unwrap_or_else(|| PathBuf::from("."));
    let output = Command::new("df").arg("-Pk").arg(&folder).output();
    let free = output.ok().and_then(|output| {
        let text = String::from_utf8(output.stdout).ok()?;
        text.lines().nth(1)?.split_whitespace().nth(3)?.parse::<u64>().ok()
    });
    let Some(free) = free.map(|kib| kib / 1024) else { return Vec::new() };
    vec![Check::of(
        free >= LEAST_MIB,
        "disk",
        format!("{free} MiB free in {}", folder.display()),
        "make room: the database, the broker's queue and the spool need 2 GiB to begin with",
    )]
}

/// The doors: free, or taken by a Meterline that answers.
pub(super) fn ports(settings: &Settings) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Ok(console) = settings.section::<console::Settings>("console") {
        checks.push(tcp("console's port", console.listen));
    }
    if let Ok(ingest) = settings.section::<ingest::Settings>("ingest") {
        if let Ok(address) = ingest.http.parse() {
            checks.push(tcp("HTTP door", address));
        }
        if let Ok(address) = ingest.udp.parse::<SocketAddr>() {
            checks.push(Check::of(
                UdpSocket::bind(address).is_ok() || answers(ingest.http.parse().ok()),
                "UDP door",
                address.to_string(),
                "another program has this port: name another in [ingest] udp",
            ));
        }
    }
    checks
}

fn tcp(name: &'static str, address: SocketAddr) -> Check {
    let mend = "another program has this port: name another in the settings";
    Check::of(TcpListener::bind(address).is_ok() || answers(Some(address)), name, address.to_string(), mend)
}

/// Whether a Meterline stands behind the address: both its servers answer `/healthz`.
fn answers(address: Option<SocketAddr>) -> bool {
    let ask = || -> Option<String> {
        let limit = Duration::from_secs(2);
        let mut stream = TcpStream::connect_timeout(&address?, limit).ok()?;
        stream.set_read_timeout(Some(limit)).ok()?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    };
    ask().is_some_and(|answer| answer.starts_with("HTTP/1.") && answer.contains(" 200 "))
}
