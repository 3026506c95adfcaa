//! The laws of the ledger (docs/billing.md, L2 to L5): whatever is billed, paid, taken back and cancelled, in whatever order.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};

use billing::allocation::Order;
use billing::late_fee::Policy;
use billing::ledger::{
    AccountBook, AccountClass, Amount, BillBook, BillLine, Entered, LateFeePolicies, Posted, Posting,
    ReverseError, bill, cancel, credit_note, deduct, deposit, late_fee, pay, reverse,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use metering::{BillId, CompanyId, PaymentId, PostingId};
use proptest::prelude::*;
use rust_decimal::Decimal;

const COMPANY: CompanyId = CompanyId::new(1);

/// One account and its journal.
#[derive(Clone, Default)]
struct Utility {
    book: AccountBook,
    journal: Vec<Posted>,
    payments: Vec<Vec<Posted>>,
    taken_back: BTreeSet<usize>,
    fees: LateFeePolicies,
}

#[derive(Clone, Debug)]
enum Deed {
    Bill(Vec<(i64, u8)>),
    Pay(i64),
    Deposit(i64),
    Reverse(usize),
    Cancel(usize),
    Deduct,
}

impl Utility {
    fn new() -> Self {
        let text = r#"{"kind": "late_fee", "code": "LF", "valid_from": "2026-01-01", "rate_per_day": "0.01",
            "due_moves": "never", "cap": "principal"}"#;
        let policy = Policy::from_json(text).unwrap();
        let fees = LateFeePolicies::new(vec![("LF".to_owned(), date(2026, 1, 1), None, policy)]);
        Self { fees, ..Self::default() }
    }

    fn enter(&mut self, on: Date, payment: Option<PaymentId>, postings: Vec<Posting>) -> Vec<Posted> {
        let mut all = Vec::new();
        for posting in postings {
            // Law L2: what stands in the journal is read back only where it is lawful; its legs add up to zero.
            let (kind, of, due, back) =
                (posting.kind(), posting.bill(), posting.due_on(), posting.reverses());
            assert_eq!(Posting::read(kind, of, due, back, posting.transfers().to_vec()).unwrap(), posting);
            assert_eq!(posting.legs().map(|(.., amount)| amount.raw()).sum::<i64>(), 0);
            let id = PostingId::new(i64::try_from(self.journal.len()).unwrap() + 1);
            let posted = Posted { id, payment, posting };
            self.journal.push(posted.clone());
            self.book.enter(COMPANY, Entered { value_date: on, posted: posted.clone() }).unwrap();
            all.push(posted);
        }
        assert!(self.book.balance(COMPANY) >= Amount::ZERO, "prepaid money below zero");
        all
    }

    fn issue(&mut self, on: Date, lines: &[(i64, u8)]) {
        let id = BillId::new(i64::try_from(self.book.bills.len()).unwrap() + 1);
        let due_on = on.checked_add(20.days()).unwrap();
        self.book.bills.push(BillBook {
            bill: id,
            bill_no: "1".into(),
            company: COMPANY,
            currency: "CNY".into(),
            due_on,
            policies: Vec::new(),
            components: (1..).zip(lines).map(|(n, _)| (n, "water".into())).collect(),
            entered: Vec::new(),
        });
        let lines: Vec<BillLine<'_>> = (1..)
            .zip(lines)
            .map(|(n, (cents, whose))| BillLine {
                n,
                amount: Decimal::new(*cents, 2),
                payee: (*whose == 1).then_some("sewage"),
                third_party: (*whose == 2).then_some("city"),
            })
            .collect();
        let billed = bill(id, due_on, &lines).unwrap();
        let credited = credit_note(id, &lines).unwrap();
        self.enter(on, None, billed.into_iter().chain(credited).collect());
    }

    fn take(&mut self, on: Date, postings: Vec<Posting>) {
        let payment = PaymentId::new(i64::try_from(self.payments.len()).unwrap() + 1);
        let posted = self.enter(on, Some(payment), postings);
        self.payments.push(posted);
    }

    fn pay(&mut self, on: Date, cents: i64) {
        let open = self.book.open(COMPANY, Some((&self.fees, on))).unwrap();
        let amount = Decimal::new(cents, 2);
        let postings = pay(amount, "counter", None, &open, &Order::default()).unwrap();
        // Law L4: nothing is lost, and no bill is settled beyond what is open and accrues.
        let sum = |class: AccountClass, of: &dyn Fn(&Posting) -> bool| -> Decimal {
            let transfers = postings.iter().filter(|p| of(p)).flat_map(Posting::transfers);
            transfers.filter(|t| t.debit.class() == class).map(|t| t.amount.decimal()).sum()
        };
        assert_eq!(sum(AccountClass::Bank, &|_| true), amount);
        for bill in &open {
            let of = |posting: &Posting| posting.bill() == Some(bill.bill);
            let (paid, raised) = (sum(AccountClass::Bank, &of), sum(AccountClass::Receivable, &of));
            assert!(raised <= bill.accrued, "more late fee than accrued");
            assert!(paid <= bill.open().unwrap().max(Decimal::ZERO) + bill.accrued);
        }
        self.take(on, postings);
    }

    fn reverse(&mut self, on: Date, n: usize) -> bool {
        let Some(postings) = self.payments.get(n).cloned() else { return false };
        if !self.taken_back.insert(n) {
            return false;
        }
        let reversed = self.journal.iter().filter_map(|posted| posted.posting.reverses()).collect();
        let cancelled = self.book.cancelled();
        match reverse(&postings, self.book.balance(COMPANY), &reversed, &cancelled) {
            Ok(back) => drop(self.enter(on, None, back)),
            Err(ReverseError::Short { balance }) => {
                assert_eq!(balance, self.book.balance(COMPANY));
                self.taken_back.remove(&n);
                return false;
            }
            Err(error) => panic!("{error}"),
        }
        true
    }

    fn cancel(&mut self, on: Date, n: usize) {
        let balance = self.book.balance(COMPANY);
        let Some(of) = self.book.bills.get(n).filter(|bill| bill.cancelled_by().is_none()) else { return };
        let (id, posted) = (of.bill, of.entered.iter().map(|e| e.posted.clone()).collect::<Vec<_>>());
        let back = cancel(id, &posted, balance).unwrap();
        self.enter(on, None, back);
        for line in self.book.bills[n].open(None).unwrap().lines {
            // Only a credit that is used up stays owed.
            assert!(line.open > Decimal::ZERO && self.book.balance(COMPANY) == Amount::ZERO, "{line:?}");
        }
    }

    fn do_it(&mut self, on: Date, deed: &Deed) {
        match deed {
            Deed::Bill(lines) => self.issue(on, lines),
            Deed::Pay(cents) => self.pay(on, *cents),
            Deed::Deposit(cents) => {
                let posting = deposit("counter", Amount::from_raw(cents * 100));
                self.take(on, posting.into_iter().collect());
            }
            Deed::Reverse(n) => drop(self.reverse(on, *n)),
            Deed::Cancel(n) => self.cancel(on, *n),
            Deed::Deduct => {
                let open = self.book.open(COMPANY, None).unwrap();
                let postings = deduct(self.book.balance(COMPANY), &open, &Order::default()).unwrap();
                self.enter(on, None, postings);
            }
        }
    }

    /// The balance of each ledger account; of the receivable by bill and line.
    fn balances(&self) -> BTreeMap<String, i64> {
        let mut balances = BTreeMap::new();
        for posting in self.journal.iter().map(|posted| &posted.posting) {
            for (line, account, amount) in posting.legs() {
                let key = match account.class() {
                    AccountClass::Receivable => format!("{account} {}.{line}", posting.bill().unwrap()),
                    _ => account.to_string(),
                };
                *balances.entry(key).or_insert(0) += amount.raw();
            }
        }
        balances.retain(|_, balance| *balance != 0);
        balances
    }
}

