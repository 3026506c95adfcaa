//! What imports need to know from the settings file.

use jiff::{SignedDuration, Timestamp};
use metering::Zone;
use store::import::{Context, Times};

use super::MOST;

/// What imports rest on besides the file and what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Code of the company that is made where there is none yet.
    pub company_code: String,
    /// Its name.
    pub company_name: String,
    /// Its currency, and of each company that does not say otherwise.
    pub currency: String,
    /// A reading further ahead of now is refused.
    pub future: SignedDuration,
    /// A reading further back from now is refused.
    pub oldest: SignedDuration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            company_code: "1".to_owned(),
            company_name: "默认公司".to_owned(),
            currency: "CNY".to_owned(),
            future: SignedDuration::from_mins(15),
            oldest: SignedDuration::from_hours(24 * 10_000),
        }
    }
}

impl Terms {
    pub(super) fn context(&self, zone: &Zone, update: bool) -> Context {
        Context {
            update,
            most_findings: MOST,
            company: (self.company_code.clone(), self.company_name.clone(), self.currency.clone()),
            time_zone: zone.tz().iana_name().unwrap_or("UTC").to_owned(),
        }
    }

    pub(super) const fn times(&self, now: Timestamp) -> Times {
        Times { now, future: self.future, oldest: self.oldest }
    }
}
