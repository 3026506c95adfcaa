//! Companies: the legal entities that bill.

use tokio_postgres::types::{ToSql, Type};

use super::{FindingKind, Plan, Planned, Staged};

/// A row of a file of companies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyRow {
    /// Its key.
    pub code: String,
    /// Its legal name.
    pub name: String,
    /// 纳税人识别号
    pub tax_no: Option<String>,
    /// Of its ledger; the utility's if none is given.
    pub currency: Option<String>,
}

impl Staged for CompanyRow {
    const COLUMNS: &'static [(&'static str, Type)] =
        &[("code", Type::TEXT), ("name", Type::TEXT), ("tax_no", Type::TEXT), ("currency", Type::TEXT)];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.code, &self.name, &self.tax_no, &self.currency]
    }
}

impl Planned for CompanyRow {
    const PLAN: Plan = Plan {
        checks: &[TWICE],
        known: "incoming i join companies t using (code)",
        key: "i.code",
        pairs: "('name', i.name, t.name), ('tax_no', i.tax_no, t.tax_no), ('currency', i.currency, t.currency::text)",
        fixed: &[("currency", FindingKind::Fixed)],
        change: &["update companies t set name = i.name, tax_no = coalesce(i.tax_no, t.tax_no) \
                   from incoming i where t.code = i.code and i.row_no in (select row_no from differing)"],
        add: &["insert into companies (code, name, tax_no, currency) \
                select code, name, tax_no, coalesce(currency, current_setting('meterline.currency')) \
                from incoming where code not in (select code from companies) order by row_no"],
        ..Plan::of("company")
    };
}

/// For every kind whose key is `code`.
pub(super) const TWICE: &str = "select row_no, 'code', code, 'twice', first::text \
     from (select row_no, code, min(row_no) over (partition by code) as first from incoming) r where row_no > first";

/// Where there is no company yet, those that the file names, or the one of the settings. Once there is one, an
/// unknown code is a slip of the pen and no new legal entity.
pub(super) const ENSURE: &str = "insert into companies (code, name, currency) \
     select code, case when code = current_setting('meterline.company_code') \
                       then current_setting('meterline.company_name') else code end, \
            current_setting('meterline.currency') \
     from (select distinct coalesce(company, current_setting('meterline.company_code')) as code from incoming) c \
     where not exists (select 1 from companies) order by c.code";

/// A company that is named and unknown, or not named although there are several.
pub(super) const UNKNOWN: &str = "select row_no, 'company', company, 'unknown', null \
     from incoming where company is not null and company not in (select code from companies)";
