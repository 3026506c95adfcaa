//! Settlement: what a payment, or prepaid money, does to what is open.
//!
//! A late fee is owed from the moment that it is paid: it becomes owed and is settled by the same payment, so that what
//! still accrues is counted and never posted ahead. Once the principal is settled nothing accrues any more: what of the fee
//! is left then becomes owed too, and stays so.

use jiff::civil::Date;
use metering::BillId;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::amount::{Amount, LedgerError};
use super::posting::Posting;
use super::{LATE_FEE_LINE, template};
use crate::allocation::{self, Class, OpenItem, Order, Overflow, Part};

/// A bill that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBill {
    /// Which.
    pub bill: BillId,
    /// By when it was to be paid.
    pub due_on: Date,
    /// Its lines that are not even; [`LATE_FEE_LINE`] is what is owed of late fees.
    pub lines: Vec<OpenLine>,
    /// What has accrued for lateness and is not owed yet; zero or more.
    pub accrued: Decimal,
}

/// What is open of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenLine {
    /// Its number.
    pub line: i16,
    /// What it is owed for.
    pub class: Class,
    /// Signed: below zero where the line gives back.
    pub open: Decimal,
}

impl OpenBill {
    /// What is open, without what accrues.
    pub fn open(&self) -> Result<Decimal, Overflow> {
        sum(self.lines.iter().map(|line| line.open))
    }

    /// Late fees, owed or accruing.
    fn fee(&self) -> Result<(Decimal, Decimal), Overflow> {
        let owed = sum(self.lines.iter().filter(|l| l.line == LATE_FEE_LINE).map(|l| l.open))?;
        Ok((owed, owed.checked_add(self.accrued).ok_or(Overflow)?))
    }

    /// As allocation sees it: what accrues is open as a late fee is.
    fn items(&self) -> Result<Vec<OpenItem>, Overflow> {
        let item = |line, class, open| OpenItem { bill: self.bill, line, class, due_on: self.due_on, open };
        let of_bill = self.lines.iter().filter(|l| l.line != LATE_FEE_LINE);
        let mut items: Vec<OpenItem> = of_bill.map(|l| item(l.line, l.class, l.open)).collect();
        let (_, fee) = self.fee()?;
        if !fee.is_zero() {
            items.push(item(LATE_FEE_LINE, Class::LateFee, fee));
        }
        Ok(items)
    }
}

/// Parts a payment above zero among the open bills of an account; what is left is prepaid.
pub fn pay(
    amount: Decimal,
    channel: &str,
    named: Option<BillId>,
    open: &[OpenBill],
    order: &Order,
) -> Result<Vec<Posting>, LedgerError> {
    let channel = SmolStr::new(channel);
    let settled = |bill, parts: &[(i16, Amount)]| template::payment(bill, &channel, parts);
    let (mut postings, rest) = parted(amount, named, open, order, settled)?;
    postings.extend(template::payment_ahead(&channel, Amount::try_from(rest)?));
    Ok(postings)
}

/// Settles open bills of an account from what is prepaid; nothing where that is not above zero. What is left stays
/// prepaid.
pub fn deduct(balance: Amount, open: &[OpenBill], order: &Order) -> Result<Vec<Posting>, LedgerError> {
    if !balance.is_positive() {
        return Ok(Vec::new());
    }
    Ok(parted(balance.decimal(), None, open, order, template::settle)?.0)
}

/// The postings, bill after bill in the order of settlement, and what is left of the money.
fn parted(
    amount: Decimal,
    named: Option<BillId>,
    open: &[OpenBill],
    order: &Order,
    settled: impl Fn(BillId, &[(i16, Amount)]) -> Option<Posting>,
) -> Result<(Vec<Posting>, Decimal), LedgerError> {
    let items = open.iter().map(OpenBill::items).collect::<Result<Vec<_>, _>>()?.concat();
    let allocated = allocation::allocate(amount, named, &items, order)?;
    let mut postings = Vec::new();
    let mut parts = allocated.parts.as_slice();
    while let Some(first) = parts.first() {
        let of_bill = parts.iter().take_while(|part| part.bill == first.bill).count();
        let (these, others) = parts.split_at(of_bill);
        let bill = open.iter().find(|bill| bill.bill == first.bill);
        if let Some(bill) = bill {
            postings.extend(template::late_fee(bill.bill, Amount::try_from(newly_owed(bill, these)?)?));
        }
        let amounts = these.iter().map(|part| Ok((part.line, Amount::try_from(part.amount)?)));
        postings.extend(settled(first.bill, &amounts.collect::<Result<Vec<_>, LedgerError>>()?));
        parts = others;
    }
    Ok((postings, allocated.rest))
}

