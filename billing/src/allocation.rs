//! Which open items a payment settles.
//!
//! First the bill that the payer named, then the oldest due; inside a bill late fees, then what is collected for
//! others, then the rest: the order is a policy document. What is left over is prepaid.
//!
//! Laws (docs/billing.md): A1 the parts and the rest add up to the payment; A2 no item gets more than is open;
//! A3 a later bill gets nothing while an earlier one is open; A4 with `whole_bill`, a bill is settled or untouched.

use std::fmt;

use jiff::civil::Date;
use metering::BillId;
use rust_decimal::Decimal;
use serde::Deserialize;

/// What an open item is owed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A late fee.
    LateFee,
    /// Collected for somebody else.
    Agency,
    /// The company's own.
    Rest,
}

/// Which bills come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// The bill that the payer named.
    Named,
    /// By due date.
    Oldest,
}

/// The order of settlement: the policy document of kind `allocation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Among bills.
    pub bills: Vec<Rank>,
    /// Inside a bill. A class that is not named comes last.
    pub inside: Vec<Class>,
    /// Whether a bill is settled whole or not at all (整单销账).
    pub whole_bill: bool,
}

/// The document of kind `allocation`.
#[derive(Debug, Deserialize)]
struct Document {
    order: Vec<Rank>,
    inside: Vec<Class>,
    #[serde(default)]
    whole_bill: bool,
}

impl Order {
    /// Reads an allocation policy.
    ///
    /// ```
    /// use billing::allocation::Order;
    /// let document = r#"{"kind":"allocation","code":"STD","order":["named","oldest"],
    ///     "inside":["late_fee","agency","rest"],"whole_bill":false}"#;
    /// assert_eq!(Order::from_json(document).unwrap(), Order::default());
    /// assert!(Order::from_json(r#"{"order":["newest"],"inside":[]}"#).is_err());
    /// ```
    pub fn from_json(document: &str) -> Result<Self, serde_json::Error> {
        let document: Document = serde_json::from_str(document)?;
        Ok(Self { bills: document.order, inside: document.inside, whole_bill: document.whole_bill })
    }
}

impl Default for Order {
    fn default() -> Self {
        Self {
            bills: vec![Rank::Named, Rank::Oldest],
            inside: vec![Class::LateFee, Class::Agency, Class::Rest],
            whole_bill: false,
        }
    }
}

/// One line of a bill that is not settled. Negative where the line gave something back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// The bill.
    pub bill: BillId,
    /// Its line; 0 is its late fee.
    pub line: i16,
    /// What it is owed for.
    pub class: Class,
    /// When the bill is due.
    pub due_on: Date,
    /// What is open.
    pub open: Decimal,
}

/// A part of a payment, for one line of one bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The bill.
    pub bill: BillId,
    /// Its line; 0 is its late fee.
    pub line: i16,
    /// Above zero.
    pub amount: Decimal,
}

/// A payment, parted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// What settles items.
    pub parts: Vec<Part>,
    /// What is prepaid.
    pub rest: Decimal,
}

/// An amount does not fit into 96 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount beyond 96 bits")
    }
}

impl std::error::Error for Overflow {}

