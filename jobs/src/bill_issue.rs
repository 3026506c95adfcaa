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
use store::bills::{Packer, draft, issue};
use store::outbox::{self, EventKind};
use store::payments::{self, Till};
use store::runs::{self, Chunk, ChunkState, Run, RunState, facts};
use store::users::Actor;
use store::{Client, Role, Transaction, ledger};
use tracing::{info, warn};

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
    if runs::find(client, run).await?.state == RunState::Issued && !runs::drop_drafts(client, run).await? {
        info!(run, "somebody reads drafts: those of this run are dropped later");
    }
    Ok(())
}

/// Issues chunk after chunk until none is left to claim.
async fn issue_worker(place: Place, id: i64, who: Actor) -> Result<(), BillError> {
    let mut client = store::connect(&place.url, Role::Billing).await?;
    let run = runs::find(&client, id).await?;
    let Some(on) = run.posting_date.filter(|_| run.state == RunState::Issuing) else { return Ok(()) };
    let terms = terms(&mut client, &place.zone, &run).await?;
    let rules = store::policies::settlement_rules(&client).await.map_err(BillError::Rules)?;
    let mut issuer = Issuer { packer: Packer::open(&client).await?, terms, rules, run, on, who };
    let mut clashes = 0_u32;
    loop {
        match issuer.issue_chunk(&mut client).await {
            Ok(true) => clashes = 0,
            Ok(false) => return Ok(()),
            Err(BillError::Sql(error)) if store::is_clash(&error) && clashes < 20 => clashes += 1,
            Err(error) => return Err(error),
        }
    }
}

/// What a worker needs from chunk to chunk.
struct Issuer {
    run: Run,
    on: Date,
    who: Actor,
    terms: Terms,
    rules: SettlementRules,
    packer: Packer,
}

impl Issuer {
    async fn issue_chunk(&mut self, client: &mut Client) -> Result<bool, BillError> {
        let begun = Instant::now();
        let (run, on) = (self.run.id, self.on);
        let change = client.transaction().await?;
        let Some(chunk) = runs::claim(&change, run, ChunkState::Trial).await? else { return Ok(false) };
        // Whoever cancels one of their bills gives its counters' movements back: before we look at them, or after our commit.
        let accounts = issue::accounts(&change, run, chunk.n).await?;
        ledger::lock(&change, &accounts).await?;
        let moved = self.moved(&change, &chunk).await?;
        if !moved.is_empty() {
            self.return_to_trial(&change, &chunk, &moved).await?;
        }
        let issued = issue::issue(&change, run, chunk.n, on, &self.who).await?;
        let till = Till { zone: &self.terms.zone, rules: &self.rules, who: &self.who };
        payments::deduct(&change, &accounts, on, &till).await.map_err(pay_error)?;
        runs::issued_chunk(&change, run, chunk.n, issued).await?;
        change.commit().await?;
        metrics::chunk(Stage::Issue, begun);
        metrics::bills("issued", usize::try_from(issued.bills).unwrap_or_default());
        Ok(true)
    }

    /// The agreements whose drafts can no longer be issued: counters or registers have moved since; or all, where the drafts are
    /// not those that were approved.
    async fn moved(&self, change: &Transaction<'_>, chunk: &Chunk) -> Result<Vec<i32>, BillError> {
        let run = self.run.id;
        if !runs::chunk_stands(change, run, chunk.n).await? {
            warn!(run, chunk = chunk.n, "trial bills are not those that were approved: rates them again");
            return Ok(chunk.agreements.clone());
        }
        let mut moved = moved_counters(change, &self.terms, run, chunk).await?;
        moved.extend(issue::overtaken(change, run, chunk.n).await?);
        Ok(moved.into_iter().collect())
    }

    /// Rates these agreements again, in a chunk of their own that waits for another approval.
    async fn return_to_trial(
        &mut self,
        change: &Transaction<'_>,
        chunk: &Chunk,
        again: &[i32],
    ) -> Result<(), BillError> {
        let run = self.run.id;
        draft::take_back(change, run, again).await?;
        let trial = bill_trial::chunk(change, &self.terms, again).await?;
        let to = runs::free_chunk(change, run).await?;
        let place = draft::Place { run, chunk: to, period: &self.run.key.period };
        draft::write(change, place, &trial.bills, &trial.exceptions, &mut self.packer).await?;
        Ok(runs::return_to_trial(change, run, (chunk.n, to), again).await?)
    }
}

fn pay_error(error: payments::PayError) -> BillError {
    match error {
        payments::PayError::Sql(source) => BillError::Sql(source),
        other => BillError::Pay(Box::new(other)),
    }
}

/// The agreements whose counters are no longer where their drafts found them.
async fn moved_counters(
    change: &Transaction<'_>,
    terms: &Terms,
    run: i64,
    chunk: &Chunk,
) -> Result<BTreeSet<i32>, BillError> {
    let believed = issue::believed(change, run, chunk.n).await?;
    if believed.is_empty() {
        return Ok(BTreeSet::new());
    }
    let years: BTreeSet<i16> = believed.iter().map(|b| b.tier_year).collect();
    let wanted = CounterQuestion { agreements: chunk.agreements.clone(), years: years.into_iter().collect() };
    let counters = facts::counters(change, &wanted).await?;
    let stands = |b: &issue::Believed| {
        let version = terms.versions.iter().find(|version| version.id == b.tariff)?;
        counters.prior(&version.tariff, b.agreement, &b.counter, b.tier_year)
    };
    Ok(believed.iter().filter(|b| stands(b) != Some(b.prior)).map(|b| b.agreement).collect())
}
