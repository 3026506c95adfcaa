//! Starting a bill run.

use billing::cycle::Cycle;
use billing::label::Label;
use metering::Service;
use metering::refusal::{Refusal, Why};
use serde_json::json;
use store::runs::{self, Freeze, RunKey};

use super::order;
use crate::metrics::measured;
use crate::{Action, Caller, Office, Scope, Traced};

/// Agreements a chunk: large enough that the round trips of a chunk don't count, small enough that a killed worker
/// loses half a second of work.
const CHUNK: i64 = 500;

/// A run that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its number.
    pub run: i64,
    /// Whether one of this key was under way already: then nothing was done.
    pub repeated: bool,
}

/// Starts the run of that key, or finds the one that is under way. Workers carry it on to its review.
pub async fn start(office: &Office, caller: &Caller, key: &RunKey) -> Result<Started, Refusal> {
    measured(Action::StartRun, async {
        let mut desk = office.desk().await?;
        let deed = desk.open(caller, Action::StartRun, Scope::All).await?;
        let label: Label =
            key.period.parse().map_err(|why| Refusal::invalid("period", &key.period, format!("{why}")))?;
        if let Some(service) = &key.service {
            service.parse::<Service>().map_err(|why| Refusal::invalid("service", service, why))?;
        }
        runs::lock_start(deed.change()).await?;
        if let Some(run) = runs::open_run(deed.change().transaction(), key).await? {
            deed.leave().await?;
            return Ok(Started { run: run.id, repeated: true });
        }
        let rules = office.billing().checked().map_err(|why| Refusal::detail(Why::Settings, why))?;
        let due = Cycle::ALL.iter().filter_map(|cycle| Some((cycle, cycle.due(label, rules.season)?)));
        let due: Vec<_> = due.collect();
        let Some((_, last)) = due.last() else {
            return Err(Refusal::invalid("period", &key.period, "no cycle is due in it"));
        };
        let cycles = due.iter().map(|(cycle, days)| (cycle.name(), days.from())).collect();
        let freeze = Freeze { key, cycles, end: last.to(), rules: &rules.text, chunk: CHUNK };
        let frozen = runs::freeze(deed.change(), &freeze).await?;
        order::trial(deed.change(), frozen.id).await?;
        let after = json!({
            "service": key.service, "book": key.book, "period": key.period, "due": frozen.due,
        });
        deed.finish(Traced::of(frozen.id.to_string()).after(after)).await?;
        Ok(Started { run: frozen.id, repeated: false })
    })
    .await
}
