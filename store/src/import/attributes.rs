//! Dated facts of agreements: persons, heated area, contract, use class, tariff, book …
//!
//! A new fact ends the one before it; what was recorded stays, superseded, so that any day's knowledge can be
//! asked for. Facts only ever grow at their end: one that would begin before a stored one is refused.

use jiff::civil::Date;
use tokio_postgres::types::{ToSql, Type};

use super::{Plan, Planned, Staged};

/// A row of a file of attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeRow {
    /// Whose fact.
    pub service_no: String,
    /// persons, heated_area_m2, …
    pub name: String,
    /// As text; numbers as plain decimals.
    pub value: String,
    /// Its first day.
    pub from: Date,
    /// The first day after its last; else it holds until the next one.
    pub to: Option<Date>,
    /// On what it rests.
    pub evidence: Option<String>,
}

impl Staged for AttributeRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("service_no", Type::TEXT),
        ("name", Type::TEXT),
        ("value", Type::TEXT),
        ("from_on", Type::DATE),
        ("to_on", Type::DATE),
        ("evidence", Type::TEXT),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.service_no, &self.name, &self.value, &self.from, &self.to, &self.evidence]
    }
}

impl Planned for AttributeRow {
    const PLAN: Plan = Plan {
        prepare: &[include_str!("../../sql/import/attribute_facts.sql")],
        checks: &[
            include_str!("../../sql/import/unknown_service.sql"),
            "select row_no, 'from', from_on::text, 'twice', first::text from facts where row_no > first",
            "select row_no, 'to', to_on::text, 'overlaps', next_on::text from facts where to_on > next_on",
            "select row_no, 'from', from_on::text, 'outside', agreement_during::text from facts \
             where from_on >= upper(agreement_during)",
            "select row_no, 'value', value, 'unknown', null from incoming \
             where name = 'book' and value not in (select code from books)",
            "select f.row_no, 'value', f.value, 'mismatch', b.service from facts f join books b on b.code = f.value \
             join agreements a on a.id = f.agreement_id where f.name = 'book' and b.service <> a.service",
            include_str!("../../sql/import/attribute_backwards.sql"),
        ],
        known: "facts i join attributes t on t.agreement_id = i.agreement_id and t.name = i.name \
                and lower(t.during) = i.from_on and t.superseded_at is null",
        key: "i.service_no || ' ' || i.name || ' ' || i.from_on",
        pairs: "('value', i.value, t.value), ('to', i.to_on::text, upper(t.during)::text), \
                ('evidence', i.evidence, t.evidence)",
        change: &[include_str!("../../sql/import/attribute_change.sql")],
        add: &[include_str!("../../sql/import/attribute_add.sql")],
        ..Plan::of("attribute")
    };
}
