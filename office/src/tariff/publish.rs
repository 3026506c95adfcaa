//! Publishing a tariff document.

use billing::inputs::sha256;
use billing::tariff::{Validity, publication};
use jiff::civil::Date;
use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::tariffs::{self, Publication};

use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// A version of a tariff that is in the books now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The tariff's code.
    pub code: String,
    /// Its first day.
    pub from: Date,
    /// Whether this very document was published before: then nothing was done.
    pub repeated: bool,
}

/// Publishes a document of that code; the open version before it ends where it begins. Refused, with all that speaks
/// against it, unless its examples come out to the cent. The same document again is the first publication.
pub async fn publish(
    office: &Office,
    caller: &Caller,
    code: &str,
    document: &str,
) -> Result<Published, Refusal> {
    measured(Action::PublishTariff, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::PublishTariff, Scope::All).await?;
        let hash = sha256(document);
        tariffs::lock(deed.change()).await?;
        let mut versions = tariffs::all(deed.change().transaction()).await?;
        versions.retain(|version| version.code == code);
        if let Some(same) = versions.iter().find(|version| version.sha256 == hash) {
            let published = Published { code: code.to_owned(), from: same.from, repeated: true };
            deed.leave().await?;
            return Ok(published);
        }
        let others: Vec<Validity> =
            versions.iter().map(|version| Validity { from: version.from, to: version.to }).collect();
        let checked = publication(document, &others).map_err(|refused| {
            let refusal = Refusal::new(Why::Document, "tariff");
            refused.into_iter().fold(refusal, |refusal, reason| refusal.with("detail", reason))
        })?;
        let Validity { from, to } = checked.validity;
        let publication = Publication {
            code,
            from,
            to,
            medium: checked.tariff.medium.as_deref().unwrap_or_default(),
            currency: checked.tariff.currency.as_deref().unwrap_or_default(),
            document,
            sha256: &hash,
        };
        tariffs::publish(deed.change(), &publication).await?;
        let closed = checked.closes.and_then(|at| versions.get(at));
        let mut traced = Traced::of(code).after(json!({
            "from": from.to_string(), "to": to.map(|to| to.to_string()), "sha256": hex::encode(hash),
        }));
        if let Some(closed) = closed {
            traced = traced
                .before(json!({ "from": closed.from.to_string(), "sha256": hex::encode(&closed.sha256) }));
        }
        deed.finish(traced).await?;
        Ok(Published { code: code.to_owned(), from, repeated: false })
    })
    .await
}