/// Parts `amount` (above zero) among the open items.
///
/// ```
/// use billing::allocation::{Class, OpenItem, Order, allocate};
/// use metering::BillId;
/// let item = |bill, line, class, due: &str, open: &str| OpenItem {
///     bill: BillId::new(bill), line, class, due_on: due.parse().unwrap(), open: open.parse().unwrap(),
/// };
/// let items = [
///     item(2, 1, Class::Rest, "2026-11-20", "30.00"),
///     item(1, 1, Class::Rest, "2026-10-20", "20.00"),
///     item(1, 2, Class::Agency, "2026-10-20", "5.00"),
/// ];
/// let parted = allocate("40.00".parse().unwrap(), None, &items, &Order::default())?;
/// let parts: Vec<_> = parted.parts.iter().map(|p| (p.bill.get(), p.line, p.amount.to_string())).collect();
/// assert_eq!(parts, [(1, 2, "5.00".into()), (1, 1, "20.00".into()), (2, 1, "15.00".into())]);
/// # Ok::<(), billing::allocation::Overflow>(())
/// ```
pub fn allocate(
    amount: Decimal,
    named: Option<BillId>,
    items: &[OpenItem],
    order: &Order,
) -> Result<Allocation, Overflow> {
    let mut left = amount;
    let mut parts = Vec::new();
    for bill in bills_in_order(items, named, order) {
        let lines = netted(&items_of(items, bill, order))?;
        let open = lines.iter().try_fold(Decimal::ZERO, |sum, l| sum.checked_add(l.open)).ok_or(Overflow)?;
        if order.whole_bill && open > left {
            continue;
        }
        for line in lines {
            let part = line.open.min(left);
            if part > Decimal::ZERO {
                left = left.checked_sub(part).ok_or(Overflow)?;
                parts.push(Part { bill, line: line.line, amount: part });
            }
        }
    }
    Ok(Allocation { parts, rest: left })
}

/// The bills that have something open, first things first.
fn bills_in_order(items: &[OpenItem], named: Option<BillId>, order: &Order) -> Vec<BillId> {
    let mut bills: Vec<(Date, BillId)> = items.iter().map(|item| (item.due_on, item.bill)).collect();
    bills.sort_unstable();
    bills.dedup();
    let oldest = bills.into_iter().map(|(_, bill)| bill);
    match named.filter(|_| order.bills.first() == Some(&Rank::Named)) {
        None => oldest.collect(),
        Some(named) => {
            let (first, rest): (Vec<_>, Vec<_>) = oldest.partition(|bill| *bill == named);
            first.into_iter().chain(rest).collect()
        }
    }
}

/// A bill's items in the order inside it.
fn items_of(items: &[OpenItem], bill: BillId, order: &Order) -> Vec<OpenItem> {
    let mut lines: Vec<OpenItem> = items.iter().filter(|item| item.bill == bill).copied().collect();
    let rank = |class| order.inside.iter().position(|c| *c == class).unwrap_or(usize::MAX);
    lines.sort_by_key(|item| (rank(item.class), item.line));
    lines
}

