//! A receiver of webhooks: keeps what it gets, and answers as it was told to.
#![allow(dead_code, unreachable_pub, reason = "no test program uses all of it")]
#![allow(clippy::allow_attributes, reason = "whether an expectation would be fulfilled differs by program")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What it got.
#[derive(Clone, Debug)]
pub struct Got {
    /// `POST /path`.
    pub line: String,
    /// By their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The bytes behind the head.
    pub body: Vec<u8>,
}

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Sends these bytes and closes the connection.
    Say(String),
    /// Closes the connection at once.
    HangUp,
    /// Says nothing, and holds the connection.
    Silence,
}

impl Answer {
    /// A status without a body.
    pub fn status(status: &str) -> Self {
        Self::Say(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
    }
}

/// A server of the test's own.
pub struct Receiver {
    /// HOST:PORT.
    pub address: String,
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl Receiver {
    /// One that accepts everything.
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// One that speaks TLS.
    pub async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let receiver = Self { address, got: Arc::default(), answers: Arc::default() };
        let (got, answers) = (Arc::clone(&receiver.got), Arc::clone(&receiver.answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (got, answers, tls) = (Arc::clone(&got), Arc::clone(&answers), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &got, &answers).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &got, &answers).await;
                            }
                        }
                    }
                });
            }
        });
        receiver
    }

    /// Answers the next requests so; what comes behind them is accepted.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// What it got, in order.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    got: &Mutex<Vec<Got>>,
    answers: &Mutex<VecDeque<Answer>>,
) {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    got.lock().unwrap().push(Got { line, headers, body: bytes[head + 4..].to_vec() });
    let answer = answers.lock().unwrap().pop_front().unwrap_or_else(|| Answer::status("204 No Content"));
    match answer {
        Answer::HangUp => {}
        Answer::Silence => std::future::pending().await,
        Answer::Say(answer) => {
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }
}
