//! The scheduler: looks for what waits, and carries it on. A job's work is claimed in the database, so that
//! schedulers on any number of machines share it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use store::runs::{self, RunState};
use store::{Action, Role, users};
use tracing::{error, info};

use crate::bill_issue;
use crate::bill_run::{self, BillError, Place};
use crate::metrics;

/// The job's name in metrics: bill runs whose workers died are carried on.
const BILL_RUNS: &str = "bill_runs";

/// Works until `stop`, with a pause between two rounds. A round that fails is told and tried again: the database may
/// be back by then.
pub async fn work(place: &Place, pause: Duration, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    metrics::job_begins(BILL_RUNS, pause.as_secs());
    loop {
        let begun = Instant::now();
        tokio::select! {
            () = &mut stop => return,
            ended = round(place) => {
                metrics::job_ran(BILL_RUNS, begun, ended.is_ok(), Timestamp::now());
                if let Err(error) = ended {
                    error!(%error, "a round of work failed");
                }
            }
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One round: bill runs whose workers died are carried on, to review or to the end of issuing.
pub async fn round(place: &Place) -> Result<(), BillError> {
    let client = store::connect(&place.url, Role::Billing).await?;
    for id in runs::unfinished(&client).await? {
        let run = runs::find(&client, id).await?;
        info!(run = id, state = run.state.name(), "carries a bill run on");
        match run.state {
            RunState::Frozen => bill_run::carry_to_review(place, id, 1).await?,
            RunState::Issuing => {
                // In the name of whoever issued it: the run has their approval.
                let who = users::actor(&client, Some(&run.started_by), "work", Action::RunBills).await;
                let who = who.map_err(|error| BillError::Settings(error.to_string()))?;
                let on = run.posting_date.unwrap_or_else(|| bill_run::today(&place.zone));
                bill_issue::carry_to_issued(place, id, on, &who, 1).await?;
            }
            _ => {}
        }
    }
    Ok(())
}
