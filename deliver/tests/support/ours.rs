//! What the tests of both ways share.
#![allow(dead_code, unreachable_pub, reason = "no test program uses all of it")]
#![allow(clippy::allow_attributes, reason = "whether an expectation would be fulfilled differs by program")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use deliver::{Senders, Settings, SettingsError};
use metering::Language;
use rustls::ServerConfig;
use rustls::crypto::ring;
use serde_json::{Value, json};
use store::outbox::{Event, EventKind};
use tokio_rustls::TlsAcceptor;

pub fn senders(settings: &Value) -> Result<Senders, SettingsError> {
    let settings: Settings = serde_json::from_value(settings.clone()).unwrap();
    settings.senders(Language::En, |_| None)
}

pub fn event(id: i64, kind: EventKind) -> Event {
    Event {
        id,
        kind,
        subject: "6".to_owned(),
        payload: json!({ "bills": 3 }),
        created_at: "2026-11-02T01:10:00Z".parse().unwrap(),
    }
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A server's certificate of an authority of its own.
pub struct Tls {
    pub acceptor: TlsAcceptor,
    pub authority_file: String,
}

impl Tls {
    pub fn new(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("meterline-deliver-{}-{n}.pem", std::process::id()));
        std::fs::write(&file, made.cert.pem()).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            authority_file: file.to_str().unwrap().to_owned(),
        }
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.authority_file);
    }
}
