//! Which meter, which value: what a clerk needs to mend an agreement that gets no bill.
//!
//! Stored as JSON beside the reason, so that whoever shows it says it in the reader's words and in civil time.

use std::fmt;

use serde::{Deserialize, Serialize};
use series::unmet::{Unmet, Where};

/// The facts that there are; each reason has its own few.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// The number printed on the meter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The register's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// An index, in the register's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The index before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// An instant, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// A civil day or time of the utility.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// A tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    /// Another run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// A period's label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
}

impl Facts {
    /// Of a register of a meter.
    pub fn of(serial: impl fmt::Display, register: impl fmt::Display) -> Self {
        Self { serial: Some(serial.to_string()), register: Some(register.to_string()), ..Self::default() }
    }

    /// What is stored, where it holds facts and no words.
    pub fn parse(stored: &str) -> Option<Self> {
        stored.starts_with('{').then(|| serde_json::from_str(stored).ok()).flatten()
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        // Texts alone: nothing in it can fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// For logs, in English; people get it from `documents`.
impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.before.as_ref().map(|before| format!("after {before}"));
        let (at, day, run) = (self.at.as_deref(), self.day.as_deref(), self.run.as_deref());
        let named = |name: &str, fact: Option<&str>| fact.map(|fact| format!("{name} {fact}"));
        let parts = [
            self.tariff.clone(),
            self.serial.clone(),
            self.register.clone(),
            self.value.clone(),
            before,
            named("at", at),
            named("on", day),
            named("run", run),
            self.period.clone(),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

impl From<&Where> for Facts {
    fn from(place: &Where) -> Self {
        Self::of(&place.serial, &place.register)
    }
}

/// The facts of what was not met; `None` where there is nothing but words.
pub(super) fn of(why: &Unmet) -> Option<Facts> {
    Some(match why {
        Unmet::NoReading(place, at) | Unmet::NoOpening(place, at) | Unmet::NoClosing(place, at) => {
            Facts { at: Some(at.to_string()), ..Facts::from(place) }
        }
        Unmet::Conflict(place, at) => Facts { day: Some(at.to_string()), ..Facts::from(place) },
        Unmet::NegativeUsage { register, open, close } => {
            Facts { value: Some(close.to_string()), before: Some(open.to_string()), ..Facts::from(register) }
        }
        Unmet::DigitsOverflow(place, value, at) => {
            Facts { value: Some(value.to_string()), at: Some(at.to_string()), ..Facts::from(place) }
        }
        Unmet::NoMeter(name) => Facts { register: Some(name.to_string()), ..Facts::default() },
        Unmet::Momentary(_) | Unmet::HandedOverUnfit(..) | Unmet::OutOfRange(_) | Unmet::AlreadyBilled => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_they_were_stored() {
        let facts = Facts { at: Some("2026-10-31T16:00:00Z".to_owned()), ..Facts::of("W1", "8-0:1.0.0") };
        assert_eq!(facts.to_json(), r#"{"serial":"W1","register":"8-0:1.0.0","at":"2026-10-31T16:00:00Z"}"#);
        assert_eq!(Facts::parse(&facts.to_json()), Some(facts));
        for words in ["", "no version of X is in force", "{\"of another release\": 1}"] {
            assert_eq!(Facts::parse(words), None, "{words}");
        }
    }
}