/// What a bill's lines give back settles its other lines first, from the last to the first.
fn netted(lines: &[OpenItem]) -> Result<Vec<OpenItem>, Overflow> {
    let is_credit = |line: &&OpenItem| line.open.is_sign_negative();
    let mut credit = lines
        .iter()
        .filter(is_credit)
        .try_fold(Decimal::ZERO, |sum, l| sum.checked_sub(l.open))
        .ok_or(Overflow)?;
    let mut netted: Vec<OpenItem> = lines.iter().filter(|l| l.open > Decimal::ZERO).copied().collect();
    for line in netted.iter_mut().rev() {
        let settled = line.open.min(credit);
        line.open = line.open.checked_sub(settled).ok_or(Overflow)?;
        credit = credit.checked_sub(settled).ok_or(Overflow)?;
    }
    Ok(netted)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn item(bill: i64, line: i16, class: Class, day: i8, cents: i64) -> OpenItem {
        let open = Decimal::new(cents, 2);
        OpenItem { bill: BillId::new(bill), line, class, due_on: date(2026, 10, day), open }
    }

    fn parted(cents: i64, named: Option<i64>, items: &[OpenItem], order: &Order) -> String {
        let parted = allocate(Decimal::new(cents, 2), named.map(BillId::new), items, order).unwrap();
        let parts: Vec<String> =
            parted.parts.iter().map(|p| format!("{}.{} {}", p.bill.get(), p.line, p.amount)).collect();
        format!("{} + {}", parts.join(", "), parted.rest)
    }

    #[test]
    fn the_named_bill_comes_first() {
        let items = [item(1, 1, Class::Rest, 1, 1000), item(2, 1, Class::Rest, 20, 1000)];
        assert_eq!(parted(1500, Some(2), &items, &Order::default()), "2.1 10.00, 1.1 5.00 + 0.00");
        assert_eq!(parted(2500, None, &items, &Order::default()), "1.1 10.00, 2.1 10.00 + 5.00");
    }

    #[test]
    fn a_late_fee_goes_before_the_principal() {
        let items = [
            item(1, 1, Class::Rest, 1, 1000),
            item(1, 2, Class::Agency, 1, 300),
            item(1, 0, Class::LateFee, 1, 50),
        ];
        assert_eq!(parted(400, None, &items, &Order::default()), "1.0 0.50, 1.2 3.00, 1.1 0.50 + 0.00");
        let principal_first =
            Order { inside: vec![Class::Rest, Class::Agency, Class::LateFee], ..Order::default() };
        assert_eq!(parted(400, None, &items, &principal_first), "1.1 4.00 + 0.00");
    }

    #[test]
    fn a_whole_bill_or_nothing() {
        let whole = Order { whole_bill: true, ..Order::default() };
        let items = [item(1, 1, Class::Rest, 1, 1000), item(2, 1, Class::Rest, 20, 300)];
        assert_eq!(parted(500, None, &items, &whole), "2.1 3.00 + 2.00");
    }

    #[test]
    fn what_a_bill_gives_back_settles_its_own_lines() {
        let items = [item(1, 1, Class::Rest, 1, 1000), item(1, 2, Class::Rest, 1, -300)];
        assert_eq!(parted(1000, None, &items, &Order::default()), "1.1 7.00 + 3.00");
    }

    fn items() -> impl Strategy<Value = Vec<OpenItem>> {
        let class = prop_oneof![Just(Class::LateFee), Just(Class::Agency), Just(Class::Rest)];
        // A bill has one due date.
        prop::collection::vec((1_i64..4, class, -500_i64..5000), 0..12).prop_map(|all| {
            let numbered = all.into_iter().zip(0_i16..);
            numbered
                .map(|((bill, class, cents), n)| item(bill, n, class, i8::try_from(bill).unwrap(), cents))
                .collect()
        })
    }

    proptest! {
        /// Laws A1 and A2.
        #[test]
        fn nothing_is_lost_and_nothing_overpaid(items in items(), cents in 1_i64..20_000, whole: bool, named in prop::option::of(1_i64..4)) {
            let order = Order { whole_bill: whole, ..Order::default() };
            let amount = Decimal::new(cents, 2);
            let parted = allocate(amount, named.map(BillId::new), &items, &order).unwrap();
            let sum: Decimal = parted.parts.iter().map(|p| p.amount).sum();
            prop_assert_eq!(sum + parted.rest, amount);
            prop_assert!(parted.rest >= Decimal::ZERO);
            for part in &parted.parts {
                let of = items.iter().find(|i| i.bill == part.bill && i.line == part.line).unwrap();
                prop_assert!(part.amount > Decimal::ZERO && part.amount <= of.open);
            }
            for bill in 1..4 {
                let bill = BillId::new(bill);
                let open: Decimal = items.iter().filter(|i| i.bill == bill).map(|i| i.open).sum();
                let paid: Decimal = parted.parts.iter().filter(|p| p.bill == bill).map(|p| p.amount).sum();
                prop_assert!(paid <= open.max(Decimal::ZERO));
                if whole { prop_assert!(paid.is_zero() || paid == open) }
            }
        }

        /// Law A3.
        #[test]
        fn the_oldest_is_settled_first(items in items(), cents in 1_i64..20_000) {
            let parted = allocate(Decimal::new(cents, 2), None, &items, &Order::default()).unwrap();
            let open_after = |bill: i64| {
                let id = BillId::new(bill);
                let open: Decimal = items.iter().filter(|i| i.bill == id).map(|i| i.open).sum();
                let paid: Decimal = parted.parts.iter().filter(|p| p.bill == id).map(|p| p.amount).sum();
                (open - paid, paid)
            };
            for earlier in 1..3 {
                for later in earlier + 1..4 {
                    prop_assert!(open_after(earlier).0 <= Decimal::ZERO || open_after(later).1.is_zero());
                }
            }
        }
    }
}
