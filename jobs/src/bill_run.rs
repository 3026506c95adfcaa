//! A bill run: freeze, trial by any number of workers, review.
//!
//! ```text
//! frozen --(all chunks tried)--> review --(another person)--> approved --> issuing --> issued
//!    \________________________________/                                       |
//!                     aborted                      review <--(counters moved)-'
//! ```
//!
//! What is true if we die: after the freeze, the run stands with its chunks open; any worker carries on. Inside a
//! chunk, its transaction is undone and the chunk is open again. After the last chunk and before the state moves
//! on, the next worker finds no chunk and moves it. Each agreement is billed once because its chunk is done once,
//! and because no two live bills may have one key, and no register's time may be billed twice: both are
//! constraints, so that two runs at once cannot do it either.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use billing::label::LabelError;
use billing::trial::Terms;
use jiff::civil::Date;
use metering::refusal::{Refusal, Why};
use metering::{Service, Zone};
use office::BillingSettings;
use store::bills::Packer;
use store::bills::draft;
use store::payments::PayError;
use store::policies::RulesError;
use store::runs::{self, ChunkState, Run, RunError, RunState};
use store::{Client, ConnectError, Role, SqlError, tariffs};

use crate::bill_trial;
use crate::metrics::{self, Stage};

/// Why a run cannot go on.
#[derive(Debug)]
pub enum BillError {
    /// The label.
    Label(LabelError),
    /// A setting.
    Settings(String),
    /// No connection.
    Connect(ConnectError),
    /// A step of the run is refused.
    Run(RunError),
    /// The rules of settlement cannot be read.
    Rules(RulesError),
    /// Prepaid money cannot settle what is open.
    Pay(Box<PayError>),
    /// The database's answer.
    Sql(SqlError),
    /// Control totals that must agree do not.
    Totals(Box<runs::Totals>),
}

impl BillError {
    /// A word, for the queue's list.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Label(_) => "label",
            Self::Settings(_) => "settings",
            Self::Connect(_) => "connect",
            Self::Run(_) => "run",
            Self::Rules(_) => "rules",
            Self::Pay(source) => source.kind(),
            Self::Sql(_) => "sql",
            Self::Totals(_) => "totals",
        }
    }
}

impl fmt::Display for BillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(source) => write!(f, "{source}"),
            Self::Settings(message) => f.write_str(message),
            Self::Connect(source) => write!(f, "{source}"),
            Self::Run(source) => write!(f, "{source}"),
            Self::Rules(source) => write!(f, "{source}"),
            Self::Pay(source) => write!(f, "{source}"),
            Self::Sql(source) => source.fmt(f),
            Self::Totals(totals) => write!(f, "the control totals do not agree: {totals:?}"),
        }
    }
}

impl std::error::Error for BillError {}

impl From<BillError> for Refusal {
    fn from(error: BillError) -> Self {
        match error {
            BillError::Run(source) => source.into(),
            BillError::Rules(source) => source.into(),
            BillError::Pay(source) => (*source).into(),
            BillError::Sql(source) => source.into(),
            BillError::Settings(message) => Self::detail(Why::Settings, message),
            BillError::Label(_) => Self::detail(Why::Stored, error),
            BillError::Connect(source) => (&source).into(),
            BillError::Totals(totals) => Self::detail(Why::Totals, format!("{totals:?}")),
        }
    }
}

macro_rules! from {
    ($($variant:ident $source:ty;)*) => {$(
        impl From<$source> for BillError {
            fn from(source: $source) -> Self { Self::$variant(source) }
        }
    )*};
}

from! {
    Label LabelError;
    Connect ConnectError;
    Run RunError;
}

store::takes_sql_errors!(BillError);

/// Where and by whose clock a run happens.
#[derive(Clone, Debug)]
pub struct Place {
    /// The database.
    pub url: String,
    /// The utility's zone.
    pub zone: Zone,
}

