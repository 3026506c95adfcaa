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
    ///
    /// Principal, rate and disputes change on few days. Between two of them all days are alike, so the work is that of the
    /// changes, however long ago the debt was due.
    fn accruals(&self, debt: &Debt, due_on: Date, on: Date) -> Result<Vec<Accrual>, LateFeeError> {
        let grace = i64::from(self.grace_days).days();
        let first = due_on.checked_add(grace).and_then(Date::tomorrow).map_err(|_| LateFeeError::Date)?;
        let end = days_from(first, on).saturating_add(i32::from(self.count_payment_day));
        let mut runs: Vec<Accrual> = Vec::new();
        let mut starts = self.changes(debt, due_on, first);
        starts.retain(|start| (0..end).contains(start));
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).copied().chain([end]);
        for (start, end) in starts.iter().copied().zip(ends) {
            let day = first.checked_add(i64::from(start).days()).map_err(|_| LateFeeError::Date)?;
            let principal = self.open_on(debt, day)?;
            let is_frozen = |frozen: &Frozen| frozen.from <= day && frozen.to.is_none_or(|to| day < to);
            if principal <= Decimal::ZERO || debt.frozen.iter().any(is_frozen) {
                continue;
            }
            let overdue = u32::try_from(start).unwrap_or_default().saturating_add(1);
            let rate_per_day = self.rate(day.year() == due_on.year(), overdue);
            let days = u32::try_from(end.saturating_sub(start)).unwrap_or_default();
            let goes_on = |run: &&mut Accrual| {
                let next = run.first.checked_add(i64::from(run.days).days());
                run.principal == principal
                    && run.rate_per_day == rate_per_day
                    && next.is_ok_and(|next| next == day)
            };
            match runs.last_mut().filter(goes_on) {
                Some(run) => run.days = run.days.saturating_add(days),
                None => runs.push(Accrual { first: day, days, principal, rate_per_day }),
            }
        }
        Ok(runs)
    }

    /// The days, counted from `first`, on which principal, rate or disputes may change; among them `first` itself.
    fn changes(&self, debt: &Debt, due_on: Date, first: Date) -> Vec<i32> {
        let after_payment_day = i32::from(self.count_payment_day);
        let paid = debt.paid.iter().map(|paid| days_from(first, paid.on).saturating_add(after_payment_day));
        let frozen = debt.frozen.iter().flat_map(|frozen| [Some(frozen.from), frozen.to]).flatten();
        let rates = self.segments.iter();
        let rates = rates.map(|rate| i32::try_from(rate.from_day.saturating_sub(1)).unwrap_or(i32::MAX));
        // One year on from the first of January of the debt's year.
        let new_year = due_on.first_of_year().checked_add(1.year()).ok();
        let dates = frozen.chain(new_year).map(|date| days_from(first, date));
        [0].into_iter().chain(paid).chain(dates).chain(rates).collect()
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

/// Civil days from one day to another; below zero where that is earlier.
fn days_from(first: Date, day: Date) -> i32 {
    first.until(day).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

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

    /// As the rule is written: each day by itself.
    #[expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
    fn day_by_day(policy: &Policy, debt: &Debt, on: Date) -> Decimal {
        let mut day = debt.due_on.checked_add(i64::from(policy.grace_days).days()).unwrap();
        let (mut exact, mut overdue) = (Decimal::ZERO, 0);
        loop {
            day = day.tomorrow().unwrap();
            if day > on || (day == on && !policy.count_payment_day) {
                return exact;
            }
            overdue += 1;
            let principal = policy.open_on(debt, day).unwrap();
            let is_frozen = |frozen: &Frozen| frozen.from <= day && frozen.to.is_none_or(|to| day < to);
            if principal > Decimal::ZERO && !debt.frozen.iter().any(is_frozen) {
                exact += principal * policy.rate(day.year() == debt.due_on.year(), overdue);
            }
        }
    }

    proptest! {
        #[test]
        fn runs_of_days_come_to_what_the_days_come_to(
            due in 0_i64..800, on in 0_i64..1600, grace in 0_u16..40, counts in any::<bool>(),
            paid in prop::collection::vec((0_i64..1600, 1_i64..60), 0..5),
            frozen in prop::collection::vec((0_i64..1600, prop::option::of(0_i64..300)), 0..4),
            from_days in prop::collection::vec(1_u32..500, 1..4),
        ) {
            let day = |n: i64| date(2025, 1, 1).checked_add(n.days()).unwrap();
            let segments: Vec<String> = from_days.iter().enumerate().map(|(n, from)| {
                let when = ["", r#", "when": "same_year""#, r#", "when": "earlier_years""#][n % 3];
                format!(r#"{{"rate_per_day": "0.00{n}1", "from_day": {from}{when}}}"#)
            }).collect();
            let p = policy(&format!(
                r#", "rate_per_day": "0.01", "grace_days": {grace}, "count_payment_day": {counts}, "segments": [{}]"#,
                segments.join(",")
            ));
            let mut owed = debt("100", day(due));
            owed.paid = paid.iter().map(|(n, amount)| Paid { on: day(*n), amount: Decimal::from(*amount) }).collect();
            owed.frozen = frozen
                .iter()
                .map(|(n, long)| Frozen { from: day(*n), to: long.map(|long| day(n.saturating_add(long))) })
                .collect();
            let fee = p.fee(&owed, day(on), &WorkingDays::default()).unwrap();
            prop_assert_eq!(fee.exact, day_by_day(&p, &owed, day(on)));
            for pair in fee.accruals.windows(2) {
                prop_assert!(pair[0].first.checked_add(i64::from(pair[0].days).days()).unwrap() <= pair[1].first);
            }
        }
    }

    #[test]
    fn the_end_of_the_calendar_takes_no_longer_than_tomorrow() {
        let p = policy(r#", "rate_per_day": "0.01", "segments": [{"rate_per_day": "0.02", "from_day": 31}]"#);
        let fee = p.fee(&debt("100", date(2026, 3, 1)), Date::MAX, &WorkingDays::default()).unwrap();
        assert_eq!(fee.accruals.len(), 2);
        assert_eq!(i64::from(fee.days()), i64::from(days_from(date(2026, 3, 1), Date::MAX)));
    }
}
