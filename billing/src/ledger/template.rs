//! The templates: what each deed posts. A template writes one kind, and only pairs that are lawful for it.

use jiff::civil::Date;
use metering::BillId;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::LATE_FEE_LINE;
use super::account::LedgerAccount;
use super::amount::{Amount, LedgerError};
use super::posting::{Posting, PostingKind, Transfer};

/// A line of a bill, as the ledger sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine<'a> {
    /// Its number, from 1.
    pub n: i16,
    /// Rounded; negative where it gives back.
    pub amount: Decimal,
    /// Whose money it is, where not the company's.
    pub payee: Option<&'a str>,
    /// Who owes it in the account's place.
    pub third_party: Option<&'a str>,
}

/// What a line posts: the account owes the amount to the company, or to the payee it is collected for. A negative line
/// posts the other way round; one that a third party pays is owed by that party. A line of zero posts nothing.
pub fn transfer_of(line: &BillLine<'_>) -> Result<Option<Transfer>, LedgerError> {
    let accounts = (LedgerAccount::Receivable, posted_against(line.payee, line.third_party));
    either_way(line.n, accounts, Amount::try_from(line.amount)?)
}

/// Whose money a line is: the company's income, a payee's, or owed by a third party in the account's place.
pub fn posted_against(payee: Option<&str>, third_party: Option<&str>) -> LedgerAccount {
    match (third_party, payee) {
        (Some(third_party), _) => LedgerAccount::Subsidy(third_party.into()),
        (None, Some(payee)) => LedgerAccount::Agency(payee.into()),
        (None, None) => LedgerAccount::Income,
    }
}

