//! `[office]`: what the deeds need to know from the settings file.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};

/// The table `[office]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfficeSettings {
    /// How many days back the day of a document or a payment may lie without a supervisor and a reason.
    pub back_days: u16,
    /// More than this, in whole units of the currency, one payment is only by a supervisor: a scanned barcode is no amount.
    pub most_payment: u32,
    /// How long a session of `login` lasts, in hours.
    pub session_hours: u16,
    /// What time it is, for demonstrations with days of their own. None: the machine's clock. Audit rows carry the
    /// database's time all the same.
    #[serde(deserialize_with = "instant")]
    pub now: Option<Timestamp>,
}

fn instant<'de, D: Deserializer<'de>>(given: D) -> Result<Option<Timestamp>, D::Error> {
    String::deserialize(given)?.parse().map(Some).map_err(de::Error::custom)
}

impl Default for OfficeSettings {
    fn default() -> Self {
        Self { back_days: 400, most_payment: 1_000_000, session_hours: 12, now: None }
    }
}
