//! Payments: each known by (channel, reference, line), recorded once, settled against open items.
//!
//! Any number of them is taken at once: read what they need, set by set; work them out one after another on the accounts'
//! books (`billing::ledger`, pure); write them, set by set. The accounts are locked first, so that two who pay at the same
//! moment see one another's payment, and each late fee becomes owed once.

use billing::ledger::SettlementRules;
use jiff::civil::Date;
use metering::{CompanyId, Zone};
use tokio_postgres::{GenericClient, Transaction};

use crate::ledger::{self, Entry, Journal, PostingDays, books};
use crate::{Change, SqlError};

mod desk;
mod facts;
mod payment;
mod write;

pub use payment::{Kind, PayError, Payment, Receipt, Till};

/// Records a payment. The same identity again gives the first result; with another amount, account or kind it is
/// refused.
pub async fn record(
    change: &Change<'_>,
    zone: &Zone,
    rules: &SettlementRules,
    payment: &Payment<'_>,
) -> Result<Receipt, PayError> {
    let receipts = record_all(change, zone, rules, std::slice::from_ref(payment)).await?;
    receipts.into_iter().next().unwrap_or(Err(PayError::Amount(payment.amount)))
}

/// Records payments in their order; of each its receipt, or why it is refused. What is refused leaves nothing behind.
pub async fn record_all(
    change: &Change<'_>,
    zone: &Zone,
    rules: &SettlementRules,
    payments: &[Payment<'_>],
) -> Result<Vec<Result<Receipt, PayError>>, PayError> {
    let facts = facts::read(change, payments).await?;
    let mut desk = desk::Desk::new(zone, rules, facts);
    let mut receipts = Vec::with_capacity(payments.len());
    for payment in payments {
        receipts.push(match desk.take(change, payment).await {
            Err(fatal @ (PayError::Sql(_) | PayError::Ledger(_))) => return Err(fatal),
            receipt => receipt,
        });
    }
    let ids = write::write(change, desk.taken, desk.journal).await?;
    for receipt in receipts.iter_mut().flatten() {
        let place = usize::try_from(receipt.payment.unsigned_abs()).ok().and_then(|n| n.checked_sub(1));
        if receipt.payment < 0
            && let Some(id) = place.and_then(|place| ids.get(place))
        {
            receipt.payment = *id;
        }
    }
    Ok(receipts)
}

/// Settles what these accounts have open from what they have paid ahead: at issue, and whenever it is asked for.
pub async fn deduct(
    change: &Transaction<'_>,
    accounts: &[i32],
    on: Date,
    till: &Till<'_>,
) -> Result<(), PayError> {
    let text = "select distinct account_id as id from prepaid_balances where account_id = any($1) and balance > 0 order by 1";
    let rows = change.query(text, &[&accounts]).await?;
    let ahead = rows.iter().map(|row| Ok(row.try_get("id")?)).collect::<Result<Vec<i32>, SqlError>>()?;
    if ahead.is_empty() {
        return Ok(());
    }
    ledger::lock(change, &ahead).await?;
    let books = books(change, &ahead, &[]).await?;
    let order = till.rules.order(on);
    let mut days = PostingDays::default();
    let mut journal = Journal::default();
    for account in ahead {
        let Some(book) = books.get(&account) else { continue };
        for (company, balance) in &book.prepaid {
            let open = book.open(*company, None)?;
            let currency =
                book.bills.iter().find(|bill| bill.company == *company).map(|b| b.currency.clone());
            let Some(currency) = currency else { continue };
            for posting in billing::ledger::deduct(*balance, &open, &order)? {
                let (company, currency) = (*company, currency.clone());
                let day = days.of(change, company, on).await?;
                journal.add(Entry {
                    company,
                    currency,
                    account,
                    day,
                    value_date: on,
                    payment: None,
                    posting,
                });
            }
        }
    }
    Ok(journal.write(change, till.who).await?)
}

/// An account by the number that people know.
pub async fn account(client: &impl GenericClient, account_no: &str) -> Result<Option<i32>, SqlError> {
    let text = "select id from accounts where account_no = $1";
    let row = client.query_opt(text, &[&account_no]).await?;
    row.map(|row| Ok(row.try_get("id")?)).transpose()
}

/// Whose money, and in which currency.
type Company = (CompanyId, smol_str::SmolStr);
