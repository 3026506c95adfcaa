//! The MQTT door: a persistent session, QoS 1, an acknowledgement only for what is committed or safe in the spool.
//!
//! The task that polls never waits for the pipeline: a full pipeline means the spool, a full spool means that the
//! connection is given up, unacknowledged, and taken up again when there is room. Acknowledgements are sent by a task
//! of their own, since the client's queue of requests may be full when the poll is what would empty it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use metering::Source;
use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, Packet as Mqtt, Publish, QoS};
use store::sink::Arrival;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::broker;
use crate::acks::Acks;
use crate::delivery::{Delivery, Packet};
use crate::divert::Divert;
use crate::intake::{NotTaken, Pipeline};
use crate::metrics::Metrics;
use crate::ticket::Ticket;
use crate::topics::Topics;

/// Requests that wait for the poll: acknowledgements of a commit. More would only be dropped on a reconnect.
const REQUESTS: usize = 1000;
/// Between attempts to connect.
const RECONNECT: Duration = Duration::from_millis(500);
/// For how long the polling goes on after the stop, to send what was acknowledged.
const LAST_ACKS: Duration = Duration::from_secs(3);

/// What the MQTT door works with.
pub(crate) struct Door {
    pub(crate) url: String,
    pub(crate) client_id: String,
    pub(crate) topics: Topics,
    pub(crate) acks: Arc<Acks>,
    pub(crate) pipeline: Pipeline,
    pub(crate) divert: Divert,
    pub(crate) metrics: Metrics,
    /// Take in nothing more.
    pub(crate) stop: CancellationToken,
    /// Everything taken in is committed: send the last acknowledgements and go.
    pub(crate) drained: CancellationToken,
    /// Drain the session of another node, and end when nothing comes any more.
    pub(crate) take_over: bool,
}

/// When a session that is taken over counts as empty.
const QUIET: Duration = Duration::from_secs(5);

enum End {
    /// The program stops.
    Stopped,
    /// The session is taken over: nothing comes any more.
    Quiet,
    /// No room anywhere: wait for some, unconnected.
    Full,
    /// The broker has forgotten the session: begin anew with another client.
    Forgotten,
}

impl Door {
    /// Runs until the stop.
    pub(crate) async fn run(self) -> Result<(), String> {
        loop {
            let mut options = broker::options(&self.url, &self.client_id)?;
            options.set_clean_session(false).set_manual_acks(true).set_inflight(100);
            let (client, mut events) = AsyncClient::new(options, REQUESTS);
            let sender = tokio::spawn(send_acks(client.clone(), self.acks.clone()));
            let end = self.session(&client, &mut events).await;
            sender.abort();
            self.acks.disconnected();
            self.metrics.broker_up.set(0);
            match end {
                End::Stopped => return Ok(()),
                End::Quiet => return self.remove_session().await,
                End::Forgotten => self.acks.forgotten(),
                End::Full => {
                    warn!("no room for frames: the broker keeps them until there is");
                    self.wait_for_room().await;
                }
            }
        }
    }

