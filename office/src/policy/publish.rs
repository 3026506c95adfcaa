//! Publishing a policy document.

use std::fmt;

use billing::allocation::Order;
use billing::inputs::sha256;
use billing::late_fee;
use jiff::civil::Date;
use metering::refusal::{Refusal, Why};
use serde_json::{Value, json};
use store::policies::{self, Publication};

use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// A version of a policy that is in the books now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// `late_fee`, `allocation` …
    pub kind: String,
    /// The policy's code.
    pub code: String,
    /// Its first day.
    pub from: Date,
    /// Whether this very document was published before: then nothing was done.
    pub repeated: bool,
}

/// What a document says of itself.
struct Head {
    kind: String,
    code: String,
    from: Date,
    to: Option<Date>,
}

/// Publishes a document; the open version before it ends where it begins. A kind that nothing reads yet is kept as it is.
pub async fn publish(office: &Office, caller: &Caller, document: &str) -> Result<Published, Refusal> {
    measured(Action::PublishPolicy, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::PublishPolicy, Scope::All).await?;
        let Head { kind, code, from, to } = head(document)?;
        check(&kind, document)?;
        let hash = sha256(document);
        let publication = Publication { kind: &kind, code: &code, from, to, document, sha256: &hash };
        let repeated = !policies::publish(deed.change(), &publication).await?;
        if repeated {
            deed.leave().await?;
        } else {
            let after = json!({
                "kind": kind, "from": from.to_string(), "to": to.map(|to| to.to_string()),
                "sha256": hex::encode(hash),
            });
            deed.finish(Traced::of(&code).after(after)).await?;
        }
        Ok(Published { kind, code, from, repeated })
    })
    .await
}

fn head(document: &str) -> Result<Head, Refusal> {
    let value: Value = serde_json::from_str(document).map_err(unreadable)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let need = |name: &str| text(name).ok_or_else(|| unreadable(format!("{name:?}, a text, is missing")));
    let day = |text: &str| text.parse::<Date>().map_err(unreadable);
    Ok(Head {
        kind: need("kind")?.to_owned(),
        code: need("code")?.to_owned(),
        from: day(need("valid_from")?)?,
        to: text("valid_to").map(day).transpose()?,
    })
}

/// Whether a document can be used as a policy of its kind.
fn check(kind: &str, document: &str) -> Result<(), Refusal> {
    match kind {
        "allocation" => Order::from_json(document).map(drop).map_err(unreadable),
        "late_fee" => late_fee::Policy::from_json(document).map(drop).map_err(unreadable),
        _ => Ok(()),
    }
}

fn unreadable(why: impl fmt::Display) -> Refusal {
    Refusal::new(Why::Document, "policy").with("detail", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_cannot_be_used_is_refused_before_anything_is_settled_by_it() {
        let refused = |kind: &str, document: &str| check(kind, document).unwrap_err().why;
        assert_eq!(refused("allocation", r#"{"order":["newest"],"inside":[]}"#), Why::Document);
        assert_eq!(refused("late_fee", r#"{"rate_per_day":0.0005}"#), Why::Document);
        assert_eq!(check("tier_year", "{}"), Ok(()));
        let nameless = head(r#"{"kind":"late_fee","valid_from":"2026-01-01"}"#).map(drop).unwrap_err();
        assert!(nameless.fact("detail").contains("code"), "{nameless}");
    }
}
