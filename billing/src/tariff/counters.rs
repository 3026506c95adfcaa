//! The counters of a tariff: what it adds up through the tier year, and which of them a name means.

use super::document::Tariff;
use super::plan::Step;
use crate::components::Component;
use crate::rating::Need;

impl Tariff {
    /// The counters that it starts from and moves, each once: of `tiered` by the quantity's name, of `tou` by its code.
    pub fn counters(&self) -> impl Iterator<Item = &str> {
        self.needs.iter().filter_map(|need| match need {
            Need::Counter(name) => Some(&**name),
            _ => None,
        })
    }

    /// The counter that is meant by its own name or by the code of a component that moves it; by no name where there is
    /// only one, or one of `usage`.
    ///
    /// ```
    /// # use billing::tariff::Tariff;
    /// let tariff = Tariff::from_json(r#"{"quantum": "0.01", "rounding": "half_up", "components": [
    ///     {"type": "tiered", "code": "water", "qty": "m3", "counter": "annual", "tiers": [{"upto": null, "price": "2"}]}]}"#).unwrap();
    /// assert_eq!(["m3", "water", "", "gas"].map(|name| tariff.counter(name)), [Some("m3"), Some("m3"), Some("m3"), None]);
    /// ```
    pub fn counter(&self, name: &str) -> Option<&str> {
        let named = |name: &str| self.counters().find(|counter| *counter == name);
        if !name.is_empty() {
            return named(name).or_else(|| moved_by(&self.steps, name));
        }
        let mut all = self.counters();
        match (all.next(), all.next()) {
            (only, None) => only,
            _ => named("usage"),
        }
    }
}

/// The counter that the component of a code moves.
fn moved_by<'t>(steps: &'t [Step], code: &str) -> Option<&'t str> {
    steps.iter().find_map(|step| match &step.component {
        Component::Tiered(tiered) if tiered.blocks.annual && *step.code == *code => Some(&*tiered.qty),
        Component::Select(select) => select.cases.iter().find_map(|(_, inner)| moved_by(inner, code)),
        _ => None,
    })
}
