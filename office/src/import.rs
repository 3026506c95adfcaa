//! Files: master data, readings, payments. A file is one deed: all of its rows, or none.
//!
//! ```text
//! source --survey--> what its numbers look like --stage--> rows in the database --plan--> findings, or counts
//!                                                                                   '--keep--> one audit row, commit
//! ```
//!
//! A caller (command line, page, API) opens the source, from the disk or from bytes, and shows the answer.

mod kind;
mod kinds;
mod known;
mod payments;
mod stage;
mod terms;

pub use kind::Kind;
pub use store::import::Counts;
pub use terms::Terms;

use metering::Medium;
use metering::refusal::Refusal;
use serde_json::{Value, json};
use sheets::{Fault, Layout, Source, Unreadable};
use store::SqlError;
use store::import::{
    AccountRow, AreaRow, AttributeRow, BookRow, CompanyRow, Context, DeviceRow, LineRow, MeterRow,
    OpeningRow, Outcome, Planned, ReadingRow, ServiceRow,
};
use store::policies::RulesError;

use self::kind::Row;
use crate::metrics::measured_as;
use crate::{Caller, Deed, Office, Scope, Traced};

/// More faults than these are one fault many times.
pub const MOST: usize = 100;

/// A file that is to be brought in.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What its rows are.
    pub kind: Kind,
    /// Its name, without a folder.
    pub name: &'a str,
    /// Its bytes. Their size was bounded by whoever took them in.
    pub source: &'a Source,
    /// Whether what is known may be changed.
    pub update: bool,
    /// Check everything, keep nothing.
    pub dry_run: bool,
    /// Numbers of different lengths are meant, no zeros were lost.
    pub ragged: bool,
    /// Why, where a payment's day lies far back; a supervisor's. Else empty.
    pub reason: &'a str,
}

/// How it ended.
#[derive(Debug)]
pub enum Answer {
    /// All rows are in, or would be.
    Taken(Counts),
    /// Nothing is in: the first of what is wrong, by row, at most [`MOST`].
    Refused(Vec<Fault>),
    /// Nothing is in: it is no file of this kind.
    Unreadable(Unreadable),
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows that were read.
    pub done: u64,
    /// Rows there are.
    pub total: u64,
}

impl Progress {
    /// After so many rows each the caller hears of it.
    const EACH: u64 = 1_000;
}

/// What carries a file from step to step.
struct Taking<'a> {
    office: &'a Office,
    wish: &'a Wish<'a>,
    progress: &'a (dyn Fn(Progress) + Sync),
    context: Context,
}

/// What ends an import before it has an answer.
enum Halt {
    Refusal(Refusal),
    Unreadable(Unreadable),
}

/// Brings a file in. The same file again changes nothing and leaves no trace. `progress` is called every thousand rows.
pub async fn take(
    office: &Office,
    caller: &Caller,
    wish: &Wish<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Answer, Refusal> {
    let action = wish.kind.action(wish.update);
    let name = |answer: &Answer| match answer {
        Answer::Taken(_) => "done",
        Answer::Refused(_) | Answer::Unreadable(_) => "invalid",
    };
    measured_as(action, name, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, action, Scope::All).await?;
        let context = office.import_terms().context(office.zone(), wish.update);
        let taking = Taking { office, wish, progress, context };
        match by_kind(deed, &taking).await {
            Ok(answer) => Ok(answer),
            Err(Halt::Unreadable(why)) => Ok(Answer::Unreadable(why)),
            Err(Halt::Refusal(refusal)) => Err(refusal),
        }
    })
    .await
}

async fn by_kind(deed: Deed<'_>, taking: &Taking<'_>) -> Result<Answer, Halt> {
    match taking.wish.kind {
        Kind::Companies => planned::<CompanyRow>(deed, taking).await,
        Kind::Areas => planned::<AreaRow>(deed, taking).await,
        Kind::Books => planned::<BookRow>(deed, taking).await,
        Kind::Accounts => planned::<AccountRow>(deed, taking).await,
        Kind::Services => planned::<ServiceRow>(deed, taking).await,
        Kind::Attributes => planned::<AttributeRow>(deed, taking).await,
        Kind::Openings => planned::<OpeningRow>(deed, taking).await,
        Kind::Lines => planned::<LineRow>(deed, taking).await,
        Kind::Devices => planned::<DeviceRow>(deed, taking).await,
        Kind::Meters => meters(deed, taking).await,
        Kind::Readings => readings(deed, taking).await,
        Kind::Payments => payments::take(deed, taking).await,
    }
}

