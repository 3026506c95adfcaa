//! The indexes of a file of meters, in the units in which their registers are stored. A register has one unit for all
//! meters; a meter may show another.

use std::collections::BTreeMap;

use metering::{Dimension, Micro, Unit};
use tokio_postgres::Transaction;

use super::finding::{Finding, FindingKind};
use super::meters::MeterRow;
use super::plan::{self, Context, Outcome};
use crate::{Change, SqlError, row};

/// Carries out the plan of meters, once their indexes are in their registers' units.
pub async fn run_meters(change: &Change<'_>, rows: u64, context: &Context) -> Result<Outcome, SqlError> {
    let findings = convert(change).await?;
    if !findings.is_empty() {
        return Ok(plan::refused(findings, context));
    }
    plan::run::<MeterRow>(change, rows, context).await
}

/// Converts what is not in its register's unit, exactly or not at all.
async fn convert(transaction: &Transaction<'_>) -> Result<Vec<Finding>, SqlError> {
    let mut findings = Vec::new();
    for (register, unit) in targets(transaction).await? {
        // A row that states no unit means the register's, as the template says.
        let unstated = "update incoming set unit = $2 where register = $1 and shown_unit is null \
                        and exists (select 1 from registers g where g.name = $1)";
        transaction.execute(unstated, &[&register, &unit.symbol()]).await?;
        let others = "select row_no, unit, shown_unit, opening, closing from incoming \
                      where register = $1 and unit <> $2 order by row_no";
        let (mut numbers, mut openings, mut closings) = (Vec::new(), Vec::new(), Vec::new());
        for found in &transaction.query(others, &[&register, &unit.symbol()]).await? {
            let from: Unit = row::known(found, "incoming", "unit")?;
            let number: i32 = found.try_get("row_no")?;
            let converted = |value: i64| {
                let value = from.convert(Micro::from_raw(value).to_decimal(), unit).ok()?;
                Micro::exact(value).ok().map(Micro::raw)
            };
            let opening = converted(found.try_get("opening")?);
            let closing: Option<i64> = found.try_get("closing")?;
            match (opening, closing.map(converted)) {
                (Some(opening), None | Some(Some(_))) => {
                    numbers.push(number);
                    openings.push(opening);
                    closings.push(closing.and_then(converted));
                }
                _ => findings.push(Finding {
                    row: number,
                    column: "unit".to_owned(),
                    value: found.try_get::<_, Option<String>>("shown_unit")?.unwrap_or_default(),
                    kind: FindingKind::Mismatch,
                    other: Some(unit.symbol().to_owned()),
                }),
            }
        }
        let set = "update incoming i set unit = $1, opening = c.opening, closing = c.closing \
                   from unnest($2::int4[], $3::int8[], $4::int8[]) as c(row_no, opening, closing) \
                   where i.row_no = c.row_no";
        transaction.execute(set, &[&unit.symbol(), &numbers, &openings, &closings]).await?;
    }
    Ok(findings)
}

/// The unit of each register of the file: the stored one; of a new register the file's first, but MJ where one of them shows
/// joules, since kWh are exact in MJ and seldom the other way.
async fn targets(transaction: &Transaction<'_>) -> Result<BTreeMap<String, Unit>, SqlError> {
    let text = "select i.register, i.unit, g.unit as stored from incoming i \
                left join registers g on g.name = i.register \
                where i.register <> '' group by i.register, i.unit, g.unit order by min(i.row_no)";
    let mut targets: BTreeMap<String, Unit> = BTreeMap::new();
    for found in &transaction.query(text, &[]).await? {
        let stored: Option<Unit> = row::maybe_known(found, "registers", "stored")?;
        let given: Unit = row::known(found, "incoming", "unit")?;
        let target = targets.entry(found.try_get("register")?).or_insert(stored.unwrap_or(given));
        if stored.is_none() && given.dimension() == Dimension::Heat && target.dimension() == Dimension::Energy
        {
            *target = given;
        }
    }
    Ok(targets)
}
