//! One file per page.

pub(crate) mod alarms;
pub(crate) mod arrears;

pub(crate) mod bills;
pub(crate) mod home;
pub(crate) mod meters;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use crate::app::Shared;
use crate::render::{self, Failure};

type Connection = deadpool_postgres::Object;

async fn connection(app: &Shared) -> Result<Connection, Failure> {
    app.pool.get().await.map_err(|error| Failure::Pool(error.to_string()))
}

/// Answers "ok" while the database does.
pub(crate) async fn health(State(app): State<Shared>) -> Result<&'static str, Failure> {
    let client = connection(&app).await?;
    store::ping(&client).await?;
    Ok("ok")
}

pub(crate) async fn metrics(State(app): State<Shared>) -> String {
    (app.metrics)()
}

pub(crate) async fn not_found(State(app): State<Shared>, headers: HeaderMap) -> Response {
    let (language, _) = render::language(None, &headers, app.language);
    Failure::Missing(language.text()).into_response()
}
