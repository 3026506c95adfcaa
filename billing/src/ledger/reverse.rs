//! Taking a payment back (冲正): each of its postings the other way round.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use metering::{BillId, PostingId};

use super::account::LedgerAccount;
use super::amount::{Amount, LedgerError};
use super::posting::{Posted, Posting, PostingKind, Transfer};

/// Why a payment cannot be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReverseError {
    /// What it made prepaid is no longer there.
    Short {
        /// What is prepaid.
        balance: Amount,
    },
    /// A sum that the ledger does not hold.
    Ledger(LedgerError),
}

impl fmt::Display for ReverseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { balance } => write!(f, "only {balance} is prepaid"),
            Self::Ledger(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for ReverseError {}

impl<E: Into<LedgerError>> From<E> for ReverseError {
    fn from(source: E) -> Self {
        Self::Ledger(source.into())
    }
}

/// What takes the postings of a payment back. `balance` is what the account has prepaid; `reversed` are postings that
/// something has taken back already (a cancellation takes a late fee back). What had been paid on a bill before it was
/// `cancelled`, by the posting named there, is prepaid, and is taken from there. A posting whose number is below zero is not
/// written yet, and later than all that is.
pub fn reverse(
    postings: &[Posted],
    balance: Amount,
    reversed: &BTreeSet<PostingId>,
    cancelled: &BTreeMap<BillId, PostingId>,
) -> Result<Vec<Posting>, ReverseError> {
    let mut left = balance;
    let mut taken = Vec::with_capacity(postings.len());
    for posted in postings.iter().filter(|posted| !reversed.contains(&posted.id)) {
        let cancelled_by = posted.posting.bill().and_then(|bill| cancelled.get(&bill));
        let is_cancelled = cancelled_by.is_some_and(|by| posted.id.get() > 0 && posted.id < *by);
        let transfers = posted.posting.transfers().iter();
        let transfers: Vec<Transfer> =
            transfers.map(|t| if is_cancelled { from_prepaid(t) } else { t.reversed() }).collect();
        for transfer in &transfers {
            left = left.plus(transfer.prepaid())?;
        }
        let posting = Posting::made(PostingKind::Reversal, posted.posting.bill(), transfers);
        taken.extend(posting.map(|posting| posting.taking_back(posted.id)));
    }
    if left < Amount::ZERO { Err(ReverseError::Short { balance }) } else { Ok(taken) }
}

/// The other way round, where what was owed has become prepaid.
fn from_prepaid(of: &Transfer) -> Transfer {
    let mut back = of.reversed();
    if back.debit == LedgerAccount::Receivable {
        back.debit = LedgerAccount::Prepaid;
    }
    back
}
