//! Accounts: who pays.

use jiff::civil::Date;
use tokio_postgres::types::{ToSql, Type};

use super::{Plan, Planned, Staged};

/// A row of a file of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its key, 户号.
    pub account_no: String,
    /// 户名
    pub name: String,
    /// For notices.
    pub phone: Option<String>,
    /// For notices.
    pub email: Option<String>,
    /// 发票抬头
    pub tax_title: Option<String>,
    /// 纳税人识别号
    pub tax_no: Option<String>,
    /// Accounts that one payer pays for together (集收).
    pub payer_group: Option<String>,
    /// 开户日期
    pub opened_on: Date,
    /// 销户日期
    pub closed_on: Option<Date>,
}

impl Staged for AccountRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("account_no", Type::TEXT),
        ("name", Type::TEXT),
        ("phone", Type::TEXT),
        ("email", Type::TEXT),
        ("tax_title", Type::TEXT),
        ("tax_no", Type::TEXT),
        ("payer_group", Type::TEXT),
        ("opened_on", Type::DATE),
        ("closed_on", Type::DATE),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.account_no,
            &self.name,
            &self.phone,
            &self.email,
            &self.tax_title,
            &self.tax_no,
            &self.payer_group,
            &self.opened_on,
            &self.closed_on,
        ]
    }
}

impl Planned for AccountRow {
    const PLAN: Plan = Plan {
        checks: &["select row_no, 'account_no', account_no, 'twice', first::text \
                   from (select row_no, account_no, min(row_no) over (partition by account_no) as first from incoming) r \
                   where row_no > first"],
        known: "incoming i join accounts t using (account_no)",
        key: "i.account_no",
        pairs: "('name', i.name, t.name), ('phone', i.phone, t.phone), ('email', i.email, t.email), \
                ('tax_title', i.tax_title, t.tax_title), ('tax_no', i.tax_no, t.tax_no), \
                ('payer_group', i.payer_group, t.payer_group), \
                ('opened_on', i.opened_on::text, t.opened_on::text), \
                ('closed_on', i.closed_on::text, t.closed_on::text)",
        change: &["update accounts t set name = i.name, phone = coalesce(i.phone, t.phone), \
                   email = coalesce(i.email, t.email), tax_title = coalesce(i.tax_title, t.tax_title), \
                   tax_no = coalesce(i.tax_no, t.tax_no), payer_group = coalesce(i.payer_group, t.payer_group), \
                   opened_on = i.opened_on, closed_on = coalesce(i.closed_on, t.closed_on) \
                   from incoming i where t.account_no = i.account_no and i.row_no in (select row_no from differing)"],
        add: &[
            "insert into accounts (account_no, name, phone, email, tax_title, tax_no, payer_group, opened_on, closed_on) \
                select account_no, name, phone, email, tax_title, tax_no, payer_group, opened_on, closed_on \
                from incoming i where not exists (select 1 from accounts t where t.account_no = i.account_no) \
                order by row_no",
        ],
        ..Plan::of("account")
    };
}
