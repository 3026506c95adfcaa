//! What a policy makes of a debt: which days count, at which rate, on how much.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::policy::{Cap, Policy};
use crate::calendar::WorkingDays;

/// An open debt: what bears the fee, when it was due, what has happened since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debt {
    /// The principal that bears the fee.
    pub principal: Decimal,
    /// The date by which it was to be paid.
    pub due_on: Date,
    /// What of the principal was paid, and when.
    pub paid: Vec<Paid>,
    /// Days that don't count.
    pub frozen: Vec<Frozen>,
    /// What an approved document waives of the fee.
    pub waived: Decimal,
}

/// A payment towards the principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Its value date.
    pub on: Date,
    /// How much of it went to the principal.
    pub amount: Decimal,
}

/// Days on which the debt was disputed: `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The first day that doesn't count.
    pub from: Date,
    /// The first that counts again; `None` while it lasts.
    pub to: Option<Date>,
}

/// Days in a row at one rate on one principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accrual {
    /// The first day that counts.
    pub first: Date,
    /// How many.
    pub days: u32,
    /// The principal on them.
    pub principal: Decimal,
    /// The rate on them.
    pub rate_per_day: Decimal,
}

/// A late fee and what it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateFee {
    /// The due date, after holidays.
    pub due_on: Date,
    /// What counted.
    pub accruals: Vec<Accrual>,
    /// Their sum, exact.
    pub exact: Decimal,
    /// After cap and minimum, rounded.
    pub fee: Decimal,
    /// What was waived of it.
    pub waived: Decimal,
}

impl LateFee {
    /// What is left to be paid of it.
    pub fn owed(&self) -> Decimal {
        self.fee.checked_sub(self.waived).unwrap_or_default()
    }

    /// The days that counted.
    pub fn days(&self) -> u32 {
        self.accruals.iter().fold(0, |sum, accrual| sum.saturating_add(accrual.days))
    }
}

/// A number or a date that can't be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateFeeError {
    /// A number beyond 96 bits.
    Overflow,
    /// A date beyond the calendar.
    Date,
}

impl fmt::Display for LateFeeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "late fee: a number beyond 96 bits",
            Self::Date => "late fee: a date beyond the calendar",
        })
    }
}

impl std::error::Error for LateFeeError {}

impl Policy {
    /// The fee on a debt that is paid, or looked at, `on` a day.
    ///
    /// Electricity of 412.35, due on 1 March, paid on 7 April: 37 days at 1 per mille.
    ///
    /// ```
    /// use billing::calendar::WorkingDays;
    /// use billing::late_fee::{Debt, Policy};
    /// let policy = Policy::from_json(r#"{"kind": "late_fee", "code": "E", "valid_from": "2026-01-01",
    ///     "rate_per_day": "0.001", "minimum": "1", "cap": "principal", "due_moves": "never"}"#).unwrap();
    /// let debt = Debt { principal: "412.35".parse().unwrap(), due_on: "2026-03-01".parse().unwrap(),
    ///     paid: vec![], frozen: vec![], waived: "0".parse().unwrap() };
    /// let fee = policy.fee(&debt, "2026-04-07".parse().unwrap(), &WorkingDays::default()).unwrap();
    /// assert_eq!((fee.days(), fee.fee), (37, "15.26".parse().unwrap()));
    /// ```
    pub fn fee(&self, debt: &Debt, on: Date, working: &WorkingDays) -> Result<LateFee, LateFeeError> {
        let due_on = if self.due_moves { working.on_or_after(debt.due_on) } else { Some(debt.due_on) };
        let due_on = due_on.ok_or(LateFeeError::Date)?;
        let accruals = self.accruals(debt, due_on, on)?;
        let mut exact = Decimal::ZERO;
        for accrual in &accruals {
            let sum = accrual
                .principal
                .checked_mul(accrual.rate_per_day)
                .and_then(|a_day| a_day.checked_mul(Decimal::from(accrual.days)))
                .and_then(|all| exact.checked_add(all));
            exact = sum.ok_or(LateFeeError::Overflow)?;
        }
        let fee = if accruals.is_empty() { Decimal::ZERO } else { self.bounded(debt, exact)? };
        let waived = debt.waived.clamp(Decimal::ZERO, fee);
        Ok(LateFee { due_on, accruals, exact, fee, waived })
    }

