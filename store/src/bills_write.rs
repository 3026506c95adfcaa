//! Trial bills: written many at a time, taken back whole.

use billing::segment::Segment;
use jiff::Timestamp;
use rust_decimal::Decimal;
use smol_str::SmolStr;
use tokio_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};

use crate::SqlError;
use crate::copy::copy;
use crate::instants::Instants;
use crate::numeric::Numeric;

/// A bill before review.
#[derive(Clone, Debug)]
pub struct TrialBill {
    /// For what.
    pub agreement: i32,
    /// Who pays.
    pub account: i32,
    /// Whose income.
    pub company: i32,
    /// In which currency.
    pub currency: String,
    /// The first instant of the service.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// The tariff's version.
    pub tariff: i32,
    /// The sum of the lines.
    pub total: Decimal,
    /// Days from issue to due.
    pub due_days: i16,
    /// Names of the review rules, by comma.
    pub review: String,
    /// The frozen inputs.
    pub inputs: String,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Its lines.
    pub lines: Vec<TrialLine>,
    /// What was read.
    pub segments: Vec<Segment>,
    /// Counters that it moves: name, tier year, before, by.
    pub counters: Vec<(SmolStr, i16, Decimal, Decimal)>,
}

/// A line before review.
#[derive(Clone, Debug)]
pub struct TrialLine {
    /// As printed.
    pub code: SmolStr,
    /// How much.
    pub qty: Decimal,
    /// Of what.
    pub unit: SmolStr,
    /// Money per unit.
    pub price: Option<Decimal>,
    /// Rounded.
    pub amount: Decimal,
    /// Whose money it is.
    pub payee: Option<SmolStr>,
    /// Who pays it in the account's place.
    pub payer: Option<SmolStr>,
}

/// Who is due and gets no bill.
#[derive(Clone, Debug)]
pub struct TrialException {
    /// For what.
    pub agreement: i32,
    /// Why, with its outcome.
    pub why: billing::reason::NoBill,
}

/// The number that is printed on a bill: its own, with zeros in front. An aborted run leaves a gap.
pub fn bill_no(id: i64) -> String {
    format!("{id:010}")
}

/// Writes the bills of a chunk: six COPYs, whatever their number.
pub async fn write(
    change: &Transaction<'_>,
    run: i64,
    period: &str,
    bills: &[TrialBill],
    exceptions: &[TrialException],
) -> Result<(), SqlError> {
    let ids = numbers(change, bills.len()).await?;
    write_bills(change, run, period, bills, &ids).await?;
    write_inputs(change, bills, &ids).await?;
    write_lines(change, bills, &ids).await?;
    write_segments(change, bills, &ids).await?;
    write_counters(change, bills, &ids).await?;
    write_exceptions(change, run, exceptions).await
}

/// New numbers of bills.
async fn numbers(change: &Transaction<'_>, count: usize) -> Result<Vec<i64>, SqlError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let text = "select nextval(pg_get_serial_sequence('bills', 'id')) from generate_series(1, $1::bigint)";
    Ok(change.query(text, &[&count]).await?.iter().map(|row| row.get(0)).collect())
}

async fn write_bills(
    change: &Transaction<'_>,
    run: i64,
    period: &str,
    bills: &[TrialBill],
    ids: &[i64],
) -> Result<(), SqlError> {
    let rows: Vec<(String, Numeric)> =
        bills.iter().zip(ids).map(|(bill, id)| (bill_no(*id), Numeric(bill.total))).collect();
    copy(
        change,
        "bills (id, bill_no, run_id, agreement_id, account_id, company_id, kind, period, state, service_from, \
         service_to, tariff_id, currency, total, due_days, review)",
        [
            Type::INT8,
            Type::TEXT,
            Type::INT8,
            Type::INT4,
            Type::INT4,
            Type::INT4,
            Type::TEXT,
            Type::TEXT,
            Type::TEXT,
            Type::TIMESTAMPTZ,
            Type::TIMESTAMPTZ,
            Type::INT4,
            Type::BPCHAR,
            Type::NUMERIC,
            Type::INT2,
            Type::TEXT,
        ],
        bills.iter().zip(ids).zip(&rows).map(|((bill, id), (no, total))| {
            let row: [&(dyn ToSql + Sync); 16] = [
                id,
                no,
                &run,
                &bill.agreement,
                &bill.account,
                &bill.company,
                &"regular",
                &period,
                &"trial",
                &bill.from,
                &bill.to,
                &bill.tariff,
                &bill.currency,
                total,
                &bill.due_days,
                &bill.review,
            ];
            row
        }),
    )
    .await
}

async fn write_inputs(change: &Transaction<'_>, bills: &[TrialBill], ids: &[i64]) -> Result<(), SqlError> {
    let hashes: Vec<&[u8]> = bills.iter().map(|bill| &bill.sha256[..]).collect();
    copy(
        change,
        "bill_inputs (bill_id, inputs, sha256)",
        [Type::INT8, Type::TEXT, Type::BYTEA],
        bills.iter().zip(ids).zip(&hashes).map(|((bill, id), hash)| {
            let row: [&(dyn ToSql + Sync); 3] = [id, &bill.inputs, hash];
            row
        }),
    )
    .await
}

