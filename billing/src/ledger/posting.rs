//! A posting: one kind, lawful pairs of accounts, balanced by its form.

use std::fmt;

use jiff::civil::Date;
use metering::{BillId, PaymentId, PostingId};

use super::account::{AccountClass, LedgerAccount};
use super::amount::Amount;

metering::closed_list! {
    /// What a posting is about.
    pub enum PostingKind: "kind of posting" {
        /// The lines of an issued bill.
        Bill = "bill",
        /// What the old system handed over.
        Opening = "opening",
        /// Money that came in, and what it settles.
        Payment = "payment",
        /// Money that came in ahead, whatever is open.
        Deposit = "deposit",
        /// Prepaid money given back.
        Refund = "refund",
        /// A payment, deposit or refund taken back by its channel.
        Reversal = "reversal",
        /// A late fee becomes owed.
        LateFee = "late_fee",
        /// Prepaid money settles a bill, or a bill that gives back becomes prepaid money.
        Settle = "settle",
        /// A bill taken back, and what was paid on it set free.
        Cancel = "cancel",
        /// What is given up of a bill.
        WriteOff = "write_off",
    }
}

use AccountClass::{Agency, Bank, Income, LateFee, Opening, Prepaid, Receivable, Subsidy, WriteOff};

/// Which account may be debited, and which credited, by a posting of a kind. All that is not here is unlawful.
pub const LAWFUL: &[(PostingKind, AccountClass, AccountClass)] = &[
    // A line above zero is owed; one below zero is given back.
    (PostingKind::Bill, Receivable, Income),
    (PostingKind::Bill, Receivable, Agency),
    (PostingKind::Bill, Receivable, Subsidy),
    (PostingKind::Bill, Income, Receivable),
    (PostingKind::Bill, Agency, Receivable),
    (PostingKind::Bill, Subsidy, Receivable),
    (PostingKind::Opening, Receivable, Opening),
    (PostingKind::Opening, Opening, Prepaid),
    (PostingKind::Payment, Bank, Receivable),
    (PostingKind::Payment, Bank, Prepaid),
    (PostingKind::Deposit, Bank, Prepaid),
    (PostingKind::Refund, Prepaid, Bank),
    // Payment and deposit, the other way round; with the late fee that became owed by it; a refund that came back.
    (PostingKind::Reversal, Receivable, Bank),
    (PostingKind::Reversal, Prepaid, Bank),
    (PostingKind::Reversal, LateFee, Receivable),
    (PostingKind::Reversal, Bank, Prepaid),
    (PostingKind::LateFee, Receivable, LateFee),
    (PostingKind::Settle, Prepaid, Receivable),
    (PostingKind::Settle, Receivable, Prepaid),
    // Bill, opening and late fee, the other way round; then what was paid.
    (PostingKind::Cancel, Income, Receivable),
    (PostingKind::Cancel, Agency, Receivable),
    (PostingKind::Cancel, Subsidy, Receivable),
    (PostingKind::Cancel, Receivable, Income),
    (PostingKind::Cancel, Receivable, Agency),
    (PostingKind::Cancel, Receivable, Subsidy),
    (PostingKind::Cancel, Opening, Receivable),
    (PostingKind::Cancel, LateFee, Receivable),
    (PostingKind::Cancel, Receivable, WriteOff),
    (PostingKind::Cancel, Receivable, Prepaid),
    (PostingKind::Cancel, Prepaid, Receivable),
    (PostingKind::WriteOff, WriteOff, Receivable),
];

/// Whether a posting of that kind may debit the one and credit the other.
pub fn is_lawful(kind: PostingKind, debit: AccountClass, credit: AccountClass) -> bool {
    LAWFUL.contains(&(kind, debit, credit))
}

/// A movement between two ledger accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The line of the bill that it is for; [`super::LATE_FEE_LINE`] is its late fee. 0 where there is no bill.
    pub line: i16,
    /// The account that receives.
    pub debit: LedgerAccount,
    /// The account that gives.
    pub credit: LedgerAccount,
    /// Above zero.
    pub amount: Amount,
}

impl Transfer {
    /// The same, the other way round: what takes it back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { debit: self.credit.clone(), credit: self.debit.clone(), ..self.clone() }
    }

    /// What it adds to what is owed, or takes from it: to the receivable's debit, signed.
    pub fn owed(&self) -> Amount {
        self.of(AccountClass::Receivable, false)
    }

    /// What it adds to what is prepaid, or takes from it: to the credit of prepaid money, signed.
    pub fn prepaid(&self) -> Amount {
        self.of(AccountClass::Prepaid, true)
    }

    fn of(&self, class: AccountClass, credit_counts: bool) -> Amount {
        let raw = self.amount.raw(); // above zero, so it can be negated
        let debit = if credit_counts { raw.saturating_neg() } else { raw };
        if self.debit.class() == class {
            Amount::from_raw(debit)
        } else if self.credit.class() == class {
            Amount::from_raw(debit.saturating_neg())
        } else {
            Amount::ZERO
        }
    }
}

