//! One bill with all that is shown of it: its lines, its frozen inputs, the tariffs that priced it, and each line told
//! in a sentence. The command line and the console both show this.

use std::collections::HashMap;

use billing::content::{BilledLine, CounterMove};
use billing::inputs::{Inputs, InputsError, Part};
use billing::rating::explain;
use billing::tariff::Tariff;
use metering::Language;
use store::bills::{self, Bill};
use store::{GenericClient, RowError, SqlError};

fn unreadable(bill: &Bill, error: &InputsError) -> SqlError {
    let (value, why) = (bill.bill_no.clone(), error.to_string());
    RowError { table: "bill_documents", column: "content", value, why }.into()
}

/// A bill with all that is shown of it.
#[derive(Debug)]
pub struct Document {
    /// Its head.
    pub bill: Bill,
    /// Its lines as printed.
    pub lines: Vec<BilledLine>,
    /// How it moves tier counters.
    pub counters: Vec<CounterMove>,
    /// What it was rated from; none of a reversal or an opening.
    pub inputs: Option<Inputs>,
    /// The versions that priced it, by number.
    pub tariffs: HashMap<i32, Tariff>,
    /// Their codes and first days, as a person reads them.
    pub tariff_name: String,
}

impl Document {
    /// Reads a bill by its number, zeros in front or not; `None` where there is no such bill.
    pub async fn read(client: &impl GenericClient, no: &str) -> Result<Option<Self>, SqlError> {
        let Some(bill) = bills::find(client, no).await? else { return Ok(None) };
        let content = bills::content(client, bill.id).await?.unwrap_or_default();
        let inputs = match &content.inputs {
            Some(text) => Some(Inputs::from_text(text).map_err(|error| unreadable(&bill, &error))?),
            None => None,
        };
        let mut tariffs = HashMap::new();
        let mut names = Vec::new();
        for (id, _) in inputs.iter().flat_map(Inputs::versions) {
            if let Some(published) = store::tariffs::find(client, id).await? {
                names.push(format!("{} {}", published.code, published.from));
                tariffs.insert(id, store::tariffs::compiled(&published)?);
            }
        }
        names.dedup();
        let (lines, counters) = (content.lines, content.counters);
        Ok(Some(Self { bill, lines, counters, inputs, tariffs, tariff_name: names.join(", ") }))
    }

    /// The parts of the bill, rated again; none where it was not rated.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let rated = self.inputs.as_ref().and_then(|inputs| inputs.rate(|id| self.tariffs.get(&id)).ok());
        rated.unwrap_or_default()
    }

    /// The printed name of each line, empty where the tariff gives none.
    pub fn names(&self, language: Language) -> Vec<String> {
        let parts = self.parts();
        let mut rated = parts.iter().flat_map(|part| &part.rated.lines);
        let mut name = || {
            let label = rated.next()?.name()?;
            let name = match language {
                Language::Zh => label.zh.as_deref().or(label.en.as_deref()),
                Language::En => label.en.as_deref().or(label.zh.as_deref()),
            };
            name.map(str::to_owned)
        };
        self.lines.iter().map(|_| name().unwrap_or_default()).collect()
    }

    /// One plain sentence for each line: quantity, block, price, rounding. Of a bill in parts each begins with its days.
    pub fn sentences(&self, language: Language) -> Vec<String> {
        let parts = self.parts();
        let told = parts.iter().flat_map(|part| {
            let days =
                if parts.len() > 1 { format!("{} .. {}  ", part.from, part.to) } else { String::new() };
            let lines = part.rated.lines.iter();
            lines.map(move |line| format!("{days}{}", explain(part.tariff, &part.input, line, language)))
        });
        told.chain(std::iter::repeat(String::new())).take(self.lines.len()).collect()
    }
}
