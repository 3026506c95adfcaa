//! What payments need to know, read set by set.

use std::collections::{BTreeSet, HashMap};

use billing::ledger::{AccountBook, Posted};
use metering::{BillId, CompanyId, PostingId};
use rust_decimal::Decimal;
use tokio_postgres::Transaction;

use super::Company;
use super::payment::{Kind, PayError, Payment};
use crate::ledger::{books, entered};
use crate::{SqlError, row};

/// Channel, reference, line.
pub(super) type Identity = (String, String, i16);

/// A payment that is recorded.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Its number; below zero while it is not written.
    pub(super) id: i64,
    pub(super) identity: Identity,
    pub(super) account: i32,
    pub(super) account_no: String,
    pub(super) company: Company,
    pub(super) kind: Kind,
    pub(super) amount: Decimal,
    pub(super) is_reversed: bool,
    /// What it posted.
    pub(super) postings: Vec<Posted>,
}

/// What is known of all that the payments name.
#[derive(Debug)]
pub(super) struct Facts {
    /// By number; locked.
    pub(super) accounts: HashMap<String, i32>,
    /// By account.
    pub(super) books: HashMap<i32, AccountBook>,
    /// Payments that have the identity of one of these, or are to be taken back by one.
    pub(super) known: Vec<Known>,
    /// By account and number.
    pub(super) named: HashMap<(i32, String), (BillId, Company)>,
    /// The company of an account's newest agreement.
    pub(super) newest: HashMap<i32, Company>,
    /// The numbers of bills that are named in receipts.
    pub(super) bill_nos: HashMap<BillId, String>,
    /// Postings that are taken back already.
    pub(super) reversed: BTreeSet<PostingId>,
}

pub(super) async fn read(change: &Transaction<'_>, payments: &[Payment<'_>]) -> Result<Facts, PayError> {
    let accounts = accounts(change, payments).await?;
    let ids: Vec<i32> = accounts.values().copied().collect();
    let mut known = known(change, payments).await?;
    let payment_ids: Vec<i64> = known.iter().map(|known| known.id).collect();
    let mut entered = entered(change, "payment_id", &payment_ids).await?;
    for of in &mut known {
        let entered = entered.remove(&of.id).unwrap_or_default();
        of.postings = entered.into_iter().map(|entered| entered.posted).collect();
    }
    let named = named(change, payments, &ids).await?;
    let postings = || known.iter().flat_map(|known| &known.postings);
    let touched: BTreeSet<i64> =
        postings().filter_map(|posted| posted.posting.bill()).map(BillId::get).collect();
    let touched: Vec<i64> = touched.into_iter().collect();
    let posting_ids: Vec<i64> = postings().map(|posted| posted.id.get()).collect();
    Ok(Facts {
        books: books(change, &ids, &touched).await?,
        newest: newest(change, &ids).await?,
        bill_nos: bill_nos(change, &touched).await?,
        reversed: reversed(change, &posting_ids).await?,
        accounts,
        known,
        named,
    })
}

/// The accounts, locked in ascending order.
async fn accounts(
    change: &Transaction<'_>,
    payments: &[Payment<'_>],
) -> Result<HashMap<String, i32>, SqlError> {
    let nos: Vec<&str> = payments.iter().map(|payment| payment.account_no).collect();
    let text = "select id, account_no from accounts where account_no = any($1) order by id for update";
    let rows = change.query(text, &[&nos]).await?;
    rows.iter().map(|row| Ok((row.try_get("account_no")?, row.try_get("id")?))).collect()
}

/// What is recorded under the identities and references of these payments.
async fn known(change: &Transaction<'_>, payments: &[Payment<'_>]) -> Result<Vec<Known>, SqlError> {
    let mut keys: BTreeSet<(&str, &str)> = payments.iter().map(|p| (p.channel, p.channel_ref)).collect();
    keys.extend(payments.iter().filter_map(|p| Some((p.channel, p.reverses_ref?))));
    let (channels, references): (Vec<&str>, Vec<&str>) = keys.into_iter().unzip();
    let text = "select p.id, p.channel, p.channel_ref, p.line, p.account_id, a.account_no, p.company_id, \
                       p.currency::text as currency, p.kind, p.amount, \
                       exists (select from payments r where r.reverses = p.id) as is_reversed \
                from unnest($1::text[], $2::text[]) k (channel, channel_ref) \
                join payments p using (channel, channel_ref) \
                join accounts a on a.id = p.account_id order by p.channel, p.channel_ref, p.line";
    let rows = change.query(text, &[&channels, &references]).await?;
    let known = |row: &tokio_postgres::Row| {
        Ok(Known {
            id: row.try_get("id")?,
            identity: (row.try_get("channel")?, row.try_get("channel_ref")?, row.try_get("line")?),
            account: row.try_get("account_id")?,
            account_no: row.try_get("account_no")?,
            company: company(row)?,
            kind: row::known(row, "payments", "kind")?,
            amount: row::decimal(row, "amount")?,
            is_reversed: row.try_get("is_reversed")?,
            postings: Vec::new(),
        })
    };
    rows.iter().map(known).collect()
}

fn company(row: &tokio_postgres::Row) -> Result<Company, SqlError> {
    let id: i32 = row.try_get("company_id")?;
    Ok((CompanyId::new(id), row.try_get::<_, &str>("currency")?.into()))
}

/// The bills that payers name.
async fn named(
    change: &Transaction<'_>,
    payments: &[Payment<'_>],
    accounts: &[i32],
) -> Result<HashMap<(i32, String), (BillId, Company)>, SqlError> {
    let nos: Vec<&str> = payments.iter().filter_map(|payment| payment.bill_no).collect();
    if nos.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "select id, bill_no, account_id, company_id, currency::text as currency from bills \
                where bill_no = any($1) and account_id = any($2) and state <> 'trial'";
    let rows = change.query(text, &[&nos, &accounts]).await?;
    let named = |row: &tokio_postgres::Row| {
        let key = (row.try_get("account_id")?, row.try_get("bill_no")?);
        Ok((key, (BillId::new(row.try_get("id")?), company(row)?)))
    };
    rows.iter().map(named).collect()
}

async fn newest(change: &Transaction<'_>, accounts: &[i32]) -> Result<HashMap<i32, Company>, SqlError> {
    let text = "select distinct on (a.account_id) a.account_id, c.id as company_id, c.currency::text as currency \
                from agreements a join companies c on c.id = a.company_id \
                where a.account_id = any($1) order by a.account_id, a.during desc, a.id desc";
    let rows = change.query(text, &[&accounts]).await?;
    rows.iter().map(|row| Ok((row.try_get("account_id")?, company(row)?))).collect()
}

async fn bill_nos(change: &Transaction<'_>, bills: &[i64]) -> Result<HashMap<BillId, String>, SqlError> {
    if bills.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = change.query("select id, bill_no from bills where id = any($1)", &[&bills]).await?;
    rows.iter().map(|row| Ok((BillId::new(row.try_get("id")?), row.try_get("bill_no")?))).collect()
}

async fn reversed(change: &Transaction<'_>, postings: &[i64]) -> Result<BTreeSet<PostingId>, SqlError> {
    if postings.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows = change.query("select reverses from journal where reverses = any($1)", &[&postings]).await?;
    rows.iter().map(|row| Ok(PostingId::new(row.try_get("reverses")?))).collect()
}
