//! Books: who is read and billed together, and how often.

use tokio_postgres::types::{ToSql, Type};

use super::{FindingKind, Plan, Planned, Staged, companies};

/// A row of a file of books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRow {
    /// Its key.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Code of its company; the one company if none is given.
    pub company: Option<String>,
    /// water, heat or electricity
    pub service: String,
    /// monthly, bimonthly-odd, bimonthly-even, quarterly or season
    pub cycle: String,
    /// Who reads it.
    pub reader: Option<String>,
    /// Day of the month.
    pub reading_day: Option<i16>,
    /// Days from issue to the due date.
    pub due_days: Option<i16>,
}

impl Staged for BookRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("code", Type::TEXT),
        ("name", Type::TEXT),
        ("company", Type::TEXT),
        ("service", Type::TEXT),
        ("cycle", Type::TEXT),
        ("reader", Type::TEXT),
        ("reading_day", Type::INT2),
        ("due_days", Type::INT2),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.code,
            &self.name,
            &self.company,
            &self.service,
            &self.cycle,
            &self.reader,
            &self.reading_day,
            &self.due_days,
        ]
    }
}

impl Planned for BookRow {
    const PLAN: Plan = Plan {
        prepare: &[companies::ENSURE],
        checks: &[
            companies::TWICE,
            companies::UNKNOWN,
            "select row_no, 'company', '', 'ambiguous', null from incoming where company is null \
             and code not in (select code from books) and (select count(*) from companies) > 1",
        ],
        known: "incoming i join books t using (code) join companies c on c.id = t.company_id",
        key: "i.code",
        pairs: "('name', i.name, t.name), ('company', i.company, c.code), ('service', i.service, t.service), \
                ('cycle', i.cycle, t.cycle), ('reader', i.reader, t.reader), \
                ('reading_day', i.reading_day::text, t.reading_day::text), \
                ('due_days', i.due_days::text, t.due_days::text)",
        fixed: &[("company", FindingKind::Fixed), ("service", FindingKind::Fixed)],
        change: &[
            "update books t set name = i.name, cycle = i.cycle, reader = coalesce(i.reader, t.reader), \
                   reading_day = coalesce(i.reading_day, t.reading_day), due_days = coalesce(i.due_days, t.due_days) \
                   from incoming i where t.code = i.code and i.row_no in (select row_no from differing)",
        ],
        add: &["insert into books (code, name, company_id, service, cycle, reader, reading_day, due_days) \
                select i.code, i.name, c.id, i.service, i.cycle, i.reader, i.reading_day, coalesce(i.due_days, 20) \
                from incoming i join companies c on i.company is null or c.code = i.company \
                where i.code not in (select code from books) order by i.row_no"],
        ..Plan::of("book")
    };
}
