//! What accrues on a bill for lateness and is not posted: the policy in force, on how the bill's principal moved.

use jiff::civil::Date;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::amount::LedgerError;
use crate::allocation::Overflow;
use crate::calendar::WorkingDays;
use crate::late_fee::{Debt, Paid, Policy};

/// A movement of a bill's principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Its value date.
    pub on: Date,
    /// What it added to what is owed; below zero what it settled.
    pub amount: Decimal,
    /// Whether the bill itself made it; else a payment, or what takes something back.
    pub billed: bool,
    /// The component of the line.
    pub component: SmolStr,
}

/// What a late fee is counted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeBasis {
    /// By when the bill was to be paid.
    pub due_on: Date,
    /// The policy that the agreement names: its code, `none`, or empty where it names none.
    pub policy: SmolStr,
    /// How the principal moved.
    pub moves: Vec<Movement>,
    /// Late fees posted so far, paid or not.
    pub posted: Decimal,
}

/// One version of a published policy.
type Version = (String, Date, Option<Date>, Policy);

/// The late-fee policies, with the days of their versions.
#[derive(Clone, Debug, Default)]
pub struct LateFeePolicies(Vec<Version>);

impl LateFeePolicies {
    /// Code, first day, day after the last, document.
    pub fn new(versions: Vec<Version>) -> Self {
        Self(versions)
    }

    /// The policy of a debt: the one that the agreement names (`none` for none), else the only one there is; in the
    /// version of the due date.
    fn of(&self, named: &str, due_on: Date) -> Option<&Policy> {
        let code = match named {
            "none" => return None,
            "" => {
                let first = self.0.first().map(|(code, ..)| code.as_str())?;
                self.0.iter().all(|(code, ..)| code == first).then_some(first)?
            }
            named => named,
        };
        self.0
            .iter()
            .find(|(of, from, to, _)| of == code && *from <= due_on && to.is_none_or(|to| due_on < to))
            .map(|(.., policy)| policy)
    }

    /// What has accrued on a bill up to a day and is not posted; zero or more.
    pub fn due(&self, basis: &FeeBasis, on: Date) -> Result<Decimal, LedgerError> {
        let Some(policy) = self.of(&basis.policy, basis.due_on) else { return Ok(Decimal::ZERO) };
        let bearing = || basis.moves.iter().filter(|m| policy.bears(&m.component));
        let mut billed = bearing().filter(|m| m.billed);
        let principal = billed.try_fold(Decimal::ZERO, |sum, m| sum.checked_add(m.amount)).ok_or(Overflow)?;
        let settled = |m: &Movement| Decimal::ZERO.checked_sub(m.amount).ok_or(Overflow);
        let paid = |m: &Movement| Ok(Paid { on: m.on, amount: settled(m)? });
        let debt = Debt {
            principal,
            due_on: basis.due_on,
            paid: bearing().filter(|m| !m.billed).map(paid).collect::<Result<_, Overflow>>()?,
            frozen: Vec::new(),
            waived: Decimal::ZERO,
        };
        let fee = policy.fee(&debt, on, &WorkingDays::default())?;
        let left = fee.owed().checked_sub(basis.posted).ok_or(Overflow)?;
        Ok(left.max(Decimal::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn policies(codes: &[&str]) -> LateFeePolicies {
        let version = |code: &&str| {
            let text = format!(
                r#"{{"kind": "late_fee", "code": "{code}", "valid_from": "2026-01-01", "rate_per_day": "0.01",
                    "due_moves": "never", "items": ["water"]}}"#
            );
            ((*code).to_owned(), date(2026, 1, 1), None, Policy::from_json(&text).unwrap())
        };
        LateFeePolicies::new(codes.iter().map(version).collect())
    }

    fn basis(policy: &str) -> FeeBasis {
        let moved = |day, amount: &str, billed, component: &str| Movement {
            on: date(2026, 11, day),
            amount: amount.parse().unwrap(),
            billed,
            component: component.into(),
        };
        FeeBasis {
            due_on: date(2026, 11, 10),
            policy: policy.into(),
            moves: vec![
                moved(1, "100", true, "water"),
                moved(1, "50", true, "sewage"),
                moved(15, "-60", false, "water"),
            ],
            posted: Decimal::ZERO,
        }
    }

    #[test]
    fn a_fee_is_counted_on_what_bears_it_and_less_what_is_posted() {
        let mut of = basis("");
        // Five days on 100 (the day of payment counts), five on 40.
        assert_eq!(policies(&["LF"]).due(&of, date(2026, 11, 20)).unwrap(), Decimal::new(700, 2));
        of.posted = Decimal::new(650, 2);
        assert_eq!(policies(&["LF"]).due(&of, date(2026, 11, 20)).unwrap(), Decimal::new(50, 2));
        of.posted = Decimal::new(900, 2);
        assert_eq!(policies(&["LF"]).due(&of, date(2026, 11, 20)).unwrap(), Decimal::ZERO);
    }

    #[test]
    fn the_agreement_names_its_policy() {
        let on = date(2026, 11, 20);
        assert_eq!(policies(&["A", "B"]).due(&basis(""), on).unwrap(), Decimal::ZERO, "none is the only one");
        assert_eq!(policies(&["A", "B"]).due(&basis("B"), on).unwrap(), Decimal::new(700, 2));
        assert_eq!(policies(&["A"]).due(&basis("none"), on).unwrap(), Decimal::ZERO);
    }
}
