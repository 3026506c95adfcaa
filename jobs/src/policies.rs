//! Policies in force: the published documents, read.

use billing::allocation::{Class, Order, Rank};
use billing::calendar::WorkingDays;
use billing::late_fee::{Debt, Paid, Policy};
use futures_util::TryStreamExt as _;
use jiff::civil::Date;
use metering::BillId;
use rust_decimal::Decimal;
use serde::Deserialize;
use store::GenericClient;
use store::arrears::Arrear;

use crate::bill_run::BillError;

/// The document of kind `allocation`.
#[derive(Debug, Deserialize)]
struct Document {
    order: Vec<Rank>,
    inside: Vec<Class>,
    #[serde(default)]
    whole_bill: bool,
}

/// The order of settlement on a day: the policy in force, else the default (named bill, oldest due; late fee,
/// agency, rest).
pub async fn allocation_order(client: &impl GenericClient, on: Date) -> Result<Order, BillError> {
    let published = store::policies::of_kind(client, "allocation").await?;
    let in_force = published.iter().find(|p| p.from <= on && p.to.is_none_or(|to| on < to));
    in_force.map_or_else(|| Ok(Order::default()), |policy| read(&policy.document))
}

/// Reads an allocation policy.
pub fn read(document: &str) -> Result<Order, BillError> {
    let document: Document = serde_json::from_str(document)
        .map_err(|error| BillError::Settings(format!("the allocation policy cannot be read: {error}")))?;
    Ok(Order { bills: document.order, inside: document.inside, whole_bill: document.whole_bill })
}

/// Whether a document can be used as a policy of its kind. Kinds that nothing reads yet are kept as they are.
pub fn check(kind: &str, document: &str) -> Result<(), BillError> {
    match kind {
        "allocation" => read(document).map(drop),
        "late_fee" => late_fee(document).map(drop),
        _ => Ok(()),
    }
}

fn late_fee(document: &str) -> Result<Policy, BillError> {
    Policy::from_json(document)
        .map_err(|refused| BillError::Settings(format!("the late-fee policy cannot be read: {refused}")))
}

/// The late-fee policies, with the days of their versions.
#[derive(Debug, Default)]
pub struct LateFeePolicies(Vec<(String, Date, Option<Date>, Policy)>);

impl LateFeePolicies {
    /// Those that are published.
    pub async fn read(client: &impl GenericClient) -> Result<Self, BillError> {
        let published = store::policies::of_kind(client, "late_fee").await?;
        let read = |p: store::policies::Policy| Ok((p.code, p.from, p.to, late_fee(&p.document)?));
        Ok(Self(published.into_iter().map(read).collect::<Result<_, BillError>>()?))
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

    /// What has accrued on a bill up to a day and is not posted.
    pub fn due(&self, arrear: &Arrear, on: Date) -> Decimal {
        let Some(policy) = self.of(&arrear.fee_policy, arrear.due_on) else { return Decimal::ZERO };
        let bearing = || arrear.moves.iter().filter(|m| policy.bears(&m.component));
        let debt = Debt {
            principal: bearing().filter(|m| m.billed).map(|m| m.amount).sum(),
            due_on: arrear.due_on,
            paid: bearing().filter(|m| !m.billed).map(|m| Paid { on: m.on, amount: -m.amount }).collect(),
            frozen: Vec::new(),
            waived: Decimal::ZERO,
        };
        let fee = policy.fee(&debt, on, &WorkingDays::default());
        fee.map_or(Decimal::ZERO, |fee| (fee.owed() - arrear.fee_posted).max(Decimal::ZERO))
    }
}

/// What has accrued on each open bill of an account up to a day and is not posted.
pub async fn late_fees(
    client: &impl GenericClient,
    account_no: &str,
    on: Date,
) -> Result<Vec<(BillId, Decimal)>, BillError> {
    let policies = LateFeePolicies::read(client).await?;
    let Some(account) = store::payments::account(client, account_no).await? else { return Ok(Vec::new()) };
    let always = store::arrears::always();
    let open = store::arrears::at(client, on, always, Some(account)).await?;
    let open: Vec<Arrear> = open.try_collect().await?;
    Ok(open.iter().map(|arrear| (BillId::new(arrear.bill), policies.due(arrear, on))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_shape() {
        let order = read(
            r#"{"kind":"allocation","code":"STD","order":["named","oldest"],"inside":["late_fee","agency","rest"],"whole_bill":false}"#,
        )
        .unwrap();
        assert_eq!(order, Order::default());
        assert!(read(r#"{"order":["newest"],"inside":[]}"#).is_err());
    }
}
