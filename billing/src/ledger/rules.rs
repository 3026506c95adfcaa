//! The rules of settlement: the published policies, read once a deed.

use jiff::civil::Date;

use super::late_fee::LateFeePolicies;
use crate::allocation::Order;

/// The orders of settlement and the late-fee policies, with their days.
#[derive(Clone, Debug, Default)]
pub struct SettlementRules {
    orders: Vec<(Date, Option<Date>, Order)>,
    fees: LateFeePolicies,
}

impl SettlementRules {
    /// Orders by first day and day after the last; late-fee policies.
    pub fn new(orders: Vec<(Date, Option<Date>, Order)>, fees: LateFeePolicies) -> Self {
        Self { orders, fees }
    }

    /// The order in force on a day, else the default (named bill, oldest due; late fee, agency, rest).
    pub fn order(&self, on: Date) -> Order {
        let in_force =
            |(from, to, _): &&(Date, Option<Date>, Order)| *from <= on && to.is_none_or(|to| on < to);
        self.orders.iter().find(in_force).map(|(.., order)| order.clone()).unwrap_or_default()
    }

    /// The late-fee policies.
    pub const fn fees(&self) -> &LateFeePolicies {
        &self.fees
    }
}
