//! How staged rows become master data: check, compare, add, change. The SQL is each kind's own; the order of the
//! steps is the same for all and stands here.

use tokio_postgres::Transaction;

use super::finding::{Finding, FindingKind};
use crate::{Change, SqlError, row};

/// The SQL of one kind of row. Every statement sees the table `incoming`; the settings of [`Context`] are there
/// as `current_setting('meterline.…')`.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The noun of audit rows: `account`.
    pub noun: &'static str,
    /// What has to be so before anything is asked: sorting out defaults, resolving names into ids.
    pub prepare: &'static [&'static str],
    /// Each finds rows that break a rule: `(row_no, column, value, kind, other)`.
    pub checks: &'static [&'static str],
    /// The staged rows whose key is known, as a `from` clause.
    pub known: &'static str,
    /// The key as people know it, an expression over `known`.
    pub key: &'static str,
    /// What is given and what is stored, each `(column, given, stored)` as texts, over `known`. Null is not given,
    /// and what is not given is not compared.
    pub pairs: &'static str,
    /// Columns that `--update` does not change, and what to say of them.
    pub fixed: &'static [(&'static str, FindingKind)],
    /// Change what differs (only under `--update`); `differing` holds `(row_no, key, col, given, stored)`.
    pub change: &'static [&'static str],
    /// Rules over what is now stored and what is about to be added.
    pub checks_before_add: &'static [&'static str],
    /// Adds what is new.
    pub add: &'static [&'static str],
    /// Rules over the whole.
    pub checks_after: &'static [&'static str],
}

impl Plan {
    /// Nothing but a noun, to be filled by `..Plan::of("area")`.
    pub const fn of(noun: &'static str) -> Self {
        Self {
            noun,
            prepare: &[],
            checks: &[],
            known: "",
            key: "",
            pairs: "",
            fixed: &[],
            change: &[],
            checks_before_add: &[],
            add: &[],
            checks_after: &[],
        }
    }
}

/// A kind of row that has a plan.
pub trait Planned: super::Staged {
    /// Its plan.
    const PLAN: Plan;
}

/// What an import knows besides its rows.
#[derive(Clone, Debug)]
pub struct Context {
    /// Whether known rows may be changed.
    pub update: bool,
    /// The most findings that are of use to a person.
    pub most_findings: usize,
    /// Code, name and currency of the company that is created when there is none.
    pub company: (String, String, String),
    /// Name of the utility's zone, for civil dates of instants.
    pub time_zone: String,
}

/// How many rows were what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not known before.
    pub new: u64,
    /// Known with another content, now changed.
    pub changed: u64,
    /// Known as they are.
    pub unchanged: u64,
}

/// How an import ended. With findings nothing may be kept: the caller drops the transaction.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Everything is in, if the transaction is committed.
    Taken(Counts),
    /// The first of what is wrong, by row.
    Refused(Vec<Finding>),
}

/// Carries out the plan of `R` on the staged rows.
pub async fn run<R: Planned>(change: &Change<'_>, rows: u64, context: &Context) -> Result<Outcome, SqlError> {
    let plan = R::PLAN;
    settings(change, context).await?;
    batch(change, plan.prepare).await?;
    let mut findings = Vec::new();
    find(change, plan.checks, context, &mut findings).await?;
    if !findings.is_empty() {
        return Ok(refused(findings, context));
    }
    let known = known_rows(change, &plan).await?;
    let changed = compare(change, &plan).await?;
    if changed > 0 {
        let stop = if context.update { fixed_columns(&plan) } else { DIFFERS.to_owned() };
        find(change, &[&stop], context, &mut findings).await?;
        if !findings.is_empty() {
            return Ok(refused(findings, context));
        }
        audit_changes(change, &plan).await?;
        batch(change, plan.change).await?;
    }
    find(change, plan.checks_before_add, context, &mut findings).await?;
    if findings.is_empty() {
        batch(change, plan.add).await?;
        find(change, plan.checks_after, context, &mut findings).await?;
    }
    if !findings.is_empty() {
        return Ok(refused(findings, context));
    }
    Ok(Outcome::Taken(Counts {
        new: rows.saturating_sub(known),
        changed,
        unchanged: known.saturating_sub(changed),
    }))
}

