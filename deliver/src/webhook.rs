//! A webhook: one POST an event, signed.
//!
//! ```text
//! POST /path HTTP/1.1
//! content-type: application/json
//! meterline-event: 17
//! meterline-signature: t=1793503800,v1=5f0c…
//!
//! {"id":17,"kind":"run.issued","subject":"6","created_at":"2026-11-02T01:10:00Z","data":{…}}
//! ```
//!
//! Any answer of 2xx is "heard", 410 is "gone", everything else is "not now": a redirect too, because it would carry our
//! signature to somebody whom the settings do not name. The body of an answer is not read.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::json;
use store::outbox::Event;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::destination::Reply;
use crate::secret::Secret;
use crate::signature::{self, HEADER};

/// From the first packet to the status line.
const TIME_OUT: Duration = Duration::from_secs(10);

/// The most that the head of an answer may take.
const HEAD_BYTES: usize = 16 * 1024;

/// Where and how.
#[derive(Clone)]
pub(crate) struct Webhook {
    pub(crate) url: Uri,
    pub(crate) secret: Secret,
    /// None: in the clear, on this machine or the utility's own network.
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Webhook {
    pub(crate) fn address(&self) -> String {
        self.url.to_string()
    }

    pub(crate) async fn send(&self, event: &Event) -> Reply {
        match timeout(TIME_OUT, self.post(event)).await {
            Err(_) => Reply::Unreachable(format!("no answer within {} s", TIME_OUT.as_secs())),
            Ok(Err(why)) => Reply::Unreachable(why),
            Ok(Ok(StatusCode::GONE)) => Reply::Gone,
            Ok(Ok(status)) if status.is_success() => Reply::Heard(status.to_string()),
            Ok(Ok(status)) if status.is_redirection() => {
                Reply::Refused(format!("{status}: redirects are not followed"))
            }
            Ok(Ok(status)) => Reply::Refused(status.to_string()),
        }
    }

    async fn post(&self, event: &Event) -> Result<StatusCode, String> {
        let host = self.url.host().ok_or("the URL has no host")?;
        let port = self.url.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let body = json!({
            "id": event.id,
            "kind": event.kind.name(),
            "subject": event.subject,
            "created_at": event.created_at.to_string(),
            "data": event.payload,
        })
        .to_string();
        let signature = signature::sign(self.secret.reveal(), Timestamp::now(), body.as_bytes());
        let request = Request::post(self.url.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, self.url.authority().map_or(host, |authority| authority.as_str()))
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("meterline/", env!("CARGO_PKG_VERSION")))
            .header("meterline-event", event.id)
            .header(HEADER, signature.to_string())
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        // An IPv6 address stands in brackets in a URL, and nowhere else.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some(config) => {
                let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
                exchange(stream, request).await
            }
        }
    }
}

/// One request, one status.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, String> {
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let mut connection = std::pin::pin!(connection);
    let mut answer = std::pin::pin!(sender.send_request(request));
    tokio::select! {
        answer = &mut answer => answer.map(|answer| answer.status()).map_err(|error| error.to_string()),
        ended = &mut connection => match ended {
            // The answer may have come with the end.
            Ok(()) => answer.await.map(|answer| answer.status()).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        },
    }
}
