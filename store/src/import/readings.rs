//! Readings from files: the hypertable's keys decide what is new.

use jiff::Timestamp;
use tokio_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};

use super::Staged;
use super::finding::Finding;
use super::plan::{self, Context, Counts, Outcome};
use crate::SqlError;

/// A row of a file of readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingRow {
    /// The meter's serial.
    pub serial: String,
    /// The instant of the reading.
    pub time: Timestamp,
    /// In millionths of `unit`.
    pub value: i64,
    /// OBIS code or `x:` name; the medium's main register if none is given.
    pub register: Option<String>,
    /// The canonical unit of the value; the register's if none was given.
    pub unit: Option<String>,
    /// The code of its quality.
    pub quality: i16,
}

impl Staged for ReadingRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("serial", Type::TEXT),
        ("time", Type::TIMESTAMPTZ),
        ("value", Type::INT8),
        ("register", Type::TEXT),
        ("unit", Type::TEXT),
        ("quality", Type::INT2),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.serial, &self.time, &self.value, &self.register, &self.unit, &self.quality]
    }
}

/// Stores the staged readings. The stored ones are looked at only where a key was taken already: asking first
/// would walk through years of them.
pub async fn run_readings(
    transaction: &Transaction<'_>,
    rows: u64,
    context: &Context,
    main_registers: &[(String, String)],
) -> Result<Outcome, SqlError> {
    resolve(transaction, main_registers).await?;
    let mut findings = Vec::new();
    for check in CHECKS {
        plan::find(transaction, &[check], context, &mut findings).await?;
    }
    if !findings.is_empty() {
        return Ok(plan::refused(findings, context));
    }
    let new = transaction.execute(include_str!("../../sql/import/reading_add.sql"), &[]).await?;
    if new == rows {
        return Ok(Outcome::Taken(Counts { new, ..Counts::default() }));
    }
    transaction.batch_execute(include_str!("../../sql/import/reading_compare.sql")).await?;
    let differing = transaction.query_one("select count(*) from other_values", &[]).await?.get::<_, i64>(0);
    let changed = u64::try_from(differing).unwrap_or(0);
    if changed > 0 {
        if !context.update {
            return Ok(plan::refused(differing_values(transaction, context).await?, context));
        }
        replace(transaction, context).await?;
    }
    Ok(Outcome::Taken(Counts { new, changed, unchanged: rows.saturating_sub(new).saturating_sub(changed) }))
}

const CHECKS: &[&str] = &[
    include_str!("../../sql/import/unknown_serial.sql"),
    "select row_no, 'register', coalesce(register, ''), 'unknown', serial from resolved where register_id is null",
    "select row_no, 'unit', unit, 'mismatch', register_unit from resolved where unit <> register_unit",
    "select row_no, 'time', time::text, 'disagrees', first::text from ( \
       select row_no, time, value, min(row_no) over w as first, first_value(value) over w as first_value \
       from resolved window w as (partition by meter_id, register_id, time order by row_no)) r \
     where value <> first_value",
];

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
async fn replace(transaction: &Transaction<'_>, context: &Context) -> Result<(), SqlError> {
    transaction
        .execute(
            "insert into audit (who, os_account, action, subject, before, after) \
             select $1, $2, 'reading.replace', serial || ' ' || register || ' ' || time, \
                    jsonb_build_object('value', stored, 'quality', stored_quality), \
                    jsonb_build_object('value', given, 'quality', quality) \
             from other_values order by row_no",
            &[&context.actor.name(), &context.actor.os_account()],
        )
        .await?;
    let reason = "a file that corrects stored values";
    transaction
        .execute(include_str!("../../sql/import/reading_replace.sql"), &[&context.actor.name(), &reason])
        .await?;
    Ok(())
}
