//! The HTTP door: operators' platforms push documents; they are answered when the document is on disk.
//!
//! Also ingest's own pages: `/metrics` and `/healthz`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use metering::Source;
use rustls::ServerConfig;
use store::sink::Content;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::tls::Secure;
use crate::delivery::Delivery;
use crate::metrics::Metrics;
use crate::node::Node;
use crate::settings::PUSH_SOURCES;
use crate::spool::Spool;

/// The largest document.
const LARGEST: usize = 4 << 20;

/// What the door works with.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) spool: Arc<Spool>,
    pub(crate) tokens: Arc<BTreeMap<String, String>>,
    pub(crate) metrics: Metrics,
    pub(crate) node: Arc<Node>,
    /// Take in nothing more.
    pub(crate) stop: CancellationToken,
}

/// Serves until the stop; over TLS where there is a certificate.
pub(crate) async fn serve(
    door: Door,
    listener: TcpListener,
    certificate: Option<Arc<ServerConfig>>,
) -> std::io::Result<()> {
    let stop = door.stop.clone();
    let router = Router::new()
        .route("/push/{source}", post(push).get(verify))
        .layer(DefaultBodyLimit::max(LARGEST))
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .with_state(door);
    let stopped = stop.cancelled_owned();
    match certificate {
        None => axum::serve(listener, router).with_graceful_shutdown(stopped).await,
        Some(certificate) => {
            let listener = Secure::new(listener, certificate)?;
            axum::serve(listener, router).with_graceful_shutdown(stopped).await
        }
    }
}

async fn push(
    State(door): State<Door>,
    Path(source): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if !PUSH_SOURCES.contains(&source.as_str()) {
        return answer(StatusCode::NOT_FOUND, "no such source");
    }
    if !allowed(&door, &source, &query, &headers) {
        return answer(StatusCode::UNAUTHORIZED, "the token of this source is missing or wrong");
    }
    if door.stop.is_cancelled() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "stopping; push again");
    }
    door.metrics.delivered(Source::Push);
    let content = match source.as_str() {
        "frames" => Content::Document,
        format => Content::Frame(format.into()),
    };
    let delivery = Delivery::now(Source::Push, format!("/push/{source}"), content, bytes);
    let begun = std::time::Instant::now();
    let Ok(is_durable) = door.spool.keep(delivery).await else {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "no room; push again");
    };
    door.metrics.spool_sync_seconds.observe(begun.elapsed().as_secs_f64());
    if is_durable {
        answer(StatusCode::OK, "ok")
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, "the disk refuses; push again")
    }
}

/// OneNET asks once whether the address is ours, and wants its `msg` back.
async fn verify(
    State(door): State<Door>,
    Path(source): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if source != "onenet" || !allowed(&door, &source, &query, &headers) {
        return answer(StatusCode::NOT_FOUND, "nothing to see; push with POST");
    }
    query.get("msg").cloned().unwrap_or_default().into_response()
}

/// `Authorization: Bearer …`, `X-Token: …` or `?token=…`: some platforms can be told no more than an address.
fn allowed(door: &Door, source: &str, query: &BTreeMap<String, String>, headers: &HeaderMap) -> bool {
    let Some(token) = door.tokens.get(source) else { return true };
    let header = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let given = [bearer, header("x-token"), query.get("token").map(String::as_str)];
    given.into_iter().flatten().any(|given| equal(given.as_bytes(), token.as_bytes()))
}

/// In a time that does not tell how much of it is right.
fn equal(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len() && given.iter().zip(token).fold(0, |bits, (a, b)| bits | (a ^ b)) == 0
}

fn answer(status: StatusCode, message: &str) -> Response {
    let code = u8::from(status != StatusCode::OK);
    let body = format!("{{\"code\":{code},\"message\":\"{message}\"}}\n");
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn metrics(State(door): State<Door>) -> Response {
    door.node.measure();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], door.metrics.page()).into_response()
}

/// 200 while what is promised can be kept: the database takes commits, or the spool has room.
async fn health(State(door): State<Door>) -> Response {
    let database = door.node.database_up();
    let room = door.spool.open_bytes() < door.spool.limit() / 10 * 9;
    let status = if database || room { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = format!(
        "{{\"database\":{database},\"spool_bytes\":{},\"spool_has_room\":{room}}}\n",
        door.spool.open_bytes()
    );
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
