//! What the kernel says of this process, and the file by which the private Prometheus finds its page.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use prometheus::{Error, Gauge, IntGauge, Registry};
use tracing::warn;

/// Memory, processor time and open files of this process, on a page of metrics.
#[derive(Clone, Debug)]
pub struct Process {
    resident_bytes: IntGauge,
    cpu_seconds: Gauge,
    open_fds: IntGauge,
}

impl Process {
    /// Puts them on a page.
    pub fn register(registry: &Registry) -> Result<Self, Error> {
        let process = Self {
            resident_bytes: IntGauge::new("process_resident_memory_bytes", "Memory of this process")?,
            cpu_seconds: Gauge::new("process_cpu_seconds_total", "Processor time")?,
            open_fds: IntGauge::new("process_open_fds", "Open files and connections")?,
        };
        registry.register(Box::new(process.resident_bytes.clone()))?;
        registry.register(Box::new(process.cpu_seconds.clone()))?;
        registry.register(Box::new(process.open_fds.clone()))?;
        Ok(process)
    }

    /// Sets them to what is so now.
    pub fn measure(&self) {
        self.resident_bytes.set(resident_bytes());
        self.cpu_seconds.set(cpu_seconds());
        let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        self.open_fds.set(i64::try_from(open).unwrap_or(i64::MAX));
    }
}

/// `VmRSS` of `/proc/self/status`; 0 where there is no such file.
fn resident_bytes() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok()).unwrap_or(0) * 1024
}

/// User and system time of `/proc/self/stat`, which counts hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field, the program's name, may hold spaces; the fields behind its bracket do not.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u32 =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}

/// The file by which the private Prometheus finds our `/metrics`. It is removed at an orderly end.
#[derive(Debug)]
pub struct Target(PathBuf);

impl Target {
    /// Writes the file, if there is a private Prometheus to read it. `name` is the same at each start, so that a
    /// process that was killed replaces its own file.
    pub fn write(home: &Path, program: &str, name: &str, address: &str, is_tls: bool) -> Option<Self> {
        let folder = folder(home)?;
        let safe: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' })
            .collect();
        let path = folder.join(format!("{program}-{safe}.json"));
        let scheme = if is_tls { ", \"__scheme__\": \"https\"" } else { "" };
        let text = format!(
            "[{{\"targets\": [\"{address}\"], \"labels\": {{\"program\": \"{program}\"{scheme}}}}}]\n"
        );
        match std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, text)) {
            Ok(()) => Some(Self(path)),
            Err(error) => {
                warn!(%error, file = %path.display(), "Prometheus will not find this process");
                None
            }
        }
    }

    /// As [`Self::write`], for a program of which several may run: under the first number whose process is gone.
    pub fn write_numbered(home: &Path, program: &str, address: &str) -> Option<Self> {
        let folder = folder(home)?;
        let is_free = |number: &u32| {
            let told =
                std::fs::read_to_string(folder.join(format!("{program}-{number}.json"))).unwrap_or_default();
            let before = told.split('"').nth(3).and_then(|address| address.parse().ok());
            before
                .is_none_or(|before| TcpStream::connect_timeout(&before, Duration::from_millis(200)).is_err())
        };
        let number = (1..1000).find(is_free)?;
        Self::write(home, program, &number.to_string(), address, false)
    }
}

fn folder(home: &Path) -> Option<PathBuf> {
    home.join("prometheus").is_dir().then(|| home.join("prometheus/targets"))
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
