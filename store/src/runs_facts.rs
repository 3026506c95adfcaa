//! What a chunk of agreements is billed from: one query for each kind of fact, whatever the number of agreements.

use std::collections::HashMap;

use billing::determinants::Attribute;
use jiff::Timestamp;
use jiff::civil::Date;
use metering::{InstallationId, MeterId, Micro, Quality, RegisterId};
use rust_decimal::Decimal;
use series::fitting::Fitting;
use series::index::Index;
use series::register::full;
use series::span::{Answer, Billed, HandedOver, Question, Supplied};
use tokio_postgres::{Row, Transaction};

use crate::SqlError;
use crate::numeric::Numeric;

/// An agreement that is due.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its number here.
    pub agreement: i32,
    /// Its number on paper.
    pub service_no: String,
    /// Who pays.
    pub account: i32,
    /// Whose income it is.
    pub company: i32,
    /// The company's currency.
    pub currency: String,
    /// water, heat, electricity.
    pub service: String,
    /// Its first day.
    pub from: Date,
    /// The first day after its last.
    pub to: Option<Date>,
    /// To where issued bills reach.
    pub billed_to: Option<Timestamp>,
    /// The run in which a bill of it waits.
    pub waits_in: Option<i64>,
    /// Whether a bill under this label is issued.
    pub has_label: bool,
    /// Dated facts.
    pub attributes: Vec<Attribute>,
    /// Registers that count for it.
    pub supplied: Vec<Supplied>,
    /// Where its registers' last bills closed.
    pub billed: Vec<Billed>,
    /// What the old system billed to.
    pub handed_over: Option<HandedOver>,
}

/// A book, as far as bills go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookTerms {
    /// monthly, …
    pub cycle: String,
    /// Days from issue to due.
    pub due_days: i16,
}

/// The books, by code.
pub async fn books(change: &Transaction<'_>) -> Result<HashMap<String, BookTerms>, SqlError> {
    let rows = change.query("select code, cycle, due_days from books", &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), BookTerms { cycle: row.get(1), due_days: row.get(2) })).collect())
}

/// All that is known of these agreements, ascending. Four queries, of which none is asked for nothing.
pub async fn due(change: &Transaction<'_>, agreements: &[i32], label: &str) -> Result<Vec<Due>, SqlError> {
    let rows = change.query(include_str!("../sql/run_agreements.sql"), &[&agreements, &label]).await?;
    let mut due: Vec<Due> = rows.iter().map(agreement).collect();
    attributes(change, agreements, &mut due).await?;
    fittings(change, agreements, &mut due).await?;
    billed(change, &mut due).await?;
    handed_over(change, agreements, &mut due).await?;
    Ok(due)
}

fn agreement(row: &Row) -> Due {
    Due {
        agreement: row.get(0),
        service_no: row.get(1),
        account: row.get(2),
        company: row.get(3),
        currency: row.get(4),
        service: row.get(5),
        from: row.get(6),
        to: row.get(7),
        billed_to: row.get(8),
        waits_in: row.get(9),
        has_label: row.get(10),
        attributes: Vec::new(),
        supplied: Vec::new(),
        billed: Vec::new(),
        handed_over: None,
    }
}

async fn attributes(change: &Transaction<'_>, agreements: &[i32], due: &mut [Due]) -> Result<(), SqlError> {
    let rows = change
        .query(
            "select agreement_id, name, value, lower(during), upper(during) from attributes \
             where agreement_id = any($1) and superseded_at is null order by agreement_id, name, during",
            &[&agreements],
        )
        .await?;
    for row in &rows {
        let name: &str = row.get(1);
        let value: &str = row.get(2);
        let attribute =
            Attribute { name: name.into(), value: value.into(), from: row.get(3), to: row.get(4) };
        if let Some(of) = find(due, row.get(0)) {
            of.attributes.push(attribute);
        }
    }
    Ok(())
}

async fn fittings(change: &Transaction<'_>, agreements: &[i32], due: &mut [Due]) -> Result<(), SqlError> {
    for row in &change.query(include_str!("../sql/run_fittings.sql"), &[&agreements]).await? {
        if let Some(of) = find(due, row.get(0)) {
            of.supplied.push(supplied(row));
        }
    }
    Ok(())
}

fn supplied(row: &Row) -> Supplied {
    let text = |n: usize| -> smol_str::SmolStr { row.get::<_, &str>(n).into() };
    Supplied {
        from: row.get::<_, Option<Date>>(1).unwrap_or(Date::MIN),
        to: row.get(2),
        had_before: row.get(3),
        fitting: Fitting {
            installation: InstallationId::new(row.get(4)),
            meter: MeterId::new(row.get(5)),
            serial: text(6),
            size_mm: row.get::<_, Option<i16>>(7).and_then(|mm| u16::try_from(mm).ok()),
            register: RegisterId::new(row.get(8)),
            name: text(9),
            unit: text(10),
            digits: row.get::<_, Option<i16>>(11).and_then(|digits| u8::try_from(digits).ok()),
            multiplier: row.get::<_, Numeric>(12).0,
            from: row.get(13),
            to: row.get(14),
            opening: Micro::from_raw(row.get(15)),
            closing: row.get::<_, Option<i64>>(16).map(Micro::from_raw),
        },
    }
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
    for row in &change.query(include_str!("../sql/run_billed.sql"), &[&installations, &registers]).await? {
        let key = (row.get(0), row.get(1));
        for n in who.get(&key).into_iter().flatten() {
            let Some(of) = due.get_mut(*n) else { continue };
            let fitting = of.supplied.iter().map(|s| &s.fitting).find(|f| f.installation.get() == key.0);
            let digits = fitting.and_then(|f| f.digits);
            of.billed.push(segment_end(row, digits));
        }
    }
    Ok(())
}