/// Keeps the trace of an import: the file, by its hash, and who brought it.
pub async fn record(
    change: &Change<'_>,
    kind: &str,
    file_name: &str,
    sha256: &[u8],
    counts: Counts,
) -> Result<(), SqlError> {
    let rows = counts.new.saturating_add(counts.changed).saturating_add(counts.unchanged);
    let (rows, who) = (i32::try_from(rows).unwrap_or(i32::MAX), change.actor().name());
    change
        .execute(
            "insert into imports (kind, file_name, sha256, rows, who) values ($1, $2, $3, $4, $5)",
            &[&kind, &file_name, &sha256, &rows, &who],
        )
        .await?;
    Ok(())
}

/// Settings of the transaction, so that a plan's SQL is a constant.
async fn settings(change: &Change<'_>, context: &Context) -> Result<(), SqlError> {
    // The joins of a plan are written in the order in which they narrow: from the staged rows to what they name. The
    // planner knows nothing of a table that was filled a moment ago, and would guess.
    change.batch_execute("set local join_collapse_limit = 1").await?;
    let (code, name, currency) = &context.company;
    change
        .execute(
            "select set_config('meterline.who', $1, true), set_config('meterline.company_code', $2, true), \
             set_config('meterline.company_name', $3, true), set_config('meterline.currency', $4, true), \
             set_config('meterline.time_zone', $5, true)",
            &[&change.actor().name(), code, name, currency, &context.time_zone],
        )
        .await?;
    Ok(())
}

async fn batch(transaction: &Transaction<'_>, statements: &[&str]) -> Result<(), SqlError> {
    for statement in statements {
        transaction.batch_execute(statement).await?;
    }
    Ok(())
}

pub(super) async fn find(
    transaction: &Transaction<'_>,
    checks: &[&str],
    context: &Context,
    findings: &mut Vec<Finding>,
) -> Result<(), SqlError> {
    let most = i64::try_from(context.most_findings).unwrap_or(i64::MAX);
    for check in checks {
        let sql = format!(
            "select row_no, col, value, kind, other from ({check}) as f(row_no, col, value, kind, other) order by row_no limit $1"
        );
        let rows = transaction.query(&sql, &[&most]).await?;
        for row in &rows {
            findings.push(Finding::from_row(row)?);
        }
    }
    Ok(())
}

pub(super) fn refused(mut findings: Vec<Finding>, context: &Context) -> Outcome {
    findings.sort_by_key(|finding| finding.row);
    findings.truncate(context.most_findings);
    Outcome::Refused(findings)
}

async fn known_rows(transaction: &Transaction<'_>, plan: &Plan) -> Result<u64, SqlError> {
    let row = transaction.query_one(&format!("select count(*) as n from {}", plan.known), &[]).await?;
    row::count(&row, "n")
}

/// Fills `differing` and says how many rows it names.
async fn compare(transaction: &Transaction<'_>, plan: &Plan) -> Result<u64, SqlError> {
    let sql = format!(
        "create temp table differing on commit drop as \
         select i.row_no, {key} as key, d.col, d.given, d.stored from {known} \
         cross join lateral (values {pairs}) d(col, given, stored) \
         where d.given is not null and d.given is distinct from d.stored",
        key = plan.key,
        known = plan.known,
        pairs = plan.pairs,
    );
    transaction.batch_execute(&sql).await?;
    let row = transaction.query_one("select count(distinct row_no) as n from differing", &[]).await?;
    row::count(&row, "n")
}

const DIFFERS: &str = "select row_no, col, given, 'differs', coalesce(stored, '') from differing";

fn fixed_columns(plan: &Plan) -> String {
    let list: Vec<String> =
        plan.fixed.iter().map(|(column, kind)| format!("('{column}', '{}')", kind.name())).collect();
    if list.is_empty() {
        return "select row_no, col, given, 'fixed', stored from differing where false".to_owned();
    }
    format!(
        "select row_no, d.col, given, f.kind, stored from differing d \
         join (values {}) f(col, kind) using (col)",
        list.join(", ")
    )
}

async fn audit_changes(change: &Change<'_>, plan: &Plan) -> Result<(), SqlError> {
    let actor = change.actor();
    change
        .execute(
            "insert into audit (who, os_account, action, subject, before, after) \
             select $1, $3, $2, key, jsonb_object_agg(col, stored), jsonb_object_agg(col, given) \
             from differing group by key order by key",
            &[&actor.name(), &format!("{}.update", plan.noun), &actor.os_account()],
        )
        .await?;
    Ok(())
}
