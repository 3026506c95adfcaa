//! `[deliver]`: who is to hear of what.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use hyper::Uri;
use lettre::message::Mailbox;
use metering::Language;
use serde::Deserialize;
use store::outbox::EventKind;

use crate::destination::{Sender, Way};
use crate::mail::{Mail, Security, Server};
use crate::secret::Secret;
use crate::trust::Trust;
use crate::webhook::Webhook;

/// The most destinations.
const MOST: usize = 100;

/// A secret that could be guessed proves nothing.
const SECRET_CHARACTERS: usize = 16;

/// The table as it stands in the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A PEM file of authorities, in the place of the system's.
    certificates: Option<PathBuf>,
    /// What is in the clear beyond loopback stays in the utility's own network.
    private_network: bool,
    webhooks: Vec<WebhookSettings>,
    mail: Option<MailSettings>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookSettings {
    name: String,
    url: String,
    /// Shared with the receiver; or the environment variable that holds it.
    secret: Option<Secret>,
    secret_env: Option<String>,
    /// What it hears of; else everything.
    kinds: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailSettings {
    /// `smtps://host`, or `smtp://host` (STARTTLS).
    url: String,
    /// STARTTLS also where mail could go in the clear.
    #[serde(default)]
    starttls: bool,
    from: String,
    user: Option<String>,
    password: Option<Secret>,
    password_env: Option<String>,
    /// By kind of event, who gets a message.
    recipients: BTreeMap<String, Vec<String>>,
}

/// What in the table cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[deliver] {}", self.0)
    }
}

impl std::error::Error for SettingsError {}

fn fault(message: impl fmt::Display) -> SettingsError {
    SettingsError(message.to_string())
}

/// The senders that the settings name, by the names of their destinations.
#[derive(Clone, Debug, Default)]
pub struct Senders(BTreeMap<String, Sender>);

impl Senders {
    /// Each of them.
    pub fn all(&self) -> impl Iterator<Item = &Sender> {
        self.0.values()
    }

    /// The one of that name.
    pub fn find(&self, name: &str) -> Option<&Sender> {
        self.0.get(name)
    }
}

