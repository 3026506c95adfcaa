//! What makers do in their own way: status bits and decimals, by model, as data in `profiles/cjt188-*.toml`.
//!
//! ```toml
//! name = "cjt188-valve-high"
//! maker = "several"
//! source = "where this comes from, and how sure it is"
//! flow_rate_decimals = 4          # of the eight digits; 4 by the standard
//! litre_decimals = 2              # of volumes in litres; 2 by the standard
//!
//! [[status]]                      # ST as one number, first byte high
//! mask = 0xC000
//! value = 0x4000
//! event = "valve_closed"          # without it: known, and no event
//! ```

use std::borrow::Cow;
use std::sync::LazyLock;

use metering::EventKind;
use serde::Deserialize;

use crate::{DecodeError, ErrorKind};

/// A maker's ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: Cow<'static, str>,
    pub(crate) flow_rate_decimals: u32,
    pub(crate) litre_decimals: u32,
    pub(crate) status: Cow<'static, [Sign]>,
}

/// Status bits that say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) mask: u16,
    pub(crate) value: u16,
    pub(crate) event: Option<EventKind>,
}

const fn sign(mask: u16, value: u16, event: Option<EventKind>) -> Sign {
    Sign { mask, value, event }
}

/// The standard's way.
pub(crate) static STANDARD: Profile = Profile {
    name: Cow::Borrowed("cjt188"),
    flow_rate_decimals: 4,
    litre_decimals: 2,
    status: Cow::Borrowed(&[
        sign(0x0300, 0x0000, None),
        sign(0x0300, 0x0100, Some(EventKind::ValveClosed)),
        sign(0x0300, 0x0300, Some(EventKind::ValveFault)),
        sign(0x0400, 0x0400, Some(EventKind::BatteryLow)),
    ]),
};

/// The text of every profile of this format; a test compares the list with the folder.
const TEXTS: &[&str] = &[
    include_str!("../../profiles/cjt188-flow-thousandths.toml"),
    include_str!("../../profiles/cjt188-litre-whole.toml"),
    include_str!("../../profiles/cjt188-valve-high.toml"),
];

static PROFILES: LazyLock<Vec<Profile>> =
    LazyLock::new(|| TEXTS.iter().filter_map(|text| parse(text).ok()).collect());

/// The profile of that name, or the standard's way.
pub(crate) fn named(name: Option<&str>) -> Result<&'static Profile, DecodeError> {
    let Some(name) = name else { return Ok(&STANDARD) };
    PROFILES.iter().find(|profile| profile.name == name).ok_or_else(|| {
        let message = format!("unsupported: no CJ/T 188 profile is named {name:?}");
        DecodeError::new(ErrorKind::Unsupported, 0, message)
    })
}

/// The names of the profiles that are built in.
pub fn names() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|profile| profile.name.as_ref())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(rename = "maker")]
    _maker: String,
    #[serde(rename = "source")]
    _source: String,
    flow_rate_decimals: Option<u32>,
    litre_decimals: Option<u32>,
    #[serde(default)]
    status: Vec<FileSign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSign {
    mask: u16,
    value: u16,
    event: Option<String>,
}

fn parse(text: &str) -> Result<Profile, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let decimals = |given: Option<u32>, standard: u32| match given.unwrap_or(standard) {
        decimals @ 0..=8 => Ok(decimals),
        more => Err(format!("{more} decimals of eight digits")),
    };
    let status: Vec<Sign> = file
        .status
        .iter()
        .map(|row| {
            let event = row.event.as_deref().map(str::parse).transpose();
            Ok(sign(row.mask, row.value, event.map_err(|error| format!("{error}"))?))
        })
        .collect::<Result<_, String>>()?;
    Ok(Profile {
        name: file.name.into(),
        flow_rate_decimals: decimals(file.flow_rate_decimals, STANDARD.flow_rate_decimals)?,
        litre_decimals: decimals(file.litre_decimals, STANDARD.litre_decimals)?,
        status: if status.is_empty() { STANDARD.status.clone() } else { status.into() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_sound() {
        for text in TEXTS {
            parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        }
        assert_eq!(PROFILES.len(), TEXTS.len());
        assert!(named(Some("no-such")).is_err());
        assert!(parse("name = \"x\"\nmaker = \"\"\nsource = \"\"\nflow_rate_decimals = 9").is_err());
    }
}
