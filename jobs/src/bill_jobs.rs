//! A bill run's steps as jobs: whoever gives the step enqueues them in its transaction, any worker carries them on.
//!
//! A step is shared by [`SHARES`] jobs, each of which claims chunk after chunk until the step is done. So one run is worked
//! on by as many places as are free, in any number of processes, beside a command that waits for it in the foreground. A
//! share that comes too late finds nothing to do.
//!
//! Rights were checked when the step was given: a job carries it on in the name of whoever gave it, also when they have
//! left since.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::queue::{self, Job, JobKind, Wish};
use store::runs::{self, RunState};
use store::users::Actor;
use store::{Client, Role, SqlError, Transaction};
use tracing::info;

use crate::bill_issue;
use crate::bill_run::{self, BillError, Place};
use crate::handler::{Fault, Handlers};

/// Jobs that share a step of a run.
const SHARES: u8 = 8;

/// What a share needs to know.
#[derive(Debug, Deserialize, Serialize)]
struct Share {
    run: i64,
    /// Who issues it; of a trial, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// The trial of a run that was frozen in this transaction.
pub async fn wish_trial(change: &Transaction<'_>, run: i64) -> Result<(), SqlError> {
    wish(change, JobKind::BillTrial, &Share { run, by: None }).await
}

/// The issue of a run that was given in this transaction.
pub async fn wish_issue(change: &Transaction<'_>, run: i64, by: &Actor) -> Result<(), SqlError> {
    wish(change, JobKind::BillIssue, &Share { run, by: Some(by.name().to_owned()) }).await
}

async fn wish(change: &Transaction<'_>, kind: JobKind, share: &Share) -> Result<(), SqlError> {
    let payload = serde_json::to_value(share).unwrap_or(Value::Null);
    for n in 1..=SHARES {
        let wish = Wish { kind, key: key(share.run, n), payload: payload.clone() };
        queue::enqueue(change, &wish).await?;
    }
    Ok(())
}

fn key(run: i64, share: u8) -> String {
    format!("{run}/{share}")
}

/// Adds the handlers of bill runs.
pub fn handlers(handlers: Handlers, place: &Place) -> Handlers {
    let (of_trial, of_issue, of_pickup) = (place.clone(), place.clone(), place.clone());
    handlers
        .with(JobKind::BillTrial, move |job| trial(of_trial.clone(), job))
        .with(JobKind::BillIssue, move |job| issue(of_issue.clone(), job))
        .with(JobKind::BillPickup, move |_| pick_up(of_pickup.clone()))
}

fn read(job: Job) -> Result<Share, Fault> {
    serde_json::from_value(job.payload).map_err(|error| Fault::new("payload", error))
}

async fn trial(place: Place, job: Job) -> Result<(), Fault> {
    let share = read(job)?;
    bill_run::carry_to_review(&place, share.run, 1).await.map_err(fault)
}

async fn issue(place: Place, job: Job) -> Result<(), Fault> {
    let share = read(job)?;
    let Some(by) = share.by else { return Err(Fault::new("payload", "nobody has issued it")) };
    let by = Actor::ordered_by(&by);
    bill_issue::carry_on(&place, share.run, &by, 1).await.map_err(fault)?;
    Ok(())
}

/// Enqueues the steps of runs that have none in the queue. One that cannot be carried on stops no other.
async fn pick_up(place: Place) -> Result<(), Fault> {
    let found = async {
        let client = store::connect(&place.url, Role::Billing).await?;
        let runs = runs::unfinished(&client).await?;
        Ok::<_, BillError>((client, runs))
    };
    let (mut client, runs) = found.await.map_err(fault)?;
    let mut outcome = Ok(());
    for run in runs {
        outcome = outcome.and(pick_up_run(&mut client, run).await.map_err(fault));
    }
    outcome
}

/// A step that has failed for good waits for a person.
async fn pick_up_run(client: &mut Client, id: i64) -> Result<(), BillError> {
    let change = client.transaction().await?;
    let run = runs::find(&change, id).await?;
    let kind = match run.state {
        RunState::Frozen => JobKind::BillTrial,
        RunState::Issuing => JobKind::BillIssue,
        _ => return Ok(()),
    };
    if queue::stands(&change, kind, &key(id, 1)).await? {
        return Ok(());
    }
    match (kind, run.issued_by) {
        (JobKind::BillTrial, _) => wish_trial(&change, id).await?,
        (_, Some(by)) => wish_issue(&change, id, &Actor::ordered_by(&by)).await?,
        _ => return Err(BillError::Settings(format!("nobody is on record as the issuer of run {id}"))),
    }
    change.commit().await?;
    info!(run = id, state = run.state.name(), "has a bill run carried on");
    Ok(())
}

fn fault(error: BillError) -> Fault {
    Fault::new(error.kind(), error)
}