impl Settings {
    /// The senders; `environment` answers for the names of variables.
    pub fn senders(
        &self,
        language: Language,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Senders, SettingsError> {
        let trust = Trust::read(self.certificates.as_deref()).map_err(fault)?;
        let mut senders = BTreeMap::new();
        let mut add = |sender: Sender| {
            let name = sender.name.clone();
            if senders.insert(name.clone(), sender).is_some() {
                return Err(fault(format!("{name} stands twice")));
            }
            Ok(())
        };
        for webhook in &self.webhooks {
            add(self.webhook(webhook, &trust, &environment)?)?;
        }
        if let Some(mail) = &self.mail {
            for sender in self.mail(mail, &trust, language, &environment)? {
                add(sender)?;
            }
        }
        if senders.len() > MOST {
            return Err(fault(format!("{} destinations are more than {MOST}", senders.len())));
        }
        Ok(Senders(senders))
    }

    fn webhook(
        &self,
        settings: &WebhookSettings,
        trust: &Trust,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Result<Sender, SettingsError> {
        let WebhookSettings { name, .. } = settings;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > 60 || !name.chars().all(is_plain) {
            return Err(fault(format!("webhook name {name:?}: up to 60 letters, digits, - _ .")));
        }
        let of = |message: String| fault(format!("webhook {name}: {message}"));
        let secret = secret(settings.secret.as_ref(), settings.secret_env.as_deref(), "secret", environment)
            .and_then(|secret| secret.ok_or_else(|| "secret or secret_env is missing".to_owned()))
            .map_err(of)?;
        if secret.reveal().chars().count() < SECRET_CHARACTERS {
            return Err(of(format!("its secret has fewer than {SECRET_CHARACTERS} characters")));
        }
        let (url, host, _) = address(&settings.url).map_err(of)?;
        let tls = match url.scheme_str() {
            Some("https") => Some(trust.client_config().map_err(of)?),
            Some("http") => {
                self.in_the_clear(&host, "https").map_err(of)?;
                None
            }
            other => {
                return Err(of(format!("{other:?} is no scheme for it: https, or http on this machine")));
            }
        };
        let kinds = match &settings.kinds {
            None => EventKind::ALL.to_vec(),
            Some(kinds) => kinds.iter().map(|kind| kind.parse()).collect::<Result<_, _>>().map_err(fault)?,
        };
        Ok(Sender { name: format!("webhook:{name}"), kinds, way: Way::Webhook(Webhook { url, secret, tls }) })
    }

    fn mail(
        &self,
        settings: &MailSettings,
        trust: &Trust,
        language: Language,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<Sender>, SettingsError> {
        let of = |message: String| fault(format!("mail: {message}"));
        let (url, host, port) = address(&settings.url).map_err(of)?;
        let (security, port) = match url.scheme_str() {
            Some("smtps") if settings.starttls => {
                return Err(of("smtps is encrypted from the first byte: starttls goes with smtp".to_owned()));
            }
            Some("smtps") => (Security::Wrapped, port.unwrap_or(465)),
            Some("smtp") if !settings.starttls && self.in_the_clear(&host, "smtps").is_ok() => {
                (Security::Clear, port.unwrap_or(25))
            }
            Some("smtp") => (Security::StartTls, port.unwrap_or(587)),
            other => return Err(of(format!("{other:?} is no scheme for it: smtps or smtp"))),
        };
        let password =
            secret(settings.password.as_ref(), settings.password_env.as_deref(), "password", environment)
                .map_err(of)?;
        let login = match (&settings.user, password) {
            (None, None) => None,
            (Some(user), Some(password)) => Some((user.clone(), password)),
            _ => return Err(of("user and password go together".to_owned())),
        };
        let server = Server { host, port, security, login };
        let transport = server.transport(trust).map_err(of)?;
        let mailbox = |text: &str| -> Result<Mailbox, SettingsError> {
            text.parse().map_err(|error| of(format!("{text:?} is no address: {error}")))
        };
        let from = mailbox(&settings.from)?;
        let mut recipients: BTreeMap<String, (Mailbox, Vec<EventKind>)> = BTreeMap::new();
        for (kind, addresses) in &settings.recipients {
            let kind: EventKind = kind.parse().map_err(fault)?;
            for address in addresses {
                let to = mailbox(address)?;
                let known = recipients.entry(to.email.to_string()).or_insert_with(|| (to, Vec::new()));
                if !known.1.contains(&kind) {
                    known.1.push(kind);
                }
            }
        }
        let sender = |(address, (to, kinds)): (String, (Mailbox, Vec<EventKind>))| {
            let mail = Mail { transport: transport.clone(), from: from.clone(), to, language };
            Sender { name: format!("mail:{address}"), kinds, way: Way::Mail(mail) }
        };
        Ok(recipients.into_iter().map(sender).collect())
    }

    /// Whether what goes to a host may be read on its way.
    fn in_the_clear(&self, host: &str, instead: &str) -> Result<(), String> {
        let is_loopback = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if is_loopback || self.private_network {
            return Ok(());
        }
        Err(format!(
            "what goes to {host} would be open to who listens: say {instead}, or private_network = true if the network is your own"
        ))
    }
}

/// A URL with its host, without brackets, and its port. A password in it would be printed with it.
fn address(url: &str) -> Result<(Uri, String, Option<u16>), String> {
    if url.contains('@') {
        return Err("name and password do not stand in the url".to_owned());
    }
    let parsed: Uri = url.parse().map_err(|error| format!("url {url:?}: {error}"))?;
    let host =
        parsed.host().filter(|host| !host.is_empty()).ok_or_else(|| format!("url {url:?} has no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = parsed.port_u16();
    Ok((parsed, host, port))
}

/// What stands in the file, or in the variable that the file names.
fn secret(
    given: Option<&Secret>,
    variable: Option<&str>,
    what: &str,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Secret>, String> {
    match (given, variable) {
        (Some(_), Some(_)) => Err(format!("{what} and {what}_env: one of them is enough")),
        (Some(secret), None) => Ok(Some(secret.clone())),
        (None, None) => Ok(None),
        (None, Some(variable)) => environment(variable)
            .filter(|value| !value.is_empty())
            .map(|value| Some(Secret::new(value)))
            .ok_or_else(|| format!("{variable} is not set in the environment")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senders(text: &str) -> Result<Senders, SettingsError> {
        let settings: Settings = serde_json::from_str(text).unwrap();
        settings.senders(Language::En, |name| (name == "KEY").then(|| "0123456789abcdef".to_owned()))
    }

    #[test]
    fn names_say_the_way_and_each_recipient_is_a_destination() {
        let senders = senders(
            r#"{"webhooks": [{"name": "erp", "url": "http://127.0.0.1/x", "secret_env": "KEY", "kinds": ["run.issued"]}],
                "mail": {"url": "smtp://localhost", "from": "Bills <b@example.com>",
                         "recipients": {"run.issued": ["a@example.com"], "alarm.opened": ["a@example.com", "Duty <d@example.com>"]}}}"#,
        )
        .unwrap();
        let named: Vec<_> = senders.all().map(|sender| (sender.name(), sender.kinds.len())).collect();
        assert_eq!(named, [("mail:a@example.com", 2), ("mail:d@example.com", 1), ("webhook:erp", 1)]);
    }

    #[test]
    fn what_cannot_be_is_refused_and_named() {
        let webhook = |rest: &str| format!(r#"{{"webhooks": [{{"name": "erp", {rest}}}]}}"#);
        for (text, named) in [
            (webhook(r#""url": "http://example.com/x", "secret_env": "KEY""#), "open to who listens"),
            (webhook(r#""url": "ftp://localhost/x", "secret_env": "KEY""#), "ftp"),
            (
                webhook(r#""url": "https://me:pw@example.com", "secret_env": "KEY""#),
                "do not stand in the url",
            ),
            (webhook(r#""url": "http://localhost", "secret": "short""#), "fewer than 16"),
            (webhook(r#""url": "http://localhost", "secret_env": "NONE""#), "NONE is not set"),
            (webhook(r#""url": "http://localhost""#), "is missing"),
            (webhook(r#""url": "http://localhost", "secret_env": "KEY", "kinds": ["bill"]"#), "\"bill\""),
            (r#"{"certificates": "/nowhere.pem"}"#.to_owned(), "/nowhere.pem"),
            (
                r#"{"mail": {"url": "smtps://localhost", "starttls": true, "from": "b@c.de", "recipients": {}}}"#
                    .to_owned(),
                "starttls goes with smtp",
            ),
            (
                r#"{"mail": {"url": "smtp://localhost", "from": "b", "recipients": {}}}"#.to_owned(),
                "\"b\" is no address",
            ),
            (
                r#"{"mail": {"url": "smtp://localhost", "from": "b@c.de", "user": "u", "recipients": {}}}"#
                    .to_owned(),
                "go together",
            ),
        ] {
            let error = senders(&text).unwrap_err().to_string();
            assert!(error.starts_with("[deliver] ") && error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let text =
            r#"{"webhooks": [{"name": "erp", "url": "http://localhost", "secret": "0123456789abcdef"}]}"#;
        let settings: Settings = serde_json::from_str(text).unwrap();
        let senders = senders(text).unwrap();
        assert!(!format!("{settings:?} {senders:?}").contains("0123456789abcdef"));
    }
}
