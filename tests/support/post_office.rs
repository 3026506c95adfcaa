//! A mail server: keeps the messages that it gets, and refuses the recipients that it was told to.
#![allow(dead_code, unreachable_pub, reason = "no test program uses all of it")]
#![allow(clippy::allow_attributes, reason = "whether an expectation would be fulfilled differs by program")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A message that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Of the envelope.
    pub from: String,
    /// Of the envelope.
    pub to: Vec<String>,
    /// Head and body.
    pub text: String,
}

/// A server of the test's own.
pub struct PostOffice {
    /// HOST:PORT.
    pub address: String,
    taken: Arc<Mutex<Vec<Taken>>>,
    refused: Arc<Mutex<Vec<String>>>,
}

impl PostOffice {
    /// One in the clear.
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// One that speaks TLS from the first byte.
    pub async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        Self::open(tls, false).await
    }

    /// One that speaks plainly, offers STARTTLS, and takes no message before it.
    pub async fn start_offering(tls: TlsAcceptor) -> Self {
        Self::open(Some(tls), true).await
    }

    async fn open(tls: Option<TlsAcceptor>, offers: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let office = Self { address, taken: Arc::default(), refused: Arc::default() };
        let (taken, refused) = (Arc::clone(&office.taken), Arc::clone(&office.refused));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (taken, refused, tls) = (Arc::clone(&taken), Arc::clone(&refused), tls.clone());
                tokio::spawn(async move {
                    let stream = match (offers, &tls) {
                        (true, _) => match serve(stream, Speech::Offers, &taken, &refused).await {
                            Some(stream) => stream,
                            None => return,
                        },
                        (false, None) => {
                            serve(stream, Speech::Begins, &taken, &refused).await;
                            return;
                        }
                        (false, Some(_)) => stream,
                    };
                    let Some(tls) = tls else { return };
                    if let Ok(stream) = tls.accept(stream).await {
                        let speech = if offers { Speech::GoesOn } else { Speech::Begins };
                        serve(stream, speech, &taken, &refused).await;
                    }
                });
            }
        });
        office
    }

    /// Refuses these recipients from now on.
    pub fn refuse(&self, addresses: &[&str]) {
        *self.refused.lock().unwrap() = addresses.iter().map(|&address| address.to_owned()).collect();
    }

    /// What it took, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

/// How the server speaks on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speech {
    /// It greets, and takes messages.
    Begins,
    /// It greets, and takes messages only after STARTTLS.
    Offers,
    /// STARTTLS lies behind: the client speaks first.
    GoesOn,
}

/// RFC 5321, as much of it as a sender of one message needs. The stream, where the client has asked for TLS on it.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    speech: Speech,
    taken: &Mutex<Vec<Taken>>,
    refused: &Mutex<Vec<String>>,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    if speech != Speech::GoesOn {
        let _ = stream.write_all(b"220 post.test ESMTP\r\n").await;
    }
    let mut message = Taken { from: String::new(), to: Vec::new(), text: String::new() };
    let mut line = String::new();
    while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
        let verb = line.trim_end().to_ascii_uppercase();
        let answer = if verb.starts_with("EHLO") && speech == Speech::Offers {
            "250-post.test\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
        } else if verb.starts_with("EHLO") {
            "250-post.test\r\n250 8BITMIME\r\n"
        } else if verb == "STARTTLS" && speech == Speech::Offers {
            stream.write_all(b"220 go on\r\n").await.ok()?;
            return Some(stream.into_inner());
        } else if speech == Speech::Offers && verb != "QUIT" {
            "530 must issue a STARTTLS command first\r\n"
        } else if verb.starts_with("MAIL FROM") {
            message.from = address(&line);
            "250 ok\r\n"
        } else if verb.starts_with("RCPT TO") {
            let to = address(&line);
            if refused.lock().unwrap().contains(&to) {
                "550 no such user\r\n"
            } else {
                message.to.push(to);
                "250 ok\r\n"
            }
        } else if verb == "DATA" {
            let _ = stream.write_all(b"354 go on\r\n").await;
            let mut part = String::new();
            while stream.read_line(&mut part).await.unwrap_or(0) > 0 && part != ".\r\n" {
                message.text += &std::mem::take(&mut part);
            }
            taken.lock().unwrap().push(message.clone());
            "250 queued\r\n"
        } else if verb == "QUIT" {
            "221 bye\r\n"
        } else {
            "250 ok\r\n"
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
        line.clear();
    }
    None
}
