//! What a chunk of agreements is billed from: one query for each kind of fact, whatever the number of agreements.

use std::collections::HashMap;

use billing::agreement::{BookTerms, Due};
use billing::determinants::Attribute;
use billing::trial::{CounterQuestion, Counters};
use jiff::Timestamp;
use jiff::civil::Date;
use metering::{InstallationId, MeterId, Micro, Register, RegisterId, Unit};
use rust_decimal::Decimal;
use series::fitting::Fitting;
use series::index::Index;
use series::look::{Answers, Look, Maxima, MaximumAnswer, MaximumQuestion, Question};
use series::register::{Range, full, overload_m3h};
use series::span::{Billed, HandedOver, Supplied};
use tokio_postgres::{Row, Transaction};

use crate::{SqlError, row};

/// The books, by code.
pub async fn books(change: &Transaction<'_>) -> Result<HashMap<String, BookTerms>, SqlError> {
    let rows = change.query("select code, cycle, due_days from books", &[]).await?;
    let terms = |of: &Row| {
        let terms = BookTerms { cycle: row::known(of, "books", "cycle")?, due_days: of.try_get("due_days")? };
        Ok((of.try_get("code")?, terms))
    };
    rows.iter().map(terms).collect()
}

/// All that is known of these agreements, ascending. Four queries, of which none is asked for nothing.
pub async fn due(change: &Transaction<'_>, agreements: &[i32], label: &str) -> Result<Vec<Due>, SqlError> {
    let rows = change.query(include_str!("../../sql/run_agreements.sql"), &[&agreements, &label]).await?;
    let mut due: Vec<Due> = rows.iter().map(agreement).collect::<Result<_, _>>()?;
    attributes(change, agreements, &mut due).await?;
    fittings(change, agreements, &mut due).await?;
    billed(change, &mut due).await?;
    handed_over(change, agreements, &mut due).await?;
    Ok(due)
}

fn agreement(of: &Row) -> Result<Due, SqlError> {
    Ok(Due {
        agreement: of.try_get("id")?,
        service_no: of.try_get("service_no")?,
        account: of.try_get("account_id")?,
        company: of.try_get("company_id")?,
        currency: of.try_get("currency")?,
        service: row::known(of, "agreements", "service")?,
        area: of.try_get::<_, &str>("area")?.into(),
        from: of.try_get("first_day")?,
        to: of.try_get("end_day")?,
        billed_to: of.try_get("billed_to")?,
        waits_in: of.try_get("waits_in")?,
        has_label: of.try_get("has_label")?,
        attributes: Vec::new(),
        supplied: Vec::new(),
        billed: Vec::new(),
        handed_over: None,
    })
}

async fn attributes(change: &Transaction<'_>, agreements: &[i32], due: &mut [Due]) -> Result<(), SqlError> {
    let rows = change
        .query(
            "select agreement_id, name, value, lower(during) as first_day, upper(during) as end_day from attributes \
             where agreement_id = any($1) and superseded_at is null order by agreement_id, name, during",
            &[&agreements],
        )
        .await?;
    for row in &rows {
        let (name, value): (&str, &str) = (row.try_get("name")?, row.try_get("value")?);
        let (from, to) = (row.try_get("first_day")?, row.try_get("end_day")?);
        let attribute = Attribute { name: name.into(), value: value.into(), from, to };
        if let Some(of) = find(due, row.try_get("agreement_id")?) {
            of.attributes.push(attribute);
        }
    }
    Ok(())
}

async fn fittings(change: &Transaction<'_>, agreements: &[i32], due: &mut [Due]) -> Result<(), SqlError> {
    for row in &change.query(include_str!("../../sql/run_fittings.sql"), &[&agreements]).await? {
        if let Some(of) = find(due, row.try_get("agreement_id")?) {
            of.supplied.push(supplied(row)?);
        }
    }
    Ok(())
}

