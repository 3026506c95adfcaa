//! Bill runs: the list, and one with its control totals and whoever got no bill, with the reason.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use store::bills::{self, Bill};
use store::pages::PAGE;
use store::runs::{self, Exception, Run, RunError, Totals};

use crate::app::Shared;
use crate::render::{Failure, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Lang {
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsPage {
    t: &'static Text,
    here: &'static str,
    rows: Vec<Run>,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    t: &'static Text,
    here: &'static str,
    run: Run,
    totals: Totals,
    exceptions: Vec<Exception>,
    to_review: Vec<Bill>,
}

/// Exceptions and bills to look at on one page; `meterline bill status` shows any number.
const MOST: i64 = 500;

pub(crate) async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Lang>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let client = super::connection(&app).await?;
    let rows = runs::list(&**client, PAGE).await?;
    page(&RunsPage { t: Text::of(language), here: "runs", rows }, lang)
}

pub(crate) async fn show(
    State(app): State<Shared>,
    Path(id): Path<i64>,
    Query(asked): Query<Lang>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let t = Text::of(language);
    let client = super::connection(&app).await?;
    let run = match runs::find(&**client, id).await {
        Ok(run) => run,
        Err(RunError::Sql(error)) => return Err(error.into()),
        Err(_) => return Err(Failure::Missing(t)),
    };
    let totals = runs::totals(&**client, id).await?;
    let exceptions = runs::exceptions(&**client, id, MOST).await?;
    let to_review = bills::to_review(&**client, id, MOST).await?;
    page(&RunPage { t, here: "runs", run, totals, exceptions, to_review }, lang)
}
