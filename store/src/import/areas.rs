//! Areas: the districts that reports are cut by, as a tree.

use tokio_postgres::types::{ToSql, Type};

use super::{Plan, Planned, Staged, companies};

/// A row of a file of areas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaRow {
    /// Its key.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Code of the area that it is part of.
    pub parent: Option<String>,
}

impl Staged for AreaRow {
    const COLUMNS: &'static [(&'static str, Type)] =
        &[("code", Type::TEXT), ("name", Type::TEXT), ("parent", Type::TEXT)];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.code, &self.name, &self.parent]
    }
}

impl Planned for AreaRow {
    const PLAN: Plan = Plan {
        checks: &[
            companies::TWICE,
            // A parent may stand in the same file, before or after its parts.
            "select row_no, 'parent', parent, 'unknown', null from incoming \
             where parent is not null and parent not in (select code from areas union select code from incoming)",
        ],
        known: "incoming i join areas t using (code) left join areas p on p.id = t.parent_id",
        key: "i.code",
        pairs: "('name', i.name, t.name), ('parent', i.parent, p.code)",
        change: &["update areas t set name = i.name from incoming i \
                   where t.code = i.code and i.row_no in (select row_no from differing)"],
        add: &[
            "insert into areas (code, name) select code, name from incoming \
             where code not in (select code from areas) order by row_no",
            "update areas t set parent_id = p.id from incoming i join areas p on p.code = i.parent \
             where t.code = i.code and t.parent_id is distinct from p.id",
        ],
        checks_after: &["with recursive up(row_no, code, start, parent_id) as ( \
               select i.row_no, i.code, a.id, a.parent_id from incoming i join areas a using (code) \
               union select u.row_no, u.code, u.start, a.parent_id from up u join areas a on a.id = u.parent_id) \
             select row_no, 'parent', code, 'cycle', null from up where parent_id = start"],
        ..Plan::of("area")
    };
}
