//! JSON read strictly: a key that stands twice in an object is refused. Readers disagree about which of the two holds, so
//! a document must not hold both.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::read::Refused;

/// Parses a text; refuses what is no JSON, and a key that stands twice.
pub(crate) fn parse(text: &str) -> Result<Value, Refused> {
    let value = serde_json::from_str(text).map_err(|error| Refused::new("", error.to_string()))?;
    let mut twice = None;
    let keys = Keys { path: String::new(), twice: &mut twice };
    let read = keys.deserialize(&mut serde_json::Deserializer::from_str(text));
    match (twice, read) {
        (Some(path), _) => Err(Refused::new(path, "stands twice in its object")),
        (None, Err(error)) => Err(Refused::new("", error.to_string())),
        (None, Ok(())) => Ok(value),
    }
}

/// Walks a value, from its path, until a key stands twice.
struct Keys<'t> {
    path: String,
    twice: &'t mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            if seen.contains(&key) {
                *self.twice = Some(path);
                return Err(A::Error::custom("a key stands twice"));
            }
            map.next_value_seed(Keys { path, twice: &mut *self.twice })?;
            seen.insert(key);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut n = 0_usize;
        while list
            .next_element_seed(Keys { path: format!("{}[{n}]", self.path), twice: &mut *self.twice })?
            .is_some()
        {
            n = n.saturating_add(1);
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_named_with_its_place() {
        let refused = |text| parse(text).map_err(|refused| refused.to_string());
        assert!(refused(r#"{"a": [1.50, {"b": null, "c": true}], "b": -3e5}"#).is_ok());
        assert_eq!(
            refused(r#"{"a": [{}, {"b": "1", "b": "2"}]}"#),
            Err("a[1].b: stands twice in its object".to_owned())
        );
        assert!(refused("{").is_err_and(|why| why.starts_with("EOF")));
    }
}
