//! Every route in one table, from which the router and the description of the API are made.

use std::future::Future;
use std::io;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use tokio::net::TcpListener;

use crate::api::{self, Operation};
use crate::forms::Seal;
use crate::state::{App, Shared, State};
use crate::{guard, pages, server};

/// A path, and what is done there.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) methods: MethodRouter<Shared>,
    /// What programs read and get; `None`: it is for people, or for machines that keep watch.
    pub(crate) operation: Option<&'static Operation>,
}

/// Every route.
pub(crate) fn table() -> Vec<Route> {
    let page = |path, methods| Route { path, methods, operation: None };
    let resource = |operation: &'static Operation, methods| Route {
        path: operation.path,
        methods,
        operation: Some(operation),
    };
    vec![
        page("/", get(pages::home::show)),
        page("/bills", get(pages::bills::list)),
        page("/bills/{bill_no}", get(pages::bills::show)),
        page("/runs", get(pages::runs::list)),
        page("/runs/{run}", get(pages::runs::show)),
        page("/payments", get(pages::payments::list)),
        page("/rejections", get(pages::rejections::list)),
        page("/conflicts", get(pages::conflicts::list)),
        page("/arrears", get(pages::arrears::list)),
        page("/alarms", get(pages::alarms::list)),
        page("/meters", get(pages::meters::list)),
        page("/meters/{serial}", get(pages::meters::show)),
        page("/preferences", post(pages::preferences::keep)),
        page("/style.css", get(style)),
        page("/healthz", get(pages::health)),
        page("/api/v1/openapi.json", get(api::openapi::show)),
        resource(&api::bills::LIST, get(api::bills::list)),
    ]
}

/// Serves until `stop` comes.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let seal = Seal::random().map_err(io::Error::other)?;
    server::serve(listener, router(State::new(app, seal)), stop).await
}

pub(crate) fn router(state: Shared) -> Router {
    let routes = table();
    routes
        .into_iter()
        .fold(Router::new(), |router, route| router.route(route.path, route.methods))
        .fallback(guard::nowhere)
        .layer(DefaultBodyLimit::max(guard::LARGEST))
        .layer(middleware::from_fn_with_state(state.clone(), guard::guarded))
        .with_state(state)
}

async fn style() -> Response {
    let css = include_str!("../assets/style.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")], css)
        .into_response()
}
