//! `meterline ingest` as a process of a test's own, on a database of its own, behind topics of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::Value;
use store::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Database, Ended, eventually};

/// See the module.
pub struct FrontDoor {
    pub database_url: String,
    pub mqtt_url: String,
    pub name: String,
    /// `METERLINE_HOME` of its commands: a folder of its own, or `None` for the environment's, so that the private
    /// Prometheus finds it.
    pub home: Option<PathBuf>,
    folder: PathBuf,
    process: Option<Child>,
    // Dropped last: the process uses it.
    _database: Option<Database>,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl FrontDoor {
    /// A front door that is not running yet, on the servers that the environment names; `None`, said aloud, where
    /// they are not.
    pub async fn new() -> Option<Self> {
        let database = Database::fresh().await?;
        let Some(mqtt_url) = std::env::var("MQTT_URL").ok().filter(|url| !url.is_empty()) else {
            assert!(
                std::env::var("REQUIRE_DB").as_deref() != Ok("1"),
                "REQUIRE_DB=1, but MQTT_URL is not set"
            );
            eprintln!("SKIPPED: MQTT_URL is not set (`make test` sets it)");
            return None;
        };
        let url = database.url().to_owned();
        Some(Self::on(url, mqtt_url, Some(database)))
    }

    /// A front door on these servers.
    pub fn on(database_url: String, mqtt_url: String, database: Option<Database>) -> Self {
        let name = format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let home = Some(folder.clone());
        let door = Self { database_url, mqtt_url, name, home, folder, process: None, _database: database };
        door.settings("");
        door
    }

    /// Writes the settings, with these lines more in `[ingest]`.
    pub fn settings(&self, more: &str) {
        let settings = format!(
            "[ingest]\nclient_id = \"{0}\"\ntopic_prefix = \"{0}/\"\nhttp = \"127.0.0.1:0\"\nudp = \"127.0.0.1:0\"\ntcp = \"127.0.0.1:0\"\n\
             spool = \"{1}/spool\"\nprobe = false\n{more}\n",
            self.name,
            self.folder.display()
        );
        std::fs::write(self.folder.join("meterline.toml"), settings).unwrap();
    }

    /// A command of the program, with this front door's settings and servers.
    pub fn meterline(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meterline"));
        command
            .args(["--config", self.folder.join("meterline.toml").to_str().unwrap(), "--lang", "en"])
            .args(arguments)
            .env("DATABASE_URL", &self.database_url)
            .env("MQTT_URL", &self.mqtt_url)
            .env_remove("METERLINE_USER")
            .stdin(Stdio::null());
        if let Some(home) = &self.home {
            command.env("METERLINE_HOME", home);
        }
        command
    }

    /// What a command prints; its exit status must be 0.
    pub fn output(&self, arguments: &[&str]) -> String {
        let output = self.meterline(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// How a command ends.
    pub fn ended(&self, arguments: &[&str]) -> Ended {
        let output = self.meterline(arguments).output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What a command prints with `--format json`.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let answer = self.output(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {answer}"))
    }

    /// The rows that a command prints with `--format csv`, by column.
    pub fn csv(&self, arguments: &[&str]) -> Vec<BTreeMap<String, String>> {
        let answer = self.output(&[arguments, &["--format", "csv"]].concat());
        csv::Reader::from_reader(answer.as_bytes()).deserialize().map(Result::unwrap).collect()
    }

    /// A file in its folder.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Imports CSV text.
    pub fn import(&self, kind: &str, csv: &str) {
        let file = self.file(&format!("{kind}.csv"), csv);
        let ended = self.ended(&["import", kind, &file]);
        assert_eq!(ended.code, 0, "import {kind}: {ended:?}");
    }

    /// `meterline status --format json`.
    pub fn status(&self) -> Value {
        serde_json::from_str(&self.output(&["status", "--format", "json"])).unwrap()
    }

    /// Starts it and waits until it listens.
    pub async fn start(&mut self) {
        self.spawn();
        let door = &*self;
        let before = door.heartbeat().await;
        eventually("ingest says that it is there", Duration::from_secs(30), async || {
            door.heartbeat().await > before
        })
        .await;
    }

    /// Starts it.
    pub fn spawn(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.meterline(&["ingest"]);
        command.env("RUST_LOG", "info").stdout(Stdio::null()).stderr(log);
        self.process = Some(command.spawn().unwrap());
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    async fn heartbeat(&self) -> Option<std::time::SystemTime> {
        let client = self.client().await;
        let beat = "select heartbeat_at from ingest_nodes where node = $1";
        client.query_opt(beat, &[&self.name]).await.unwrap().map(|row| row.get(0))
    }

    /// The address of its HTTP door.
    pub async fn http(&self) -> String {
        let client = self.client().await;
        let address = "select http_address from ingest_nodes where node = $1";
        client.query_one(address, &[&self.name]).await.unwrap().get(0)
    }

    /// kill -9.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// SIGTERM. Returns how long it took; the exit status must be 0.
    pub fn stop(&mut self) -> Duration {
        let begun = std::time::Instant::now();
        let mut process = self.process.take().expect("it runs");
        let sent = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert!(process.wait().unwrap().success(), "{}", self.log());
        begun.elapsed()
    }

    /// The most memory that it has used, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let id = self.process.as_ref().expect("it runs").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// A connection that may do everything.
    pub async fn client(&self) -> Client {
        store::connect(&self.database_url, store::Role::Owner).await.unwrap()
    }

    /// A meter of that format and address, with this serial.
    pub async fn add_meter(&self, serial: &str, protocol: &str, address: &str) {
        let client = self.client().await;
        let add = "insert into meters (serial, medium, protocol, address) values ($1, 'water', $2, $3)";
        client.execute(add, &[&serial, &protocol, &address]).await.unwrap();
    }

    /// Water meters `S1` to `Sn` of format json with the addresses `1` to `n`.
    pub async fn add_meters(&self, n: i32) {
        let add = "insert into meters (serial, medium, protocol, address)
                   select 'S' || n, 'water', 'json', n::text from generate_series(1, $1) n";
        self.client().await.execute(add, &[&n]).await.unwrap();
    }

    /// Options of an MQTT client.
    pub fn mqtt(&self, id: &str) -> MqttOptions {
        let place = self.mqtt_url.strip_prefix("mqtt://").unwrap();
        let (host, port) = place.trim_end_matches('/').split_once(':').unwrap();
        let mut options = MqttOptions::new(format!("{}-{id}", self.name), host, port.parse().unwrap());
        options.set_inflight(1000).set_max_packet_size(1 << 20, 1 << 20);
        options
    }

    /// Publishes, QoS 1, and waits until the broker has acknowledged all.
    pub async fn publish(&self, messages: Vec<(String, Vec<u8>)>) {
        self.publish_to(&self.name, messages).await;
    }

    /// As [`Self::publish`], behind another front door's topics.
    pub async fn publish_to(&self, prefix: &str, messages: Vec<(String, Vec<u8>)>) {
        let (client, mut events) = AsyncClient::new(self.mqtt("publisher"), 100);
        let count = messages.len();
        let prefix = prefix.to_owned();
        let sending = tokio::spawn(async move {
            for (topic, payload) in messages {
                client.publish(format!("{prefix}/{topic}"), QoS::AtLeastOnce, false, payload).await.unwrap();
            }
            client
        });
        let mut acknowledged = 0;
        while acknowledged < count {
            if matches!(events.poll().await.unwrap(), Event::Incoming(Packet::PubAck(_))) {
                acknowledged += 1;
            }
        }
        sending.await.unwrap().disconnect().await.unwrap();
        let _ = events.poll().await;
    }

    /// `POST path`, and the status of the answer.
    pub async fn post(&self, path: &str, headers: &str, body: &str) -> u16 {
        Self::post_to(&self.http().await, path, headers, body).await
    }

    /// As [`Self::post`], to a door whose address is known.
    pub async fn post_to(http: &str, path: &str, headers: &str, body: &str) -> u16 {
        let mut stream = TcpStream::connect(http).await.unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Waits until so many deliveries are committed, or more.
    pub async fn received(&self, count: i64) {
        let client = self.client().await;
        eventually(&format!("{count} frames are committed"), Duration::from_mins(2), async || {
            let sum = "select coalesce(sum(received), 0)::bigint from frame_counts";
            client.query_one(sum, &[]).await.unwrap().get::<_, i64>(0) >= count
        })
        .await;
    }

    /// The counts: stored, duplicate, conflict, rejected. They must add up to received.
    pub fn counts(&self) -> [i64; 4] {
        let status = self.status();
        let count = |name: &str| status["frames"][name].as_i64().unwrap();
        let counts = ["stored", "duplicate", "conflict", "rejected"].map(count);
        assert_eq!(count("received"), counts.iter().sum::<i64>(), "{status}");
        counts
    }

    /// `meterline readings export`, without its header: serial, register, time, value.
    pub fn readings(&self) -> Vec<String> {
        let csv = self.output(&["readings", "export"]);
        csv.lines().skip(1).map(|line| line.split(',').take(4).collect::<Vec<_>>().join(",")).collect()
    }
}

impl Drop for FrontDoor {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
        if std::thread::panicking() {
            eprintln!("the log of ingest:\n{}", self.log());
        }
        let _ = std::fs::remove_dir_all(&self.folder);
        self.forget_session();
    }
}

impl FrontDoor {
    /// The broker would keep the session, and what is published to it, for ever.
    fn forget_session(&self) {
        let mut options = self.mqtt("x");
        options.set_client_id(self.name.clone());
        options.set_clean_session(true);
        let forgotten = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, mut events) = AsyncClient::new(options, 10);
                let connected = tokio::time::timeout(Duration::from_secs(2), events.poll()).await;
                if matches!(connected, Ok(Ok(_))) {
                    let _ = client.try_disconnect();
                    let _ = tokio::time::timeout(Duration::from_secs(2), events.poll()).await;
                }
            });
        });
        let _ = forgotten.join();
    }
}

/// A json frame.
pub fn json(address: &str, time: &str, value: &str) -> Vec<u8> {
    format!(r#"{{"address":"{address}","time":"{time}","registers":{{"8-0:1.0.0":"{value}"}}}}"#).into_bytes()
}
