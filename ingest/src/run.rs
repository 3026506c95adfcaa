//! Puts the steps together, runs them, and takes them down again in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::ServerConfig;
use store::Listener;
use store::sink::Sink;
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
use crate::drain::drain;
use crate::error::RunError;
use crate::intake::Pipeline;
use crate::metrics::Metrics;
use crate::node::Node;
use crate::process::Target;
use crate::resolve::Rules;
use crate::resolver::Resolver;
use crate::settings::{AlarmSettings, Environment, Settings};
use crate::sources::{broker, mqtt, poll, push, tcp, tls, udp};
use crate::spool::Spool;
use crate::start;
use crate::ticket::InFlight;
use crate::topics::Topics;
use crate::writer::Writer;

/// What the command line adds to the settings.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Drain the session of this client id, which another node has left, and end.
    pub take_over: Option<String>,
}

/// How long the way from the stop to the end may take in all.
const DRAIN: Duration = Duration::from_secs(8);

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
        (settings.http, settings.udp, settings.tcp) = Default::default();
        settings.probe = false;
        settings.poll = false;
    }
    let sinks = start::reach_servers(&settings, &environment).await?;
    let (core, intake) = Core::new(settings, alarms, environment, stop)?;
    let mut steps = core.start_steps(sinks, intake);
    let sockets = Sockets::bind(&core.settings).await?;
    let node = core.node(&sockets);
    let _target = sockets.http.is_some().then(|| {
        let is_tls = sockets.certificate.is_some();
        let (home, name) = (&core.environment.home, &core.settings.client_id);
        Target::write(home, "ingest", name, &node.http_address, is_tls)
    });
    // What goes on until the very end, beside the steps.
    let ended = CancellationToken::new();
    let mut beside = core.start_beside(&node, &ended);
    let drained = CancellationToken::new();
    let mut mqtt_door = core.start_mqtt(&drained, take_over);
    let tcp = sockets.tcp.as_ref().and_then(|listener| listener.local_addr().ok());
    let mut doors = core.start_doors(sockets, &node);
    let spool = tokio::spawn(drain(core.spool.clone(), core.pipeline.clone()));
    let tcp = tcp.map(|address| address.to_string()).unwrap_or_default();
    info!(http = node.http_address, tcp, node = node.name, "ready");

    let mut result = Ok(());
    tokio::select! {
        () = core.stop.cancelled() => {}
        // Only a take-over ends by itself; and a door whose address is wrong.
        Some(ended) = mqtt_door.join_next() => if let Ok(Err(why)) = ended {
            let url = core.environment.mqtt_url.as_deref().unwrap_or_default();
            result = Err(RunError::Broker { target: broker::place(url), why });
        },
    }
    core.stop.cancel();
    info!("stopping: committing what was taken in");
    // The doors first; then what is in flight, and the spool as far as the time goes: the rest stays in it.
    finish(&mut doors).await;
    core.drain(&node).await;
    spool.abort();
    drained.cancel();
    finish(&mut mqtt_door).await;
    ended.cancel();
    finish(&mut beside).await;
    steps.shutdown().await;
    info!("stopped");
    result
}

/// Waits a little for tasks that were told to end, and then ends them.
async fn finish<T: 'static>(tasks: &mut JoinSet<T>) {
    let _ = timeout(Duration::from_secs(1), async { while tasks.join_next().await.is_some() {} }).await;
    tasks.shutdown().await;
}

/// What the steps share.
struct Core {
    settings: Settings,
    alarms: AlarmSettings,
    environment: Environment,
    metrics: Metrics,
    acks: Arc<Acks>,
    spool: Arc<Spool>,
    pipeline: Pipeline,
    divert: Divert,
    contacts: Contacts,
    /// Something about meters has changed, or may have.
    forget: Arc<Notify>,
    /// Something about polled lines has changed, or may have.
    lines_changed: Arc<Notify>,
    /// Whether the database takes commits.
    database: watch::Sender<bool>,
    stop: CancellationToken,
}