fn lines() -> impl Strategy<Value = Vec<(i64, u8)>> {
    prop::collection::vec((-3_000_i64..10_000, 0_u8..3), 1..5)
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        3 => lines().prop_map(Deed::Bill),
        3 => (1_i64..20_000).prop_map(Deed::Pay),
        1 => (1_i64..20_000).prop_map(Deed::Deposit),
        1 => (0_usize..5).prop_map(Deed::Reverse),
        1 => (0_usize..5).prop_map(Deed::Cancel),
        1 => Just(Deed::Deduct),
    ];
    prop::collection::vec(deed, 0..12)
}

/// One deed every nine days.
fn lived(deeds: &[Deed]) -> (Utility, Date) {
    let mut utility = Utility::new();
    let mut on = date(2026, 2, 1);
    for deed in deeds {
        on = on.checked_add(9.days()).unwrap();
        utility.do_it(on, deed);
    }
    (utility, on.checked_add(9.days()).unwrap())
}

proptest! {
    /// Laws L2 and L4, and what the book derives is what the journal holds.
    #[test]
    fn whatever_is_done_the_books_hold(deeds in deeds()) {
        let (utility, _) = lived(&deeds);
        let balances = utility.balances();
        prop_assert_eq!(-balances.get("prepaid").copied().unwrap_or(0), utility.book.balance(COMPANY).raw());
        let receivable: i64 = balances.iter().filter(|(k, _)| k.starts_with("receivable")).map(|(_, v)| v).sum();
        prop_assert_eq!(receivable, utility.book.owed().unwrap().raw());
        prop_assert_eq!(balances.values().sum::<i64>(), 0);
    }

    /// Law L3: a payment and its reversal are nothing.
    #[test]
    fn paid_and_taken_back_is_nothing(deeds in deeds(), cents in 1_i64..20_000) {
        let (mut utility, on) = lived(&deeds);
        let before = utility.balances();
        let n = utility.payments.len();
        utility.pay(on, cents);
        prop_assert!(utility.reverse(on, n));
        prop_assert_eq!(utility.balances(), before);
    }

    /// Law L3: so they are where the bill was cancelled between them: the money stood in prepaid, and is taken from there.
    #[test]
    fn paid_cancelled_and_taken_back_is_cancelled(cents in 1_i64..40_000, lines in lines(), days in 0_i32..60) {
        let on = date(2026, 3, 1);
        let paid_on = on.checked_add(days.days()).unwrap();
        let mut billed = Utility::new();
        billed.issue(on, &lines);
        let mut paid = billed.clone();
        billed.cancel(paid_on, 0);
        paid.pay(paid_on, cents);
        paid.cancel(paid_on, 0);
        prop_assert!(paid.reverse(paid_on, 0));
        prop_assert_eq!(paid.balances(), billed.balances());
        prop_assert!(billed.balances().is_empty());
    }

    /// Law L5: a cancelled bill leaves the books as if it had not been, but that what was paid on it is prepaid.
    #[test]
    fn a_cancelled_bill_leaves_its_money_alone(
        lines in lines(), fee in 0_i64..500, parts in prop::collection::vec(1_i64..8_000, 0..4)
    ) {
        let mut utility = Utility::new();
        utility.issue(date(2026, 3, 1), &lines);
        let raised = late_fee(BillId::new(1), Amount::from_raw(fee * 100));
        utility.enter(date(2026, 4, 1), None, raised.into_iter().collect());
        for cents in &parts {
            utility.pay(date(2026, 4, 1), *cents);
        }
        utility.cancel(date(2026, 4, 2), 0);
        let money: i64 = parts.iter().sum::<i64>() * 100;
        let expected: BTreeMap<String, i64> =
            [("bank:counter".to_owned(), money), ("prepaid".to_owned(), -money)].into_iter().filter(|(_, m)| *m != 0).collect();
        prop_assert_eq!(utility.balances(), expected);
    }
}
