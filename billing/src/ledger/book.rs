//! The book of an account: what stands in the journal of its open bills, and what it has prepaid. Deeds are worked out on
//! it, one after another, before anything is written.

use std::collections::BTreeMap;

use jiff::civil::Date;
use metering::{BillId, CompanyId, PostingId};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::LATE_FEE_LINE;
use super::account::AccountClass;
use super::amount::{Amount, LedgerError};
use super::late_fee::{FeeBasis, LateFeePolicies, Movement};
use super::posting::{Posted, Posting, PostingKind};
use super::settle::{OpenBill, OpenLine};
use crate::allocation::Class;

/// A posting with the day of its fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Of the fact.
    pub value_date: Date,
    /// The posting.
    pub posted: Posted,
}

/// A bill and all that was posted on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillBook {
    /// Which.
    pub bill: BillId,
    /// Its number.
    pub bill_no: SmolStr,
    /// Whose books.
    pub company: CompanyId,
    /// In which currency.
    pub currency: SmolStr,
    /// By when it was to be paid.
    pub due_on: Date,
    /// The late-fee policies that the agreement names: first day, day after the last, code.
    pub policies: Vec<(Date, Option<Date>, SmolStr)>,
    /// The components of its lines.
    pub components: BTreeMap<i16, SmolStr>,
    /// All postings, in the order in which they were made.
    pub entered: Vec<Entered>,
}

impl BillBook {
    /// What is open of it; with late fees, what has accrued up to a day besides.
    pub fn open(&self, fees: Option<(&LateFeePolicies, Date)>) -> Result<OpenBill, LedgerError> {
        let mut owed: BTreeMap<i16, (Class, Amount)> = BTreeMap::new();
        for transfer in self.postings().flat_map(Posting::transfers) {
            let class = [transfer.debit.class(), transfer.credit.class()];
            let of_line = owed.entry(transfer.line).or_insert((Class::Rest, Amount::ZERO));
            if transfer.line == LATE_FEE_LINE {
                of_line.0 = Class::LateFee;
            } else if class.iter().any(|c| matches!(c, AccountClass::Agency | AccountClass::Subsidy)) {
                of_line.0 = Class::Agency;
            }
            of_line.1 = of_line.1.plus(transfer.owed())?;
        }
        let is_open = |(_, (_, open)): &(i16, (Class, Amount))| *open != Amount::ZERO;
        let line =
            |(line, (class, open)): (i16, (Class, Amount))| OpenLine { line, class, open: open.decimal() };
        let accrued = match fees {
            Some((fees, on)) if self.cancelled_by().is_none() => fees.due(&self.basis(on)?, on)?,
            _ => Decimal::ZERO,
        };
        let lines = owed.into_iter().filter(is_open).map(line).collect();
        Ok(OpenBill { bill: self.bill, due_on: self.due_on, lines, accrued })
    }

    /// The last posting that took it back; `None` where it stands.
    pub fn cancelled_by(&self) -> Option<PostingId> {
        let is_cancel = |entered: &&Entered| entered.posted.posting.kind() == PostingKind::Cancel;
        self.entered.iter().rev().find(is_cancel).map(|entered| entered.posted.id)
    }

    /// What a late fee up to a day is counted on. Fees that were posted count whatever their day: none is posted twice.
    fn basis(&self, on: Date) -> Result<FeeBasis, LedgerError> {
        let mut posted = Amount::ZERO;
        let mut moves = Vec::new();
        for entered in &self.entered {
            let kind = entered.posted.posting.kind();
            for transfer in entered.posted.posting.transfers() {
                let is_fee =
                    [&transfer.debit, &transfer.credit].iter().any(|a| a.class() == AccountClass::LateFee);
                if is_fee {
                    posted = posted.plus(transfer.owed())?;
                }
                let component = self.components.get(&transfer.line);
                let is_principal = transfer.line != LATE_FEE_LINE && transfer.owed() != Amount::ZERO;
                if is_principal && entered.value_date <= on {
                    moves.push(Movement {
                        on: entered.value_date,
                        amount: transfer.owed().decimal(),
                        billed: matches!(kind, PostingKind::Bill | PostingKind::Opening),
                        component: component.cloned().unwrap_or_default(),
                    });
                }
            }
        }
        let in_force =
            |(from, to, _): &&(Date, Option<Date>, SmolStr)| *from <= on && to.is_none_or(|to| on < to);
        let policy = self.policies.iter().find(in_force).map(|(.., code)| code.clone()).unwrap_or_default();
        Ok(FeeBasis { due_on: self.due_on, policy, moves, posted: posted.decimal() })
    }

    fn postings(&self) -> impl Iterator<Item = &Posting> {
        self.entered.iter().map(|entered| &entered.posted.posting)
    }
}

/// What is known of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountBook {
    /// Its open bills, and others that a deed touches; by due date and number.
    pub bills: Vec<BillBook>,
    /// What it has prepaid, by company.
    pub prepaid: BTreeMap<CompanyId, Amount>,
}

impl AccountBook {
    /// What is prepaid to a company.
    pub fn balance(&self, company: CompanyId) -> Amount {
        self.prepaid.get(&company).copied().unwrap_or_default()
    }

    /// The bills of a company that are open; with late fees, what has accrued up to a day.
    pub fn open(
        &self,
        company: CompanyId,
        fees: Option<(&LateFeePolicies, Date)>,
    ) -> Result<Vec<OpenBill>, LedgerError> {
        let of_company = self.bills.iter().filter(|bill| bill.company == company);
        let open = of_company.map(|bill| bill.open(fees));
        open.filter(|bill| bill.as_ref().map_or(true, |bill| !bill.lines.is_empty())).collect()
    }

    /// What is owed to all companies, without what accrues.
    pub fn owed(&self) -> Result<Amount, LedgerError> {
        let transfers = self.bills.iter().flat_map(BillBook::postings).flat_map(Posting::transfers);
        transfers.into_iter().try_fold(Amount::ZERO, |sum, t| Ok(sum.plus(t.owed())?))
    }

    /// The bills that were taken back, each with the last posting that did.
    pub fn cancelled(&self) -> BTreeMap<BillId, PostingId> {
        self.bills.iter().filter_map(|bill| Some((bill.bill, bill.cancelled_by()?))).collect()
    }

    /// Enters a posting into the book.
    pub fn enter(&mut self, company: CompanyId, entered: Entered) -> Result<(), LedgerError> {
        let posting = &entered.posted.posting;
        let balance = self.prepaid.entry(company).or_default();
        for transfer in posting.transfers() {
            *balance = balance.plus(transfer.prepaid())?;
        }
        let of = posting.bill();
        if let Some(bill) = self.bills.iter_mut().find(|bill| Some(bill.bill) == of) {
            bill.entered.push(entered);
        }
        Ok(())
    }
}
