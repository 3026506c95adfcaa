//! `[ingest]` and `[alarms]` of the settings file, with their defaults.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// `[ingest]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The MQTT client id and the node's name in counts and metrics: the same at each start, different on each node.
    pub client_id: String,
    /// Put before each topic, for a broker that others use as well. Ends with a slash, or is empty.
    pub topic_prefix: String,
    /// A group of nodes that share the frames (`$share/<group>/…`); empty: this node takes all.
    pub shared_group: String,
    /// Other topic layouts, `"application/+/device/+/event/up" = "chirpstack-v4"`: filter to format. The address is
    /// the frame's own.
    pub topics: BTreeMap<String, String>,
    /// Whether to try at the start that the broker keeps what it has acknowledged.
    pub probe: bool,
    /// Where the HTTP door listens; empty: nowhere.
    pub http: String,
    /// The certificate of the HTTP door; with it the door speaks TLS, and nothing else.
    pub http_certificate: Option<Certificate>,
    /// Where raw datagrams come in; empty: nowhere.
    pub udp: String,
    /// The format of raw datagrams, or `auto`.
    pub udp_format: String,
    /// Where meters dial in over TCP; empty: nowhere.
    pub tcp: String,
    /// Says that the network is the utility's own: doors without passwords, and without TLS, may listen beyond
    /// loopback.
    pub private_network: bool,
    /// A token for each source of the HTTP door: `ctwing`, `iotda`, `onenet`, `frames`.
    pub tokens: BTreeMap<String, String>,
    /// How many connections write; two for two cores.
    pub writers: u16,
    /// Most frames in one commit. Two full batches for each writer are less than the broker keeps under way.
    pub batch_frames: usize,
    /// Most payload bytes in one commit.
    pub batch_bytes: usize,
    /// How long a batch waits for company, in milliseconds.
    pub batch_age_ms: u64,
    /// Most payload bytes (with the room their readings take) between the doors and the commit.
    pub in_flight_bytes: usize,
    /// Where the spool lies; default: `spool` in the servers' home.
    pub spool: Option<PathBuf>,
    /// Most bytes in the spool. When it is full nothing is acknowledged any more, and nothing is dropped.
    pub spool_bytes: u64,
    /// How long the database may be away before frames go to the spool, in milliseconds.
    pub divert_after_ms: u64,
    /// Most kinds of register: a hostile frame must not fill the table.
    pub registers: usize,
    /// Readings further in the past than this many days are refused: each week has its own chunk, and a broken clock
    /// must not make thousands of them. (A meter's own limit is the day on which it was installed.)
    pub oldest_days: u32,
    /// Readings further in the future than this many seconds are refused.
    pub future_s: u32,
    /// Whether lines are polled.
    pub poll: bool,
}

/// `[ingest] http_certificate`: two PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The certificate, and those between it and its authority.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: "meterline".into(),
            topic_prefix: String::new(),
            shared_group: String::new(),
            topics: BTreeMap::new(),
            probe: true,
            http: "127.0.0.1:8081".into(),
            http_certificate: None,
            udp: "127.0.0.1:5685".into(),
            udp_format: "auto".into(),
            tcp: "127.0.0.1:5686".into(),
            private_network: false,
            tokens: BTreeMap::new(),
            writers: 2,
            batch_frames: 2000,
            batch_bytes: 1 << 20,
            batch_age_ms: 10,
            in_flight_bytes: 24 << 20,
            spool: None,
            spool_bytes: 1 << 30,
            divert_after_ms: 1000,
            registers: 4096,
            oldest_days: 10_000,
            future_s: 900,
            poll: true,
        }
    }
}

/// The sources of the HTTP door.
pub const PUSH_SOURCES: [&str; 4] = ["ctwing", "iotda", "onenet", "frames"];

impl Settings {
    /// Where undelivered frames wait: a folder of this node's own, since two processes must not share one.
    pub(crate) fn spool_folder(&self, home: &Path) -> PathBuf {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' };
        let own = || home.join("spool").join(self.client_id.chars().map(safe).collect::<String>());
        self.spool.clone().unwrap_or_else(own)
    }

    /// How far a reading's time may lie from now: for every door, not for frames alone.
    pub fn times(&self, now: Timestamp) -> series::admit::Rules {
        series::admit::Rules {
            now,
            future: SignedDuration::from_secs(i64::from(self.future_s)),
            oldest: SignedDuration::from_hours(i64::from(self.oldest_days).saturating_mul(24)),
        }
    }

