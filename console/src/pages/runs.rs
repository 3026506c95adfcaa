//! Bill runs: the list, and one with its control totals and whoever got no bill, with the reason.

use askama::Template;
use axum::response::Response;
use billing::reason::Facts;
use store::bills::{self, Bill};
use store::runs::{self, Exception, Run, RunError, RunState, Totals};

use crate::page::{Frame, Paged, Size, after_id};
use crate::problem::Problem;
use crate::visit::Visit;
use documents::dictionary::detail;
use documents::labels::Labels;

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsPage {
    t: &'static Labels,
    frame: Frame,
    list: Paged<Run>,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    t: &'static Labels,
    frame: Frame,
    run: Run,
    totals: Totals,
    /// Whether the totals agree; `None` while others are at work and after the run was given up: there is nothing to judge.
    verdict: Option<bool>,
    exceptions: Vec<Row>,
    to_review: Vec<Bill>,
}

/// Who got no bill.
struct Row {
    service_no: String,
    outcome: String,
    reason: String,
    detail: String,
    /// The meter that the detail names.
    serial: Option<String>,
}

/// Exceptions and bills to look at on one page; `meterline bill status` shows any number.
const MOST: i64 = 500;

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let size = Size::of(&visit, "size")?;
    let slice = size.after(after_id(&visit)?);
    let client = visit.client().await?;
    let found = runs::list(&**client, slice.after, slice.most).await?;
    let list = Paged::by_key(&visit, size, found, |run| run.id.to_string());
    visit.show(&RunsPage { t: visit.t, frame: visit.frame("runs"), list })
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let id = visit.segment_id("run")?;
    let client = visit.client().await?;
    let run = match runs::find(&**client, id).await {
        Ok(run) => run,
        Err(RunError::Sql(error)) => return Err(error.into()),
        Err(_) => return Err(Problem::Unknown),
    };
    let totals = runs::totals(&**client, id).await?;
    let exceptions = runs::exceptions(&**client, id, MOST).await?;
    let to_review = bills::to_review(&**client, id, MOST).await?;
    let exceptions = exceptions.into_iter().map(|exception| row(&visit, exception)).collect();
    let judged = !matches!(run.state, RunState::Frozen | RunState::Aborted);
    let verdict = judged.then(|| totals.agree());
    visit.show(&RunPage {
        t: visit.t,
        frame: visit.frame("runs"),
        run,
        totals,
        verdict,
        exceptions,
        to_review,
    })
}

fn row(visit: &Visit, exception: Exception) -> Row {
    let Exception { service_no, outcome, reason, detail: stored } = exception;
    Row {
        service_no,
        outcome,
        reason,
        detail: detail(visit.t.language(), &visit.app().zone, &stored),
        serial: Facts::parse(&stored).and_then(|facts| facts.serial),
    }
}
