//! The broker: its address, and what it says of itself.

use std::net::IpAddr;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS, TlsConfiguration, Transport};
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// The largest packet we take; the broker's profile has the same bound.
const LARGEST_PACKET: usize = 1 << 20;

/// Options for a client of the broker at `mqtt://[user:password@]host[:port]`, or at `mqtts://…[?ca=FILE]`: TLS, with
/// the certificates of the system or of a PEM file as the authorities. A plain connection beyond loopback must be
/// meant: `?private_network=true`.
pub(crate) fn options(url: &str, client_id: &str) -> Result<MqttOptions, String> {
    let address = Address::parse(url)?;
    let mut options = MqttOptions::new(client_id, address.host, address.port);
    options.set_keep_alive(Duration::from_secs(30)).set_max_packet_size(LARGEST_PACKET, LARGEST_PACKET);
    if let Some(login) = address.login {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        options.set_credentials(user, password);
    }
    if address.tls {
        options.set_transport(Transport::tls_with_config(match address.ca {
            None => TlsConfiguration::default(),
            Some(file) => {
                let read = std::fs::read(file);
                let ca =
                    read.map_err(|error| format!("MQTT_URL: the file {file} cannot be read: {error}"))?;
                TlsConfiguration::Simple { ca, alpn: None, client_auth: None }
            }
        }));
    } else if !address.private_network && !is_loopback(address.host) {
        return Err(format!(
            "MQTT_URL: the connection to {} would be plain, and readings and passwords open to who listens: use \
             mqtts:// (?ca=FILE names an authority of your own), or say ?private_network=true if the network is your \
             own",
            address.host
        ));
    }
    Ok(options)
}

/// Host and port for messages; never the password.
pub(crate) fn place(url: &str) -> String {
    Address::parse(url)
        .map_or_else(|_| "?".to_owned(), |address| format!("{}:{}", address.host, address.port))
}

/// The parts of the broker's address.
#[derive(Debug, PartialEq, Eq)]
struct Address<'a> {
    tls: bool,
    login: Option<&'a str>,
    host: &'a str,
    port: u16,
    ca: Option<&'a str>,
    private_network: bool,
}

impl<'a> Address<'a> {
    fn parse(url: &'a str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let tls = match scheme {
            "mqtt" | "tcp" => false,
            "mqtts" | "ssl" => true,
            // Without the address: it may hold a password.
            _ => return Err("MQTT_URL: expected mqtt://host:1883 or mqtts://host:8883".to_owned()),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let rest = rest.split('/').next().unwrap_or_default();
        let (login, place) =
            rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        // An IPv6 address stands in brackets.
        let (host, port) = match place.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
            Some((host, port)) => {
                (host, port.parse().map_err(|_| format!("MQTT_URL names the port {port:?}"))?)
            }
            None => (place, if tls { 8883 } else { 1883 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut address = Self { tls, login, host, port, ca: None, private_network: false };
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("ca", file)) if tls => address.ca = Some(file),
                Some(("private_network", "true")) => address.private_network = true,
                _ => {
                    return Err(format!(
                        "MQTT_URL: {parameter:?} is not known; there are ?ca=FILE (mqtts://) and \
                         ?private_network=true"
                    ));
                }
            }
        }
        Ok(address)
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
        assert_eq!(told("mqtt://127.0.0.1"), Ok((("127.0.0.1".into(), 1883), false)));
        assert_eq!(told("mqtt://u:p@localhost:1884/"), Ok((("localhost".into(), 1884), true)));
        assert_eq!(told("mqtt://[::1]:1885"), Ok((("::1".into(), 1885), false)));
        assert_eq!(told("mqtts://broker.example"), Ok((("broker.example".into(), 8883), false)));
        assert!(told("http://broker").is_err());
        assert!(told("mqtt://localhost:x").is_err());
        assert!(told("mqtt://localhost?cafile=x").unwrap_err().contains("cafile"));
        assert!(told("mqtts://localhost?ca=/no/such/file").unwrap_err().contains("/no/such/file"));
    }

    #[test]
    fn a_plain_connection_through_a_network_must_be_meant() {
        let error = options("mqtt://u:secret@broker.example", "id").unwrap_err();
        assert!(error.contains("mqtts://") && !error.contains("secret"), "{error}");
        assert!(options("mqtt://broker.example?private_network=true", "id").is_ok());
    }
}
