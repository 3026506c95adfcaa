//! The page `/metrics` of `work` and `serve`: what they do, and what the database holds for dashboards.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use ::ingest::{Process, Target};
use anyhow::{Context as _, Result};
use prometheus::{Encoder as _, Error, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};
use store::figures::{Figures, figures};
use store::queue::{self, Depth, JobKind, JobState};
use store::{Role, SqlError, seals};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tracing::debug;

use crate::app::App;
use crate::{ingest, servers};

/// One for the process.
static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);
static PROCESS: OnceLock<Process> = OnceLock::new();

/// How often the database is asked.
const FIGURES: Duration = Duration::from_secs(10);

/// Registers what this program measures, and keeps the figures of the database current.
pub(crate) fn begin(app: &App) -> Result<()> {
    jobs::metrics::register(&REGISTRY)?;
    office::register_metrics(&REGISTRY)?;
    console::register_metrics(&REGISTRY)?;
    let _ = PROCESS.set(Process::register(&REGISTRY)?);
    let gauges = Gauges::register(&REGISTRY)?;
    tokio::spawn(gauges.keep(servers::database_url(&app.settings)?));
    Ok(())
}

/// The page.
fn page() -> String {
    if let Some(process) = PROCESS.get() {
        process.measure();
    }
    let mut page = Vec::new();
    // Writing into memory fails only for metrics without a name.
    let _ = TextEncoder::new().encode(&REGISTRY.gather(), &mut page);
    String::from_utf8(page).unwrap_or_default()
}

/// The page, on a port of its own of this machine's loopback, for as long as this lives.
pub(crate) struct Page {
    _target: Option<Target>,
    serving: tokio::task::JoinHandle<()>,
}

impl Page {
    /// On the port that is asked for, 0 being any free one; else on the program's `own`, or a free one where another
    /// process has that. It is printed, and the private Prometheus gets it.
    pub(crate) async fn serve(program: &str, own: u16, asked: Option<u16>) -> Result<Self> {
        let bind = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = match asked {
            Some(port) => bind(port).await.with_context(|| {
                format!("cannot listen on 127.0.0.1:{port} for /metrics; choose another port with --metrics")
            })?,
            None => match bind(own).await {
                Ok(listener) => listener,
                Err(_) => bind(0).await.context("cannot listen on 127.0.0.1 for /metrics")?,
            },
        };
        let address = listener.local_addr()?;
        // Whoever reads this may be gone: that ends no page.
        let _ = writeln!(std::io::stderr(), "metrics: http://{address}/metrics");
        let target = Target::write_numbered(&ingest::home(), program, &address.to_string());
        Ok(Self { _target: target, serving: tokio::spawn(answer_all(listener)) })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer_all(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(async move {
                    if let Ok(Err(error)) = timeout(Duration::from_secs(5), answer(stream)).await {
                        debug!(%error, "a scrape has failed");
                    }
                });
            }
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// One question, one answer: all that a scrape needs of HTTP.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < 8192 {
        if stream.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    let (status, body) = match request.split(|&byte| byte == b' ').nth(1) {
        _ if !is_ours(&request) => ("421 Misdirected Request", "misdirected\n".to_owned()),
        Some(b"/metrics") => ("200 OK", page()),
        Some(b"/healthz") => ("200 OK", "ok\n".to_owned()),
        _ => ("404 Not Found", "there are /metrics and /healthz\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// Whether the one `Host` of a request is loopback's: a page of another site, whose name was made to lead here, is not
/// answered.
fn is_ours(request: &[u8]) -> bool {
    let Ok(hosts) = console::Hosts::new(Ipv4Addr::LOCALHOST.into(), &[]) else { return false };
    let lines = request.split(|&byte| byte == b'\n').skip(1);
    let fields = lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':'));
    let mut named = fields.filter(|(name, _)| name.eq_ignore_ascii_case("host"));
    named.next().is_some_and(|(_, host)| hosts.has(host.trim())) && named.next().is_none()
}

/// What the database holds.
struct Gauges {
    meters: IntGaugeVec,
    alarms: IntGaugeVec,
    runs: IntGaugeVec,
    agreements: IntGaugeVec,
    chunks_open: IntGauge,
    seconds: IntGauge,
    jobs: IntGaugeVec,
    oldest: IntGaugeVec,
    unsealed: IntGauge,
    unsealed_seconds: IntGauge,
    database_up: IntGauge,
}

impl Gauges {
    fn register(registry: &Registry) -> Result<Self, Error> {
        let vec = |name: &str, help: &str, labels: &[&str]| {
            let gauges = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauges.clone()))?;
            Ok::<_, Error>(gauges)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, Error>(gauge)
        };
        Ok(Self {
            meters: vec("meterline_meters_count", "Meters: known, and with an alarm of silence", &["state"])?,
            alarms: vec("meterline_alarms_count", "Open alarms", &["severity"])?,
            runs: vec("meterline_bill_runs_count", "Bill runs by where they stand", &["state"])?,
            agreements: vec(
                "meterline_bill_run_agreements_count",
                "Agreements of the newest bill run: due, and what became of them so far",
                &["outcome"],
            )?,
            chunks_open: gauge("meterline_bill_run_chunks_count", "Chunks of the newest bill run that wait")?,
            seconds: gauge(
                "meterline_bill_run_seconds",
                "From the newest bill run's start to its end, or until now",
            )?,
            jobs: vec(
                "meterline_jobs_count",
                "Jobs in the queue: waiting, running, failed",
                &["job_name", "state"],
            )?,
            oldest: vec(
                "meterline_job_waiting_seconds",
                "Since the time of the oldest job that waits has come",
                &["job_name"],
            )?,
            unsealed: gauge(
                "meterline_audit_unsealed_count",
                "Rows of the audit trail that wait for their seal, among the newest 100,000",
            )?,
            unsealed_seconds: gauge(
                "meterline_audit_unsealed_seconds",
                "Since the oldest row of the audit trail that waits for its seal was written",
            )?,
            database_up: gauge("meterline_figures_up", "1 while the database tells these figures")?,
        })
    }