/// How much of the accruing fee becomes owed: what is paid of it; all of it where the principal is settled.
fn newly_owed(bill: &OpenBill, parts: &[Part]) -> Result<Decimal, Overflow> {
    let of_fee = |part: &&Part| part.line == LATE_FEE_LINE;
    let paid_fee = sum(parts.iter().filter(of_fee).map(|part| part.amount))?;
    let paid = sum(parts.iter().filter(|part| !of_fee(part)).map(|part| part.amount))?;
    let principal = sum(bill.lines.iter().filter(|l| l.line != LATE_FEE_LINE).map(|l| l.open))?;
    if paid > Decimal::ZERO && paid == principal {
        return Ok(bill.accrued);
    }
    let (owed, _) = bill.fee()?;
    let beyond = paid_fee.checked_sub(owed.max(Decimal::ZERO)).ok_or(Overflow)?;
    Ok(beyond.clamp(Decimal::ZERO, bill.accrued.max(Decimal::ZERO)))
}

fn sum(amounts: impl Iterator<Item = Decimal>) -> Result<Decimal, Overflow> {
    let mut sum = Decimal::ZERO;
    for amount in amounts {
        sum = sum.checked_add(amount).ok_or(Overflow)?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn open(bill: i64, accrued: &str, lines: &[(i16, Class, &str)]) -> OpenBill {
        let line =
            |(line, class, open): &(i16, Class, &str)| OpenLine { line: *line, class: *class, open: d(open) };
        OpenBill {
            bill: BillId::new(bill),
            due_on: date(2026, 10, 20),
            lines: lines.iter().map(line).collect(),
            accrued: d(accrued),
        }
    }

    fn shown(postings: &[Posting]) -> String {
        let mut texts = Vec::new();
        for posting in postings {
            for t in posting.transfers() {
                let bill = posting.bill().map_or("-".into(), |bill| format!("{}.{}", bill.get(), t.line));
                texts.push(format!("{} {bill} {} <- {} {}", posting.kind(), t.debit, t.credit, t.amount));
            }
        }
        texts.join("; ")
    }

    fn paid(amount: &str, bills: &[OpenBill]) -> String {
        shown(&pay(d(amount), "counter", None, bills, &Order::default()).unwrap())
    }

    #[test]
    fn a_payment_settles_and_the_rest_is_prepaid() {
        let bills = [open(1, "0", &[(1, Class::Rest, "8.00"), (2, Class::Agency, "2.00")])];
        assert_eq!(
            paid("12.00", &bills),
            "payment 1.2 bank:counter <- receivable 2.00; payment 1.1 bank:counter <- receivable 8.00; \
             payment - bank:counter <- prepaid 2.00"
        );
    }

    #[test]
    fn what_is_paid_of_an_accruing_fee_becomes_owed_with_it() {
        let bills = [open(1, "0.50", &[(1, Class::Rest, "10.00")])];
        assert_eq!(
            paid("0.30", &bills),
            "late_fee 1.0 receivable <- late_fee 0.30; payment 1.0 bank:counter <- receivable 0.30"
        );
        // What was owed before is settled first.
        let bills = [open(1, "0.50", &[(0, Class::LateFee, "0.20"), (1, Class::Rest, "10.00")])];
        assert_eq!(
            paid("0.30", &bills),
            "late_fee 1.0 receivable <- late_fee 0.10; payment 1.0 bank:counter <- receivable 0.30"
        );
    }

    #[test]
    fn the_fee_that_is_left_of_a_settled_principal_stays_owed() {
        let bills = [open(1, "0.50", &[(1, Class::Rest, "10.00")])];
        let principal_first = Order { inside: vec![Class::Rest, Class::LateFee], ..Order::default() };
        let postings = pay(d("10.20"), "counter", None, &bills, &principal_first).unwrap();
        assert_eq!(
            shown(&postings),
            "late_fee 1.0 receivable <- late_fee 0.50; payment 1.1 bank:counter <- receivable 10.00; \
             payment 1.0 bank:counter <- receivable 0.20"
        );
    }

    #[test]
    fn prepaid_money_settles_what_it_reaches() {
        let bills = [open(1, "0", &[(1, Class::Rest, "8.00")]), open(2, "0", &[(1, Class::Rest, "9.00")])];
        let postings = deduct(Amount::try_from(d("10")).unwrap(), &bills, &Order::default()).unwrap();
        assert_eq!(
            shown(&postings),
            "settle 1.1 prepaid <- receivable 8.00; settle 2.1 prepaid <- receivable 2.00"
        );
        assert_eq!(deduct(Amount::ZERO, &bills, &Order::default()).unwrap(), []);
    }
}