fn supplied(of: &Row) -> Result<Supplied, SqlError> {
    let text = |column: &str| of.try_get::<_, &str>(column).map(smol_str::SmolStr::from);
    let unsigned = |table, column| -> Result<Option<u16>, SqlError> {
        let number: Option<i16> = of.try_get(column)?;
        number.map(|n| row::fits(n, table, column, |n| u16::try_from(*n).ok())).transpose()
    };
    let digits: Option<i16> = of.try_get("digits")?;
    let digits = digits.map(|n| row::fits(n, "meter_registers", "digits", |n| u8::try_from(*n).ok()));
    let name = text("register")?;
    let register: Register = row::known(of, "registers", "register")?;
    let unit: Unit = row::known(of, "registers", "unit")?;
    let shown: Unit = row::maybe_known(of, "meter_registers", "shown_unit")?.unwrap_or(unit);
    let size_mm = unsigned("meters", "size_mm")?;
    Ok(Supplied {
        from: of.try_get::<_, Option<Date>>("first_day")?.unwrap_or(Date::MIN),
        to: of.try_get("end_day")?,
        had_before: of.try_get("had_before")?,
        fitting: Fitting {
            installation: InstallationId::new(of.try_get("installation_id")?),
            meter: MeterId::new(of.try_get("meter_id")?),
            serial: text("serial")?,
            size_mm,
            register: RegisterId::new(of.try_get("register_id")?),
            name,
            unit,
            kind: register.kind(unit),
            range: Range {
                full: digits.transpose()?.and_then(|digits| full(digits, shown, unit)),
                hourly: overload_m3h(size_mm, unit),
            },
            multiplier: row::decimal(of, "multiplier")?,
            from: of.try_get("installed_at")?,
            to: of.try_get("removed_at")?,
            opening: Micro::from_raw(of.try_get("opening")?),
            closing: of.try_get::<_, Option<i64>>("closing")?.map(Micro::from_raw),
        },
    })
}

async fn billed(change: &Transaction<'_>, due: &mut [Due]) -> Result<(), SqlError> {
    // Who has an installation: two agreements may ask for the same one, an occupier and the next.
    let mut who: HashMap<(i32, i16), Vec<usize>> = HashMap::new();
    for (n, of) in due.iter().enumerate() {
        for supplied in &of.supplied {
            let key = (supplied.fitting.installation.get(), supplied.fitting.register.get());
            who.entry(key).or_default().push(n);
        }
    }
    let (installations, registers): (Vec<i32>, Vec<i16>) = who.keys().copied().unzip();
    for row in &change.query(include_str!("../../sql/run_billed.sql"), &[&installations, &registers]).await? {
        let key: (i32, i16) = (row.try_get("installation_id")?, row.try_get("register_id")?);
        for n in who.get(&key).into_iter().flatten() {
            let Some(of) = due.get_mut(*n) else { continue };
            let mut fittings = of.supplied.iter().map(|s| &s.fitting);
            let fitting = fittings.find(|f| (f.installation.get(), f.register.get()) == key);
            let full = fitting.and_then(|f| f.range.full);
            of.billed.push(segment_end(row, full)?);
        }
    }
    Ok(())
}

fn segment_end(of: &Row, full: Option<Decimal>) -> Result<Billed, SqlError> {
    let (from, to): (Timestamp, Timestamp) = (of.try_get("billed_from")?, of.try_get("billed_to")?);
    let open = Micro::from_raw(of.try_get("open_value")?);
    let close = Micro::from_raw(of.try_get("close_value")?);
    let quality = row::quality(of, "register_ends", "close_quality")?;
    let rolled: bool = of.try_get("rolled")?;
    let rest = full.filter(|_| rolled);
    let days = Decimal::from((to.as_second() - from.as_second()) / 86_400);
    let run = close.to_decimal() + rest.unwrap_or_default() - open.to_decimal();
    Ok(Billed {
        installation: InstallationId::new(of.try_get("installation_id")?),
        register: RegisterId::new(of.try_get("register_id")?),
        from,
        open,
        close: Index { at: to, value: close, quality },
        rolled,
        bill: of.try_get("bill_id")?,
        daily: run.checked_div(days),
    })
}

async fn handed_over(change: &Transaction<'_>, agreements: &[i32], due: &mut [Due]) -> Result<(), SqlError> {
    let rows = change
        .query(
            "select distinct on (agreement_id) agreement_id, amount, as_of from openings \
             where agreement_id = any($1) and item = 'last_billed_index' order by agreement_id, as_of desc",
            &[&agreements],
        )
        .await?;
    for found in &rows {
        if let Some(of) = find(due, found.try_get("agreement_id")?) {
            let value = row::decimal(found, "amount")?;
            of.handed_over = Some(HandedOver { value, as_of: found.try_get("as_of")? });
        }
    }
    Ok(())
}

/// The agreement of that number, in a list by number.
fn find(due: &mut [Due], agreement: i32) -> Option<&mut Due> {
    let n = due.binary_search_by_key(&agreement, |of| of.agreement).ok()?;
    due.get_mut(n)
}