    /// Minimum, then cap, which protects who pays; then rounded, once.
    fn bounded(&self, debt: &Debt, exact: Decimal) -> Result<Decimal, LateFeeError> {
        let mut fee = exact.max(self.minimum);
        let cap = match self.cap {
            None => None,
            Some(Cap::Amount(amount)) => Some(amount),
            Some(Cap::Share(share)) => Some(debt.principal.checked_mul(share).ok_or(LateFeeError::Overflow)?),
        };
        if let Some(cap) = cap {
            fee = fee.min(cap);
        }
        self.rule.round(fee).ok_or(LateFeeError::Overflow)
    }

    /// The days that count, from the day after due date and grace to the day of payment, in runs.
    fn accruals(&self, debt: &Debt, due_on: Date, on: Date) -> Result<Vec<Accrual>, LateFeeError> {
        let mut day =
            due_on.checked_add(i64::from(self.grace_days).days()).map_err(|_| LateFeeError::Date)?;
        let mut runs: Vec<Accrual> = Vec::new();
        let mut overdue: u32 = 0;
        loop {
            day = day.tomorrow().map_err(|_| LateFeeError::Date)?;
            if day > on || (day == on && !self.count_payment_day) {
                return Ok(runs);
            }
            overdue = overdue.saturating_add(1);
            let principal = self.open_on(debt, day)?;
            let is_frozen = |frozen: &Frozen| frozen.from <= day && frozen.to.is_none_or(|to| day < to);
            if principal <= Decimal::ZERO || debt.frozen.iter().any(is_frozen) {
                continue;
            }
            let rate_per_day = self.rate(day.year() == due_on.year(), overdue);
            let goes_on = |run: &&mut Accrual| {
                let next = run.first.checked_add(i64::from(run.days).days());
                run.principal == principal
                    && run.rate_per_day == rate_per_day
                    && next.is_ok_and(|next| next == day)
            };
            match runs.last_mut().filter(goes_on) {
                Some(run) => run.days = run.days.saturating_add(1),
                None => runs.push(Accrual { first: day, days: 1, principal, rate_per_day }),
            }
        }
    }

