//! What every page has at hand, and the routes.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::MatchedPath;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use metering::Zone;
use store::Pool;
use tokio::net::TcpListener;

use crate::text::Language;
use crate::{metrics, pages};

/// Says what a frame holds: format and bytes in, lines of label and value out. The program passes it in, because
/// formats are none of this crate's business.
pub type FrameReader = fn(format: &str, bytes: &[u8]) -> Vec<(String, String)>;

/// What every page has at hand.
#[derive(Clone)]
pub struct App {
    /// Connections that may only read.
    pub pool: Pool,
    /// The utility's zone.
    pub zone: Zone,
    /// The language of whoever asks for none.
    pub language: Language,
    /// Says what a frame holds.
    pub frame_reader: FrameReader,
    /// The program's metrics in Prometheus' text format.
    pub metrics: fn() -> String,
}

pub(crate) type Shared = Arc<App>;

/// Serves until `stop` comes.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, routes(Arc::new(app))).with_graceful_shutdown(stop).await
}

fn routes(app: Shared) -> Router {
    Router::new()
        .route("/", get(pages::home::show))
        .route("/bills", get(pages::bills::list))
        .route("/bills/{bill_no}", get(pages::bills::show))
        .route("/arrears", get(pages::arrears::list))
        .route("/alarms", get(pages::alarms::list))
        .route("/meters", get(pages::meters::list))
        .route("/meters/{serial}", get(pages::meters::show))
        .route("/style.css", get(style))
        .route("/healthz", get(pages::health))
        .route("/metrics", get(pages::metrics))
        .fallback(pages::not_found)
        .layer(middleware::from_fn(guarded))
        .with_state(app)
}

async fn style() -> Response {
    let css = include_str!("../assets/style.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], css)
        .into_response()
}

/// A page that takes longer than this is given up: a query without end helps nobody.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bounds every answer in time, counts it, and forbids the browser all that the pages don't need.
async fn guarded(request: axum::extract::Request, next: Next) -> Response {
    let page = request.extensions().get::<MatchedPath>().cloned();
    let begun = Instant::now();
    let mut response = match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            (axum::http::StatusCode::GATEWAY_TIMEOUT, "the database did not answer in time").into_response()
        }
    };
    metrics::answered(page.as_ref().map(MatchedPath::as_str), response.status(), begun.elapsed());
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
