//! The books of accounts, read set by set: open bills with their postings, components and late-fee policies, and what is
//! prepaid.

use std::collections::{BTreeMap, HashMap};

use billing::ledger::{AccountBook, Amount, BillBook, Entered, Posted, Posting, PostingKind, Transfer};
use jiff::civil::Date;
use metering::{BillId, CompanyId, PaymentId, PostingId};
use smol_str::SmolStr;
use tokio_postgres::{GenericClient, Row};

use super::accounts::LedgerAccounts;
use crate::errors::RowError;
use crate::{SqlError, row};

/// The books of these accounts: what is open, and these bills besides.
pub async fn books(
    client: &impl GenericClient,
    accounts: &[i32],
    besides: &[i64],
) -> Result<HashMap<i32, AccountBook>, SqlError> {
    let mut books: HashMap<i32, AccountBook> =
        accounts.iter().map(|id| (*id, AccountBook::default())).collect();
    let prepaid = "select account_id, company_id, balance from prepaid_balances where account_id = any($1)";
    for row in client.query(prepaid, &[&accounts]).await? {
        let balance = amount(row::decimal(&row, "balance")?, "prepaid_balances", "balance")?;
        let book = books.entry(row.try_get("account_id")?).or_default();
        book.prepaid.insert(CompanyId::new(row.try_get("company_id")?), balance);
    }
    let rows = client.query(include_str!("../../sql/ledger_bills.sql"), &[&accounts, &besides]).await?;
    if rows.is_empty() {
        return Ok(books);
    }
    let ids = rows.iter().map(|row| Ok(row.try_get("bill_id")?)).collect::<Result<Vec<i64>, SqlError>>()?;
    let agreements =
        rows.iter().map(|row| Ok(row.try_get("agreement_id")?)).collect::<Result<Vec<i32>, SqlError>>()?;
    let mut entered = entered(client, "bill_id", &ids).await?;
    let mut components = components(client, &ids).await?;
    let policies = policies(client, &agreements).await?;
    for row in &rows {
        let (id, agreement): (i64, i32) = (row.try_get("bill_id")?, row.try_get("agreement_id")?);
        let bill = BillBook {
            bill: BillId::new(id),
            bill_no: row.try_get::<_, &str>("bill_no")?.into(),
            company: CompanyId::new(row.try_get("company_id")?),
            currency: row.try_get::<_, &str>("currency")?.into(),
            due_on: row.try_get("due_on")?,
            policies: policies.get(&agreement).cloned().unwrap_or_default(),
            components: components.remove(&id).unwrap_or_default(),
            entered: entered.remove(&id).unwrap_or_default(),
        };
        books.entry(row.try_get("account_id")?).or_default().bills.push(bill);
    }
    Ok(books)
}

/// The postings on bills, or of payments, in the order in which they were made. `by` is bill_id or payment_id.
pub(crate) async fn entered(
    client: &impl GenericClient,
    by: &'static str,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<Entered>>, SqlError> {
    let mut all: HashMap<i64, Vec<Entered>> = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let accounts = LedgerAccounts::read(client).await?;
    let text = format!(
        "select {by} as of_id, id, kind, bill_id, due_on, payment_id, reverses, value_date, line, acct, amount \
         from journal where {by} = any($1) order by id"
    );
    for row in client.query(&text, &[&ids]).await? {
        all.entry(row.try_get("of_id")?).or_default().push(entry(&row, &accounts)?);
    }
    Ok(all)
}

fn entry(row: &Row, accounts: &LedgerAccounts) -> Result<Entered, SqlError> {
    let kind: PostingKind = row::known(row, "journal", "kind")?;
    let id: i64 = row.try_get("id")?;
    let (line, acct, amount): (Vec<i16>, Vec<i32>, Vec<i64>) =
        (row.try_get("line")?, row.try_get("acct")?, row.try_get("amount")?);
    let mut transfers = Vec::with_capacity(amount.len() / 2);
    for ((line, acct), amount) in line.chunks_exact(2).zip(acct.chunks_exact(2)).zip(amount.chunks_exact(2)) {
        transfers.push(Transfer {
            line: line[0],
            debit: accounts.of(acct[0])?.clone(),
            credit: accounts.of(acct[1])?.clone(),
            amount: Amount::from_raw(amount[0]),
        });
    }
    let bill = row.try_get::<_, Option<i64>>("bill_id")?.map(BillId::new);
    let reverses = row.try_get::<_, Option<i64>>("reverses")?.map(PostingId::new);
    let posting = Posting::read(kind, bill, row.try_get("due_on")?, reverses, transfers);
    let posting = posting.map_err(|unlawful| RowError {
        table: "journal",
        column: "acct",
        value: id.to_string(),
        why: unlawful.to_string(),
    })?;
    let payment = row.try_get::<_, Option<i64>>("payment_id")?.map(PaymentId::new);
    let posted = Posted { id: PostingId::new(id), payment, posting };
    Ok(Entered { value_date: row.try_get("value_date")?, posted })
}

/// The components of these bills' lines.
async fn components(
    client: &impl GenericClient,
    bills: &[i64],
) -> Result<HashMap<i64, BTreeMap<i16, SmolStr>>, SqlError> {
    let text =
        "select bill_id, n, split_part(code, '#', 1) as component from bill_lines where bill_id = any($1)";
    let mut all: HashMap<i64, BTreeMap<i16, SmolStr>> = HashMap::new();
    for row in client.query(text, &[&bills]).await? {
        let component = row.try_get::<_, &str>("component")?.into();
        all.entry(row.try_get("bill_id")?).or_default().insert(row.try_get("n")?, component);
    }
    Ok(all)
}

/// First day, day after the last, code.
type Named = (Date, Option<Date>, SmolStr);

/// The late-fee policies that agreements name.
async fn policies(
    client: &impl GenericClient,
    agreements: &[i32],
) -> Result<HashMap<i32, Vec<Named>>, SqlError> {
    let text = "select agreement_id, lower(during) as first, upper(during) as after, value from attributes \
                where agreement_id = any($1) and name = 'late_fee' and superseded_at is null";
    let mut all: HashMap<i32, Vec<Named>> = HashMap::new();
    for row in client.query(text, &[&agreements]).await? {
        let first = row.try_get::<_, Option<Date>>("first")?.unwrap_or(Date::MIN);
        let named = (first, row.try_get("after")?, row.try_get::<_, &str>("value")?.into());
        all.entry(row.try_get("agreement_id")?).or_default().push(named);
    }
    Ok(all)
}

/// A sum of the ledger's.
fn amount(
    decimal: rust_decimal::Decimal,
    table: &'static str,
    column: &'static str,
) -> Result<Amount, SqlError> {
    let fault = |why: billing::ledger::AmountError| RowError {
        table,
        column,
        value: decimal.to_string(),
        why: why.to_string(),
    };
    Amount::try_from(decimal).map_err(|why| fault(why).into())
}
