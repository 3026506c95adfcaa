//! The API for programs, `/api/v1`: JSON, lists by key as `{items, next}`, refusals as `application/problem+json`.
//!
//! A resource is a file with its [`Operation`], which the handler goes by and the description
//! (`/api/v1/openapi.json`) is made of: what is not in it is refused.

pub(crate) mod bills;
pub(crate) mod openapi;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::page::Size;
use crate::problem::{Problem, Wanted};
use crate::visit::Visit;

/// Parameters that every list takes.
pub(crate) const OF_LISTS: &[Parameter] = &[
    Parameter {
        name: "after",
        is_number: false,
        about: "`next` of the answer before; without it, the beginning",
    },
    Parameter { name: "limit", is_number: true, about: "How many items, 1 to 200; 50 where it is not given" },
];

/// What is read at a path, as a list by key.
pub(crate) struct Operation {
    pub(crate) path: &'static str,
    /// The name of an item's type.
    pub(crate) item: &'static str,
    pub(crate) about: &'static str,
    /// Besides those of every list.
    pub(crate) parameters: &'static [Parameter],
    pub(crate) fields: &'static [Field],
}

/// What may be asked for.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) is_number: bool,
    pub(crate) about: &'static str,
}

/// A part of an item.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
}

/// What a part of an item is in JSON: amounts are strings, exact.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Amount,
    DayOrNull,
}

#[derive(Serialize)]
struct List<T> {
    items: Vec<T>,
    /// Given back as `after`, it is the next part; null at the end.
    next: Option<String>,
}

/// Refuses what the operation does not know: a misspelt filter would be an answer about something else.
pub(crate) fn known(visit: &Visit, operation: &Operation) -> Result<(), Problem> {
    let is_known = |name: &str| {
        name == "lang" || OF_LISTS.iter().chain(operation.parameters).any(|parameter| parameter.name == name)
    };
    match visit.parameters().find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => Err(Problem::invalid("parameter", name, Wanted::Nothing)),
    }
}

/// A part of a list, of which one item more than fits was asked for.
pub(crate) fn list<R, T: Serialize>(
    size: Size,
    mut found: Vec<R>,
    key: impl Fn(&R) -> String,
    item: impl FnMut(R) -> T,
) -> Response {
    let more = size.cut(&mut found);
    let next = found.last().filter(|_| more).map(key);
    Json(List { items: found.into_iter().map(item).collect(), next }).into_response()
}
