//! Whether the readings of a file may be stored: the facts of each row, asked for a few thousand at a time, and the one
//! rule of all doors, [`series::admit`].

use jiff::Timestamp;
use metering::{Micro, Quality, Register, Unit, Zone};
use rust_decimal::Decimal;
use series::admit::{Candidate, Refused, Rules, Stay, Target, admit};
use series::index::Index;
use series::register::{Range, full, overload_m3h};
use tokio_postgres::{Row, Transaction};

use super::finding::{Finding, FindingKind};
use super::plan::Context;
use crate::{SqlError, row};

/// Rows in one go: what is held in memory of a file of any length.
const PAGE: i32 = 5_000;

/// Fills `accepted` with the rows that may be stored, and notes why the others may not.
pub(super) async fn admit_all(
    transaction: &Transaction<'_>,
    context: &Context,
    rules: Rules,
    findings: &mut Vec<Finding>,
) -> Result<(), SqlError> {
    let zone = Zone::named(&context.time_zone).unwrap_or_else(|_| Zone::utc());
    let create = "create temp table admitted (row_no int4, value int8, backwards bool) on commit drop";
    transaction.batch_execute(create).await?;
    let facts = transaction.prepare(include_str!("../../sql/import/reading_facts.sql")).await?;
    let portal = transaction.bind(&facts, &[]).await?;
    let mut before = None;
    loop {
        let page = transaction.query_portal(&portal, PAGE).await?;
        if page.is_empty() || findings.len() >= context.most_findings {
            break;
        }
        let (mut rows, mut values, mut backwards) = (Vec::new(), Vec::new(), Vec::new());
        for found in &page {
            match asked(found, rules, &mut before)? {
                Ok((row_no, value, is_backwards)) => {
                    rows.push(row_no);
                    values.push(value);
                    backwards.push(is_backwards);
                }
                Err(refused) => findings.push(finding(found, refused, &zone)?),
            }
        }
        let keep = "insert into admitted select * from unnest($1::int4[], $2::int8[], $3::bool[])";
        transaction.execute(keep, &[&rows, &values, &backwards]).await?;
    }
    Ok(transaction.batch_execute(include_str!("../../sql/import/reading_accept.sql")).await?)
}

/// What a register showed in the row before, in the order of the key.
type Before = Option<((i32, i16), Index)>;

/// The row's number, its value in millionths, whether it runs backwards with a reason; or why it may not be stored.
fn asked(
    found: &Row,
    rules: Rules,
    last: &mut Before,
) -> Result<Result<(i32, i64, bool), Refused>, SqlError> {
    let key: (i32, i16) = (found.try_get("meter_id")?, found.try_get("register_id")?);
    let register: Register = row::known(found, "registers", "register_name")?;
    let unit: Unit = row::known(found, "registers", "register_unit")?;
    let shown: Unit = row::maybe_known(found, "meter_registers", "shown_unit")?.unwrap_or(unit);
    let digits: Option<i16> = found.try_get("digits")?;
    let digits = digits.map(|n| row::fits(n, "meter_registers", "digits", |n| u8::try_from(*n).ok()));
    let quality = row::quality(found, "incoming", "quality")?;
    let since: Option<Timestamp> = found.try_get("since")?;
    let opening: Option<i64> = found.try_get("opening")?;
    let opening = since.zip(opening).map(|(at, value)| index(at, value, Quality::Actual));
    let stored: Option<Timestamp> = found.try_get("before_time")?;
    let stored = match stored {
        None => None,
        Some(at) => {
            let quality = row::quality(found, "readings", "before_quality")?;
            Some(index(at, found.try_get("before_value")?, quality))
        }
    };
    let in_file = last.filter(|(of, index)| *of == key && since.is_none_or(|since| index.at >= since));
    let in_file = in_file.map(|(_, index)| index);
    let time: Timestamp = found.try_get("time")?;
    let before = [opening, stored, in_file].into_iter().flatten().filter(|index| index.at < time);
    let value: Decimal = row::known(found, "incoming", "value")?;
    let candidate = Candidate {
        time,
        value,
        unit: row::maybe_known(found, "incoming", "unit")?,
        explained: found.try_get("explained")?,
    };
    let stays = stays(found)?;
    let target = Target {
        register,
        unit,
        range: Range {
            full: digits.transpose()?.and_then(|digits| full(digits, shown, unit)),
            hourly: overload_m3h(None, unit),
        },
        stays: &stays,
        before: before.max_by_key(|index| index.at),
    };
    Ok(match admit(candidate, &target, rules) {
        Ok(admitted) => {
            *last = Some((key, Index { at: time, value: admitted.value, quality }));
            Ok((found.try_get("row_no")?, admitted.value.raw(), admitted.backwards))
        }
        Err(refused) => Err(refused),
    })
}

fn index(at: Timestamp, value: i64, quality: Quality) -> Index {
    Index { at, value: Micro::from_raw(value), quality }
}

fn stays(found: &Row) -> Result<Vec<Stay>, SqlError> {
    let from: Vec<Timestamp> = found.try_get("installed_at")?;
    let to: Vec<Option<Timestamp>> = found.try_get("removed_at")?;
    Ok(from.into_iter().zip(to).map(|(from, to)| Stay { from, to }).collect())
}

fn finding(found: &Row, refused: Refused, zone: &Zone) -> Result<Finding, SqlError> {
    use FindingKind as K;
    let time = |at: Timestamp| Some(zone.civil(at).to_string());
    let (column, kind, other) = match refused {
        Refused::Future(..) => ("time", K::Future, None),
        Refused::TooOld(_, earliest) => ("time", K::TooOld, time(earliest)),
        Refused::BeforeInstallation(_, installed) => ("time", K::BeforeInstallation, time(installed)),
        Refused::AfterRemoval(_, removed) => ("time", K::AfterRemoval, time(removed)),
        Refused::UnitMismatch(_, _, register) => ("unit", K::Mismatch, Some(register.to_string())),
        Refused::TooFine(..) => ("value", K::TooFine, None),
        Refused::Overflow(..) => ("value", K::TooLarge, None),
        Refused::Digits(_, full) => ("value", K::Digits, Some(full.to_string())),
        Refused::Backwards(_, before) => {
            ("value", K::RunsBackwards, Some(format!("{} ({})", before.value, zone.civil(before.at))))
        }
    };
    let value: Option<String> = match column {
        "time" => found.try_get("time_given")?,
        "unit" => found.try_get("unit")?,
        _ => found.try_get("value")?,
    };
    let (row, column, value) = (found.try_get("row_no")?, column.to_owned(), value.unwrap_or_default());
    Ok(Finding { row, column, value, kind, other })
}
