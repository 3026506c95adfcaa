//! Puts the steps together, runs them, and takes them down again in order.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use store::sink::Sink;
use store::Listener;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::acks::Acks;
use crate::contacts::Contacts;
use crate::directory::Directory;
use crate::divert::Divert;
use crate::intake::Pipeline;
use crate::metrics::Metrics;
use crate::node::{Node, Target};
use crate::resolve::Rules;
use crate::resolver::Resolver;
use crate::settings::{AlarmSettings, Environment, Settings};
use crate::sources::{broker, mqtt, probe, push, udp};
use crate::spool::{self, Spool};
use crate::topics::Topics;
use crate::writer::Writer;

/// What the command line adds to the settings.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Drain the session of this client id, which another node has left, and end.
    pub take_over: Option<String>,
}

/// Why ingest does not run. Each says what is missing and what mends it.
#[derive(Debug)]
pub enum RunError {
    /// A setting is not right.
    Settings(String),
    /// The database cannot be used.
    Database(String),
    /// The broker cannot be used, or loses messages.
    Broker(String),
    /// The spool's folder cannot be used.
    Spool(PathBuf, std::io::Error),
    /// A door cannot be opened.
    Door(String, std::io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(message) => write!(f, "[ingest] {message}"),
            Self::Database(message) | Self::Broker(message) => f.write_str(message),
            Self::Spool(path, source) => {
                write!(f, "the spool {} cannot be used: {source}; name another in [ingest] spool", path.display())
            }
            Self::Door(door, source) => {
                write!(f, "the {door} door cannot be opened: {source}; choose another address in [ingest], or \"\" for none")
            }
        }
    }
}

impl std::error::Error for RunError {}

/// How long the way from the stop to the end may take in all.
const DRAIN: Duration = Duration::from_secs(8);

/// Tries settings, database, broker and spool, and takes nothing in.
pub async fn check(settings: &Settings, environment: &Environment) -> Result<(), RunError> {
    settings.check().map_err(RunError::Settings)?;
    Sink::open(&environment.database_url, &settings.client_id, 0).await.map_err(database)?;
    if let Some(url) = &environment.mqtt_url {
        probe::probe(url, &settings.client_id, &settings.topic_prefix).await.map_err(RunError::Broker)?;
    }
    let folder = spool_folder(settings, environment);
    std::fs::create_dir_all(&folder).map_err(|source| RunError::Spool(folder, source))
}

fn database(error: impl fmt::Display) -> RunError {
    RunError::Database(format!("{error}; is the schema there? (`meterline migrate`)"))
}

fn spool_folder(settings: &Settings, environment: &Environment) -> PathBuf {
    // A node of its own: two processes must not share one.
    settings.spool.clone().unwrap_or_else(|| environment.home.join("spool").join(safe(&settings.client_id)))
}

fn safe(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect()
}

