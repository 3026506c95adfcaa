//! The program itself, run as a person would run it, on a database and in a folder of the test's own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Database;

/// The program on a fresh database.
pub struct Program {
    /// Where it works.
    pub database: Database,
    folder: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub code: i32,
    /// What it answered.
    pub stdout: String,
    /// What it told a person.
    pub stderr: String,
}

impl Program {
    /// `None`, said aloud, where there is no database server.
    pub async fn new() -> Option<Self> {
        let database = Database::fresh().await?;
        let name = database.url().rsplit('/').next().unwrap_or("test").to_owned();
        let folder = std::env::temp_dir().join(format!("meterline-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        Some(Self { database, folder })
    }

    /// Runs `meterline` with these words, in English, with no user named.
    pub fn run(&self, words: &[&str]) -> Ended {
        self.run_with(words, "")
    }

    /// The same, with this on its standard input.
    pub fn run_with(&self, words: &[&str], input: &str) -> Ended {
        let mut running = Command::new(env!("CARGO_BIN_EXE_meterline"))
            .args(words)
            .current_dir(&self.folder)
            .env("DATABASE_URL", self.database.url())
            .env("LC_ALL", "C.UTF-8")
            .env("USER", "machine")
            .env("METERLINE_HOME", &self.folder)
            .env_remove("METERLINE_USER")
            .env_remove("METERLINE_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read ends before it is written to.
        let _ = running.stdin.take().unwrap().write_all(input.as_bytes());
        let output = running.wait_with_output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it and expects that it is done.
    pub fn done(&self, words: &[&str]) -> String {
        let ended = self.run(words);
        assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
        ended.stdout
    }

    /// Writes a file beside the program.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Reads a file that the program wrote.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Where a file is.
    pub fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.folder).join(name)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
