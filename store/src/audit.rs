//! The audit: one row for each change of money or master data, in the transaction of the change.

use serde_json::Value;
use tokio_postgres::GenericClient;

use crate::SqlError;
use crate::actor::Actor;

/// Writes what was done, to what, and what it was before and after. Append only: the schema refuses the rest.
pub(crate) async fn record(
    client: &impl GenericClient,
    who: &Actor,
    action: &str,
    subject: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), SqlError> {
    client
        .execute(
            "insert into audit (who, os_account, action, subject, before, after) values ($1, $2, $3, $4, $5, $6)",
            &[&who.name(), &who.os_account(), &action, &subject, &before, &after],
        )
        .await?;
    Ok(())
}
