//! Trial bills: drafts, written many at a time and taken back whole.

use std::collections::HashMap;

use billing::content::BilledLine;
use billing::ledger::{
    Amount, BillLine, LedgerAccount, LedgerError, Posting, bill, credit_note, posted_against,
};
use billing::trial::{TrialBill, TrialException};
use jiff::civil::Date;
use metering::BillId;
use series::rule::Review;
use smol_str::SmolStr;
use tokio_postgres::Transaction;

use super::pack::{Packed, Packer};
use crate::copy::Rows;
use crate::ledger::account_ids;
use crate::{RowError, SqlError};

/// Where drafts belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The run.
    pub run: i64,
    /// Its chunk.
    pub chunk: i32,
    /// The period's label.
    pub period: &'a str,
}

/// Writes the drafts of a chunk: one row each.
pub async fn write(
    change: &Transaction<'_>,
    place: Place<'_>,
    bills: &[TrialBill],
    exceptions: &[TrialException],
    packer: &mut Packer,
) -> Result<(), SqlError> {
    let ids = numbers(change, bills.len()).await?;
    let accounts = accounts(change, bills).await?;
    let drafts: Vec<Draft<'_>> =
        bills.iter().zip(ids).map(|(bill, id)| Draft::of(bill, id, packer)).collect::<Result<_, _>>()?;
    let shapes = shapes(change, &drafts, &accounts).await?;
    let mut rows = Rows::new(43);
    for (draft, shape) in drafts.iter().zip(shapes) {
        draft.put(&mut rows, place, shape, &accounts);
    }
    rows.copy(change, COLUMNS).await?;
    write_exceptions(change, place.run, exceptions).await
}

/// Lines of a bill: each has a number of 16 bits.
const MOST_LINES: usize = 10_000;

const COLUMNS: &str = "bill_drafts (run_id, chunk, id, agreement_id, account_id, company_id, period, currency, tariff_id, \
                       service_from, service_to, total, due_days, review, book, area, use_class, shape, quantities, amounts, \
                       leg_lines, leg_accounts, leg_amounts, credit_lines, credit_accounts, credit_amounts, \
                       installations, registers, billed_from, billed_to, opens, closes, qualities, rolled, before_to, \
                       counters, tier_years, stood, priors, moved, content, dictionary, sha256)";

/// New numbers of bills.
pub(super) async fn numbers(change: &Transaction<'_>, count: usize) -> Result<Vec<i64>, SqlError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let text = "select nextval('bill_numbers') as id from generate_series(1, $1::bigint)";
    let rows = change.query(text, &[&count]).await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}

/// The numbers of the ledger accounts that these bills post to.
async fn accounts(
    change: &Transaction<'_>,
    bills: &[TrialBill],
) -> Result<HashMap<LedgerAccount, i32>, SqlError> {
    let against: Vec<LedgerAccount> = bills.iter().flat_map(|bill| &bill.lines).map(against).collect();
    let always = [LedgerAccount::Receivable, LedgerAccount::Prepaid];
    account_ids(change, against.iter().chain(&always)).await
}

fn against(line: &BilledLine) -> LedgerAccount {
    posted_against(line.payee.as_deref(), line.payer.as_deref())
}

/// A draft on its way into its row.
struct Draft<'t> {
    id: i64,
    bill: &'t TrialBill,
    amounts: Vec<i64>,
    billed: Option<Posting>,
    credited: Option<Posting>,
    kept: Packed,
}

impl<'t> Draft<'t> {
    fn of(trial: &'t TrialBill, id: i64, packer: &mut Packer) -> Result<Self, SqlError> {
        let beyond = |why: LedgerError| RowError {
            table: "bill_drafts",
            column: "amounts",
            value: id.to_string(),
            why: why.to_string(),
        };
        if trial.lines.len() > MOST_LINES {
            let why = format!("{} lines, and {MOST_LINES} are the most", trial.lines.len());
            let row = RowError { table: "bill_drafts", column: "amounts", value: id.to_string(), why };
            return Err(row.into());
        }
        let lines: Vec<BillLine<'_>> = trial
            .lines
            .iter()
            .zip(1_i16..)
            .map(|(line, n)| BillLine {
                n,
                amount: line.amount,
                payee: line.payee.as_deref(),
                third_party: line.payer.as_deref(),
            })
            .collect();
        let amounts: Result<Vec<i64>, LedgerError> = trial
            .lines
            .iter()
            .map(|line| Ok(Amount::try_from(line.amount).map_err(LedgerError::from)?.raw()))
            .collect();
        let number = BillId::new(id);
        // The due date is that of the day of issue, which nobody knows yet.
        let billed = bill(number, Date::MIN, &lines).map_err(beyond)?;
        let credited = credit_note(number, &lines).map_err(beyond)?;
        let unwritable = |why: billing::content::ContentError| RowError {
            table: "bill_drafts",
            column: "content",
            value: id.to_string(),
            why: why.to_string(),
        };
        let kept = packer.pack(trial.content().map_err(unwritable)?)?;
        Ok(Self { id, bill: trial, amounts: amounts.map_err(beyond)?, billed, credited, kept })
    }

