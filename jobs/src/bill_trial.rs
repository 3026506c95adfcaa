//! Trial bills of a chunk: looks up what the four beats of [`billing::trial`] ask for. The same few questions to the
//! database whatever the number of agreements; all the rules are the beats'.

use billing::trial::{self, Lookup, Terms, Trial};
use series::look::Answers;
use store::runs::facts;
use store::{SqlError, Transaction};

/// Bills a chunk of agreements.
pub async fn chunk(change: &Transaction<'_>, terms: &Terms, agreements: &[i32]) -> Result<Trial, SqlError> {
    let due = facts::due(change, agreements, &terms.label.to_string()).await?;
    let mut exceptions = Vec::new();
    let asked = trial::ask(terms, &due, &mut exceptions);
    let boundaries = look_up(change, &trial::boundaries(terms, &asked)).await?;
    let price_readings = look_up(change, &trial::price_readings(terms, &asked)).await?;
    let met = trial::meet(terms, &asked, &boundaries, &price_readings, &mut exceptions);
    let maxima = facts::maxima(change, &trial::maxima(&met), terms.as_of).await?;
    let met = trial::raise(met, &maxima, &mut exceptions);
    let counters = facts::counters(change, &trial::counters(&met)).await?;
    let bills = trial::rate(terms, &met, &counters, &mut exceptions);
    Ok(Trial { bills, exceptions })
}

async fn look_up(change: &Transaction<'_>, lookups: &[Lookup]) -> Result<Answers, SqlError> {
    let mut answers = Answers::new();
    for (look, questions) in lookups {
        facts::answers(change, look, questions, &mut answers).await?;
    }
    Ok(answers)
}
