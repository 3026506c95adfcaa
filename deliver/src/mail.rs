//! An e-mail: one message an event and recipient, so that one recipient's refusal is no other's.

use std::fmt;
use std::time::Duration;

use documents::word;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use metering::Language;
use serde_json::Value;
use store::outbox::{Event, EventKind};
use tokio::time::timeout;

use crate::destination::Reply;
use crate::secret::Secret;
use crate::trust::Trust;

/// For each step of the conversation.
const STEP: Duration = Duration::from_secs(10);

/// From the first packet to the last answer.
const WHOLE: Duration = Duration::from_secs(30);

/// How the connection to the mail server is made safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    /// TLS from the first byte (`smtps://`).
    Wrapped,
    /// TLS before anything is said (`smtp://`).
    StartTls,
    /// None: this machine, or the utility's own network.
    Clear,
}

/// The server through which mail goes.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) login: Option<(String, Secret)>,
}

impl Server {
    /// A transport that opens a connection for each message.
    pub(crate) fn transport(&self, trust: &Trust) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let tls = || {
            let mut builder = TlsParameters::builder(self.host.clone());
            if let Some(own) = &trust.own {
                builder = builder.certificate_store(CertificateStore::None);
                for certificate in own {
                    let certificate = Certificate::from_der(certificate.to_vec());
                    builder = builder.add_root_certificate(certificate.map_err(|error| error.to_string())?);
                }
            }
            builder.build().map_err(|error| error.to_string())
        };
        let tls = match self.security {
            Security::Wrapped => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::Clear => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.host.clone())
            .port(self.port)
            .tls(tls)
            .timeout(Some(STEP));
        if let Some((user, password)) = &self.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        Ok(builder.build())
    }
}

/// One recipient.
#[derive(Clone)]
pub(crate) struct Mail {
    pub(crate) transport: AsyncSmtpTransport<Tokio1Executor>,
    pub(crate) from: Mailbox,
    pub(crate) to: Mailbox,
    pub(crate) language: Language,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("to", &self.to).finish_non_exhaustive()
    }
}

impl Mail {
    pub(crate) fn address(&self) -> String {
        self.to.email.to_string()
    }

    pub(crate) async fn send(&self, event: &Event) -> Reply {
        let message = match self.message(event) {
            Ok(message) => message,
            Err(error) => return Reply::Refused(error.to_string()),
        };
        match timeout(WHOLE, self.transport.send(message)).await {
            Err(_) => Reply::Unreachable(format!("no end within {} s", WHOLE.as_secs())),
            Ok(Ok(response)) => Reply::Heard(response.code().to_string()),
            // It answered: this message or this recipient is what it does not take.
            Ok(Err(error)) if error.status().is_some() => Reply::Refused(said(&error)),
            Ok(Err(error)) => Reply::Unreachable(said(&error)),
        }
    }

    fn message(&self, event: &Event) -> Result<Message, lettre::error::Error> {
        // The same event again is the same message: a mailbox may know it by this.
        let id =
            format!("<event-{}.{}@{}>", event.id, event.created_at.as_second(), self.from.email.domain());
        Message::builder()
            .from(self.from.clone())
            .to(self.to.clone())
            .subject(subject(event, self.language))
            .message_id(Some(id))
            .date(event.created_at.into())
            .header(ContentType::TEXT_PLAIN)
            .body(body(event, self.language))
    }
}

fn subject(event: &Event, language: Language) -> String {
    let what = match event.kind {
        EventKind::RunIssued => language.pick("bill run issued", "批次已开账"),
        EventKind::PaymentRecorded => language.pick("payment recorded", "收款已入账"),
        EventKind::AlarmOpened => language.pick("alarm opened", "新告警"),
        EventKind::AlarmEnded => language.pick("alarm ended", "告警已解除"),
    };
    format!("[Meterline] {what}: {}", event.subject)
}

/// A line for each fact, by name.
fn body(event: &Event, language: Language) -> String {
    let mut lines = vec![subject(event, language), event.created_at.to_string(), String::new()];
    let none = serde_json::Map::new();
    let facts = event.payload.as_object().unwrap_or(&none);
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_null()) {
        let value = match value {
            Value::String(text) => word(language, text).into_owned(),
            other => other.to_string(),
        };
        lines.push(format!("{}: {value}", word(language, name)));
    }
    lines.join("\r\n")
}

/// With its causes.
fn said(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_says_what_happened_in_the_readers_language() {
        let event = Event {
            id: 7,
            kind: EventKind::AlarmOpened,
            subject: "17".to_owned(),
            payload: json!({ "kind": "leak", "severity": "warning", "meter": null }),
            created_at: "2026-11-02T01:10:00Z".parse().unwrap(),
        };
        assert_eq!(subject(&event, Language::Zh), "[Meterline] 新告警: 17");
        let body = body(&event, Language::Zh);
        assert!(body.contains("漏水") && body.contains("警告") && !body.contains("null"), "{body}");
    }
}
