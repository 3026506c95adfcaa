//! Trial bills: written many at a time, taken back whole.

use billing::trial::{CounterMove, TrialBill, TrialException};
use series::rule::Review;
use tokio_postgres::Transaction;

use crate::SqlError;
use crate::copy::Rows;

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
    let mut rows = Rows::new(16);
    for (bill, id) in bills.iter().zip(ids) {
        rows.row().int8(*id).text(&bill_no(*id)).int8(run);
        rows.int4(bill.agreement).int4(bill.account).int4(bill.company);
        rows.text("regular").text(period).text("trial");
        rows.timestamptz(bill.from).timestamptz(bill.to).int4(bill.tariff);
        rows.text(&bill.currency).numeric(bill.total).int2(bill.due_days).text(&review_names(&bill.review));
    }
    let table = "bills (id, bill_no, run_id, agreement_id, account_id, company_id, kind, period, state, service_from, \
                 service_to, tariff_id, currency, total, due_days, review)";
    rows.copy(change, table).await
}

/// Names of the review rules, by comma.
fn review_names(review: &[Review]) -> String {
    review.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(",")
}

async fn write_inputs(change: &Transaction<'_>, bills: &[TrialBill], ids: &[i64]) -> Result<(), SqlError> {
    let mut rows = Rows::new(3);
    for (bill, id) in bills.iter().zip(ids) {
        rows.row().int8(*id).text(&bill.inputs).bytes(&bill.sha256);
    }
    rows.copy(change, "bill_inputs (bill_id, inputs, sha256)").await
}

async fn write_lines(change: &Transaction<'_>, bills: &[TrialBill], ids: &[i64]) -> Result<(), SqlError> {
    let mut rows = Rows::new(9);
    for (bill, id) in bills.iter().zip(ids) {
        for (line, n) in bill.lines.iter().zip(1..) {
            rows.row().int8(*id).number(n).text(&line.code).numeric(line.qty).text(&line.unit);
            rows.maybe_numeric(line.price).numeric(line.amount);
            rows.maybe_text(line.payee.as_deref()).maybe_text(line.payer.as_deref());
        }
    }
    rows.copy(change, "bill_lines (bill_id, n, code, qty, unit, price, amount, payee, payer)").await
}

async fn write_segments(change: &Transaction<'_>, bills: &[TrialBill], ids: &[i64]) -> Result<(), SqlError> {
    let mut rows = Rows::new(10);
    for (bill, id) in bills.iter().zip(ids) {
        for (segment, n) in bill.segments.iter().zip(1..) {
            rows.row().int8(*id).number(n).int4(segment.installation.get()).int2(segment.register.get());
            rows.tstzrange(segment.open.at, segment.close.at);
            rows.int8(segment.open.value.raw()).int8(segment.close.value.raw());
            rows.int2(segment.open.quality.code())
                .int2(segment.close.quality.code())
                .bool(segment.rollover.is_some());
        }
    }
    let table = "bill_segments (bill_id, n, installation_id, register_id, during, open_value, close_value, \
                 open_quality, close_quality, rollover)";
    rows.copy(change, table).await
}

async fn write_counters(change: &Transaction<'_>, bills: &[TrialBill], ids: &[i64]) -> Result<(), SqlError> {
    let mut rows = Rows::new(6);
    for (bill, id) in bills.iter().zip(ids) {
        for CounterMove { counter, tier_year, prior, by } in &bill.counters {
            rows.row()
                .int8(*id)
                .int4(bill.agreement)
                .text(counter)
                .int2(*tier_year)
                .numeric(*prior)
                .numeric(*by);
        }
    }
    rows.copy(change, "bill_counters (bill_id, agreement_id, counter, tier_year, prior, moved)").await
}

async fn write_exceptions(
    change: &Transaction<'_>,
    run: i64,
    exceptions: &[TrialException],
) -> Result<(), SqlError> {
    let mut rows = Rows::new(5);
    for TrialException { agreement, why } in exceptions {
        rows.row().int8(run).int4(*agreement).text(why.reason.outcome().name());
        rows.text(why.reason.name()).text(&why.detail);
    }
    rows.copy(change, "bill_run_exceptions (run_id, agreement_id, outcome, reason, detail)").await
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
