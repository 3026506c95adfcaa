//! Issuing a run, chunk by chunk, by any number of workers.
//!
//! A tier counter may have moved since a bill was rated: then the bill goes back to trial, is rated again, and
//! waits for another approval, because its amount is not the one that was approved. So do the bills of a chunk whose
//! hash is not the approved one: somebody has changed them by hand.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use billing::ledger::SettlementRules;
use billing::trial::{CounterQuestion, Terms};
use jiff::civil::Date;
use serde_json::json;
use store::bills_issue::{self, Issued};
use store::outbox::{self, EventKind};
use store::payments::{self, Till};
use store::runs::{self, ChunkState, Run, RunState};
use store::users::Actor;
use store::{Client, Role, bills_write, ledger, runs_facts};
use tracing::warn;

use crate::bill_run::{BillError, Place, each_worker, terms};
use crate::bill_trial;
use crate::metrics::{self, Stage};

/// Goes on with a run that is being issued, with so many workers in this process beside those of others. Returns where it
/// stands then; one that is not being issued is left as it is.
pub async fn carry_on(place: &Place, run: i64, who: &Actor, workers: usize) -> Result<RunState, BillError> {
    let _timed = metrics::stage(Stage::Issue);
    let mut client = store::connect(&place.url, Role::Billing).await?;
    let state = runs::find(&client, run).await?.state;
    if !matches!(state, RunState::Issuing | RunState::Issued) {
        return Ok(state);
    }
    each_worker(workers, || issue_worker(place.clone(), run, who.clone())).await?;
    while runs::chunks_in(&client, run, ChunkState::Trial).await? > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        issue_worker(place.clone(), run, who.clone()).await?;
    }
    end(&mut client, run, who).await?;
    let state = runs::find(&client, run).await?.state;
    let totals = runs::totals(&client, run).await?;
    if totals.agree() { Ok(state) } else { Err(BillError::Totals(Box::new(totals))) }
}

/// Ends the issue, and tells of it: whoever comes first does both.
async fn end(client: &mut Client, run: i64, who: &Actor) -> Result<(), BillError> {
    let change = client.transaction().await?;
    if runs::end_issue(&change, run).await? == RunState::Issued {
        let (issued, totals) = (runs::find(&change, run).await?, runs::totals(&change, run).await?);
        let facts = json!({
            "run": run,
            "period": issued.key.period,
            "posting_date": issued.posting_date.map(|on| on.to_string()),
            "bills": totals.billed,
            "total": totals.total.to_string(),
            "by": who.name(),
        });
        outbox::add(&change, EventKind::RunIssued, &run.to_string(), &facts).await?;
    }
    change.commit().await?;
    Ok(())
}

/// Issues chunk after chunk until none is left to claim.
async fn issue_worker(place: Place, id: i64, who: Actor) -> Result<(), BillError> {
    let mut client = store::connect(&place.url, Role::Billing).await?;
    let run = runs::find(&client, id).await?;
    let Some(on) = run.posting_date.filter(|_| run.state == RunState::Issuing) else { return Ok(()) };
    let terms = terms(&mut client, &place.zone, &run).await?;
    let rules = store::policies::settlement_rules(&client).await.map_err(BillError::Rules)?;
    let mut clashes = 0_u32;
    loop {
        match issue_chunk(&mut client, &terms, &run, on, &rules, &who).await {
            Ok(true) => clashes = 0,
            Ok(false) => return Ok(()),
            Err(BillError::Sql(error)) if store::is_clash(&error) && clashes < 20 => clashes += 1,
            Err(error) => return Err(error),
        }
    }
}

async fn issue_chunk(
    client: &mut Client,
    terms: &Terms,
    run: &Run,
    on: Date,
    rules: &SettlementRules,
    who: &Actor,
) -> Result<bool, BillError> {
    let begun = Instant::now();
    let change = client.transaction().await?;
    let Some(chunk) = runs::claim(&change, run.id, ChunkState::Trial).await? else { return Ok(false) };
    // Whoever cancels one of their bills gives its counters' movements back: before we look at them, or after our commit.
    ledger::lock(&change, &bills_issue::accounts(&change, run.id, &chunk.agreements).await?).await?;
    let moved = if runs::chunk_stands(&change, run.id, chunk.n).await? {
        moved_counters(&change, terms, run.id, &chunk.agreements).await?
    } else {
        warn!(
            run = run.id,
            chunk = chunk.n,
            "trial bills are not those that were approved: rates them again"
        );
        chunk.agreements.iter().copied().collect()
    };
    if !moved.is_empty() {
        let again: Vec<i32> = moved.iter().copied().collect();
        bills_write::take_back(&change, run.id, &again).await?;
        let trial = bill_trial::chunk(&change, terms, &again).await?;
        bills_write::write(&change, run.id, &run.key.period, &trial.bills, &trial.exceptions).await?;
        runs::return_to_trial(&change, run.id, chunk.n, &again).await?;
    }
    let rest: Vec<i32> = chunk.agreements.iter().copied().filter(|a| !moved.contains(a)).collect();
    let issued: Issued = bills_issue::issue(&change, run.id, &rest, on, who).await?;
    let till = Till { zone: &terms.zone, rules, who };
    payments::deduct(&change, &issued.accounts, on, &till).await.map_err(pay_error)?;
    let count = i32::try_from(issued.bills.len()).unwrap_or(i32::MAX);
    runs::issued_chunk(&change, run.id, chunk.n, count).await?;
    change.commit().await?;
    metrics::chunk(Stage::Issue, begun);
    metrics::bills("issued", issued.bills.len());
    Ok(true)
}

fn pay_error(error: payments::PayError) -> BillError {
    match error {
        payments::PayError::Sql(source) => BillError::Sql(source),
        other => BillError::Pay(Box::new(other)),
    }
}

/// The agreements whose counters are no longer where their bills found them.
async fn moved_counters(
    change: &store::Transaction<'_>,
    terms: &Terms,
    run: i64,
    agreements: &[i32],
) -> Result<BTreeSet<i32>, BillError> {
    let believed = bills_issue::believed(change, run, agreements).await?;
    if believed.is_empty() {
        return Ok(BTreeSet::new());
    }
    let years: BTreeSet<i16> = believed.iter().map(|b| b.tier_year).collect();
    let wanted = CounterQuestion { agreements: agreements.to_vec(), years: years.into_iter().collect() };
    let counters = runs_facts::counters(change, &wanted).await?;
    let stands = |b: &bills_issue::Believed| {
        let version = terms.versions.iter().find(|version| version.id == b.tariff)?;
        counters.prior(&version.tariff, b.agreement, &b.counter, b.tier_year)
    };
    Ok(believed.iter().filter(|b| stands(b) != Some(b.prior)).map(|b| b.agreement).collect())
}
