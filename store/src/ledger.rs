//! The ledger: postings into the journal, the books of accounts out of it, closed months. Append only; the schema refuses
//! the rest, and moves open items and prepaid balances with the journal.

mod accounts;
mod books;
mod month;
mod post;

use tokio_postgres::Transaction;

use crate::SqlError;

pub use accounts::{LedgerAccounts, account_ids};
pub use books::books;
pub(crate) use books::entered;
pub use month::{CloseMonthError, PostingDays, close_month, companies, posting_day};
pub(crate) use post::next_ids;
pub use post::{Entry, Journal, post};

/// Nobody else moves these accounts' money until the transaction ends. In ascending order, so that two never wait
/// for each other.
pub async fn lock(change: &Transaction<'_>, accounts: &[i32]) -> Result<(), SqlError> {
    let text = "select 1 from accounts where id = any($1) order by id for update";
    change.query(text, &[&accounts]).await?;
    Ok(())
}
