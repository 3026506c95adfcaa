//! Files: master data, readings, payments. A file is one deed: all of its rows, or none.

use metering::refusal::Refusal;
use serde_json::json;
use store::import::Counts;

use crate::{Action, Deed, Traced};

/// A file that is brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What its rows are, as the command line names it.
    pub kind: &'static str,
    /// Without its folder.
    pub name: String,
    /// Of its bytes, as they came.
    pub sha256: Vec<u8>,
}

/// Keeps a file's rows, with the file's hash and who brought it; a file of which every row was known leaves no trace.
pub async fn keep(deed: Deed<'_>, file: &File, counts: Counts) -> Result<(), Refusal> {
    if counts.new == 0 && counts.changed == 0 {
        return deed.leave().await;
    }
    store::import::record(deed.change(), file.kind, &file.name, &file.sha256, counts).await?;
    let after = json!({
        "new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged,
        "sha256": hex::encode(&file.sha256),
    });
    deed.finish(Traced::of(&file.name).after(after)).await
}

/// The deed of a kind of file; to put readings in the place of stored ones takes another right than to add some.
pub fn action(kind: &str, update: bool) -> Option<Action> {
    match kind {
        "readings" if update => Some(Action::ReplaceReadings),
        kind => format!("import.{kind}").parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_replace_readings_is_not_to_add_them() {
        assert_eq!(action("readings", false), Some(Action::ImportReadings));
        assert_eq!(action("readings", true), Some(Action::ReplaceReadings));
        assert_eq!(action("meters", true), Some(Action::ImportMeters));
        assert_eq!(action("horses", false), None);
    }
}
