//! Tries, before the first frame, that the broker keeps what it acknowledges.
//!
//! A default Mosquitto queues 1,000 messages for a session that is away, acknowledges all further ones to their
//! senders and drops them in silence. So: a session subscribes and goes away; more messages than that are published
//! and acknowledged; the session comes back and must get every one.
//!
//! Its sessions have names of their own, never a client id that ingest works under: a broker closes the connection
//! of whoever has the same id.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::time::Duration;

use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::broker;
use crate::error::RunError;

/// More than the 1,000 queued and 20 under way of a default Mosquitto, and than EMQX's 1,000.
const MESSAGES: usize = 1_200;
/// For each of the steps. A broker that is so slow is refused as well.
const PATIENCE: Duration = Duration::from_secs(10);
/// No further message for this long after the first: the rest was dropped.
const QUIET: Duration = Duration::from_secs(2);

/// A connection may be lost in the middle, and a broker may be starting again.
const ATTEMPTS: u32 = 6;
/// Before the second attempt; doubled for each further one. In all about eight seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Why the broker was not found to keep what it acknowledges.
#[derive(Debug)]
enum Failure {
    /// The address or a certificate cannot be used at all.
    Settings(String),
    /// Nobody listens, or the broker does not let us in.
    Refused(String),
    /// The connection was lost, or nothing came over it: the next attempt may go better.
    Lost(String),
    /// So many messages of [`MESSAGES`] were kept.
    Drops(usize),
}

impl Failure {
    fn of(error: &ConnectionError) -> Self {
        match error {
            ConnectionError::Io(source) if source.kind() != io::ErrorKind::ConnectionRefused => {
                Self::Lost(error.to_string())
            }
            ConnectionError::Io(_) | ConnectionError::ConnectionRefused(_) | ConnectionError::Tls(_) => {
                Self::Refused(error.to_string())
            }
            _ => Self::Lost(error.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(message) | Self::Refused(message) | Self::Lost(message) => f.write_str(message),
            Self::Drops(kept) => write!(f, "of {MESSAGES} messages that it acknowledged it kept {kept}"),
        }
    }
}

/// One probe: where, and under which name.
pub(crate) struct Probe<'a> {
    /// The broker's address.
    pub(crate) url: &'a str,
    /// The session's client id. The one that publishes is named after it.
    pub(crate) session: String,
    /// Where the messages go; nobody else publishes or listens there.
    pub(crate) topic: String,
}

impl Probe<'_> {
    /// `Err`: what the broker lost, or that it cannot be reached. A connection that is lost on the way is taken up again:
    /// `Err` comes after some seconds of that.
    pub(crate) async fn run(&self) -> Result<(), RunError> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let failure = match self.attempt().await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            let may_pass = match &failure {
                Failure::Lost(_) => true,
                // At first it is a wrong address; later it is a broker that starts again.
                Failure::Refused(_) => attempt > 1,
                Failure::Settings(_) | Failure::Drops(_) => false,
            };
            if !may_pass || attempt == ATTEMPTS {
                return Err(match failure {
                    Failure::Settings(why) => RunError::BrokerAddress(why),
                    Failure::Drops(kept) => RunError::BrokerDrops { kept, of: MESSAGES },
                    Failure::Refused(why) | Failure::Lost(why) => {
                        RunError::Broker { target: broker::place(self.url), why }
                    }
                });
            }
            warn!(error = %failure, attempt, "the broker could not be tried; trying again");
            sleep(pause).await;
            pause *= 2;
            attempt += 1;
        }
    }

    async fn attempt(&self) -> Result<(), Failure> {
        let kept = self.count_kept().await;
        // The session must not stay: nobody would ever empty it again.
        let forgotten = self.forget().await;
        let kept = kept?;
        forgotten?;
        if kept == MESSAGES { Ok(()) } else { Err(Failure::Drops(kept)) }
    }

    async fn count_kept(&self) -> Result<usize, Failure> {
        // What an interrupted probe has left must not count.
        self.forget().await?;
        self.subscribe().await?;
        let slow = |_| Failure::Lost(format!("it does not acknowledge {MESSAGES} messages in {PATIENCE:?}"));
        timeout(PATIENCE, self.publish()).await.map_err(slow)??;
        self.count().await
    }

    async fn subscribe(&self) -> Result<(), Failure> {
        let (client, mut events) = self.connect(false)?;
        wait(&mut events, |event| matches!(event, Packet::ConnAck(_))).await?;
        client
            .try_subscribe(&self.topic, QoS::AtLeastOnce)
            .map_err(|error| Failure::Settings(error.to_string()))?;
        wait(&mut events, |event| matches!(event, Packet::SubAck(_))).await?;
        leave(&client, &mut events).await;
        Ok(())
    }

    async fn publish(&self) -> Result<(), Failure> {
        let (client, mut events) = client(self.options(&format!("{}-publish", self.session), true)?);
        let (sending, topic) = (client.clone(), self.topic.clone());
        let sender = tokio::spawn(async move {
            for n in 0..MESSAGES {
                if sending.publish(&topic, QoS::AtLeastOnce, false, n.to_string()).await.is_err() {
                    return;
                }
            }
        });
        for _ in 0..MESSAGES {
            wait(&mut events, |event| matches!(event, Packet::PubAck(_))).await?;
        }
        let _ = sender.await;
        leave(&client, &mut events).await;
        Ok(())
    }

    async fn count(&self) -> Result<usize, Failure> {
        let (client, mut events) = self.connect(false)?;
        wait(&mut events, |event| matches!(event, Packet::ConnAck(_))).await?;
        let mut received = HashSet::new();
        while received.len() < MESSAGES {
            match timeout(QUIET, events.poll()).await {
                Ok(Ok(Event::Incoming(Packet::Publish(publish)))) => {
                    received.insert(publish.payload);
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(Failure::of(&error)),
                Err(_) => break,
            }
        }
        leave(&client, &mut events).await;
        Ok(received.len())
    }

    /// A connect without persistence, which is how MQTT 3.1.1 forgets a session.
    async fn forget(&self) -> Result<(), Failure> {
        let (client, mut events) = self.connect(true)?;
        wait(&mut events, |event| matches!(event, Packet::ConnAck(_))).await?;
        leave(&client, &mut events).await;
        Ok(())
    }

    fn connect(&self, clean: bool) -> Result<(AsyncClient, EventLoop), Failure> {
        Ok(client(self.options(&self.session, clean)?))
    }

    fn options(&self, id: &str, clean: bool) -> Result<MqttOptions, Failure> {
        let mut options = broker::options(self.url, id).map_err(Failure::Settings)?;
        options.set_clean_session(clean).set_inflight(200);
        Ok(options)
    }
}

fn client(options: MqttOptions) -> (AsyncClient, EventLoop) {
    AsyncClient::new(options, 100)
}

/// Polls until a packet of that kind has come in.
async fn wait(events: &mut EventLoop, wanted: impl Fn(&Packet) -> bool) -> Result<(), Failure> {
    let waiting = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(packet)) if wanted(&packet) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(Failure::of(&error)),
            }
        }
    };
    timeout(PATIENCE, waiting)
        .await
        .map_err(|_| Failure::Lost(format!("it does not answer in {PATIENCE:?}")))?
}

async fn leave(client: &AsyncClient, events: &mut EventLoop) {
    let _ = client.try_disconnect();
    let leaving = async {
        while !matches!(events.poll().await, Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect)) | Err(_)) {}
    };
    let _ = timeout(Duration::from_secs(1), leaving).await;
}
