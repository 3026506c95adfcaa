//! Postings into the journal: one COPY, whatever their number.

use billing::ledger::{LedgerAccount, Posting, PostingDay};
use jiff::civil::Date;
use metering::{CompanyId, PaymentId, PostingId};
use smol_str::SmolStr;
use tokio_postgres::{GenericClient, Transaction};

use super::accounts::account_ids;
use crate::SqlError;
use crate::copy::Rows;
use crate::users::Actor;

/// A posting and whose it is.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose books.
    pub company: CompanyId,
    /// In which currency.
    pub currency: SmolStr,
    /// Whose receivable or prepaid money.
    pub account: i32,
    /// In an open month.
    pub day: PostingDay,
    /// Of the fact.
    pub value_date: Date,
    /// The payment that makes it.
    pub payment: Option<PaymentId>,
    /// What moves.
    pub posting: Posting,
}

/// Posts, in the order given. The trigger of the journal takes the shared lock of the months and moves open items and
/// prepaid balances.
pub async fn post(change: &Transaction<'_>, who: &Actor, entries: &[Entry]) -> Result<(), SqlError> {
    let mut journal = Journal::default();
    for entry in entries {
        journal.add(entry.clone());
    }
    journal.write(change, who).await
}

/// Postings that are to be written together. Each has a number at once, below zero until it is written, so that a later
/// one can take an earlier one back.
#[derive(Debug, Default)]
pub struct Journal(Vec<Entry>);

impl Journal {
    /// Adds a posting; its number until it is written.
    pub fn add(&mut self, entry: Entry) -> PostingId {
        self.0.push(entry);
        PostingId::new(i64::try_from(self.0.len()).map_or(i64::MIN, |n| -n))
    }

    /// The postings so far.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Numbers of payments that are below zero become these: the first is that of -1.
    pub(crate) fn number_payments(&mut self, ids: &[i64]) {
        for entry in &mut self.0 {
            entry.payment = entry.payment.map(|payment| PaymentId::new(numbered(payment.get(), ids)));
        }
    }

    /// Writes them, and is empty.
    pub async fn write(self, change: &Transaction<'_>, who: &Actor) -> Result<(), SqlError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let legs = self.0.iter().flat_map(|entry| entry.posting.legs());
        let accounts = account_ids(change, legs.map(|(_, account, _)| account)).await?;
        let ids = next_ids(change, "journal", self.0.len()).await?;
        // 0 is no account: the journal refuses it.
        let number = |account: &LedgerAccount| accounts.get(account).copied().unwrap_or_default();
        let mut rows = Rows::new(15);
        for (entry, id) in self.0.iter().zip(&ids) {
            let posting = &entry.posting;
            rows.row().int8(*id).text(posting.kind().name()).int4(entry.company.get()).text(&entry.currency);
            rows.date(entry.day.date()).date(entry.value_date).int4(entry.account);
            rows.maybe_int8(posting.bill().map(metering::BillId::get)).maybe_date(posting.due_on());
            rows.maybe_int8(entry.payment.map(PaymentId::get));
            rows.maybe_int8(posting.reverses().map(|of| numbered(of.get(), &ids)));
            rows.int2s(&posting.legs().map(|(line, ..)| line).collect::<Vec<_>>());
            rows.int4s(&posting.legs().map(|(_, account, _)| number(account)).collect::<Vec<_>>());
            rows.int8s(&posting.legs().map(|(.., amount)| amount.raw()).collect::<Vec<_>>());
            rows.text(who.name());
        }
        let table = "journal (id, kind, company_id, currency, posting_date, value_date, account_id, bill_id, due_on, \
                     payment_id, reverses, line, acct, amount, recorded_by)";
        rows.copy(change, table).await
    }
}

/// A number as it is stored; one below zero is the place in a list of new numbers. One that has no place stays as it is: the
/// journal knows no such row and refuses it.
fn numbered(id: i64, new: &[i64]) -> i64 {
    if id > 0 {
        return id;
    }
    let place = usize::try_from(id.unsigned_abs()).ok().and_then(|place| place.checked_sub(1));
    place.and_then(|place| new.get(place)).copied().unwrap_or(id)
}

/// New numbers of a table's rows.
pub(crate) async fn next_ids(
    client: &impl GenericClient,
    table: &str,
    count: usize,
) -> Result<Vec<i64>, SqlError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let text = "select nextval(pg_get_serial_sequence($1, 'id')) as id from generate_series(1, $2::bigint)";
    let rows = client.query(text, &[&table, &count]).await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}
