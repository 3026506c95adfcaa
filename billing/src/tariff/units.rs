//! The unit of what is priced, for the bill: a price without one can't be printed.

use super::read::Fields;

/// Units by the name of a quantity or a fact: the document's own, then those that a name says by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Units {
    own: Vec<(Box<str>, Box<str>)>,
    medium: Option<Box<str>>,
}

/// Names that say their unit, as a whole or as a part between `_`: `heat_kwh`, `kwh_billed`. Of two parts the later says it.
const SAID: &[(&str, &str)] = &[
    ("m3", "m3"),
    ("kwh", "kWh"),
    ("mwh", "MWh"),
    ("mj", "MJ"),
    ("gj", "GJ"),
    ("kvarh", "kvarh"),
    ("kvah", "kVAh"),
    ("kw", "kW"),
    ("kva", "kVA"),
    ("m2", "m2"),
    ("mm", "mm"),
    ("kl", "kL"),
    ("kgal", "kgal"),
    ("hcf", "HCF"),
    ("t", "t"),
    ("persons", "person"),
];

impl Units {
    /// The document's `units`, and its medium for a plain `usage`.
    pub(crate) fn read(fields: &Fields<'_>) -> Self {
        let own = fields.entries("units").into_iter();
        Self {
            own: own.filter_map(|(name, unit)| Some((name.into(), unit.as_str()?.into()))).collect(),
            medium: fields.text("medium").map(Box::from),
        }
    }

    /// The unit of a quantity or a fact.
    pub(crate) fn of(&self, name: &str) -> Option<Box<str>> {
        if let Some((_, unit)) = self.own.iter().find(|(own, _)| &**own == name) {
            return Some(unit.clone());
        }
        let said = name.rsplit('_').find_map(|part| SAID.iter().find(|(word, _)| *word == part));
        let unit = said.map(|(_, unit)| *unit).or(match (name, self.medium.as_deref()) {
            ("usage", Some("water" | "hot_water" | "gas")) => Some("m3"),
            ("usage", Some("electricity")) => Some("kWh"),
            _ => None,
        });
        unit.map(Box::from)
    }
}
