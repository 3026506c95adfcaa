//! Taking a bill back (冲红): what made it owed, the other way round; what had been paid on it is prepaid.

use std::collections::{BTreeMap, BTreeSet};

use metering::{BillId, PostingId};

use super::account::LedgerAccount;
use super::amount::{Amount, LedgerError};
use super::posting::{Posted, Posting, PostingKind, Transfer};

/// What takes a bill back, from all that was ever posted on it. `balance` is what the account has prepaid: where a bill
/// that gave back is taken back, its credit is taken from there as far as it reaches; what is used up already stays owed
/// on the bill.
pub fn cancel(bill: BillId, postings: &[Posted], balance: Amount) -> Result<Vec<Posting>, LedgerError> {
    let reversed: BTreeSet<PostingId> = postings.iter().filter_map(|p| p.posting.reverses()).collect();
    let mut owed: BTreeMap<i16, Amount> = BTreeMap::new();
    let mut taken = Vec::new();
    for posted in postings {
        move_by(&mut owed, posted.posting.transfers())?;
        if makes_owed(posted.posting.kind()) && !reversed.contains(&posted.id) {
            let back: Vec<Transfer> = posted.posting.transfers().iter().map(Transfer::reversed).collect();
            move_by(&mut owed, &back)?;
            let posting = Posting::made(PostingKind::Cancel, Some(bill), back);
            taken.extend(posting.map(|posting| posting.taking_back(posted.id)));
        }
    }
    taken.extend(Posting::made(PostingKind::Cancel, Some(bill), set_free(&owed, balance)?));
    Ok(taken)
}

/// Kinds that change what a bill asks for; the others move money.
const fn makes_owed(kind: PostingKind) -> bool {
    matches!(kind, PostingKind::Bill | PostingKind::Opening | PostingKind::LateFee | PostingKind::WriteOff)
}

fn move_by(owed: &mut BTreeMap<i16, Amount>, transfers: &[Transfer]) -> Result<(), LedgerError> {
    for transfer in transfers {
        let of_line = owed.entry(transfer.line).or_default();
        *of_line = of_line.plus(transfer.owed())?;
    }
    Ok(())
}

/// Lines that are overpaid now become prepaid money; lines whose credit is taken back are settled from it.
fn set_free(owed: &BTreeMap<i16, Amount>, balance: Amount) -> Result<Vec<Transfer>, LedgerError> {
    let mut left = balance;
    let mut transfers = Vec::new();
    for (line, open) in owed.iter().filter(|(_, open)| **open < Amount::ZERO) {
        let amount = open.negated()?;
        left = left.plus(amount)?;
        let (debit, credit) = (LedgerAccount::Receivable, LedgerAccount::Prepaid);
        transfers.push(Transfer { line: *line, debit, credit, amount });
    }
    for (line, open) in owed.iter().filter(|(_, open)| open.is_positive()) {
        let amount = left.min(*open);
        if amount.is_positive() {
            left = left.minus(amount)?;
            let (debit, credit) = (LedgerAccount::Prepaid, LedgerAccount::Receivable);
            transfers.push(Transfer { line: *line, debit, credit, amount });
        }
    }
    Ok(transfers)
}
