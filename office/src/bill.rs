//! Bill runs, their approval and issue, cancellations. What a step orders is carried on by the queue's workers, chunk by
//! chunk; the rights are asked for here, once.

pub mod abort;
pub mod approve;
pub mod cancel;
pub mod document;
pub mod explain;
pub mod frontiers;
pub mod issue;
pub mod order;
pub mod run;
pub mod verify;

pub use abort::abort;
pub use approve::{Approved, approve};
pub use cancel::cancel;
pub use document::Document;
pub use explain::{Explained, explain};
pub use issue::{Issue, issue};
pub use run::{Started, start};

use metering::refusal::Refusal;
use store::Change;
use store::runs::{self, Run};

/// The run, held until the change ends.
async fn locked(change: &Change<'_>, id: i64) -> Result<Run, Refusal> {
    Ok(runs::locked(change, id).await?)
}
