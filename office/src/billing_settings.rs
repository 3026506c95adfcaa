//! `[billing]`: how each service is billed. Defaults are those of docs/billing.md.

use std::collections::BTreeMap;

use billing::determinants::Quantities;
use billing::label::Season;
use billing::rules::ServiceRules;
use metering::{Service, UnknownName};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use series::boundary::{BoundaryPolicy, BoundaryRule};

/// The table `[billing]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BillingSettings {
    /// `[billing.water]`
    pub water: ServiceSettings,
    /// `[billing.heat]`
    pub heat: ServiceSettings,
    /// `[billing.electricity]`
    pub electricity: ServiceSettings,
}

/// The table of one service. What is not said is the service's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceSettings {
    /// `freeze`, `last_actual` or `interpolate`.
    pub boundary: Option<String>,
    /// How far a reading may lie from the boundary.
    pub max_age_days: Option<u16>,
    /// Indexes are floored to it, such as `"1"`.
    pub index_step: Option<String>,
    /// The heating season, such as `["11-15", "03-16"]`.
    pub season: Option<[String; 2]>,
    /// Days from issue to due, where an agreement has no book.
    pub due_days: Option<i16>,
    /// Usage below which no bill is put on the review list as high, in units of the index.
    pub review_floor: Option<String>,
    /// Which register counts which quantity: `peak = "1-0:1.8.1"`, `heat_kwh = "6-0:1.0.0 kWh"`.
    pub quantities: BTreeMap<String, String>,
}

/// The quantities that tariffs name without being told, by service.
const WATER: &[(&str, &str)] = &[("usage", "8-0:1.0.0"), ("m3", "8-0:1.0.0"), ("hot_water", "9-0:1.0.0")];
const HEAT: &[(&str, &str)] = &[
    ("usage", "6-0:1.0.0"),
    ("kwh", "6-0:1.0.0 kWh"),
    ("heat_kwh", "6-0:1.0.0 kWh"),
    ("mwh", "6-0:1.0.0 MWh"),
    ("mj", "6-0:1.0.0 MJ"),
    ("gj", "6-0:1.0.0 GJ"),
    ("m3", "6-0:2.0.0"),
];
const ELECTRICITY: &[(&str, &str)] = &[
    ("usage", "1-0:1.8.0"),
    ("kwh", "1-0:1.8.0"),
    ("export", "1-0:2.8.0"),
    ("kvarh_imp", "1-0:3.8.0"),
    ("kvarh_exp", "1-0:4.8.0"),
];

impl BillingSettings {
    /// The rules of a service; what is wrong with its table, by name.
    pub fn rules(&self, service: Service) -> Result<ServiceRules, String> {
        let (settings, policy, age, step, names) = match service {
            Service::Water => (&self.water, BoundaryPolicy::LastActual, 3, Some("1"), WATER),
            Service::Heat => (&self.heat, BoundaryPolicy::LastActual, 3, None, HEAT),
            Service::Electricity => (&self.electricity, BoundaryPolicy::Freeze, 1, None, ELECTRICITY),
        };
        let wrong = |key: &str, what: String| format!("[billing.{service}] {key}: {what}");
        let policy = match &settings.boundary {
            None => policy,
            Some(text) => text.parse().map_err(|error: UnknownName| wrong("boundary", error.to_string()))?,
        };
        let decimal = |key: &str, text: &str| {
            Decimal::from_str_exact(text)
                .ok()
                .filter(|value| *value >= Decimal::ZERO)
                .ok_or_else(|| wrong(key, format!("{text:?} is no decimal of 0 or more")))
        };
        let index_step = match settings.index_step.as_deref().or(step) {
            None | Some("") => None,
            Some(text) => Some(decimal("index_step", text)?).filter(|step| !step.is_zero()),
        };
        let season = match &settings.season {
            None => Season::default(),
            Some([begins, ended]) => Season::parse(begins, ended).ok_or_else(|| {
                wrong(
                    "season",
                    format!("{begins:?} to {ended:?}: expected two days such as [\"11-15\", \"03-16\"]"),
                )
            })?,
        };
        let own = settings.quantities.iter().map(|(name, register)| (name.as_str(), register.as_str()));
        Ok(ServiceRules {
            boundary: BoundaryRule { policy, max_age_days: settings.max_age_days.unwrap_or(age) },
            index_step,
            season,
            due_days: settings.due_days.unwrap_or(20),
            review_floor: decimal("review_floor", settings.review_floor.as_deref().unwrap_or("20"))?,
            quantities: Quantities::new(names.iter().copied().chain(own)),
        })
    }
}

/// Settings of which every table can be used.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// As a run freezes them.
    pub(crate) text: String,
    /// The heating season.
    pub(crate) season: Season,
}

impl BillingSettings {
    /// Checks every service's table; what is wrong, by name.
    pub(crate) fn checked(&self) -> Result<Checked, String> {
        for service in Service::ALL {
            self.rules(*service)?;
        }
        let text = serde_json::to_string(self).map_err(|error| error.to_string())?;
        Ok(Checked { text, season: self.rules(Service::Heat)?.season })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_trade() {
        let settings = BillingSettings::default();
        for (service, policy, age, step) in [
            (Service::Water, BoundaryPolicy::LastActual, 3, Some(Decimal::ONE)),
            (Service::Heat, BoundaryPolicy::LastActual, 3, None),
            (Service::Electricity, BoundaryPolicy::Freeze, 1, None),
        ] {
            let rules = settings.rules(service).unwrap();
            assert_eq!(rules.boundary, BoundaryRule { policy, max_age_days: age }, "{service}");
            assert_eq!(rules.index_step, step, "{service}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut settings = BillingSettings::default();
        settings.water.boundary = Some("nearest".into());
        assert!(settings.rules(Service::Water).unwrap_err().starts_with("[billing.water] boundary:"));
        settings.heat.season = Some(["11-31".into(), "03-16".into()]);
        assert!(settings.rules(Service::Heat).unwrap_err().contains("season"));
    }
}