/// What the chunks of a run have in common, as frozen with it.
pub async fn terms(client: &mut Client, zone: &Zone, run: &Run) -> Result<Terms, BillError> {
    let settings: BillingSettings =
        serde_json::from_str(&run.rules).map_err(|error| BillError::Settings(error.to_string()))?;
    let mut rules = HashMap::new();
    for service in Service::ALL {
        rules.insert(*service, settings.rules(*service).map_err(BillError::Settings)?);
    }
    let change = client.transaction().await?;
    let versions = tariffs::versions(&change).await?;
    let books = runs::facts::books(&change).await?;
    change.commit().await?;
    let label = run.key.period.parse()?;
    Ok(Terms { run: run.id, label, as_of: run.as_of, zone: zone.clone(), rules, versions, books })
}

/// Carries a run from frozen to review with so many workers in this process, beside those of other processes.
pub async fn carry_to_review(place: &Place, run: i64, workers: usize) -> Result<(), BillError> {
    let _timed = metrics::stage(Stage::Trial);
    each_worker(workers, || trial_worker(place.clone(), run)).await?;
    let client = store::connect(&place.url, Role::Billing).await?;
    // Chunks that others hold: they finish them, or die and leave them to us.
    while runs::chunks_in(&client, run, ChunkState::Open).await? > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        trial_worker(place.clone(), run).await?;
    }
    Ok(())
}

/// Runs workers side by side and reports the first error once all have ended.
pub(crate) async fn each_worker<F, Fut>(workers: usize, worker: F) -> Result<(), BillError>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<(), BillError>> + Send + 'static,
{
    let running: Vec<_> = (0..workers.max(1)).map(|_| tokio::spawn(worker())).collect();
    let mut outcome = Ok(());
    for task in running {
        let ended = match task.await {
            Ok(ended) => ended,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        outcome = outcome.and(ended);
    }
    outcome
}

/// Tries chunk after chunk until none is left to claim.
async fn trial_worker(place: Place, id: i64) -> Result<(), BillError> {
    let mut client = store::connect(&place.url, Role::Billing).await?;
    let run = runs::find(&client, id).await?;
    if run.state != RunState::Frozen {
        return Ok(());
    }
    let terms = Arc::new(terms(&mut client, &place.zone, &run).await?);
    let mut packer = Packer::open(&client).await?;
    let mut clashes = 0_u32;
    loop {
        match trial_chunk(&mut client, &terms, &run, &mut packer).await {
            Ok(true) => {
                clashes = 0;
                packer.learn(&client).await?;
            }
            Ok(false) => break,
            // Another run billed one of these a moment ago: look again, and park it as billed or waiting.
            Err(BillError::Sql(error)) if store::is_clash(&error) && clashes < 20 => clashes += 1,
            Err(error) => return Err(error),
        }
    }
    if runs::chunks_in(&client, id, ChunkState::Open).await? == 0 {
        runs::end_trial(&client, id).await?;
    }
    Ok(())
}

async fn trial_chunk(
    client: &mut Client,
    terms: &Terms,
    run: &Run,
    packer: &mut Packer,
) -> Result<bool, BillError> {
    let begun = Instant::now();
    let change = client.transaction().await?;
    let Some(chunk) = runs::claim(&change, run.id, ChunkState::Open).await? else { return Ok(false) };
    let trial = bill_trial::chunk(&change, terms, &chunk.agreements).await?;
    let place = draft::Place { run: run.id, chunk: chunk.n, period: &run.key.period };
    draft::write(&change, place, &trial.bills, &trial.exceptions, packer).await?;
    runs::tried_chunk(&change, run.id, chunk.n).await?;
    change.commit().await?;
    metrics::chunk(Stage::Trial, begun);
    metrics::bills("billed", trial.bills.len());
    for exception in &trial.exceptions {
        metrics::bills(exception.why.reason.outcome().name(), 1);
    }
    Ok(true)
}

/// The civil day of today, for what must carry one.
pub fn today(zone: &Zone) -> Date {
    zone.date(jiff::Timestamp::now())
}
