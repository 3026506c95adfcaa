//! Readings from files: the hypertable's keys decide what is new.

use jiff::Timestamp;
use series::admit::Rules;
use tokio_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};

use super::Staged;
use super::finding::Finding;
use super::plan::{self, Context, Counts, Outcome};
use super::reading_admit;
use crate::{Change, SqlError};

/// A row of a file of readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingRow {
    /// The meter's serial.
    pub serial: String,
    /// The instant of the reading.
    pub time: Timestamp,
    /// The same, as the file has it.
    pub time_given: String,
    /// The index in `unit`, a plain decimal.
    pub value: String,
    /// OBIS code or `x:` name; the medium's main register if none is given.
    pub register: Option<String>,
    /// The unit of the value; the register's if none was given.
    pub unit: Option<String>,
    /// The code of its quality.
    pub quality: i16,
    /// Why a counter shows less than before.
    pub reason: Option<String>,
}

impl Staged for ReadingRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("serial", Type::TEXT),
        ("time", Type::TIMESTAMPTZ),
        ("time_given", Type::TEXT),
        ("value", Type::TEXT),
        ("register", Type::TEXT),
        ("unit", Type::TEXT),
        ("quality", Type::INT2),
        ("reason", Type::TEXT),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.serial,
            &self.time,
            &self.time_given,
            &self.value,
            &self.register,
            &self.unit,
            &self.quality,
            &self.reason,
        ]
    }
}

/// Stores the staged readings. The stored ones are looked at only where a key was taken already: asking first
/// would walk through years of them.
pub async fn run_readings(
    change: &Change<'_>,
    rows: u64,
    context: &Context,
    main_registers: &[(String, String)],
    rules: Rules,
) -> Result<Outcome, SqlError> {
    resolve(change, main_registers).await?;
    let mut findings = Vec::new();
    for check in CHECKS {
        plan::find(change, &[check], context, &mut findings).await?;
    }
    if !findings.is_empty() {
        return Ok(plan::refused(findings, context));
    }
    reading_admit::admit_all(change, context, rules, &mut findings).await?;
    plan::find(change, &[DISAGREES], context, &mut findings).await?;
    if !findings.is_empty() {
        return Ok(plan::refused(findings, context));
    }
    explain(change).await?;
    let new = change.execute(include_str!("../../sql/import/reading_add.sql"), &[]).await?;
    if new == rows {
        return Ok(Outcome::Taken(Counts { new, ..Counts::default() }));
    }
    change.batch_execute(include_str!("../../sql/import/reading_compare.sql")).await?;
    let differing =
        change.query_one("select count(*) as n from other_values", &[]).await?.try_get::<_, i64>("n")?;
    let changed = u64::try_from(differing).unwrap_or(0);
    if changed > 0 {
        if !context.update {
            return Ok(plan::refused(differing_values(change, context).await?, context));
        }
        replace(change).await?;
    }
    Ok(Outcome::Taken(Counts { new, changed, unchanged: rows.saturating_sub(new).saturating_sub(changed) }))
}

const CHECKS: &[&str] = &[
    include_str!("../../sql/import/unknown_serial.sql"),
    "select row_no, 'register', coalesce(register, ''), 'unknown', serial from resolved where register_id is null",
];

/// Which rows give the key of another row of the file another value?
const DISAGREES: &str = "select row_no, 'time', time::text, 'disagrees', first::text from ( \
       select row_no, time, value, min(row_no) over w as first, first_value(value) over w as first_value \
       from accepted window w as (partition by meter_id, register_id, time order by row_no)) r \
     where value <> first_value";

/// Keeps why counters show less than before: an audit row for each such reading that is new.
async fn explain(change: &Change<'_>) -> Result<(), SqlError> {
    change
        .execute(
            "insert into audit (who, os_account, action, subject, after) \
             select $1, $2, 'reading.backwards', a.serial || ' ' || a.time, \
                    jsonb_build_object('value', trim_scale(a.value / 1000000::numeric), 'reason', a.reason) \
             from accepted a where a.backwards and not exists ( \
               select 1 from readings r \
               where r.meter_id = a.meter_id and r.register_id = a.register_id and r.time = a.time) \
             order by a.row_no",
            &[&change.actor().name(), &change.actor().os_account()],
        )
        .await?;
    Ok(())
}

/// Gives each row its meter and register.
async fn resolve(transaction: &Transaction<'_>, main_registers: &[(String, String)]) -> Result<(), SqlError> {
    let (media, registers): (Vec<&str>, Vec<&str>) =
        main_registers.iter().map(|(medium, register)| (medium.as_str(), register.as_str())).unzip();
    transaction
        .batch_execute("create temp table main_registers (medium text, register text) on commit drop")
        .await?;
    transaction
        .execute(
            "insert into main_registers select * from unnest($1::text[], $2::text[])",
            &[&media, &registers],
        )
        .await?;
    Ok(transaction.batch_execute(include_str!("../../sql/import/reading_resolve.sql")).await?)
}

async fn differing_values(
    transaction: &Transaction<'_>,
    context: &Context,
) -> Result<Vec<Finding>, SqlError> {
    let mut findings = Vec::new();
    let differs = "select row_no, 'value', given, 'differs', stored from other_values";
    plan::find(transaction, &[differs], context, &mut findings).await?;
    Ok(findings)
}

/// Puts the given values in the place of the stored ones, each with an audit row that keeps the old one.
async fn replace(change: &Change<'_>) -> Result<(), SqlError> {
    change
        .execute(
            "insert into audit (who, os_account, action, subject, before, after) \
             select $1, $2, 'reading.replace', serial || ' ' || register || ' ' || time, \
                    jsonb_build_object('value', stored, 'quality', stored_quality), \
                    jsonb_build_object('value', given, 'quality', quality) \
             from other_values order by row_no",
            &[&change.actor().name(), &change.actor().os_account()],
        )
        .await?;
    let reason = "a file that corrects stored values";
    change
        .execute(include_str!("../../sql/import/reading_replace.sql"), &[&change.actor().name(), &reason])
        .await?;
    Ok(())
}