    fn put(&self, rows: &mut Rows, place: Place<'_>, shape: i32, accounts: &HashMap<LedgerAccount, i32>) {
        let bill = self.bill;
        rows.row().int8(place.run).int4(place.chunk).int8(self.id);
        rows.int4(bill.agreement).int4(bill.account).int4(bill.company);
        rows.text(place.period).text(&bill.currency).int4(bill.tariff);
        rows.timestamptz(bill.from).timestamptz(bill.to).numeric(bill.total).int2(bill.due_days);
        rows.text(&review_names(&bill.review));
        rows.text(&bill.book).text(&bill.area).text(&bill.use_class).int4(shape);
        rows.numerics(bill.lines.iter().map(|line| line.qty)).int8s(&self.amounts);
        for posting in [&self.billed, &self.credited] {
            let legs = || posting.iter().flat_map(Posting::legs);
            let number = |account: &LedgerAccount| accounts.get(account).copied().unwrap_or_default();
            rows.int2s(&legs().map(|(line, ..)| line).collect::<Vec<_>>());
            rows.int4s(&legs().map(|(_, account, _)| number(account)).collect::<Vec<_>>());
            rows.int8s(&legs().map(|(.., amount)| amount.raw()).collect::<Vec<_>>());
        }
        let times = &bill.registers;
        rows.int4s(&times.iter().map(|time| time.installation.get()).collect::<Vec<_>>());
        rows.int2s(&times.iter().map(|time| time.register.get()).collect::<Vec<_>>());
        rows.timestamptzs(times.iter().map(|time| Some(time.end.from)));
        rows.timestamptzs(times.iter().map(|time| Some(time.end.to)));
        rows.int8s(&times.iter().map(|time| time.end.open).collect::<Vec<_>>());
        rows.int8s(&times.iter().map(|time| time.end.close).collect::<Vec<_>>());
        rows.int2s(&times.iter().map(|time| time.end.quality.code()).collect::<Vec<_>>());
        rows.bools(times.iter().map(|time| time.end.rolled));
        rows.timestamptzs(times.iter().map(|time| time.before.map(|before| before.end.to)));
        rows.texts(bill.counters.iter().map(|moved| moved.counter.as_str()));
        rows.int2s(&bill.counters.iter().map(|moved| moved.tier_year).collect::<Vec<_>>());
        rows.numerics(bill.counters.iter().map(|moved| moved.stood));
        rows.numerics(bill.counters.iter().map(|moved| moved.prior));
        rows.numerics(bill.counters.iter().map(|moved| moved.by));
        rows.bytes(&self.kept.bytes).maybe_int2(self.kept.dictionary).bytes(&self.kept.sha256);
    }
}

/// Names of the review rules, by comma.
fn review_names(review: &[Review]) -> String {
    review.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(",")
}

/// The shapes of these bills' lines, in order. A shape that is not there yet is added.
async fn shapes(
    change: &Transaction<'_>,
    drafts: &[Draft<'_>],
    accounts: &HashMap<LedgerAccount, i32>,
) -> Result<Vec<i32>, SqlError> {
    let texts: Vec<String> = drafts.iter().map(|draft| shape(&draft.bill.lines, accounts)).collect();
    let mut wanted: Vec<&str> = texts.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    wanted.dedup();
    change.execute(include_str!("../../sql/bills/shapes_add.sql"), &[&wanted]).await?;
    let text = "select t.shape, s.id from unnest($1::text[]) t (shape) \
                join bill_shapes s on s.sha256 = sha256(convert_to(t.shape, 'UTF8'))";
    let rows = change.query(text, &[&wanted]).await?;
    let mut known: HashMap<&str, i32> = HashMap::with_capacity(rows.len());
    for row in &rows {
        known.insert(row.try_get("shape")?, row.try_get("id")?);
    }
    let missing = || RowError {
        table: "bill_shapes",
        column: "sha256",
        value: String::new(),
        why: "a shape that was just added is not there".to_owned(),
    };
    texts.iter().map(|text| known.get(text.as_str()).copied().ok_or_else(|| missing().into())).collect()
}

/// Code, unit and ledger account of each line, as JSON.
fn shape(lines: &[BilledLine], accounts: &HashMap<LedgerAccount, i32>) -> String {
    let line = |line: &BilledLine| {
        let account = accounts.get(&against(line)).copied().unwrap_or_default();
        (line.code.clone(), line.unit.clone(), account)
    };
    let lines: Vec<(SmolStr, SmolStr, i32)> = lines.iter().map(line).collect();
    // Texts and a number: it always is JSON.
    serde_json::to_string(&lines).unwrap_or_default()
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

/// Takes the drafts and exceptions of these agreements back out of a run.
pub async fn take_back(change: &Transaction<'_>, run: i64, agreements: &[i32]) -> Result<(), SqlError> {
    for text in [
        "delete from bill_drafts where run_id = $1 and agreement_id = any($2)",
        "delete from bill_run_exceptions where run_id = $1 and agreement_id = any($2)",
    ] {
        change.execute(text, &[&run, &agreements]).await?;
    }
    Ok(())
}
