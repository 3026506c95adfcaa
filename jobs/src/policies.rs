//! Policies in force: the published documents, read.

use billing::allocation::{Class, Order, Rank};
use jiff::civil::Date;
use serde::Deserialize;
use store::GenericClient;

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
