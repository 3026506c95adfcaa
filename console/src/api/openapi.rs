//! `GET /api/v1/openapi.json`: the description of the API, made of the table of routes.

use axum::Json;
use serde_json::{Map, Value, json};

use super::{Field, Kind, OF_LISTS, Operation, Parameter};
use crate::router::table;

pub(crate) async fn show() -> Json<Value> {
    Json(document())
}

/// OpenAPI 3.1.
fn document() -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for operation in table().iter().filter_map(|route| route.operation) {
        paths.insert(operation.path.to_owned(), json!({ "get": get(operation) }));
        schemas.insert(operation.item.to_owned(), item(operation.fields));
    }
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Meterline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Amounts and quantities are strings, exact. Days are civil days of the utility's zone.",
        },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn get(operation: &Operation) -> Value {
    let parameters: Vec<Value> = operation.parameters.iter().chain(OF_LISTS).map(parameter).collect();
    let items = json!({ "$ref": format!("#/components/schemas/{}", operation.item) });
    let list = json!({
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": { "type": "array", "items": items },
            "next": { "type": ["string", "null"], "description": "`after` of the next part; null at the end" },
        },
    });
    let refused = json!({
        "description": "A refusal or a fault",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    json!({
        "summary": operation.about,
        "parameters": parameters,
        "responses": {
            "200": { "description": "A part of the list", "content": { "application/json": { "schema": list } } },
            "default": refused,
        },
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = if parameter.is_number {
        json!({ "type": "integer", "minimum": 1, "maximum": 200 })
    } else {
        json!({ "type": "string" })
    };
    json!({ "name": parameter.name, "in": "query", "description": parameter.about, "schema": schema })
}

fn item(fields: &[Field]) -> Value {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

fn property(field: &Field) -> Value {
    let about = field.about;
    match field.kind {
        Kind::Text => json!({ "type": "string", "description": about }),
        Kind::Amount => {
            json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$", "description": about })
        }
        Kind::DayOrNull => json!({ "type": ["string", "null"], "format": "date", "description": about }),
    }
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "kind", "field", "detail", "detail_zh"],
        "properties": {
            "type": { "type": "string", "description": "urn:meterline:problem:KIND" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "kind": { "type": "string", "description": "For programs; the list is in docs/operations.md" },
            "field": { "type": ["string", "null"], "description": "The parameter that it is about" },
            "detail": { "type": "string", "description": "In English" },
            "detail_zh": { "type": "string", "description": "In Chinese" },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_describes_each_resource_of_the_table_and_no_other() {
        let document = document();
        let described: BTreeSet<&str> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let routes = table();
        let served: BTreeSet<&str> = routes
            .iter()
            .map(|route| route.path)
            .filter(|path| path.starts_with("/api/") && !path.ends_with("/openapi.json"))
            .collect();
        assert_eq!(described, served);
        assert!(!served.is_empty());
        for operation in routes.iter().filter_map(|route| route.operation) {
            let get = &document["paths"][operation.path]["get"];
            assert_eq!(
                get["parameters"].as_array().unwrap().len(),
                operation.parameters.len() + OF_LISTS.len()
            );
            assert!(document["components"]["schemas"][operation.item]["properties"].is_object());
        }
    }
}
