//! One file per page.

pub(crate) mod alarms;
pub(crate) mod arrears;
pub(crate) mod bills;
pub(crate) mod conflicts;
pub(crate) mod home;
pub(crate) mod meters;
pub(crate) mod payments;
pub(crate) mod preferences;
pub(crate) mod rejections;
pub(crate) mod runs;

use crate::problem::Problem;
use crate::visit::Visit;

/// Answers "ok" while the database does.
pub(crate) async fn health(visit: Visit) -> Result<&'static str, Problem> {
    let client = visit.client().await?;
    store::ping(&client).await?;
    Ok("ok\n")
}