/// An issued bill: each line is owed from now on, by the due date.
pub fn bill(bill: BillId, due_on: Date, lines: &[BillLine<'_>]) -> Result<Option<Posting>, LedgerError> {
    let transfers = lines.iter().filter_map(|line| transfer_of(line).transpose());
    let transfers = transfers.collect::<Result<_, _>>()?;
    Ok(Posting::made(PostingKind::Bill, Some(bill), transfers).map(|posting| posting.due(due_on)))
}

/// A bill that gives back more than it takes is the account's prepaid money at once: each of its lines is settled from
/// there. Nothing for a bill that is to be paid.
pub fn credit_note(bill: BillId, lines: &[BillLine<'_>]) -> Result<Option<Posting>, LedgerError> {
    let mut sum = Amount::ZERO;
    let mut transfers = Vec::with_capacity(lines.len());
    for line in lines {
        let amount = Amount::try_from(line.amount)?;
        sum = sum.plus(amount)?;
        transfers.extend(either_way(line.n, (LedgerAccount::Prepaid, LedgerAccount::Receivable), amount)?);
    }
    let gives_back = sum < Amount::ZERO;
    Ok(Posting::made(PostingKind::Settle, Some(bill), transfers).filter(|_| gives_back))
}

/// What the old system says is owed, as a bill of one line.
pub fn opening_receivable(
    bill: BillId,
    due_on: Date,
    amount: Amount,
) -> Result<Option<Posting>, LedgerError> {
    let owed = either_way(1, (LedgerAccount::Receivable, LedgerAccount::Opening), amount)?;
    Ok(Posting::made(PostingKind::Opening, Some(bill), above_zero(owed)).map(|posting| posting.due(due_on)))
}

/// What the old system says is prepaid.
pub fn opening_prepaid(amount: Amount) -> Option<Posting> {
    of_account(PostingKind::Opening, LedgerAccount::Opening, LedgerAccount::Prepaid, amount)
}

/// Money that came in ahead.
pub fn deposit(channel: &str, amount: Amount) -> Option<Posting> {
    of_account(PostingKind::Deposit, LedgerAccount::Bank(channel.into()), LedgerAccount::Prepaid, amount)
}

/// Prepaid money given back.
pub fn refund(channel: &str, amount: Amount) -> Option<Posting> {
    of_account(PostingKind::Refund, LedgerAccount::Prepaid, LedgerAccount::Bank(channel.into()), amount)
}

/// What is left of a payment is prepaid.
pub(super) fn payment_ahead(channel: &SmolStr, amount: Amount) -> Option<Posting> {
    of_account(PostingKind::Payment, LedgerAccount::Bank(channel.clone()), LedgerAccount::Prepaid, amount)
}

/// A late fee becomes owed.
pub fn late_fee(bill: BillId, amount: Amount) -> Option<Posting> {
    let fee = Transfer {
        line: LATE_FEE_LINE,
        debit: LedgerAccount::Receivable,
        credit: LedgerAccount::LateFee,
        amount,
    };
    Posting::made(PostingKind::LateFee, Some(bill), above_zero(Some(fee)))
}

/// Parts of a payment settle lines of a bill; parts are above zero.
pub(super) fn payment(bill: BillId, channel: &SmolStr, parts: &[(i16, Amount)]) -> Option<Posting> {
    let from = LedgerAccount::Bank(channel.clone());
    Posting::made(PostingKind::Payment, Some(bill), settled(&from, parts))
}

/// Prepaid money settles lines of a bill; parts are above zero.
pub(super) fn settle(bill: BillId, parts: &[(i16, Amount)]) -> Option<Posting> {
    Posting::made(PostingKind::Settle, Some(bill), settled(&LedgerAccount::Prepaid, parts))
}

/// Lines of a bill are given up; parts are above zero.
pub fn write_off(bill: BillId, parts: &[(i16, Amount)]) -> Option<Posting> {
    Posting::made(PostingKind::WriteOff, Some(bill), settled(&LedgerAccount::WriteOff, parts))
}

fn settled(from: &LedgerAccount, parts: &[(i16, Amount)]) -> Vec<Transfer> {
    let of = |(line, amount): &(i16, Amount)| Transfer {
        line: *line,
        debit: from.clone(),
        credit: LedgerAccount::Receivable,
        amount: *amount,
    };
    parts.iter().filter(|(_, amount)| amount.is_positive()).map(of).collect()
}

fn of_account(
    kind: PostingKind,
    debit: LedgerAccount,
    credit: LedgerAccount,
    amount: Amount,
) -> Option<Posting> {
    Posting::made(kind, None, above_zero(Some(Transfer { line: 0, debit, credit, amount })))
}

fn above_zero(transfer: Option<Transfer>) -> Vec<Transfer> {
    transfer.into_iter().filter(|t| t.amount.is_positive()).collect()
}

/// Debit and credit for an amount above zero, the other way round for one below, nothing for zero.
fn either_way(
    line: i16,
    (debit, credit): (LedgerAccount, LedgerAccount),
    amount: Amount,
) -> Result<Option<Transfer>, LedgerError> {
    if amount == Amount::ZERO {
        return Ok(None);
    }
    let transfer = Transfer { line, debit, credit, amount: amount.size()? };
    Ok(Some(if amount.is_positive() { transfer } else { transfer.reversed() }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::is_lawful;

    fn posted(amount: &str, payee: Option<&str>, third_party: Option<&str>) -> String {
        transfer_of(&BillLine { n: 1, amount: amount.parse().unwrap(), payee, third_party })
            .unwrap()
            .map_or("-".into(), |t| format!("{} <- {} {}", t.debit, t.credit, t.amount))
    }

    #[test]
    fn a_line_is_owed_to_whose_money_it_is() {
        assert_eq!(posted("12.50", None, None), "receivable <- income 12.50");
        assert_eq!(posted("-12.50", None, None), "income <- receivable 12.50");
        assert_eq!(posted("0.95", Some("sewage"), None), "receivable <- agency:sewage 0.95");
        assert_eq!(posted("-8", None, Some("city")), "subsidy:city <- receivable 8.00");
        assert_eq!(posted("0.00", None, None), "-");
    }

    #[test]
    fn nothing_is_posted_of_nothing() {
        assert_eq!(deposit("counter", Amount::ZERO), None);
        assert_eq!(late_fee(BillId::new(1), Amount::ZERO), None);
        assert_eq!(write_off(BillId::new(1), &[(1, Amount::ZERO)]), None);
        let free = BillLine { n: 1, amount: Decimal::ZERO, payee: None, third_party: None };
        assert_eq!(bill(BillId::new(1), date(2026, 11, 20), &[free]).unwrap(), None);
    }

    fn lines() -> impl Strategy<Value = Vec<(i64, u8)>> {
        prop::collection::vec((-1_000_000_i64..1_000_000, 0_u8..3), 1..12)
    }

    proptest! {
        /// Laws L1 and L2: what a bill's lines post to the receivable is the bill's total; a bill that gives back is even
        /// at once, and prepaid grows by what it gives; all of it lawful and balanced.
        #[test]
        fn the_receivable_moves_by_the_total(lines in lines()) {
            let lines: Vec<BillLine<'_>> = lines.iter().zip(1..).map(|((cents, whose), n)| BillLine {
                n,
                amount: Decimal::new(*cents, 2),
                payee: (*whose == 1).then_some("sewage"),
                third_party: (*whose == 2).then_some("city"),
            }).collect();
            let total: Decimal = lines.iter().map(|line| line.amount).sum();
            let id = BillId::new(7);
            let billed = bill(id, date(2026, 11, 20), &lines).unwrap();
            let credited = credit_note(id, &lines).unwrap();
            let sum = |of: fn(&Transfer) -> Amount, posting: &Option<Posting>| -> Decimal {
                posting.iter().flat_map(Posting::transfers).map(|t| of(t).decimal()).sum()
            };
            prop_assert_eq!(sum(Transfer::owed, &billed), total);
            let given = if total < Decimal::ZERO { -total } else { Decimal::ZERO };
            prop_assert_eq!(sum(Transfer::owed, &credited), given);
            prop_assert_eq!(sum(Transfer::prepaid, &credited), given);
            for posting in billed.iter().chain(&credited) {
                prop_assert_eq!(posting.legs().map(|(.., amount)| amount.raw()).sum::<i64>(), 0);
                for t in posting.transfers() {
                    prop_assert!(t.amount.is_positive());
                    prop_assert!(is_lawful(posting.kind(), t.debit.class(), t.credit.class()));
                }
            }
        }
    }
}
