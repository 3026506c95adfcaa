//! `GET /api/v1/bills`: issued and cancelled bills, the newest first.

use axum::response::Response;
use serde::Serialize;
use store::pages::bills::{BillFilter, BillRow, list as found};

use super::{Field, Kind, Operation, Parameter};
use crate::page::{Size, after_id};
use crate::problem::Problem;
use crate::visit::Visit;

pub(crate) const LIST: Operation = Operation {
    path: "/api/v1/bills",
    item: "Bill",
    about: "Bills, the newest first",
    parameters: &[
        Parameter { name: "period", is_number: false, about: "Of this period alone, by its label: 2026-10" },
        Parameter {
            name: "q",
            is_number: false,
            about: "The number of a bill, account or agreement, or the beginning of a name",
        },
        Parameter { name: "open", is_number: false, about: "1: only bills of which something is open" },
    ],
    fields: &[
        Field { name: "bill_no", kind: Kind::Text, about: "The number" },
        Field { name: "account_no", kind: Kind::Text, about: "Who pays" },
        Field { name: "service_no", kind: Kind::Text, about: "The agreement" },
        Field { name: "service", kind: Kind::Text, about: "water, heat, electricity" },
        Field { name: "kind", kind: Kind::Text, about: "regular, reversal, …" },
        Field { name: "state", kind: Kind::Text, about: "issued or cancelled; trial while it is not issued" },
        Field { name: "period", kind: Kind::Text, about: "The period's label" },
        Field { name: "total", kind: Kind::Amount, about: "What it comes to; below zero for a reversal" },
        Field { name: "open", kind: Kind::Amount, about: "What is not settled of it, without late fees" },
        Field { name: "due_on", kind: Kind::DayOrNull, about: "Until when it is to be paid" },
    ],
};

#[derive(Serialize)]
struct Item {
    bill_no: String,
    account_no: String,
    service_no: String,
    service: String,
    kind: String,
    state: String,
    period: String,
    total: String,
    open: String,
    due_on: Option<String>,
}

impl Item {
    fn of(row: BillRow) -> Self {
        Self {
            bill_no: row.bill_no,
            account_no: row.account_no,
            service_no: row.service_no,
            service: row.service,
            kind: row.kind,
            state: row.state,
            period: row.period,
            total: row.total,
            open: row.open,
            due_on: row.due_on.map(|day| day.to_string()),
        }
    }
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    super::known(&visit, &LIST)?;
    let filter =
        BillFilter { period: visit.text("period")?, query: visit.text("q")?, open: visit.flag("open") };
    let size = Size::of(&visit, "limit")?;
    let slice = size.after(after_id(&visit)?);
    let client = visit.client().await?;
    let rows = found(&**client, &filter, &slice).await?;
    Ok(super::list(size, rows, |row| row.id.to_string(), Item::of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_has_the_fields_that_are_described() {
        let text = || "x".to_owned();
        let item = Item {
            bill_no: text(),
            account_no: text(),
            service_no: text(),
            service: text(),
            kind: text(),
            state: text(),
            period: text(),
            total: text(),
            open: text(),
            due_on: None,
        };
        let item = serde_json::to_value(&item).unwrap();
        let given: Vec<&String> = item.as_object().unwrap().keys().collect();
        let mut described: Vec<&str> = LIST.fields.iter().map(|field| field.name).collect();
        described.sort_unstable();
        assert_eq!(given, described);
    }
}
