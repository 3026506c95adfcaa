//! Sends documents as an operator's platform does: HTTP POST, one after the other, again until answered.

use std::fmt;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::ledger::{Ledger, LedgerError};
use crate::plan::Send;

/// A document that is not answered with 2xx for this long is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why pushing ended early.
#[derive(Debug)]
pub enum PushError {
    /// The ledger.
    Ledger(LedgerError),
    /// The receiver refuses (a wrong token, a wrong path): no use in asking again.
    Refused {
        /// The path.
        channel: String,
        /// The answer.
        status: StatusCode,
    },
    /// No answer.
    Silent {
        /// Where to.
        authority: String,
        /// The last error.
        last: String,
    },
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(source) => source.fmt(f),
            Self::Refused { channel, status } => {
                write!(f, "{channel} was answered with {status}: check the token")
            }
            Self::Silent { authority, last } => {
                write!(f, "no answer from {authority} for {PATIENCE:?}: {last}")
            }
        }
    }
}

impl std::error::Error for PushError {}

impl From<LedgerError> for PushError {
    fn from(source: LedgerError) -> Self {
        Self::Ledger(source)
    }
}

/// Posts each message to `authority` (HOST:PORT) and writes it to the ledger. Returns how many were answered.
pub async fn push(
    authority: &str,
    token: &str,
    sends: impl Iterator<Item = Send>,
    ledger: &mut Ledger,
) -> Result<u64, PushError> {
    let mut sender: Option<http1::SendRequest<Full<Bytes>>> = None;
    let mut answered = 0;
    for send in sends {
        let begun = Instant::now();
        loop {
            match post(&mut sender, authority, token, &send).await {
                Ok(status) if status.is_success() => break,
                Ok(status) if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                    return Err(PushError::Refused { channel: send.channel, status });
                }
                other => {
                    sender = None;
                    if begun.elapsed() > PATIENCE {
                        for entry in send.entries(false) {
                            ledger.write(&entry)?;
                        }
                        ledger.flush()?;
                        let last = match other {
                            Ok(status) => status.to_string(),
                            Err(error) => error.to_string(),
                        };
                        return Err(PushError::Silent { authority: authority.to_owned(), last });
                    }
                    sleep(Duration::from_millis(200)).await;
                }
            }
        }
        answered += 1;
        for entry in send.entries(true) {
            ledger.write(&entry)?;
        }
    }
    ledger.flush()?;
    Ok(answered)
}

type Failure = Box<dyn std::error::Error + std::marker::Send + Sync>;

/// One POST over the connection that is open, or a new one.
async fn post(
    sender: &mut Option<http1::SendRequest<Full<Bytes>>>,
    authority: &str,
    token: &str,
    send: &Send,
) -> Result<StatusCode, Failure> {
    let open = match sender {
        Some(open) if !open.is_closed() => open,
        slot => {
            let stream = timeout(Duration::from_secs(5), TcpStream::connect(authority)).await??;
            let (fresh, connection) = http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            slot.insert(fresh)
        }
    };
    open.ready().await?;
    let request = Request::post(&send.channel)
        .header("host", authority)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(send.payload.clone())))?;
    let response = timeout(Duration::from_secs(10), open.send_request(request)).await??;
    let status = response.status();
    // The body must be read before the connection takes another request.
    http_body_util::BodyExt::collect(response.into_body()).await?;
    Ok(status)
}