async fn write_lines(change: &Transaction<'_>, bills: &[TrialBill], ids: &[i64]) -> Result<(), SqlError> {
    struct Row<'a> {
        bill: i64,
        n: i16,
        code: &'a str,
        qty: Numeric,
        unit: &'a str,
        price: Option<Numeric>,
        amount: Numeric,
        payee: Option<&'a str>,
        payer: Option<&'a str>,
    }
    let mut rows = Vec::with_capacity(bills.len() * 8);
    for (bill, id) in bills.iter().zip(ids) {
        rows.extend(bill.lines.iter().zip(1_i16..).map(|(line, n)| Row {
            bill: *id,
            n,
            code: &line.code,
            qty: Numeric(line.qty),
            unit: &line.unit,
            price: line.price.map(Numeric),
            amount: Numeric(line.amount),
            payee: line.payee.as_deref(),
            payer: line.payer.as_deref(),
        }));
    }
    copy(
        change,
        "bill_lines (bill_id, n, code, qty, unit, price, amount, payee, payer)",
        [
            Type::INT8,
            Type::INT2,
            Type::TEXT,
            Type::NUMERIC,
            Type::TEXT,
            Type::NUMERIC,
            Type::NUMERIC,
            Type::TEXT,
            Type::TEXT,
        ],
        rows.iter().map(|r| {
            let row: [&(dyn ToSql + Sync); 9] =
                [&r.bill, &r.n, &r.code, &r.qty, &r.unit, &r.price, &r.amount, &r.payee, &r.payer];
            row
        }),
    )
    .await
}

async fn write_segments(change: &Transaction<'_>, bills: &[TrialBill], ids: &[i64]) -> Result<(), SqlError> {
    struct Row {
        bill: i64,
        n: i16,
        installation: i32,
        register: i16,
        during: Instants,
        open: i64,
        close: i64,
        open_quality: i16,
        close_quality: i16,
        rollover: bool,
    }
    let mut rows = Vec::with_capacity(bills.len());
    for (bill, id) in bills.iter().zip(ids) {
        rows.extend(bill.segments.iter().zip(1_i16..).map(|(s, n)| Row {
            bill: *id,
            n,
            installation: s.installation.get(),
            register: s.register.get(),
            during: Instants { from: s.open.at, to: s.close.at },
            open: s.open.value.raw(),
            close: s.close.value.raw(),
            open_quality: s.open.quality.code(),
            close_quality: s.close.quality.code(),
            rollover: s.rollover,
        }));
    }
    copy(
        change,
        "bill_segments (bill_id, n, installation_id, register_id, during, open_value, close_value, open_quality, \
         close_quality, rollover)",
        [
            Type::INT8,
            Type::INT2,
            Type::INT4,
            Type::INT2,
            Type::TSTZ_RANGE,
            Type::INT8,
            Type::INT8,
            Type::INT2,
            Type::INT2,
            Type::BOOL,
        ],
        rows.iter().map(|r| {
            let row: [&(dyn ToSql + Sync); 10] = [
                &r.bill,
                &r.n,
                &r.installation,
                &r.register,
                &r.during,
                &r.open,
                &r.close,
                &r.open_quality,
                &r.close_quality,
                &r.rollover,
            ];
            row
        }),
    )
    .await
}

async fn write_counters(change: &Transaction<'_>, bills: &[TrialBill], ids: &[i64]) -> Result<(), SqlError> {
    let mut rows = Vec::new();
    for (bill, id) in bills.iter().zip(ids) {
        rows.extend(
            bill.counters
                .iter()
                .map(|(name, year, prior, by)| (*id, bill.agreement, name.as_str(), *year, Numeric(*prior), Numeric(*by))),
        );
    }
    copy(
        change,
        "bill_counters (bill_id, agreement_id, counter, tier_year, prior, moved)",
        [Type::INT8, Type::INT4, Type::TEXT, Type::INT2, Type::NUMERIC, Type::NUMERIC],
        rows.iter().map(|(id, agreement, name, year, prior, by)| {
            let row: [&(dyn ToSql + Sync); 6] = [id, agreement, name, year, prior, by];
            row
        }),
    )
    .await
}

async fn write_exceptions(
    change: &Transaction<'_>,
    run: i64,
    exceptions: &[TrialException],
) -> Result<(), SqlError> {
    let rows: Vec<(&str, &str)> =
        exceptions.iter().map(|e| (e.why.reason.outcome().name(), e.why.reason.name())).collect();
    copy(
        change,
        "bill_run_exceptions (run_id, agreement_id, outcome, reason, detail)",
        [Type::INT8, Type::INT4, Type::TEXT, Type::TEXT, Type::TEXT],
        exceptions.iter().zip(&rows).map(|(e, (outcome, reason))| {
            let row: [&(dyn ToSql + Sync); 5] = [&run, &e.agreement, outcome, reason, &e.why.detail];
            row
        }),
    )
    .await
}

/// Takes the trial bills and exceptions of these agreements back out of a run.
pub async fn take_back(change: &Transaction<'_>, run: i64, agreements: &[i32]) -> Result<(), SqlError> {
    change
        .execute(
            "delete from bill_inputs using bills b where b.id = bill_inputs.bill_id \
             and b.run_id = $1 and b.state = 'trial' and b.agreement_id = any($2)",
            &[&run, &agreements],
        )
        .await?;
    change
        .execute(
            "delete from bills where run_id = $1 and state = 'trial' and agreement_id = any($2)",
            &[&run, &agreements],
        )
        .await?;
    change
        .execute(
            "delete from bill_run_exceptions where run_id = $1 and agreement_id = any($2)",
            &[&run, &agreements],
        )
        .await?;
    Ok(())
}
