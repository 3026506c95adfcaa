//! What stands before every page: each request goes through these steps, and whatever comes back is a page, JSON or a
//! line in the reader's language.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;

use crate::forms::is_from_here;
use crate::metrics;
use crate::problem::{Part, Problem, answer};
use crate::reader::{Form, Reader};
use crate::state::Shared;

/// A page that takes longer than this is given up: a query without end helps nobody. The database stops a query
/// before, after 15 s, so that the cause is known.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a request waits for its turn.
const QUEUE: Duration = Duration::from_secs(2);

/// The largest body of a form.
pub(crate) const LARGEST: usize = 64 << 10;

/// What the browser may not do with our pages. They need no script, and nothing from elsewhere.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Names, dates and debts stay on no disk between here and the reader.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");

/// The steps.
pub(crate) async fn guarded(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map(MatchedPath::as_str);
    let (mut parts, body) = request.into_parts();
    let reader = Reader::of(&parts, state.app.language);
    parts.extensions.insert(reader.clone());
    let request = Request::from_parts(parts, body);
    let response = match admitted(&state, &reader, &request) {
        Err(problem) => Err((problem, HeaderMap::new())),
        Ok(()) => worked(&state, request, next).await,
    };
    let mut response = response
        .unwrap_or_else(|(problem, headers)| answer(&problem, &reader, route.unwrap_or("none"), &headers));
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(NOT_KEPT);
    metrics::answered(route, response.status(), begun.elapsed());
    response
}

/// Whether the request is one for us at all.
fn admitted(state: &Shared, reader: &Reader, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let is_ours = |host: &str| state.app.hosts.has(host);
    if !host.is_some_and(is_ours)
        || hosts.next().is_some()
        || !request.uri().authority().is_none_or(|authority| is_ours(authority.as_str()))
    {
        return Err(Problem::Misdirected);
    }
    if !is_from_here(request.method(), headers, &state.app.hosts) {
        return Err(Problem::Forged);
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > LARGEST) {
        return Err(Problem::TooLarge);
    }
    // Their readers have no language, no filter, no list.
    if reader.form != Form::Plain && reader.parameters.len() > 50 {
        return Err(Problem::Malformed);
    }
    Ok(())
}

/// The page's own work, bounded in number and time. A panic is a fault of one page, not the end of a connection.
async fn worked(state: &Shared, request: Request, next: Next) -> Result<Response, (Problem, HeaderMap)> {
    let bare = |problem| (problem, HeaderMap::new());
    let Ok(Ok(_turn)) = tokio::time::timeout(QUEUE, state.requests.acquire()).await else {
        let soon = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static("2"))]);
        return Err((Problem::Crowded, soon));
    };
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => return Err(bare(Problem::fault(Part::Program, said(panic.as_ref())))),
        Err(_) => return Err(bare(Problem::Late(format!("given up after {} s", PATIENCE.as_secs())))),
    };
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let problem = response.extensions_mut().remove::<Problem>();
        let problem = problem.unwrap_or_else(|| Problem::of_status(status));
        return Err((problem, response.headers().clone()));
    }
    Ok(response)
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

/// What the router answers where it has no page.
pub(crate) async fn nowhere() -> Problem {
    Problem::of_status(StatusCode::NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use metering::Zone;
    use tower::ServiceExt as _;

    use super::*;
    use crate::forms::Seal;
    use crate::hosts::Hosts;
    use crate::state::App;
    use metering::Language;

    fn state() -> Shared {
        let nobody = "postgres://nobody@127.0.0.1:1/nothing";
        crate::state::State::new(
            App {
                pool: store::pool(nobody, store::Role::Read, 1).unwrap(),
                zone: Zone::utc(),
                language: Language::Zh,
                frame_reader: |_, _, _| Vec::new(),
                hosts: Hosts::new("127.0.0.1".parse().unwrap(), &[]).unwrap(),
            },
            Seal::random().unwrap(),
        )
    }

    async fn asked(state: &Shared, path: &str) -> (StatusCode, HeaderMap, String) {
        let endless = || async {
            std::future::pending::<()>().await;
            "never"
        };
        let broken = || async { "".lines().next().unwrap() };
        let router = Router::new()
            .route("/endless", get(endless))
            .route("/broken", get(broken))
            .layer(from_fn_with_state(state.clone(), guarded))
            .with_state(state.clone());
        let request = Request::builder().uri(path).header("host", "localhost").header("cookie", "lang=en");
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_without_end_is_given_up_in_the_frame() {
        let (status, headers, body) = asked(&state(), "/endless").await;
        assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
        assert!(body.contains("<nav") && body.contains("It took too long"), "{body}");
        assert!(headers.contains_key("content-security-policy"));
    }

    #[tokio::test]
    async fn a_page_that_panics_is_a_fault_of_that_page() {
        let (status, _, body) = asked(&state(), "/broken").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("The program failed") && !body.contains("unwrap"), "{body}");
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_the_limit_a_request_is_asked_to_come_again() {
        let state = state();
        let all = u32::try_from(state.requests.available_permits()).unwrap();
        let held = Arc::clone(&state);
        let _turns = held.requests.acquire_many(all).await.unwrap();
        let (status, headers, body) = asked(&state, "/broken").await;
        assert_eq!(
            (status, headers["retry-after"].to_str().unwrap()),
            (StatusCode::SERVICE_UNAVAILABLE, "2")
        );
        assert!(body.contains("<h1>Busy</h1>"), "{body}");
    }
}
