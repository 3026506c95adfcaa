//! A meter's side of MQTT: publishes at QoS 1 and waits for the broker's acknowledgement.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};

/// Publishes each message (topic, payload) in turn. All are acknowledged when this returns.
pub async fn publish(url: &str, client_id: &str, messages: &[(String, Vec<u8>)]) {
    let place = url.rsplit(['/', '@']).next().unwrap();
    let (host, port) = place.rsplit_once(':').unwrap_or((place, "1883"));
    let mut options = MqttOptions::new(client_id, host, port.parse().unwrap());
    options.set_keep_alive(Duration::from_secs(30)).set_clean_session(true);
    let (client, mut events) = AsyncClient::new(options, messages.len().max(1));
    for (topic, payload) in messages {
        client.try_publish(topic, QoS::AtLeastOnce, false, payload.clone()).unwrap();
    }
    let acknowledged = async {
        let mut missing = messages.len();
        while missing > 0 {
            if let Event::Incoming(Packet::PubAck(_)) = events.poll().await.unwrap() {
                missing -= 1;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), acknowledged).await.expect("the broker acknowledges");
}
