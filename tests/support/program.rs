//! The program as people run it: commands and a running ingest, on a database and in a folder of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{Database, eventually};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database, a broker to share, settings, and a folder for files. All of it ends with this value.
pub struct Program {
    /// Its database.
    pub database: Database,
    /// Where the broker is.
    pub mqtt_url: String,
    /// What its ingest is called: also the MQTT client id, and what its topics begin with.
    pub name: String,
    folder: PathBuf,
}

impl Program {
    /// A new one, with `settings` (TOML) besides those that keep it apart from other tests. `None`, said aloud, where
    /// there are no servers.
    pub async fn fresh(settings: &str) -> Option<Self> {
        let database = Database::fresh().await?;
        let Some(mqtt_url) = std::env::var("MQTT_URL").ok().filter(|url| !url.is_empty()) else {
            assert!(
                std::env::var("REQUIRE_DB").as_deref() != Ok("1"),
                "REQUIRE_DB=1, but MQTT_URL is not set"
            );
            eprintln!("SKIPPED: MQTT_URL is not set (`make test` sets it)");
            return None;
        };
        let name = format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let (ingest, others) = split_ingest(settings);
        let settings = format!(
            "{others}\n[ingest]\nclient_id = \"{name}\"\ntopic_prefix = \"{name}/\"\nhttp = \"127.0.0.1:0\"\n\
             udp = \"127.0.0.1:0\"\nprobe = false\nspool = \"{}\"\n{ingest}",
            folder.join("spool").display()
        );
        std::fs::write(folder.join("meterline.toml"), settings).unwrap();
        Some(Self { database, mqtt_url, name, folder })
    }

    /// What the topics of its ingest begin with.
    pub fn prefix(&self) -> String {
        format!("{}/", self.name)
    }

    /// Writes a file into its folder.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        let output = self.command(arguments).output().unwrap();
        Answer {
            command: arguments.join(" "),
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Imports CSV text.
    pub fn import(&self, kind: &str, csv: &str) {
        let file = self.file(&format!("{kind}.csv"), csv);
        self.run(&["import", kind, file.to_str().unwrap()]).done();
    }

    /// Starts `meterline ingest` and waits until its doors are open and it listens to the broker.
    pub async fn ingest(&self) -> Ingest {
        let log = std::fs::File::create(self.folder.join("ingest.log")).unwrap();
        let child =
            self.command(&["ingest"]).env("RUST_LOG", "info").stdout(Stdio::null()).stderr(log).spawn();
        let mut ingest =
            Ingest { child: child.unwrap(), http: String::new(), log: self.folder.join("ingest.log") };
        let client = self.database.owner().await;
        let find = "select http_address from ingest_nodes where node = $1";
        let limit = Duration::from_secs(20);
        let mut address = None;
        while address.is_none() {
            ingest.assert_running();
            eventually("ingest answers", limit, async || {
                address =
                    client.query_opt(find, &[&self.name]).await.unwrap().map(|row| row.get::<_, String>(0));
                address.is_some()
            })
            .await;
        }
        ingest.http = address.unwrap();
        eventually("ingest listens to the broker", limit, async || {
            ingest.assert_running();
            super::http::get(&ingest.http, "/metrics").await.1.contains("meterline_broker_up 1")
        })
        .await;
        ingest
    }

    /// `meterline status --format json`.
    pub fn status(&self) -> serde_json::Value {
        self.run(&["status", "--format", "json"]).json()
    }

    /// Waits until that many frames are counted.
    pub async fn received(&self, frames: u64) -> serde_json::Value {
        let mut status = serde_json::Value::Null;
        eventually(&format!("{frames} frames are counted"), Duration::from_secs(20), async || {
            status = self.status();
            status["frames"]["received"].as_u64() >= Some(frames)
        })
        .await;
        status
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meterline"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env("DATABASE_URL", self.database.url())
            .env("MQTT_URL", &self.mqtt_url)
            .env("METERLINE_ROOT", env!("CARGO_MANIFEST_DIR"))
            .env("LC_ALL", "C")
            .env_remove("METERLINE_USER")
            .env_remove("METERLINE_CONFIG");
        command
    }
}

/// Settings of `[ingest]`, which is ours already, and all others.
fn split_ingest(settings: &str) -> (String, String) {
    let mut table = String::new();
    let (mut ingest, mut others) = (String::new(), String::new());
    for line in settings.lines().map(str::trim) {
        if line.starts_with('[') {
            table = line.to_owned();
        }
        let part = if table == "[ingest]" { &mut ingest } else { &mut others };
        if line != "[ingest]" {
            part.push_str(line);
            part.push('\n');
        }
    }
    (ingest, others)
}

impl Drop for Program {
    fn drop(&mut self) {
        // What ingest said, for whoever reads why a test failed.
        if std::thread::panicking()
            && let Ok(log) = std::fs::read_to_string(self.folder.join("ingest.log"))
        {
            eprintln!("-- ingest of {}:\n{log}", self.name);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// How a command ended, and what it said.
pub struct Answer {
    command: String,
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// Exit status 0, or the test fails with what it said.
    pub fn done(self) -> Self {
        self.ended(0)
    }

    /// Exit status `status`, or the test fails with what it said.
    pub fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "meterline {}\n{}{}", self.command, self.out, self.err);
        self
    }

    /// Its one JSON object.
    pub fn json(self) -> serde_json::Value {
        let answer = self.done();
        serde_json::from_str(&answer.out)
            .unwrap_or_else(|error| panic!("meterline {}: {error}: {}", answer.command, answer.out))
    }

    /// Its rows, by column.
    pub fn csv(self) -> Vec<BTreeMap<String, String>> {
        let answer = self.done();
        let mut reader = csv::Reader::from_reader(answer.out.as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    }
}

/// A running `meterline ingest`, killed with this value.
pub struct Ingest {
    child: Child,
    /// Its HTTP door.
    pub http: String,
    log: PathBuf,
}

impl Ingest {
    fn assert_running(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("ingest ended with {status}: {}", std::fs::read_to_string(&self.log).unwrap_or_default());
        }
    }

    /// SIGTERM, and its exit status.
    pub async fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        let mut status = None;
        eventually("ingest drains and ends", Duration::from_secs(15), async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.and_then(|status| status.code())
    }
}

impl Drop for Ingest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
