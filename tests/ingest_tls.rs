//! Where a network is crossed the connection is encrypted: broker, database and the HTTP door, each with a certificate
//! of the test's own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::front_door::json;
use support::proxy::Certificate;
use support::{FrontDoor, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

#[tokio::test(flavor = "multi_thread")]
async fn frames_come_and_go_encrypted() {
    let Some(mut door) = FrontDoor::new().await else { return };
    door.add_meters(2).await;
    let certificate = Certificate::new(&std::env::temp_dir().join(format!("{}-tls", door.name)));
    let ca = certificate.chain.display().to_string();
    // The servers speak plainly on loopback; before each stands a port that speaks TLS.
    let broker = door.mqtt_url.trim_start_matches("mqtt://").trim_end_matches('/').to_owned();
    let broker = certificate.before(broker, false).await;
    let database_url = door.database_url.clone();
    let (login, place) = database_url.split_once('@').unwrap();
    let (server, name) = place.split_once('/').unwrap();
    let database = certificate.before(server.to_owned(), true).await;
    let plain = (door.mqtt_url.clone(), door.database_url.clone());
    let url = |mode: &str| format!("{login}@localhost:{database}/{name}?sslmode={mode}");

    door.settings(&format!(
        "http_certificate = {{ chain = \"{ca}\", key = \"{}\" }}",
        certificate.key.display()
    ));
    door.mqtt_url = format!("mqtts://localhost:{broker}?ca={ca}");
    door.database_url = url(&format!("verify-full&sslrootcert={ca}"));
    assert_eq!(door.ended(&["ingest", "--check"]).code, 0);
    door.start().await;
    let http = door.http().await;

    // The publisher is on the broker's own machine.
    let through = std::mem::replace(&mut door.mqtt_url, plain.0.clone());
    door.publish(vec![("meters/json/1/up".into(), json("1", "2026-10-01T00:00:00Z", "1"))]).await;
    let frame = hex::encode(json("2", "2026-10-01T00:00:00Z", "2"));
    let document =
        format!(r#"{{"frames":[{{"time":"2026-10-01T00:00:00Z","format":"json","hex":"{frame}"}}]}}"#);
    assert_eq!(push(&http, &ca, &document).await, "200");
    eventually("both are stored", Duration::from_secs(20), async || door.readings().len() == 2).await;
    door.stop();

    // `require` looks at no certificate; `verify-full` without its authority takes none.
    door.mqtt_url = through;
    door.database_url = url("require");
    assert_eq!(door.ended(&["status"]).code, 0);
    door.database_url = url("verify-full");
    let refused = door.ended(&["status"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("certificate"), "{}", refused.stderr);
    // A name that is not in it.
    door.database_url = url(&format!("verify-full&sslrootcert={ca}")).replace("localhost", "127.0.0.1");
    assert_eq!(door.ended(&["status"]).code, 1);
    door.database_url = url(&format!("verify-ca&sslrootcert={ca}")).replace("localhost", "127.0.0.1");
    assert_eq!(door.ended(&["status"]).code, 0);
    (door.mqtt_url, door.database_url) = plain;
}

/// Posts over TLS; the status of the answer.
async fn push(http: &str, ca: &str, document: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(http).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let request = format!(
        "POST /push/frames HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{document}",
        document.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The end of the connection without TLS' own farewell is the end all the same.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or("no answer").to_owned()
}
