//! One file per page.

pub(crate) mod alarms;
pub(crate) mod arrears;
pub(crate) mod bills;
pub(crate) mod conflicts;
pub(crate) mod home;
pub(crate) mod meters;
pub(crate) mod payments;
pub(crate) mod rejections;
pub(crate) mod runs;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use crate::app::Shared;
use crate::render::{self, Failure};
use crate::text::Text;

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
    Failure::Missing(Text::of(language)).into_response()
}
