//! A bill run's steps as jobs: the office puts them on the queue in the transaction of the step, any worker carries them on.
//!
//! Rights were checked when the step was given: a job carries it on in the name of whoever gave it, also when they have
//! left since.

use office::bill::order::{self, Share};
use store::queue::{Job, JobKind};
use store::runs::{self, RunState};
use store::users::Actor;
use store::{Client, Role};
use tracing::info;

use crate::bill_issue;
use crate::bill_run::{self, BillError, Place};
use crate::handler::{Fault, Handlers};

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

/// Enqueues the steps of runs that have none in the queue, and drops the drafts of runs that are over. One that cannot be carried on stops no other.
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
    outcome.and(drop_drafts(&client).await.map_err(fault))
}

/// Drops drafts of runs that are over: of aborted ones, and of issued ones where somebody was reading drafts.
async fn drop_drafts(client: &Client) -> Result<(), BillError> {
    for run in runs::undropped(client).await? {
        if !runs::drop_drafts(client, run).await? {
            break;
        }
    }
    Ok(())
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
    if order::stands(&change, kind, id).await? {
        return Ok(());
    }
    match (kind, run.issued_by) {
        (JobKind::BillTrial, _) => order::trial(&change, id).await?,
        (_, Some(by)) => order::issue(&change, id, &by).await?,
        _ => return Err(BillError::Settings(format!("nobody is on record as the issuer of run {id}"))),
    }
    change.commit().await?;
    info!(run = id, state = run.state.name(), "has a bill run carried on");
    Ok(())
}

fn fault(error: BillError) -> Fault {
    Fault::new(error.kind(), error)
}
