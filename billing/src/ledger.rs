//! Double entry: what each line of a bill moves between which ledger accounts.
//!
//! A transfer debits one account and credits another by one positive amount, so debits equal credits by its form.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use smol_str::{SmolStr, format_smolstr};

/// A ledger account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LedgerAccount {
    /// What accounts owe.
    Receivable,
    /// What accounts have paid ahead: ours to give back.
    Prepaid,
    /// The company's own income.
    Income,
    /// Money collected for somebody else: sewage, resource fee, sanitation.
    Agency(SmolStr),
    /// Late fees.
    LateFee,
    /// Money that came in by a channel.
    Bank(SmolStr),
    /// What the old system handed over.
    Opening,
    /// What a third party owes in the accounts' place.
    Subsidy(SmolStr),
}

impl fmt::Display for LedgerAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable => f.write_str("receivable"),
            Self::Prepaid => f.write_str("prepaid"),
            Self::Income => f.write_str("income"),
            Self::Agency(payee) => write!(f, "agency:{payee}"),
            Self::LateFee => f.write_str("late_fee"),
            Self::Bank(channel) => write!(f, "bank:{channel}"),
            Self::Opening => f.write_str("opening"),
            Self::Subsidy(payer) => write!(f, "subsidy:{payer}"),
        }
    }
}

impl LedgerAccount {
    /// The name in the database.
    pub fn name(&self) -> SmolStr {
        match self {
            Self::Receivable => SmolStr::new_static("receivable"),
            Self::Income => SmolStr::new_static("income"),
            other => format_smolstr!("{other}"),
        }
    }
}

/// A text that names no ledger account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLedgerAccount(String);

impl fmt::Display for UnknownLedgerAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown ledger account {:?}", self.0)
    }
}

impl std::error::Error for UnknownLedgerAccount {}

impl FromStr for LedgerAccount {
    type Err = UnknownLedgerAccount;

    fn from_str(text: &str) -> Result<Self, UnknownLedgerAccount> {
        Ok(match text.split_once(':') {
            Some(("agency", payee)) => Self::Agency(payee.into()),
            Some(("bank", channel)) => Self::Bank(channel.into()),
            Some(("subsidy", payer)) => Self::Subsidy(payer.into()),
            None if text == "receivable" => Self::Receivable,
            None if text == "prepaid" => Self::Prepaid,
            None if text == "income" => Self::Income,
            None if text == "late_fee" => Self::LateFee,
            None if text == "opening" => Self::Opening,
            _ => return Err(UnknownLedgerAccount(text.to_owned())),
        })
    }
}

/// A movement between two ledger accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account that receives.
    pub debit: LedgerAccount,
    /// The account that gives.
    pub credit: LedgerAccount,
    /// Above zero.
    pub amount: Decimal,
}

impl Posting {
    /// The same, the other way round: what takes it back.
    pub fn reversed(self) -> Self {
        Self { debit: self.credit, credit: self.debit, amount: self.amount }
    }
}

/// What a line posts: the account owes the amount to the company, or to the payee it is collected for. A negative
/// line posts the other way round; one that a third party pays is owed by that party. A line of zero posts nothing.
pub fn post_line(amount: Decimal, payee: Option<&str>, third_party: Option<&str>) -> Option<Posting> {
    if amount.is_zero() {
        return None;
    }
    let earned = match (third_party, payee) {
        (Some(third_party), _) => LedgerAccount::Subsidy(third_party.into()),
        (None, Some(payee)) => LedgerAccount::Agency(payee.into()),
        (None, None) => LedgerAccount::Income,
    };
    let posting = Posting { debit: LedgerAccount::Receivable, credit: earned, amount: amount.abs() };
    Some(if amount.is_sign_negative() { posting.reversed() } else { posting })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn posted(amount: &str, payee: Option<&str>, third_party: Option<&str>) -> String {
        post_line(amount.parse().unwrap(), payee, third_party)
            .map_or("-".into(), |p| format!("{} <- {} {}", p.debit, p.credit, p.amount))
    }

    #[test]
    fn a_line_is_owed_to_whose_money_it_is() {
        assert_eq!(posted("12.50", None, None), "receivable <- income 12.50");
        assert_eq!(posted("-12.50", None, None), "income <- receivable 12.50");
        assert_eq!(posted("0.95", Some("sewage"), None), "receivable <- agency:sewage 0.95");
        assert_eq!(posted("-8", None, Some("city")), "subsidy:city <- receivable 8");
        assert_eq!(posted("0.00", None, None), "-");
    }

    #[test]
    fn names_read_back() {
        for text in [
            "receivable",
            "prepaid",
            "income",
            "late_fee",
            "opening",
            "agency:sewage",
            "bank:wechat",
            "subsidy:x",
        ] {
            assert_eq!(text.parse::<LedgerAccount>().unwrap().name(), text);
        }
        assert!("cash".parse::<LedgerAccount>().is_err());
    }

    proptest! {
        /// Law L1: what a bill's lines post to the receivable is the bill's total.
        #[test]
        fn the_receivable_moves_by_the_total(lines in prop::collection::vec((-1_000_000_i64..1_000_000, any::<bool>()), 0..12)) {
            let mut receivable = Decimal::ZERO;
            let mut total = Decimal::ZERO;
            for (cents, agency) in lines {
                let amount = Decimal::new(cents, 2);
                total += amount;
                if let Some(posting) = post_line(amount, agency.then_some("sewage"), None) {
                    prop_assert!(posting.amount > Decimal::ZERO);
                    if posting.debit == LedgerAccount::Receivable { receivable += posting.amount }
                    if posting.credit == LedgerAccount::Receivable { receivable -= posting.amount }
                }
            }
            prop_assert_eq!(receivable, total);
        }
    }
}