impl Core {
    fn new(
        settings: Settings,
        alarms: AlarmSettings,
        environment: Environment,
        stop: CancellationToken,
    ) -> Result<(Self, mpsc::UnboundedReceiver<InFlight>), RunError> {
        let metrics = Metrics::new().map_err(|error| RunError::Settings(error.to_string()))?;
        let acks = Arc::new(Acks::default());
        let folder = settings.spool_folder(&environment.home);
        let spool = Spool::open(&folder, settings.spool_bytes, |delivery| {
            if let Some(packet) = delivery.packet {
                acks.remember(packet.id, &delivery.arrival.bytes, delivery.arrival.received);
            }
        })
        .map_err(|source| RunError::Spool(folder, source))?;
        if spool.open_bytes() > 0 {
            info!(bytes = spool.open_bytes(), "the spool holds frames of before");
        }
        let database = watch::Sender::new(true);
        let (pipeline, intake) = Pipeline::new(settings.in_flight_bytes, database.subscribe());
        let divert = Divert { spool: spool.clone(), acks: acks.clone() };
        let core = Self {
            settings,
            alarms,
            environment,
            metrics,
            acks,
            spool,
            pipeline,
            divert,
            contacts: Contacts::default(),
            forget: Arc::default(),
            lines_changed: Arc::default(),
            database,
            stop,
        };
        Ok((core, intake))
    }

    /// The resolver and the writers.
    fn start_steps(&self, sinks: Vec<Sink>, intake: mpsc::UnboundedReceiver<InFlight>) -> JoinSet<()> {
        let mut steps = JoinSet::new();
        let mut writers = Vec::new();
        for (number, sink) in (0..).zip(sinks) {
            let (queue, items) = mpsc::unbounded_channel();
            writers.push(queue);
            let writer = Writer {
                number,
                database_url: self.environment.database_url.clone(),
                settings: self.settings.clone(),
                divert: self.divert.clone(),
                contacts: self.contacts.clone(),
                metrics: self.metrics.clone(),
                database: self.database.clone(),
                forget: self.forget.clone(),
                sink: Some(sink),
            };
            steps.spawn(writer.run(items));
        }
        let resolver = Resolver {
            database_url: self.environment.database_url.clone(),
            rules: Rules {
                zone: self.environment.zone.clone(),
                times: self.settings.times(Timestamp::now()),
                client: self.settings.client_id.clone(),
            },
            directory: Directory::new(self.settings.registers),
            writers,
            divert: self.divert.clone(),
            metrics: self.metrics.clone(),
            forget: self.forget.clone(),
            client: None,
        };
        steps.spawn(resolver.run(intake));
        steps
    }

    fn node(&self, sockets: &Sockets) -> Arc<Node> {
        let http = sockets.http.as_ref().and_then(|listener| listener.local_addr().ok());
        Arc::new(Node {
            name: self.settings.client_id.clone(),
            database_url: self.environment.database_url.clone(),
            http_address: http.map_or_else(String::new, |address| address.to_string()),
            pipeline: self.pipeline.clone(),
            spool: self.spool.clone(),
            contacts: self.contacts.clone(),
            metrics: self.metrics.clone(),
            alarms: self.alarms.clone(),
            udp_port: sockets.udp.as_ref().and_then(|socket| Some(socket.local_addr().ok()?.port())),
            database: self.database.subscribe(),
        })
    }

    fn start_beside(&self, node: &Arc<Node>, ended: &CancellationToken) -> JoinSet<()> {
        let mut beside = JoinSet::new();
        beside.spawn(node.clone().run(ended.clone()));
        let changed = [self.forget.clone(), self.lines_changed.clone()];
        beside.spawn(listen(self.environment.database_url.clone(), changed, ended.clone()));
        if let Some(url) = &self.environment.mqtt_url {
            let name = self.settings.client_id.clone();
            beside.spawn(broker::watch(url.clone(), name, self.metrics.clone(), ended.clone()));
        }
        beside
    }

    fn start_mqtt(&self, drained: &CancellationToken, take_over: bool) -> JoinSet<Result<(), String>> {
        let mut tasks = JoinSet::new();
        if let Some(url) = &self.environment.mqtt_url {
            let door = mqtt::Door {
                url: url.clone(),
                client_id: self.settings.client_id.clone(),
                topics: Topics::new(&self.settings),
                acks: self.acks.clone(),
                pipeline: self.pipeline.clone(),
                divert: self.divert.clone(),
                metrics: self.metrics.clone(),
                stop: self.stop.clone(),
                drained: drained.clone(),
                take_over,
            };
            tasks.spawn(door.run());
        }
        tasks
    }