/// What the readings say at one boundary for many registers.
pub async fn answers(
    change: &Transaction<'_>,
    look: &Look,
    questions: &[Question],
    answers: &mut Answers,
) -> Result<(), SqlError> {
    let (meters, registers): (Vec<i32>, Vec<i16>) =
        questions.iter().map(|q| (q.meter.get(), q.register.get())).unzip();
    let before = change
        .query(
            include_str!("../../sql/run_readings_before.sql"),
            &[&meters, &registers, &look.earliest, &look.at, &look.as_of, &look.only_at],
        )
        .await?;
    for row in &before {
        let (question, index) = answer(row, look.at)?;
        answers.entry(question).or_default().before = Some(index);
    }
    if let Some(latest) = look.latest {
        let after = change
            .query(
                include_str!("../../sql/run_readings_after.sql"),
                &[&meters, &registers, &look.at, &latest, &look.as_of],
            )
            .await?;
        for row in &after {
            let (question, index) = answer(row, look.at)?;
            answers.entry(question).or_default().after = Some(index);
        }
    }
    conflicts(change, look, &meters, answers).await
}

fn answer(of: &Row, at: Timestamp) -> Result<(Question, Index), SqlError> {
    let (meter, register) = (of.try_get("meter_id")?, of.try_get("register_id")?);
    let question = Question { meter: MeterId::new(meter), register: RegisterId::new(register), at };
    let quality = row::quality(of, "readings", "quality")?;
    let value = Micro::from_raw(of.try_get("value")?);
    Ok((question, Index { at: of.try_get("time")?, value, quality }))
}

/// Marks the answers whose reading nobody has decided about yet. By conflicts_open.
async fn conflicts(
    change: &Transaction<'_>,
    look: &Look,
    meters: &[i32],
    answers: &mut Answers,
) -> Result<(), SqlError> {
    let until = look.latest.unwrap_or(look.at);
    let rows = change
        .query(
            "select meter_id, register_id, time from conflicts \
             where state = 'open' and meter_id = any($1) and time >= $2 and time <= $3",
            &[&meters, &look.earliest, &until],
        )
        .await?;
    for row in &rows {
        let (meter, register) = (row.try_get("meter_id")?, row.try_get("register_id")?);
        let question =
            Question { meter: MeterId::new(meter), register: RegisterId::new(register), at: look.at };
        let time: Timestamp = row.try_get("time")?;
        if let Some(found) = answers.get_mut(&question) {
            let used = [found.before, found.after].into_iter().flatten().any(|index| index.at == time);
            found.in_conflict |= used;
        }
    }
    Ok(())
}

/// The greatest readings of registers that hold a maximum; asks for nothing where none is wanted.
pub async fn maxima(
    change: &Transaction<'_>,
    questions: &[MaximumQuestion],
    as_of: Timestamp,
) -> Result<Maxima, SqlError> {
    let mut maxima = Maxima::new();
    if questions.is_empty() {
        return Ok(maxima);
    }
    let (meters, registers): (Vec<i32>, Vec<i16>) =
        questions.iter().map(|q| (q.meter.get(), q.register.get())).unzip();
    let (from, to): (Vec<Timestamp>, Vec<Timestamp>) = questions.iter().map(|q| (q.from, q.to)).unzip();
    let text = include_str!("../../sql/run_maxima.sql");
    for found in &change.query(text, &[&meters, &registers, &from, &to, &as_of]).await? {
        let (meter, register) = (found.try_get("meter_id")?, found.try_get("register_id")?);
        let question = MaximumQuestion {
            meter: MeterId::new(meter),
            register: RegisterId::new(register),
            from: found.try_get("from_at")?,
            to: found.try_get("to_at")?,
        };
        let greatest = match found.try_get::<_, Option<i64>>("value")? {
            None => None,
            Some(value) => Some(Index {
                at: found.try_get("time")?,
                value: Micro::from_raw(value),
                quality: row::quality(found, "readings", "quality")?,
            }),
        };
        maxima.insert(question, MaximumAnswer { greatest, in_conflict: found.try_get("in_conflict")? });
    }
    Ok(maxima)
}

/// Where tier counters stand; asks for nothing where none is wanted.
pub async fn counters(change: &Transaction<'_>, wanted: &CounterQuestion) -> Result<Counters, SqlError> {
    let mut counters = Counters::default();
    if wanted.agreements.is_empty() {
        return Ok(counters);
    }
    let text = include_str!("../../sql/run_counters.sql");
    for row in &change.query(text, &[&wanted.agreements, &wanted.years]).await? {
        let (agreement, year) = (row.try_get("agreement_id")?, row.try_get("tier_year")?);
        let (name, sum) = (row.try_get("name")?, row::decimal(row, "sum")?);
        if row.try_get("is_opening")? {
            counters.opened.entry((agreement, year)).or_default().push((name, sum));
        } else {
            counters.moved.insert((agreement, name, year), sum);
        }
    }
    Ok(counters)
}
