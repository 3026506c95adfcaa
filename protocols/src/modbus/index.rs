//! The profiles that are built in.

use std::sync::LazyLock;

use super::Profile;

macro_rules! profiles {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../../profiles/", $name, ".toml")))),*] };
}

/// Name and text of every register map in `profiles/`; a test compares the list with the folder.
const TEXTS: &[(&str, &str)] = profiles! {
    "acrel-dtsd1352"
    "carlo-gavazzi-em24"
    "carlo-gavazzi-em24-e1"
    "chint-dtsu666"
    "chint-dtsu666-unscaled"
    "eastron-sdm120"
    "eastron-sdm630"
    "eastron-sdm72"
    "schneider-iem3000"
    "tuf-2000m"
    "xintai-water"
};

static PROFILES: LazyLock<Vec<Profile>> =
    LazyLock::new(|| TEXTS.iter().filter_map(|(_, text)| Profile::parse(text).ok()).collect());

/// The names of the profiles that are built in.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}

/// The built-in profile of that name.
///
/// ```
/// let profile = protocols::modbus::builtin("eastron-sdm120").unwrap();
/// assert_eq!(profile.maker, "Eastron");
/// ```
pub fn builtin(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_sound_and_named_as_its_file() {
        for (name, text) in TEXTS {
            let profile = Profile::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(profile.name, *name);
        }
        assert_eq!(PROFILES.len(), TEXTS.len());
    }
}