    /// The principal that bears a fee for a day. Where the day of payment counts, what is paid on it still does.
    fn open_on(&self, debt: &Debt, day: Date) -> Result<Decimal, LateFeeError> {
        debt.paid
            .iter()
            .filter(|paid| paid.on < day || (paid.on == day && !self.count_payment_day))
            .try_fold(debt.principal, |open, paid| open.checked_sub(paid.amount))
            .ok_or(LateFeeError::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn policy(more: &str) -> Policy {
        let text = format!(
            r#"{{"kind": "late_fee", "code": "LF", "valid_from": "2026-01-01", "due_moves": "never" {more}}}"#
        );
        Policy::from_json(&text).unwrap()
    }

    fn debt(principal: &str, due_on: Date) -> Debt {
        Debt { principal: d(principal), due_on, paid: vec![], frozen: vec![], waived: Decimal::ZERO }
    }

    #[track_caller]
    fn check(policy: &Policy, debt: &Debt, on: Date, fee: &str) {
        assert_eq!(policy.fee(debt, on, &WorkingDays::default()).unwrap().fee, d(fee), "{debt:?} on {on}");
    }

    #[test]
    fn a_day_late_is_a_day() {
        let p = policy(r#", "rate_per_day": "0.01""#);
        check(&p, &debt("100", date(2026, 3, 1)), date(2026, 3, 1), "0");
        check(&p, &debt("100", date(2026, 3, 1)), date(2026, 3, 2), "1.00");
        let not_counted = policy(r#", "rate_per_day": "0.01", "count_payment_day": false"#);
        check(&not_counted, &debt("100", date(2026, 3, 1)), date(2026, 3, 2), "0");
        check(&not_counted, &debt("100", date(2026, 3, 1)), date(2026, 3, 4), "2.00");
        let grace = policy(r#", "rate_per_day": "0.01", "grace_days": 5"#);
        check(&grace, &debt("100", date(2026, 3, 1)), date(2026, 3, 6), "0");
        check(&grace, &debt("100", date(2026, 3, 1)), date(2026, 3, 8), "2.00");
    }

    #[test]
    fn the_rate_rises_after_new_year() {
        let p = policy(
            r#", "segments": [{"when": "same_year", "rate_per_day": "0.002"}, {"when": "earlier_years", "rate_per_day": "0.003"}]"#,
        );
        let fee =
            p.fee(&debt("12850", date(2025, 12, 11)), date(2026, 1, 11), &WorkingDays::default()).unwrap();
        assert_eq!((fee.accruals[0].days, fee.accruals[1].days, fee.fee), (20, 11, d("938.05")));
    }

    #[test]
    fn minimum_and_cap_hold_once_for_the_sum() {
        let p = policy(r#", "rate_per_day": "0.001", "minimum": "1", "cap": "principal""#);
        check(&p, &debt("86.40", date(2026, 3, 1)), date(2026, 3, 6), "1.00");
        check(&p, &debt("86.40", date(2026, 3, 1)), date(2026, 3, 1), "0");
        check(&p, &debt("0.60", date(2026, 3, 1)), date(2026, 3, 6), "0.60");
        let steep = policy(r#", "rate_per_day": "0.5", "cap": {"share": "0.3"}"#);
        check(&steep, &debt("100", date(2026, 3, 1)), date(2026, 3, 6), "30.00");
    }

    #[test]
    fn a_partial_payment_cuts_the_principal_and_a_dispute_stops_the_clock() {
        let p = policy(r#", "rate_per_day": "0.01""#);
        let mut owed = debt("100", date(2026, 3, 1));
        owed.paid = vec![Paid { on: date(2026, 3, 11), amount: d("60") }];
        // Ten days on 100, ten on 40.
        check(&p, &owed, date(2026, 3, 21), "14.00");
        owed.frozen = vec![Frozen { from: date(2026, 3, 12), to: Some(date(2026, 3, 17)) }];
        check(&p, &owed, date(2026, 3, 21), "12.00");
        owed.waived = d("50");
        let fee = p.fee(&owed, date(2026, 3, 21), &WorkingDays::default()).unwrap();
        assert_eq!((fee.waived, fee.owed()), (d("12.00"), Decimal::ZERO));
    }

    #[test]
    fn it_is_rounded_once_and_not_by_day() {
        // 0.004 a day: by day it would be nothing.
        check(
            &policy(r#", "rate_per_day": "0.0004""#),
            &debt("10", date(2026, 3, 1)),
            date(2026, 3, 31),
            "0.12",
        );
    }

    #[test]
    fn a_due_date_on_a_holiday_moves() {
        let p = Policy::from_json(
            r#"{"kind": "late_fee", "code": "LF", "valid_from": "2026-01-01", "rate_per_day": "0.01"}"#,
        )
        .unwrap();
        let working = WorkingDays::new([date(2026, 10, 1), date(2026, 10, 2)], [date(2026, 10, 3)]);
        // Thursday and Friday are holidays, Saturday is made up for: due on the 3rd.
        let fee = p.fee(&debt("100", date(2026, 10, 1)), date(2026, 10, 5), &working).unwrap();
        assert_eq!((fee.due_on, fee.fee), (date(2026, 10, 3), d("2.00")));
    }

    #[test]
    fn a_policy_without_a_rate_for_every_day_is_refused() {
        for (more, path) in [
            ("", "rate_per_day"),
            (r#", "segments": [{"when": "same_year", "rate_per_day": "0.002"}]"#, "rate_per_day"),
            (r#", "rate_per_day": "-0.002""#, "rate_per_day"),
            (r#", "rate_per_day": "0.1", "cap": "half""#, "cap"),
            (r#", "rate_per_day": "0.1", "grace_days": "1.5""#, "grace_days"),
            (r#", "rate_per_day": "0.1", "gracedays": 1"#, "gracedays"),
        ] {
            let text = format!(r#"{{"kind": "late_fee", "code": "LF", "valid_from": "2026-01-01" {more}}}"#);
            assert_eq!(Policy::from_json(&text).unwrap_err().path, path, "{more}");
        }
    }
}
