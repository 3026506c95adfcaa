//! Ordering that rejected frames pass through the pipeline again.

use metering::refusal::Refusal;
use serde_json::json;
use store::rejections;

use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// An order that is in the books; the pipeline carries it out, chunk by chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayOrder {
    /// How many rejected frames waited when it was given.
    pub waiting: i64,
}

/// Orders a replay of the open rejected frames of a kind, or of all. The order is written down before the first frame moves:
/// a replay that is killed on the way has left its trace, and the same order again takes in the rest.
pub async fn order_replay(
    office: &Office,
    caller: &Caller,
    kind: Option<&str>,
) -> Result<ReplayOrder, Refusal> {
    measured(Action::ReplayRejections, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::ReplayRejections, Scope::All).await?;
        let waiting = rejections::waiting(deed.change().transaction(), kind).await?;
        deed.finish(Traced::of(kind.unwrap_or("*")).before(json!({ "rejected": waiting }))).await?;
        Ok(ReplayOrder { waiting })
    })
    .await
}