async fn planned<R: Row + Planned>(deed: Deed<'_>, taking: &Taking<'_>) -> Result<Answer, Halt> {
    let (layout, rows) = match stage::stage::<R>(&deed, taking).await? {
        Ok(staged) => staged,
        Err(faults) => return Ok(Answer::Refused(faults)),
    };
    let outcome = store::import::run::<R>(deed.change(), rows, &taking.context).await?;
    end(deed, &layout, taking, outcome).await
}

async fn meters(deed: Deed<'_>, taking: &Taking<'_>) -> Result<Answer, Halt> {
    let (layout, rows) = match stage::stage::<MeterRow>(&deed, taking).await? {
        Ok(staged) => staged,
        Err(faults) => return Ok(Answer::Refused(faults)),
    };
    let outcome = store::import::run_meters(deed.change(), rows, &taking.context).await?;
    end(deed, &layout, taking, outcome).await
}

async fn readings(deed: Deed<'_>, taking: &Taking<'_>) -> Result<Answer, Halt> {
    let (layout, rows) = match stage::stage::<ReadingRow>(&deed, taking).await? {
        Ok(staged) => staged,
        Err(faults) => return Ok(Answer::Refused(faults)),
    };
    let main: Vec<(String, String)> = Medium::ALL
        .iter()
        .filter_map(|medium| Some((medium.name().to_owned(), medium.main_register()?.to_string())))
        .collect();
    let rules = taking.office.import_terms().times(deed.now());
    let outcome = store::import::run_readings(deed.change(), rows, &taking.context, &main, rules).await?;
    end(deed, &layout, taking, outcome).await
}

/// Keeps what a plan has taken, or shows where it found something wrong.
async fn end(deed: Deed<'_>, layout: &Layout, taking: &Taking<'_>, outcome: Outcome) -> Result<Answer, Halt> {
    let fault = |finding: &store::import::Finding| {
        let rule = known::rule(finding.kind, finding.other.as_deref());
        Fault::new(finding.row, layout.heading(&finding.column), &finding.value, rule)
    };
    match outcome {
        Outcome::Refused(findings) => Ok(Answer::Refused(findings.iter().map(fault).collect())),
        Outcome::Taken(counts) => keep(deed, taking, counts, json!({})).await,
    }
}

/// Keeps a file's rows, with its hash and who brought it; a file of which every row was known leaves no trace. `after` is
/// what the audit row holds besides.
async fn keep(deed: Deed<'_>, taking: &Taking<'_>, counts: Counts, mut after: Value) -> Result<Answer, Halt> {
    let Wish { kind, name, source, dry_run, reason, .. } = *taking.wish;
    if dry_run || (counts.new == 0 && counts.changed == 0) {
        deed.leave().await?;
        return Ok(Answer::Taken(counts));
    }
    store::import::record(deed.change(), kind.name(), name, &source.sha256, counts).await?;
    after["new"] = json!(counts.new);
    after["changed"] = json!(counts.changed);
    after["unchanged"] = json!(counts.unchanged);
    after["sha256"] = json!(hex::encode(source.sha256));
    if !reason.trim().is_empty() {
        after["reason"] = json!(reason);
    }
    deed.finish(Traced::of(name).after(after)).await?;
    Ok(Answer::Taken(counts))
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<SqlError> for Halt {
    fn from(error: SqlError) -> Self {
        Self::Refusal(error.into())
    }
}

impl From<RulesError> for Halt {
    fn from(error: RulesError) -> Self {
        Self::Refusal(error.into())
    }
}

impl From<Unreadable> for Halt {
    fn from(why: Unreadable) -> Self {
        Self::Unreadable(why)
    }
}
