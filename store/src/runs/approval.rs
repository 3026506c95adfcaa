//! What a second person approves of a run, and the order to issue just that.

use jiff::civil::Date;

use super::RunError;
use crate::{Change, SqlError};

/// Writes down that a run is approved: the hash over its bills, the day that they carry, and why that day lies far back,
/// where it does.
pub async fn set_approved(
    change: &Change<'_>,
    id: i64,
    on: Date,
    back_dated: Option<&str>,
) -> Result<(), SqlError> {
    let text = format!(
        "update bill_runs set state = 'approved', approved_by = $2, approved_at = now(), posting_date = $3, \
         back_dated = $4, bills_sha256 = {CHUNKS_SHA256} where id = $1"
    );
    change.execute(&text, &[&id, &change.actor().name(), &on, &back_dated]).await?;
    Ok(())
}

/// The hash over the hashes of the chunks of run `$1`, in order.
const CHUNKS_SHA256: &str = "sha256(coalesce((select string_agg(bills_sha256, '' order by n) \
                             from bill_run_chunks where run_id = $1), ''))";

/// Orders the issue of just what was approved, in the name of whoever does it.
pub async fn set_issuing(change: &Change<'_>, id: i64) -> Result<(), RunError> {
    let text = format!(
        "update bill_runs set state = 'issuing', issued_by = $2 where id = $1 and bills_sha256 = {CHUNKS_SHA256}"
    );
    if change.execute(&text, &[&id, &change.actor().name()]).await? == 0 {
        return Err(RunError::NotApproved(id));
    }
    Ok(())
}