    async fn keep(self, url: String) {
        let mut client = None;
        loop {
            if client.as_ref().is_none_or(store::Client::is_closed) {
                client = store::connect(&url, Role::Read).await.ok();
            }
            let told = match &client {
                Some(client) => told(client).await.ok(),
                None => None,
            };
            self.database_up.set(i64::from(told.is_some()));
            match told {
                Some((figures, depths, (rows, seconds))) => {
                    self.set(&figures);
                    self.set_queue(&depths);
                    self.unsealed.set(rows);
                    self.unsealed_seconds.set(seconds);
                }
                None => client = None,
            }
            sleep(FIGURES).await;
        }
    }

    fn set(&self, figures: &Figures) {
        for (state, count) in [("known", figures.meters), ("silent", figures.silent)] {
            self.meters.with_label_values(&[state]).set(count);
        }
        set_all(&self.alarms, &["info", "warning", "critical"], &figures.alarms);
        let states = ["frozen", "review", "approved", "issuing", "issued", "aborted"];
        set_all(&self.runs, &states, &figures.runs);
        let run = figures.newest.clone().unwrap_or_default();
        for (outcome, count) in [
            ("due", run.due),
            ("billed", run.billed),
            ("parked", run.parked),
            ("excluded", run.excluded),
            ("issued", run.issued),
        ] {
            self.agreements.with_label_values(&[outcome]).set(count);
        }
        self.chunks_open.set(run.chunks_open);
        self.seconds.set(run.seconds);
    }

    fn set_queue(&self, depths: &[Depth]) {
        for kind in JobKind::ALL {
            for state in [JobState::Waiting, JobState::Running, JobState::Failed] {
                let depth = depths.iter().find(|depth| (depth.kind, depth.state) == (*kind, state));
                let (count, oldest) = depth.map_or((0, 0), |depth| (depth.count, depth.oldest_s));
                self.jobs.with_label_values(&[kind.name(), state.name()]).set(count);
                if state == JobState::Waiting {
                    self.oldest.with_label_values(&[kind.name()]).set(oldest);
                }
            }
        }
    }
}

/// Figures, the depth of the queue, the tail of the audit trail that is not sealed.
async fn told(client: &store::Client) -> Result<(Figures, Vec<Depth>, (i64, i64)), SqlError> {
    Ok((figures(client).await?, queue::depths(client).await?, seals::waiting(client).await?))
}

/// What is not among the counts is 0 now.
fn set_all(gauges: &IntGaugeVec, labels: &[&str], counts: &[(String, i64)]) {
    for label in labels {
        let count = counts.iter().find(|(name, _)| name == label).map_or(0, |(_, count)| *count);
        gauges.with_label_values(&[label]).set(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_answered() {
        let asked =
            |hosts: &str| is_ours(format!("GET /metrics HTTP/1.1\r\n{hosts}Accept: */*\r\n\r\n").as_bytes());
        assert!(asked("Host: 127.0.0.1:9182\r\n") && asked("host:localhost\r\n"));
        for hosts in ["", "Host: evil.example\r\n", "Host: localhost\r\nHost: evil.example\r\n", "Host:\r\n"]
        {
            assert!(!asked(hosts), "{hosts:?}");
        }
    }
}