    /// What is wrong with them, in a sentence that says what to do.
    pub fn check(&self) -> Result<(), String> {
        if self.client_id.is_empty() || self.client_id.len() > 128 {
            return Err("client_id must have 1 to 128 characters".into());
        }
        if !self.topic_prefix.is_empty() && !self.topic_prefix.ends_with('/') {
            return Err(format!("topic_prefix {:?} must end with a slash", self.topic_prefix));
        }
        for (name, value, least) in [
            ("writers", usize::from(self.writers), 1),
            ("batch_frames", self.batch_frames, 1),
            ("batch_bytes", self.batch_bytes, 1024),
            ("in_flight_bytes", self.in_flight_bytes, 1 << 20),
        ] {
            if value < least {
                return Err(format!("{name} = {value} is too small: at least {least}"));
            }
        }
        if self.writers > 64 {
            return Err(format!(
                "writers = {} are too many: two for each two cores are enough",
                self.writers
            ));
        }
        for source in self.tokens.keys() {
            if !PUSH_SOURCES.contains(&source.as_str()) {
                return Err(format!("tokens: there is no source {source:?}: {}", PUSH_SOURCES.join(", ")));
            }
        }
        if let Some(http) = address("http", &self.http)? {
            let open: Vec<_> =
                PUSH_SOURCES.iter().filter(|source| !self.tokens.contains_key(**source)).copied().collect();
            if !http.ip().is_loopback() && !open.is_empty() {
                return Err(format!(
                    "http = {http} can be reached from outside: give each source a token ([ingest.tokens] {} = \
                     \"…\"), or listen on 127.0.0.1",
                    open.join(", ")
                ));
            }
            if !http.ip().is_loopback() && self.http_certificate.is_none() && !self.private_network {
                return Err(format!(
                    "http = {http} can be reached from outside, and tokens and readings would be open to who listens: \
                     name http_certificate = {{ chain = \"…\", key = \"…\" }}, or say private_network = true if a proxy \
                     with TLS stands before it or the network is your own"
                ));
            }
        }
        for (name, text) in [("udp", &self.udp), ("tcp", &self.tcp)] {
            if let Some(open) = address(name, text)?
                && !open.ip().is_loopback()
                && !self.private_network
            {
                return Err(format!(
                    "{name} = {open} can be reached from outside and has no passwords: say private_network = true if \
                     the network is your own, or listen on 127.0.0.1"
                ));
            }
        }
        for format in self.topics.values().chain([&self.udp_format]) {
            if format != "auto" && format.parse::<protocols::Format>().is_err() {
                return Err(format!("there is no format {format:?}"));
            }
        }
        Ok(())
    }

    /// The HTTP door's address.
    pub fn http(&self) -> Result<Option<SocketAddr>, String> {
        address("http", &self.http)
    }

    /// The TCP door's address.
    pub fn tcp(&self) -> Result<Option<SocketAddr>, String> {
        address("tcp", &self.tcp)
    }

    /// The UDP door's address.
    pub fn udp(&self) -> Result<Option<SocketAddr>, String> {
        address("udp", &self.udp)
    }
}

fn address(name: &str, text: &str) -> Result<Option<SocketAddr>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| format!("{name} = {text:?} is no address such as 127.0.0.1:8081"))
}

/// `[alarms]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlarmSettings {
    /// After how many of its expected intervals a meter counts as silent.
    pub silent_intervals: u16,
    /// How often that is looked at, in seconds.
    pub silence_check_s: u64,
}

impl Default for AlarmSettings {
    fn default() -> Self {
        Self { silent_intervals: 2, silence_check_s: 60 }
    }
}

/// Where the servers are, and what else ingest gets from outside its own table.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `DATABASE_URL`
    pub database_url: String,
    /// `MQTT_URL`; `None`: no MQTT.
    pub mqtt_url: Option<String>,
    /// The servers' home: spool, and targets of the private Prometheus.
    pub home: PathBuf,
    /// The utility's zone, for device times without offset.
    pub zone: metering::Zone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_door_without_password_is_refused() {
        assert_eq!(Settings::default().check(), Ok(()));
        let open = Settings { http: "0.0.0.0:8081".into(), ..Settings::default() };
        assert!(open.check().unwrap_err().contains("token"));
        let tokens = PUSH_SOURCES.iter().map(|source| ((*source).to_owned(), "secret".to_owned())).collect();
        let plain = Settings { tokens, ..open };
        assert!(plain.check().unwrap_err().contains("http_certificate"));
        assert_eq!(Settings { private_network: true, ..plain.clone() }.check(), Ok(()));
        let http_certificate = Some(Certificate { chain: "chain.pem".into(), key: "key.pem".into() });
        assert_eq!(Settings { http_certificate, ..plain }.check(), Ok(()));
        let udp = Settings { udp: "0.0.0.0:5685".into(), ..Settings::default() };
        assert!(udp.check().unwrap_err().contains("private_network"));
        assert_eq!(Settings { private_network: true, ..udp }.check(), Ok(()));
        let tcp = Settings { tcp: "[::]:5686".into(), ..Settings::default() };
        assert!(tcp.check().unwrap_err().contains("tcp = [::]:5686"));
    }
}