/// Runs until `stop`; then takes in nothing more, commits what was taken in, acknowledges it, and returns.
pub async fn run(
    mut settings: Settings,
    alarms: AlarmSettings,
    environment: Environment,
    options: Options,
    stop: CancellationToken,
) -> Result<(), RunError> {
    settings.check().map_err(RunError::Settings)?;
    let take_over = options.take_over.is_some();
    if let Some(client_id) = options.take_over {
        settings.client_id = client_id;
        // The dead node's doors are not ours to open.
        (settings.http, settings.udp) = (String::new(), String::new());
        settings.probe = false;
        settings.poll = false;
    }
    // At the start both servers must be there: a wrong address must not look like an outage.
    let mut sinks = Vec::new();
    for number in 0..settings.writers.cast_signed() {
        sinks.push(Sink::open(&environment.database_url, &settings.client_id, number).await.map_err(database)?);
    }
    if let Some(url) = environment.mqtt_url.as_ref().filter(|_| settings.probe) {
        probe::probe(url, &settings.client_id, &settings.topic_prefix).await.map_err(RunError::Broker)?;
    }

    let metrics = Metrics::new().map_err(|error| RunError::Settings(error.to_string()))?;
    let acks = Arc::new(Acks::default());
    let folder = spool_folder(&settings, &environment);
    let spool = Spool::open(&folder, settings.spool_bytes, |delivery| {
        if let Some(packet) = delivery.packet {
            acks.remember(packet.id, &delivery.bytes, delivery.received);
        }
    })
    .map_err(|source| RunError::Spool(folder, source))?;
    if spool.open_bytes() > 0 {
        info!(bytes = spool.open_bytes(), "the spool holds frames of before");
    }
    let (database_up, database) = watch::channel(true);
    let (pipeline, intake) = Pipeline::new(settings.in_flight_bytes, database.clone());
    let divert = Divert { spool: spool.clone(), acks: acks.clone() };
    let contacts = Contacts::default();
    let forget = Arc::new(Notify::new());

    let mut steps = JoinSet::new();
    let mut writers = Vec::new();
    for (number, sink) in (0..).zip(sinks) {
        let (queue, items) = mpsc::unbounded_channel();
        writers.push(queue);
        let writer = Writer {
            number,
            database_url: environment.database_url.clone(),
            settings: settings.clone(),
            divert: divert.clone(),
            contacts: contacts.clone(),
            metrics: metrics.clone(),
            database: database_up.clone(),
            forget: forget.clone(),
            sink: Some(sink),
        };
        steps.spawn(writer.run(items));
    }
    let resolver = Resolver {
        database_url: environment.database_url.clone(),
        rules: Rules {
            zone: environment.zone.clone(),
            future: SignedDuration::from_secs(i64::from(settings.future_s)),
            oldest: SignedDuration::from_hours(24 * i64::from(settings.oldest_days)),
            client: settings.client_id.clone(),
        },
        directory: Directory::new(settings.registers),
        writers,
        divert: divert.clone(),
        forget: forget.clone(),
        client: None,
    };
    steps.spawn(resolver.run(intake));

    let http = match settings.http().map_err(RunError::Settings)? {
        Some(address) => {
            let bound = TcpListener::bind(address).await;
            Some(bound.map_err(|source| RunError::Door(format!("HTTP ({address})"), source))?)
        }
        None => None,
    };
    let datagrams = match settings.udp().map_err(RunError::Settings)? {
        Some(address) => {
            let bound = UdpSocket::bind(address).await;
            Some(bound.map_err(|source| RunError::Door(format!("UDP ({address})"), source))?)
        }
        None => None,
    };
    let http_address = match &http {
        Some(listener) => listener.local_addr().map_or_else(|_| settings.http.clone(), |address| address.to_string()),
        None => String::new(),
    };
    let node = Arc::new(Node {
        name: settings.client_id.clone(),
        database_url: environment.database_url.clone(),
        http_address: http_address.clone(),
        pipeline: pipeline.clone(),
        spool: spool.clone(),
        contacts,
        metrics: metrics.clone(),
        alarms,
        udp_port: datagrams.as_ref().and_then(|socket| Some(socket.local_addr().ok()?.port())),
        database,
    });
    let target = http.is_some().then(|| Target::write(&environment.home, &settings.client_id, &http_address));

    // What goes on until the very end, beside the steps.
    let ended = CancellationToken::new();
    let mut beside = JoinSet::new();
    beside.spawn(node.clone().run(ended.clone()));
    beside.spawn(listen(environment.database_url.clone(), forget, ended.clone()));
    if let Some(url) = &environment.mqtt_url {
        beside.spawn(broker::watch(url.clone(), settings.client_id.clone(), metrics.clone(), ended.clone()));
    }

    let drained = CancellationToken::new();
    let mut doors = JoinSet::new();
    let mut mqtt_door = tokio::task::JoinSet::new();
    if let Some(url) = &environment.mqtt_url {
        let door = mqtt::Door {
            url: url.clone(),
            client_id: settings.client_id.clone(),
            topics: Topics::new(&settings),
            acks: acks.clone(),
            pipeline: pipeline.clone(),
            divert: divert.clone(),
            metrics: metrics.clone(),
            stop: stop.clone(),
            drained: drained.clone(),
            take_over,
        };
        mqtt_door.spawn(door.run());
    }
    if let Some(listener) = http {
        let door = push::Door {
            spool: spool.clone(),
            tokens: Arc::new(settings.tokens.clone()),
            metrics: metrics.clone(),
            node: node.clone(),
            stop: stop.clone(),
        };
        doors.spawn(async move {
            if let Err(error) = push::serve(door, listener).await {
                warn!(%error, "the HTTP door has failed");
            }
        });
    }
    if let Some(socket) = datagrams {
        let door = udp::Door {
            socket,
            format: settings.udp_format.as_str().into(),
            spool: spool.clone(),
            metrics: metrics.clone(),
            stop: stop.clone(),
        };
        doors.spawn(door.run());
    }
    let drain = tokio::spawn(spool::drain(spool.clone(), pipeline.clone()));
    info!(http = http_address, node = settings.client_id, "ready");

    let mut result = Ok(());
    tokio::select! {
        () = stop.cancelled() => {}
        // Only a take-over ends by itself; and a door whose address is wrong.
        Some(ended) = mqtt_door.join_next() => if let Ok(Err(message)) = ended {
            result = Err(RunError::Broker(message));
        },
    }
    stop.cancel();
    let end = Instant::now() + DRAIN;
    info!("stopping: committing what was taken in");
    // The doors first; then what is in flight, and the spool as far as the time goes (the rest stays in it).
    let _ = timeout(Duration::from_secs(1), async { while doors.join_next().await.is_some() {} }).await;
    while Instant::now() < end && !(pipeline.is_empty() && (spool.is_empty() || !node.database_up())) {
        sleep(Duration::from_millis(10)).await;
    }
    drain.abort();
    drained.cancel();
    let _ = timeout(Duration::from_secs(1), async { while mqtt_door.join_next().await.is_some() {} }).await;
    doors.shutdown().await;
    mqtt_door.shutdown().await;
    ended.cancel();
    let _ = timeout(Duration::from_secs(1), async { while beside.join_next().await.is_some() {} }).await;
    drop(target);
    steps.shutdown().await;
    info!("stopped");
    result
}

/// Hears that master data has changed. While it does not hear, nothing is believed for long.
async fn listen(url: String, forget: Arc<Notify>, stop: CancellationToken) {
    loop {
        let listening = async {
            let mut listener = Listener::open(&url).await.map_err(|error| error.to_string())?;
            // What changed before we listened is not known.
            forget.notify_one();
            loop {
                listener.changed().await?;
                forget.notify_one();
            }
        };
        let ended: Result<(), String> = tokio::select! {
            () = stop.cancelled() => return,
            ended = listening => ended,
        };
        if let Err(error) = ended {
            debug!(error, "changes of master data are not heard; trying on");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(Duration::from_secs(1)) => {}
        }
    }
}
