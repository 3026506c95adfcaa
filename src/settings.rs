//! The settings file: `--config FILE`, else `METERLINE_CONFIG`, else `./meterline.toml` where there is one.
//!
//! This module knows the `[utility]`, `[database]` and `[mqtt]` tables. Every other table belongs to the crate
//! that reads it ([`Settings::section`]) and is described in `docs/operations.md`. An unknown name is refused in
//! all of them: a misspelt setting that is silently ignored is found on the bill.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use metering::{Language, Zone};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

/// Tables that other crates read.
const SECTIONS: &[&str] =
    &["ingest", "billing", "office", "jobs", "deliver", "alarms", "console", "simulator"];

/// The whole file, or the defaults where there is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// `[utility]`
    pub(crate) utility: Utility,
    /// `[database]`
    pub(crate) database: Server,
    /// `[mqtt]`
    pub(crate) mqtt: Server,
    sections: toml::Table,
    file: Option<PathBuf>,
}

/// `[utility]`: who bills, where and in what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Utility {
    /// The zone of billing days and of civil times in files.
    pub(crate) time_zone: String,
    /// Of a company that does not say otherwise.
    pub(crate) currency: String,
    /// Of bills and pages: `zh` or `en`.
    #[serde(deserialize_with = "language")]
    pub(crate) language: Language,
    /// Code of the company that an import creates when there is none yet.
    pub(crate) company_code: String,
    /// Its name.
    pub(crate) company_name: String,
}

impl Default for Utility {
    fn default() -> Self {
        Self {
            time_zone: "Asia/Shanghai".into(),
            currency: "CNY".into(),
            language: Language::Zh,
            company_code: "1".into(),
            company_name: "默认公司".into(),
        }
    }
}

fn language<'de, D: Deserializer<'de>>(from: D) -> Result<Language, D::Error> {
    let name = String::deserialize(from)?;
    Language::parse(&name).ok_or_else(|| D::Error::custom(format!("language {name:?} is neither zh nor en")))
}

/// `[database]` and `[mqtt]`: a server's address, where the environment gives none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    /// `postgres://…` or `mqtt://…`
    pub(crate) url: Option<String>,
}

impl Settings {
    /// Reads the file that `--config` names; else that of the environment; else `./meterline.toml` if it exists.
    pub(crate) fn load(config: Option<&Path>) -> Result<Self> {
        let named =
            config.map(Path::to_owned).or_else(|| std::env::var_os("METERLINE_CONFIG").map(PathBuf::from));
        let file = match named {
            Some(file) => file,
            None => {
                let default = PathBuf::from("meterline.toml");
                if !default.exists() {
                    return Ok(Self::default());
                }
                default
            }
        };
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("the settings file {} cannot be read", file.display()))?;
        let mut settings = Self::parse(&text)
            .with_context(|| format!("the settings file {} is not right", file.display()))?;
        settings.file = Some(file);
        Ok(settings)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut sections: toml::Table = toml::from_str(text)?;
        let settings = Self {
            utility: take(&mut sections, "utility")?,
            database: take(&mut sections, "database")?,
            mqtt: take(&mut sections, "mqtt")?,
            file: None,
            sections,
        };
        if let Some(unknown) = settings.sections.keys().find(|name| !SECTIONS.contains(&name.as_str())) {
            return Err(anyhow!(
                "there is no table [{unknown}]: known are [utility], [database], [mqtt], [{}]",
                SECTIONS.join("], [")
            ));
        }
        settings.zone()?;
        let currency = &settings.utility.currency;
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(anyhow!(
                "[utility] currency is {currency:?}: expected three capital letters, such as CNY"
            ));
        }
        Ok(settings)
    }

    /// The table of another crate, its defaults where the file has none.
    pub(crate) fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        debug_assert!(SECTIONS.contains(&name), "{name} is missing in SECTIONS");
        let table =
            self.sections.get(name).cloned().unwrap_or_else(|| toml::Value::Table(toml::Table::new()));
        table.try_into().with_context(|| match &self.file {
            Some(file) => format!("[{name}] in {} is not right", file.display()),
            None => format!("the defaults of [{name}] are not right"),
        })
    }

    /// The utility's zone.
    pub(crate) fn zone(&self) -> Result<Zone> {
        Zone::named(&self.utility.time_zone).context("[utility] time_zone")
    }

    /// The file that was read.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

fn take<T: DeserializeOwned + Default>(sections: &mut toml::Table, name: &str) -> Result<T> {
    match sections.remove(name) {
        None => Ok(T::default()),
        Some(table) => table.try_into().with_context(|| format!("[{name}]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults() {
        let settings = Settings::parse("").unwrap();
        assert_eq!(settings.utility.time_zone, "Asia/Shanghai");
        assert_eq!(settings.utility.currency, "CNY");
    }

    #[test]
    fn a_misspelt_name_is_refused_and_named() {
        for (text, named) in [
            ("[utility]\ntimezone = \"Asia/Shanghai\"", "timezone"),
            ("[utilty]\n", "utilty"),
            ("[utility]\ntime_zone = \"Peking\"", "Peking"),
            ("[utility]\ncurrency = \"yuan\"", "yuan"),
            ("[utility]\nlanguage = \"de\"", "de"),
        ] {
            let error = format!("{:#}", Settings::parse(text).unwrap_err());
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn a_section_is_read_by_its_owner() {
        #[derive(Debug, Default, Deserialize, PartialEq)]
        #[serde(deny_unknown_fields, default)]
        struct Owner {
            port: u16,
        }
        let settings = Settings::parse("[console]\nport = 8080").unwrap();
        assert_eq!(settings.section::<Owner>("console").unwrap(), Owner { port: 8080 });
        assert_eq!(settings.section::<Owner>("ingest").unwrap(), Owner::default());
        let wrong = Settings::parse("[console]\nprot = 8080").unwrap();
        assert!(wrong.section::<Owner>("console").is_err());
    }
}
