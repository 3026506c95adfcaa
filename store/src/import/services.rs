//! Service agreements: an account's supply with one service at one premise.
//!
//! A new row makes the agreement, its premise where that place is new, one meter point, and the dated facts
//! `use_class`, `tariff` and `book` from the agreement's first day.

use jiff::civil::Date;
use tokio_postgres::types::{ToSql, Type};

use super::{FindingKind, Plan, Planned, Staged, companies};

/// A row of a file of services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRow {
    /// Its key.
    pub service_no: String,
    /// Who pays.
    pub account_no: String,
    /// water, heat or electricity
    pub service: String,
    /// Whose income it is; the book's company if none is given, else the one company.
    pub company: Option<String>,
    /// Code of the premise's area.
    pub area: Option<String>,
    /// The premise's address.
    pub address: Option<String>,
    /// 用水性质
    pub use_class: String,
    /// Code of its tariff.
    pub tariff: String,
    /// Code of its book.
    pub book: Option<String>,
    /// postpaid
    pub settlement: Option<String>,
    /// Its first day.
    pub from: Date,
    /// The first day after its last.
    pub to: Option<Date>,
}

impl Staged for ServiceRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("service_no", Type::TEXT),
        ("account_no", Type::TEXT),
        ("service", Type::TEXT),
        ("company", Type::TEXT),
        ("area", Type::TEXT),
        ("address", Type::TEXT),
        ("use_class", Type::TEXT),
        ("tariff", Type::TEXT),
        ("book", Type::TEXT),
        ("settlement", Type::TEXT),
        ("from_on", Type::DATE),
        ("to_on", Type::DATE),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.service_no,
            &self.account_no,
            &self.service,
            &self.company,
            &self.area,
            &self.address,
            &self.use_class,
            &self.tariff,
            &self.book,
            &self.settlement,
            &self.from,
            &self.to,
        ]
    }
}

impl Planned for ServiceRow {
    const PLAN: Plan = Plan {
        prepare: &[companies::ENSURE],
        checks: &[
            "select row_no, 'service_no', service_no, 'twice', first::text \
             from (select row_no, service_no, min(row_no) over (partition by service_no) as first from incoming) r \
             where row_no > first",
            include_str!("../../sql/import/unknown_account.sql"),
            companies::UNKNOWN,
            "select row_no, 'area', area, 'unknown', null from incoming \
             where area is not null and area not in (select code from areas)",
            "select row_no, 'book', book, 'unknown', null from incoming \
             where book is not null and book not in (select code from books)",
            "select i.row_no, 'book', i.book, 'mismatch', b.service from incoming i join books b on b.code = i.book \
             where b.service <> i.service",
            "select i.row_no, 'company', '', 'ambiguous', null from incoming i where i.company is null and i.book is null \
             and (select count(*) from companies) > 1 \
             and not exists (select 1 from agreements t where t.service_no = i.service_no)",
        ],
        known: "incoming i join agreements t using (service_no) join accounts a on a.id = t.account_id \
                join companies c on c.id = t.company_id join premises p on p.id = t.premise_id \
                left join areas r on r.id = p.area_id",
        key: "i.service_no",
        pairs: include_str!("../../sql/import/service_pairs.sql"),
        fixed: &[
            ("account_no", FindingKind::Fixed),
            ("service", FindingKind::Fixed),
            ("company", FindingKind::Fixed),
            ("from", FindingKind::Fixed),
            ("settlement", FindingKind::Fixed),
            ("use_class", FindingKind::Dated),
            ("tariff", FindingKind::Dated),
            ("book", FindingKind::Dated),
        ],
        change: &[
            include_str!("../../sql/import/service_move.sql"),
            // The points that end with the agreement end with it still.
            "update agreement_points x set during = daterange(lower(x.during), i.to_on) \
             from incoming i join agreements t using (service_no) where x.agreement_id = t.id and lower(x.during) < i.to_on \
             and upper(x.during) is not distinct from upper(t.during) \
             and i.row_no in (select row_no from differing where col = 'to')",
            "update agreements t set during = daterange(lower(t.during), i.to_on) from incoming i \
             where t.service_no = i.service_no and i.row_no in (select row_no from differing where col = 'to')",
        ],
        add: &[include_str!("../../sql/import/service_add.sql")],
        ..Plan::of("service")
    };
}