    /// One client's life: connects, and connects again after errors.
    async fn session(&self, client: &AsyncClient, events: &mut EventLoop) -> End {
        let mut connected_before = false;
        let mut complained = false;
        let mut last_frame = Instant::now();
        let mut finishing: Option<Instant> = None;
        loop {
            let event = tokio::select! {
                event = events.poll() => event,
                () = self.acks.abandoned() => return End::Full,
                () = self.drained.cancelled(), if finishing.is_none() => {
                    finishing = Some(Instant::now() + LAST_ACKS);
                    continue;
                }
                () = sleep(Duration::from_millis(20)), if finishing.is_some() => {
                    // Acknowledgements are on their way through the client's queue; then the farewell follows them.
                    if self.acks.open() == 0 || finishing.is_some_and(|end| Instant::now() > end) {
                        self.farewell(client, events).await;
                        return End::Stopped;
                    }
                    continue;
                }
                () = sleep(QUIET), if self.take_over => {
                    if last_frame.elapsed() >= QUIET && self.acks.open() == 0 {
                        return End::Quiet;
                    }
                    continue;
                }
            };
            match event {
                Ok(Event::Incoming(Mqtt::ConnAck(ack))) => {
                    if !ack.session_present {
                        if connected_before {
                            return End::Forgotten;
                        }
                        self.acks.forgotten();
                    }
                    connected_before = true;
                    complained = false;
                    self.metrics.broker_up.set(1);
                    info!(session_present = ack.session_present, "connected to the broker");
                    self.subscribe(client);
                }
                Ok(Event::Incoming(Mqtt::SubAck(ack))) => {
                    if ack.return_codes.contains(&rumqttc::SubscribeReasonCode::Failure) {
                        warn!(
                            "the broker refuses a subscription; has this user the right to read the topics?"
                        );
                    }
                }
                Ok(Event::Incoming(Mqtt::Publish(publish))) => {
                    last_frame = Instant::now();
                    if !self.stop.is_cancelled() && !self.take(publish) {
                        return End::Full;
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    self.acks.disconnected();
                    self.metrics.broker_up.set(0);
                    if !complained {
                        warn!(%error, "no connection to the broker; trying on");
                        complained = true;
                    }
                    if self.drained.is_cancelled() {
                        return End::Stopped;
                    }
                    if !matches!(error, ConnectionError::MqttState(_)) || connected_before {
                        tokio::select! {
                            () = self.drained.cancelled() => return End::Stopped,
                            () = sleep(RECONNECT) => {}
                        }
                    }
                }
            }
        }
    }

    fn subscribe(&self, client: &AsyncClient) {
        for filter in self.topics.filters() {
            // Also when the session is there: the layout may have changed. While a session is taken over nothing new
            // must come into it.
            let asked = if self.take_over {
                client.try_unsubscribe(filter)
            } else {
                client.try_subscribe(filter, QoS::AtLeastOnce)
            };
            if let Err(error) = asked {
                warn!(%error, "the subscription cannot be sent");
            }
        }
    }

    /// Takes a publish in. `false`: there is no room anywhere.
    fn take(&self, publish: Publish) -> bool {
        // A broker's user publishes what it likes, also what it wants kept: that is no frame of now.
        if publish.retain {
            if publish.qos != QoS::AtMostOnce {
                let ticket = self.acks.delivered(publish.pkid, &publish.payload, Timestamp::now());
                self.acks.safe([ticket]);
            }
            return true;
        }
        self.metrics.delivered(Source::Mqtt);
        let mut received = Timestamp::now();
        let (ticket, packet) = if publish.qos == QoS::AtMostOnce {
            (Ticket::Nobody, None)
        } else {
            if publish.dup {
                received = self.acks.first_received(publish.pkid, &publish.payload).unwrap_or(received);
            }
            let ticket = self.acks.delivered(publish.pkid, &publish.payload, received);
            (Ticket::Mqtt(ticket), Some(Packet { id: publish.pkid, redelivered: publish.dup }))
        };
        let (content, address) = self.topics.read(&publish.topic);
        let arrival = Arrival::new(Source::Mqtt, publish.topic, content, publish.payload, received);
        let delivery = Delivery { arrival: Arrival { address, ..arrival }, packet };
        match self.pipeline.try_hand_on(delivery, ticket.clone()) {
            Ok(()) | Err(NotTaken::Closed) => true,
            Err(NotTaken::Busy(delivery)) => self.divert.keep(*delivery, ticket, ()).is_ok(),
        }
    }

    /// Until the pipeline can take frames again, or the spool has a tenth of its room back.
    async fn wait_for_room(&self) {
        let spool = &self.divert.spool;
        loop {
            tokio::select! {
                () = self.drained.cancelled() => return,
                () = sleep(RECONNECT) => {}
            }
            let room_in_spool = spool.open_bytes() < spool.limit() / 10 * 9;
            if room_in_spool || (*self.pipeline.database.borrow() && self.pipeline.is_empty()) {
                return;
            }
        }
    }

    /// Sends what is left in the client's queue and says good-bye; the session stays.
    async fn farewell(&self, client: &AsyncClient, events: &mut EventLoop) {
        let _ = client.try_disconnect();
        let end = Instant::now() + Duration::from_secs(1);
        while Instant::now() < end {
            match tokio::time::timeout_at(end, events.poll()).await {
                Ok(Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect)) | Err(_)) | Err(_) => return,
                Ok(Ok(_)) => {}
            }
        }
    }

    /// Connects once without persistence, which is how MQTT 3.1.1 forgets a session.
    async fn remove_session(&self) -> Result<(), String> {
        let mut options = broker::options(&self.url, &self.client_id)?;
        options.set_clean_session(true);
        let (client, mut events) = AsyncClient::new(options, 10);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Mqtt::ConnAck(_))) => {
                    let _ = client.try_disconnect();
                }
                Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect)) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(format!("the drained session cannot be removed: {error}")),
            }
        }
    }
}

/// Sends acknowledgements in order, for as long as their connection lives.
async fn send_acks(client: AsyncClient, acks: Arc<Acks>) {
    loop {
        let due = acks.due().await;
        for packet in due.packets {
            if !acks.is_current(due.generation) {
                break;
            }
            let mut publish = Publish::new("", QoS::AtLeastOnce, Vec::new());
            publish.pkid = packet;
            if client.ack(&publish).await.is_err() {
                return;
            }
        }
    }
}