fn segment_end(row: &Row, digits: Option<u8>) -> Billed {
    let (from, to): (Timestamp, Timestamp) = (row.get(2), row.get(3));
    let (open, close) = (Micro::from_raw(row.get(4)), Micro::from_raw(row.get(5)));
    let quality = Quality::from_code(row.get(6)).unwrap_or(Quality::Actual);
    let rolled = if row.get(7) { digits.and_then(full) } else { None };
    let days = Decimal::from((to.as_second() - from.as_second()) / 86_400);
    let run = close.to_decimal() + rolled.unwrap_or_default() - open.to_decimal();
    Billed {
        installation: InstallationId::new(row.get(0)),
        register: RegisterId::new(row.get(1)),
        close: Index { at: to, value: close, quality },
        daily: run.checked_div(days),
    }
}

async fn handed_over(change: &Transaction<'_>, agreements: &[i32], due: &mut [Due]) -> Result<(), SqlError> {
    let rows = change
        .query(
            "select distinct on (agreement_id) agreement_id, amount, as_of from openings \
             where agreement_id = any($1) and item = 'last_billed_index' order by agreement_id, as_of desc",
            &[&agreements],
        )
        .await?;
    for row in &rows {
        let Ok(value) = Micro::exact(row.get::<_, Numeric>(1).0) else { continue };
        if let Some(of) = find(due, row.get(0)) {
            of.handed_over = Some(HandedOver { value, as_of: row.get(2) });
        }
    }
    Ok(())
}

/// The agreement of that number, in a list by number.
fn find(due: &mut [Due], agreement: i32) -> Option<&mut Due> {
    let n = due.binary_search_by_key(&agreement, |of| of.agreement).ok()?;
    due.get_mut(n)
}

/// Around which instant to look, and how.
#[derive(Clone, Debug)]
pub struct Look {
    /// The boundary.
    pub at: Timestamp,
    /// Not before this.
    pub earliest: Timestamp,
    /// Before this, where a reading after the boundary is wanted too.
    pub latest: Option<Timestamp>,
    /// Only at one of these, for `freeze`.
    pub only_at: Option<Vec<Timestamp>>,
    /// What was received later does not count.
    pub as_of: Timestamp,
}

/// What was found, by question.
pub type Answers = HashMap<Question, Answer>;

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
            include_str!("../sql/run_readings_before.sql"),
            &[&meters, &registers, &look.earliest, &look.at, &look.as_of, &look.only_at],
        )
        .await?;
    for row in &before {
        let (question, index) = answer(row, look.at);
        answers.entry(question).or_default().before = Some(index);
    }
    if let Some(latest) = look.latest {
        let after = change
            .query(
                include_str!("../sql/run_readings_after.sql"),
                &[&meters, &registers, &look.at, &latest, &look.as_of],
            )
            .await?;
        for row in &after {
            let (question, index) = answer(row, look.at);
            answers.entry(question).or_default().after = Some(index);
        }
    }
    conflicts(change, look, &meters, answers).await
}

fn answer(row: &Row, at: Timestamp) -> (Question, Index) {
    let question = Question { meter: MeterId::new(row.get(0)), register: RegisterId::new(row.get(1)), at };
    let quality = Quality::from_code(row.get(4)).unwrap_or(Quality::Invalid);
    (question, Index { at: row.get(2), value: Micro::from_raw(row.get(3)), quality })
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
        let question =
            Question { meter: MeterId::new(row.get(0)), register: RegisterId::new(row.get(1)), at: look.at };
        let time: Timestamp = row.get(2);
        if let Some(found) = answers.get_mut(&question) {
            let used = [found.before, found.after].into_iter().flatten().any(|index| index.at == time);
            found.in_conflict |= used;
        }
    }
    Ok(())
}

/// What is known of tier counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// What issued bills have moved them by: agreement, counter, tier year.
    pub moved: HashMap<(i32, String, i16), Decimal>,
    /// What the old system handed over for an agreement and tier year, by the reference it came with.
    pub opened: HashMap<(i32, i16), Vec<(String, Decimal)>>,
}

/// Where the tier counters of these agreements stand, in these tier years.
pub async fn counters(
    change: &Transaction<'_>,
    agreements: &[i32],
    years: &[i16],
) -> Result<Counters, SqlError> {
    let rows = change.query(include_str!("../sql/run_counters.sql"), &[&agreements, &years]).await?;
    let mut counters = Counters::default();
    for row in &rows {
        let (agreement, name, year, sum) = (row.get(0), row.get(1), row.get(2), row.get::<_, Numeric>(3).0);
        if row.get(4) {
            counters.opened.entry((agreement, year)).or_default().push((name, sum));
        } else {
            counters.moved.insert((agreement, name, year), sum);
        }
    }
    Ok(counters)
}
