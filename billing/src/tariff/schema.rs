//! The JSON schema of a document, from the same description of its keys that reads it.

use serde_json::{Map, Value, json};

use super::document::KEYS;
use super::read::{Key, Kind};
use crate::components::{COMMON, Component, shared_keys};

/// The schema of a tariff document, draft 2020-12. `docs/tariff.schema.json` is this; a test compares them.
pub fn schema() -> Value {
    let mut document = object(KEYS);
    if let Some(map) = document.as_object_mut() {
        map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".into(), json!("Meterline tariff document"));
        let components = Component::KINDS.iter().map(|kind| ((*kind).to_owned(), component(kind))).collect();
        map.insert("$defs".into(), json!({
            "decimal": {
                "description": "a plain decimal, as a string; a whole number may go without quotes",
                "anyOf": [{ "type": "string", "pattern": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$" }, { "type": "integer" }],
            },
            "date": { "type": "string", "format": "date" },
            "component": {
                "oneOf": Component::KINDS.iter().map(|kind| json!({ "$ref": format!("#/$defs/{kind}") })).collect::<Vec<_>>(),
            },
        }));
        if let Some(defs) = map.get_mut("$defs").and_then(Value::as_object_mut) {
            defs.extend::<Map<String, Value>>(components);
        }
    }
    document
}

/// Every component a tariff may hold, as a document names it, with what it means in one line; in the order of
/// `docs/tariffs.md`.
pub const COMPONENTS: &[(&str, &str)] = Component::MEANINGS;

/// Every component: its kind, what it means, and its own keys, those that must be there first. The table in
/// `docs/tariffs.md` is this; a test compares them.
pub fn components() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let told = |kind: &'static str| {
        let mut keys: Vec<Key> = [Component::keys(kind).unwrap_or_default(), shared_keys(kind)].concat();
        keys.sort_by_key(|key| !key.required);
        (kind, Component::meaning(kind).unwrap_or_default(), keys.iter().map(|key| key.name).collect())
    };
    Component::KINDS.iter().copied().map(told).collect()
}

/// One kind of component.
fn component(kind: &str) -> Value {
    let own = Component::keys(kind).unwrap_or_default();
    let keys: Vec<Key> = [COMMON, own, shared_keys(kind)].concat();
    let mut schema = object(&keys);
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".into(), json!(Component::meaning(kind)));
        if let Some(properties) = map.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("type".into(), json!({ "const": kind }));
        }
        if !matches!(kind, "select" | "loss")
            && let Some(required) = map.get_mut("required").and_then(Value::as_array_mut)
        {
            required.push(json!("code"));
        }
    }
    schema
}

/// An object of these keys and no others.
fn object(keys: &[Key]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(key: &Key) -> Value {
    let mut schema = of_kind(key.kind);
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".into(), json!(key.says));
    }
    schema
}

fn of_kind(kind: Kind) -> Value {
    let decimal = || json!({ "$ref": "#/$defs/decimal" });
    let open = json!({ "type": "null" });
    match kind {
        Kind::Any => json!({}),
        Kind::Number => json!({ "$ref": "#/$defs/decimal" }),
        Kind::NumberOrOpen => json!({ "anyOf": [decimal(), open] }),
        Kind::Text => json!({ "type": "string", "minLength": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::OneOf(list) => json!({ "enum": list }),
        Kind::Date => json!({ "$ref": "#/$defs/date" }),
        Kind::DateOrOpen => json!({ "anyOf": [{ "$ref": "#/$defs/date" }, open] }),
        Kind::Label => json!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "properties": { "zh": { "type": "string" }, "en": { "type": "string" } },
              "additionalProperties": false },
        ]}),
        Kind::Names => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        Kind::Numbers => json!({ "type": "object", "additionalProperties": decimal(), "minProperties": 1 }),
        Kind::Texts => {
            json!({ "type": "object", "additionalProperties": { "type": "string" }, "minProperties": 1 })
        }
        Kind::NumberOrList => json!({ "anyOf": [decimal(), { "type": "array", "items": decimal() }] }),
        Kind::Object(keys) => object(keys),
        Kind::List(keys) => json!({ "type": "array", "items": object(keys), "minItems": 1 }),
        Kind::Scale => {
            json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, { "type": "object" }] } })
        }
        Kind::Components => {
            json!({ "type": "array", "items": { "$ref": "#/$defs/component" }, "minItems": 1 })
        }
    }
}