/// What a deed writes into the journal as one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    kind: PostingKind,
    bill: Option<BillId>,
    due_on: Option<Date>,
    reverses: Option<PostingId>,
    transfers: Vec<Transfer>,
}

impl Posting {
    /// For the templates of this module, and for what stands in the journal. `None` without transfers: nothing moves.
    pub(super) fn made(kind: PostingKind, bill: Option<BillId>, transfers: Vec<Transfer>) -> Option<Self> {
        let posting = Self { kind, bill, due_on: None, reverses: None, transfers };
        (!posting.transfers.is_empty()).then_some(posting)
    }

    pub(super) fn due(self, on: Date) -> Self {
        Self { due_on: Some(on), ..self }
    }

    pub(super) fn taking_back(self, posting: PostingId) -> Self {
        Self { reverses: Some(posting), ..self }
    }

    /// A row of the journal, read back. Refused where the pairs are not lawful: then it is not one of ours.
    pub fn read(
        kind: PostingKind,
        bill: Option<BillId>,
        due_on: Option<Date>,
        reverses: Option<PostingId>,
        transfers: Vec<Transfer>,
    ) -> Result<Self, Unlawful> {
        let unlawful = transfers
            .iter()
            .find(|t| !t.amount.is_positive() || !is_lawful(kind, t.debit.class(), t.credit.class()));
        match unlawful {
            Some(t) => Err(Unlawful { kind, transfer: Box::new(t.clone()) }),
            None => Ok(Self { kind, bill, due_on, reverses, transfers }),
        }
    }

    /// What it is about.
    pub const fn kind(&self) -> PostingKind {
        self.kind
    }

    /// The bill whose receivable it moves.
    pub const fn bill(&self) -> Option<BillId> {
        self.bill
    }

    /// When what it makes owed is due; `None` where it opens no bill.
    pub const fn due_on(&self) -> Option<Date> {
        self.due_on
    }

    /// The posting that it takes back, transfer by transfer in the same order.
    pub const fn reverses(&self) -> Option<PostingId> {
        self.reverses
    }

    /// Its movements, in order.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// Its legs: line, account, amount; each transfer a debit above zero, then its credit below.
    pub fn legs(&self) -> impl Iterator<Item = (i16, &LedgerAccount, Amount)> {
        self.transfers.iter().flat_map(|t| {
            let credit = Amount::from_raw(t.amount.raw().saturating_neg());
            [(t.line, &t.debit, t.amount), (t.line, &t.credit, credit)]
        })
    }
}

/// A posting that stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its number.
    pub id: PostingId,
    /// The payment that made it.
    pub payment: Option<PaymentId>,
    /// What it says.
    pub posting: Posting,
}

/// A movement that no posting of its kind makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlawful {
    kind: PostingKind,
    transfer: Box<Transfer>,
}

impl fmt::Display for Unlawful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Transfer { debit, credit, amount, .. } = &*self.transfer;
        write!(f, "a posting of kind {} may not debit {debit} and credit {credit} by {amount}", self.kind)
    }
}

impl std::error::Error for Unlawful {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_names_each_pair_once_and_each_kind() {
        let pairs: BTreeSet<_> = LAWFUL.iter().collect();
        assert_eq!(pairs.len(), LAWFUL.len());
        for kind in PostingKind::ALL {
            assert!(LAWFUL.iter().any(|(of, ..)| of == kind), "{kind} may post nothing");
        }
        assert!(LAWFUL.iter().all(|(_, debit, credit)| debit != credit));
    }

    #[test]
    fn what_is_taken_back_was_lawful_the_other_way_round() {
        let made = |kinds: &[PostingKind], debit, credit| kinds.iter().any(|k| is_lawful(*k, debit, credit));
        for (kind, debit, credit) in LAWFUL {
            match kind {
                PostingKind::Reversal => {
                    let of = [
                        PostingKind::Payment,
                        PostingKind::Deposit,
                        PostingKind::Refund,
                        PostingKind::LateFee,
                    ];
                    assert!(made(&of, *credit, *debit), "{debit} {credit}");
                }
                PostingKind::Cancel if *debit != Prepaid && *credit != Prepaid => {
                    let of = [
                        PostingKind::Bill,
                        PostingKind::Opening,
                        PostingKind::LateFee,
                        PostingKind::WriteOff,
                    ];
                    assert!(made(&of, *credit, *debit), "{debit} {credit}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn an_unlawful_row_is_not_read() {
        let transfer = Transfer {
            line: 1,
            debit: LedgerAccount::Income,
            credit: LedgerAccount::Bank("counter".into()),
            amount: Amount::from_raw(10_000),
        };
        let refused = Posting::read(PostingKind::Payment, None, None, None, vec![transfer]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a posting of kind payment may not debit income and credit bank:counter by 1.00"
        );
    }
}
