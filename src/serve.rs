//! `meterline serve`: the console, with a worker beside it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use documents::word;
use metering::Language;
use protocols::{Options, Value};
use store::Role;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::ingest::stop_on_signals;
use crate::outcome::Outcome;
use crate::worker::{self, Share};
use crate::{metrics, servers};

/// The arguments of `meterline serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline serve --listen 127.0.0.1:8080\n  meterline serve --no-worker")]
pub(crate) struct Arguments {
    /// Where to serve the pages (else `[console] listen`, else 127.0.0.1:8080)
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Port of the page /metrics on 127.0.0.1; 0: any free one. Else 9180, or a free one where another process has that
    #[arg(long, value_name = "PORT")]
    metrics: Option<u16>,
    /// Pages alone: work on no job of the queue (`meterline work` does)
    #[arg(long)]
    no_worker: bool,
}

/// Connections for pages: a page holds one for a few milliseconds.
const CONNECTIONS: usize = 8;

/// The port of `/metrics`.
const METRICS: u16 = 9180;

/// Between two looks of the worker that is built in.
const LOOK: Duration = Duration::from_secs(5);

/// `meterline serve`.
pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let settings: console::Settings = app.settings.section("console")?;
    let listen = arguments.listen.unwrap_or(settings.listen);
    console::refuse_exposure(listen)?;
    let hosts = console::Hosts::new(listen.ip(), &settings.hosts)?;
    metrics::begin(app)?;
    let pages = console::App {
        pool: store::pool(&servers::database_url(&app.settings)?, Role::Read, CONNECTIONS)?,
        zone: app.settings.zone()?,
        language: app.settings.utility.language,
        frame_reader: read_frame,
        hosts,
    };
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; choose another address with --listen"))?;
    eprintln!("console: http://{}/", listener.local_addr()?);
    let _metrics = metrics::Page::serve("serve", METRICS, arguments.metrics).await?;
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    let mut working = None;
    if !arguments.no_worker {
        let (worker, handlers) = (worker::worker(app, Share::Beside, LOOK)?, worker::handlers(app)?);
        let told = stop.clone();
        working = Some(tokio::spawn(async move { jobs::worker::work(&worker, &handlers, &told).await }));
    }
    console::serve(listener, pages, stop.cancelled_owned()).await?;
    if let Some(working) = working {
        working.await?;
    }
    Ok(Outcome::Done)
}

/// What a stored frame says, for the page that shows its bytes.
fn read_frame(language: Language, format: &str, bytes: &[u8]) -> Vec<(String, String)> {
    let Ok(format) = format.parse() else { return Vec::new() };
    let mut lines = Vec::new();
    for result in protocols::decode(format, bytes, &Options::default()).into_results() {
        let frame = match result {
            Ok(frame) => frame,
            Err(error) => {
                lines.push((word(language, &error.kind.to_string()).into_owned(), error.to_string()));
                continue;
            }
        };
        for record in frame.records {
            let value = match &record.value {
                Value::Number(number) => number.to_string(),
                Value::Text(text) => text.to_string(),
                Value::None => word(language, record.state.name()).into_owned(),
            };
            let unit = record.unit.map_or("", metering::Unit::symbol);
            let time = record.time.map(|time| format!(" · {time}").replace('T', " ")).unwrap_or_default();
            lines.push((
                format!("{} {}", word(language, record.quantity.name()), record.register()),
                format!("{value} {unit}{time}"),
            ));
        }
    }
    lines
}
