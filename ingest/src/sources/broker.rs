//! The broker: its address, and what it says of itself.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// The largest packet we take; the broker's profile has the same bound.
const LARGEST_PACKET: usize = 1 << 20;

/// Options for a client of the broker at `mqtt://[user:password@]host[:port]`.
pub(crate) fn options(url: &str, client_id: &str) -> Result<MqttOptions, String> {
    let rest = url
        .strip_prefix("mqtt://")
        .or_else(|| url.strip_prefix("tcp://"))
        .ok_or_else(|| format!("MQTT_URL is {url:?}: expected mqtt://host:1883"))?;
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| format!("MQTT_URL names the port {port:?}"))?),
        None => (place, 1883),
    };
    let mut options = MqttOptions::new(client_id, host, port);
    options.set_keep_alive(Duration::from_secs(30)).set_max_packet_size(LARGEST_PACKET, LARGEST_PACKET);
    if let Some(login) = login {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        options.set_credentials(user, password);
    }
    Ok(options)
}

/// Listens to what the broker says of its memory and of messages that it dropped. A session of its own, without
/// persistence: what it misses does not matter.
pub(crate) async fn watch(url: String, client_id: String, metrics: Metrics, stop: CancellationToken) {
    const HEAP: &str = "$SYS/broker/heap/current";
    const DROPPED: &str = "$SYS/broker/publish/messages/dropped";
    let Ok(options) = options(&url, &format!("{client_id}-watch")) else { return };
    let (client, mut events) = AsyncClient::new(options, 10);
    let mut dropped_before: Option<u64> = None;
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.poll() => event,
        };
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                for topic in [HEAP, DROPPED] {
                    let _ = client.try_subscribe(topic, QoS::AtMostOnce);
                }
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let number = std::str::from_utf8(&publish.payload)
                    .ok()
                    .and_then(|text| text.trim().parse::<u64>().ok());
                match (publish.topic.as_str(), number) {
                    (HEAP, Some(bytes)) => metrics.broker_heap(i64::try_from(bytes).unwrap_or(i64::MAX)),
                    (DROPPED, Some(dropped)) => {
                        // It counts since it started; what it dropped before we came is not ours to alarm about.
                        metrics
                            .broker_dropped
                            .inc_by(dropped.saturating_sub(dropped_before.unwrap_or(dropped)));
                        dropped_before = Some(dropped);
                    }
                    _ => {}
                }
            }
            Ok(_) => {}
            Err(_) => tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(5)) => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_may_have_more() {
        let told = |url| {
            options(url, "id").map(|options| (options.broker_address(), options.credentials().is_some()))
        };
        assert_eq!(told("mqtt://10.0.0.1"), Ok((("10.0.0.1".into(), 1883), false)));
        assert_eq!(told("mqtt://u:p@broker:1884/"), Ok((("broker".into(), 1884), true)));
        assert!(told("http://broker").is_err());
        assert!(told("mqtt://broker:x").is_err());
    }
}
