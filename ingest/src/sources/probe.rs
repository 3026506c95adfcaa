//! Tries, before the first frame, that the broker keeps what it acknowledges.
//!
//! A default Mosquitto queues 1,000 messages for a session that is away, acknowledges all further ones to their
//! senders and drops them in silence. So: a session subscribes and goes away; more messages than that are published
//! and acknowledged; the session comes back and must get every one.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, Packet, QoS};
use tokio::time::timeout;

use super::broker;

/// More than the 1,000 queued and 20 under way of a default Mosquitto, and than EMQX's 1,000.
const MESSAGES: usize = 1_200;
/// For each of the steps. A broker that is so slow is refused as well.
const PATIENCE: Duration = Duration::from_secs(10);
/// No further message for this long after the first: the rest was dropped.
const QUIET: Duration = Duration::from_secs(2);

/// `Err` says what the broker lost, or that it cannot be reached.
pub(crate) async fn probe(url: &str, client_id: &str, prefix: &str) -> Result<(), String> {
    let session = format!("{client_id}-probe");
    let topic = format!("{prefix}meterline/probe/{client_id}");
    subscribe(url, &session, &topic).await?;
    let published = timeout(PATIENCE, publish(url, &format!("{session}-publish"), &topic)).await;
    let received = match &published {
        Ok(Ok(())) => count(url, &session).await,
        _ => Ok(0),
    };
    // The session must not stay: nobody would ever empty it again.
    forget(url, &session).await?;
    published
        .map_err(|_| format!("the broker does not acknowledge {MESSAGES} messages in {PATIENCE:?}"))??;
    match received? {
        MESSAGES => Ok(()),
        received => Err(format!(
            "the broker drops messages that it has acknowledged: of {MESSAGES} for a session that was away it kept \
             {received}. Mosquitto: set max_queued_messages 0 and max_queued_bytes 0, as in deploy/mosquitto.conf; \
             EMQX: raise max_mqueue_len. (ingest.probe = false or --no-probe leaves this test out)"
        )),
    }
}

async fn subscribe(url: &str, session: &str, topic: &str) -> Result<(), String> {
    // What an interrupted probe has left must not count.
    forget(url, session).await?;
    let (client, mut events) = connect(url, session, false)?;
    wait(&mut events, |event| matches!(event, Packet::ConnAck(_))).await?;
    client.try_subscribe(topic, QoS::AtLeastOnce).map_err(|error| error.to_string())?;
    wait(&mut events, |event| matches!(event, Packet::SubAck(_))).await?;
    leave(&client, &mut events).await;
    Ok(())
}

async fn publish(url: &str, session: &str, topic: &str) -> Result<(), String> {
    let (client, mut events) = connect(url, session, true)?;
    let topic = topic.to_owned();
    let sending = client.clone();
    let sender = tokio::spawn(async move {
        for n in 0..MESSAGES {
            if sending.publish(&topic, QoS::AtLeastOnce, false, n.to_string()).await.is_err() {
                return;
            }
        }
    });
    let mut acknowledged = 0;
    while acknowledged < MESSAGES {
        wait(&mut events, |event| matches!(event, Packet::PubAck(_))).await?;
        acknowledged += 1;
    }
    let _ = sender.await;
    leave(&client, &mut events).await;
    Ok(())
}

async fn count(url: &str, session: &str) -> Result<usize, String> {
    let (client, mut events) = connect(url, session, false)?;
    wait(&mut events, |event| matches!(event, Packet::ConnAck(_))).await?;
    let mut received = std::collections::HashSet::new();
    while received.len() < MESSAGES {
        match timeout(QUIET, events.poll()).await {
            Ok(Ok(Event::Incoming(Packet::Publish(publish)))) => {
                received.insert(publish.payload);
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => break,
        }
    }
    leave(&client, &mut events).await;
    Ok(received.len())
}

async fn forget(url: &str, session: &str) -> Result<(), String> {
    let (client, mut events) = connect(url, session, true)?;
    wait(&mut events, |event| matches!(event, Packet::ConnAck(_))).await?;
    leave(&client, &mut events).await;
    Ok(())
}

fn connect(url: &str, session: &str, clean: bool) -> Result<(AsyncClient, EventLoop), String> {
    let mut options = broker::options(url, session)?;
    options.set_clean_session(clean).set_inflight(200);
    Ok(AsyncClient::new(options, 100))
}

/// Polls until a packet of that kind has come in.
async fn wait(events: &mut EventLoop, wanted: impl Fn(&Packet) -> bool) -> Result<(), String> {
    let waiting = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(packet)) if wanted(&packet) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    };
    timeout(PATIENCE, waiting).await.map_err(|_| format!("the broker does not answer in {PATIENCE:?}"))?
}

async fn leave(client: &AsyncClient, events: &mut EventLoop) {
    let _ = client.try_disconnect();
    let leaving = async {
        while !matches!(events.poll().await, Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect)) | Err(_)) {}
    };
    let _ = timeout(Duration::from_secs(1), leaving).await;
}