    fn start_doors(&self, sockets: Sockets, node: &Arc<Node>) -> JoinSet<()> {
        let mut doors = JoinSet::new();
        if let Some(listener) = sockets.http {
            let certificate = sockets.certificate;
            let door = push::Door {
                spool: self.spool.clone(),
                tokens: Arc::new(self.settings.tokens.clone()),
                metrics: self.metrics.clone(),
                node: node.clone(),
                stop: self.stop.clone(),
            };
            doors.spawn(async move {
                if let Err(error) = push::serve(door, listener, certificate).await {
                    warn!(%error, "the HTTP door has failed");
                }
            });
        }
        if self.settings.poll {
            let polls = poll::Polls {
                database_url: self.environment.database_url.clone(),
                spool: self.spool.clone(),
                metrics: self.metrics.clone(),
                changed: self.lines_changed.clone(),
                stop: self.stop.clone(),
            };
            doors.spawn(polls.run());
        }
        if let Some(socket) = sockets.udp {
            let door = udp::Door {
                socket,
                format: self.settings.udp_format.as_str().into(),
                spool: self.spool.clone(),
                metrics: self.metrics.clone(),
                stop: self.stop.clone(),
            };
            doors.spawn(door.run());
        }
        if let Some(listener) = sockets.tcp {
            let door = tcp::Door {
                spool: self.spool.clone(),
                metrics: self.metrics.clone(),
                stop: self.stop.clone(),
            };
            doors.spawn(door.run(listener));
        }
        doors
    }

    /// Waits until everything that was taken in is committed, or until the time is over.
    async fn drain(&self, node: &Node) {
        let end = Instant::now() + DRAIN;
        while Instant::now() < end {
            if self.pipeline.is_empty() && (self.spool.is_empty() || !node.database_up()) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        warn!("not everything could be committed in time; the broker and the spool keep the rest");
    }
}

/// The doors' sockets: opened before anything is taken in, so that a port in use is told at once.
struct Sockets {
    http: Option<TcpListener>,
    /// For the HTTP door, where it speaks TLS.
    certificate: Option<Arc<ServerConfig>>,
    udp: Option<UdpSocket>,
    tcp: Option<TcpListener>,
}

impl Sockets {
    async fn bind(settings: &Settings) -> Result<Self, RunError> {
        let http = listener("HTTP", settings.http()).await?;
        let tcp = listener("TCP", settings.tcp()).await?;
        let udp = match settings.udp().map_err(RunError::Settings)? {
            None => None,
            Some(address) => {
                let bound = udp::bind(address).await;
                Some(bound.map_err(|source| RunError::Door(format!("UDP ({address})"), source))?)
            }
        };
        let certificate = match &settings.http_certificate {
            None => None,
            Some(files) => Some(
                tls::server_config(&files.chain, &files.key)
                    .map_err(|error| RunError::Settings(format!("http_certificate: {error}")))?,
            ),
        };
        Ok(Self { http, certificate, udp, tcp })
    }
}

async fn listener(
    door: &str,
    address: Result<Option<SocketAddr>, String>,
) -> Result<Option<TcpListener>, RunError> {
    let Some(address) = address.map_err(RunError::Settings)? else { return Ok(None) };
    let bound = TcpListener::bind(address).await;
    bound.map(Some).map_err(|source| RunError::Door(format!("{door} ({address})"), source))
}

fn tell(changed: &[Arc<Notify>]) {
    for told in changed {
        told.notify_one();
    }
}

/// Hears that master data has changed. While it does not hear, nothing is believed for long.
async fn listen(url: String, changed: [Arc<Notify>; 2], stop: CancellationToken) {
    loop {
        let listening = async {
            let mut listener =
                Listener::open(&url, store::Channel::Directory).await.map_err(|error| error.to_string())?;
            // What changed before we listened is not known.
            tell(&changed);
            loop {
                listener.changed().await?;
                tell(&changed);
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
