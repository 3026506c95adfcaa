//! The header: which column of the file is which of ours. Names in English or Chinese, in any order.

use crate::Record;
use crate::column::Column;
use crate::error::Unreadable;

/// Where each of our columns stands in the file.
#[derive(Clone, Debug)]
pub struct Layout {
    columns: &'static [Column],
    /// For each of our columns its place and the name that the file has for it.
    places: Vec<Option<(usize, String)>>,
    /// How many columns the file has.
    pub width: usize,
}

impl Layout {
    /// Matches a header. Each name must be known, none may come twice, and the required ones must be there.
    pub fn of(header: &Record, columns: &'static [Column]) -> Result<Self, Unreadable> {
        let mut places: Vec<Option<(usize, String)>> = vec![None; columns.len()];
        for (place, cell) in header.iter().enumerate() {
            let name = plain(cell);
            if name.is_empty() {
                continue; // spreadsheets leave empty columns at the end
            }
            let found = columns.iter().position(|column| {
                [column.zh, column.also].contains(&name) || column.name.eq_ignore_ascii_case(name)
            });
            let Some(slot) = found.and_then(|n| places.get_mut(n)) else {
                let known = Unreadable::names(columns.iter());
                return Err(Unreadable::UnknownColumn(name.to_owned(), known));
            };
            if let Some((_, before)) = slot {
                return Err(Unreadable::Twice(before.clone(), name.to_owned()));
            }
            *slot = Some((place, name.to_owned()));
        }
        let layout = Self { columns, places, width: header.len() };
        let is_missing = |column: &&Column| column.required && layout.place(column.name).is_none();
        let missing = Unreadable::names(columns.iter().filter(is_missing));
        if missing.is_empty() { Ok(layout) } else { Err(Unreadable::Lacks(missing)) }
    }

    /// Our columns.
    pub fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Where a column stands in the file.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.slot(name).map(|(place, _)| *place)
    }

    /// What the file calls a column; our own name where the file has no such column.
    pub fn heading<'a>(&'a self, name: &'a str) -> &'a str {
        self.slot(name).map_or(name, |(_, heading)| heading)
    }

    fn slot(&self, name: &str) -> Option<&(usize, String)> {
        let n = self.columns.iter().position(|column| column.name == name)?;
        self.places.get(n)?.as_ref()
    }
}

/// Without the star that the template puts behind a required name.
fn plain(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::required("code", "编码", ("", ""), "1"),
        Column::required("name", "名称", ("", ""), "1"),
        Column::optional("parent", "上级", ("", ""), "1").also("上级编码"),
    ];

    fn header(names: &[&str]) -> Result<Layout, String> {
        Layout::of(&Record::from(names.to_vec()), COLUMNS).map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_english_or_chinese_in_any_order() {
        let layout = header(&["名称*", " CODE ", ""]).unwrap();
        assert_eq!(
            (layout.place("code"), layout.place("name"), layout.place("parent")),
            (Some(1), Some(0), None)
        );
        assert_eq!((layout.heading("name"), layout.heading("parent")), ("名称", "parent"));
    }

    #[test]
    fn a_column_may_have_another_name() {
        assert_eq!(header(&["code", "name", "上级编码"]).unwrap().place("parent"), Some(2));
        assert!(header(&["code", "name", ""]).unwrap().place("parent").is_none());
    }

    #[test]
    fn a_wrong_header_is_refused_by_name() {
        assert!(header(&["code"]).unwrap_err().contains("name (名称)"));
        assert!(header(&["code", "名称", "name"]).unwrap_err().contains("twice"));
        assert!(header(&["code", "name", "parnt"]).unwrap_err().contains("\"parnt\""));
    }
}
