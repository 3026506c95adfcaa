//! The header: which column of the file is which of ours. Names in English or Chinese, in any order.

use super::column::Column;
use crate::outcome::Unusable;

/// Where each of our columns stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    columns: &'static [Column],
    /// For each of our columns its place and the name that the file has for it.
    places: Vec<Option<(usize, String)>>,
    /// How many columns the file has.
    pub(crate) width: usize,
}

impl Layout {
    /// Matches a header. Each name must be known, none may come twice, and the required ones must be there.
    pub(crate) fn of(header: &csv::StringRecord, columns: &'static [Column]) -> Result<Self, Unusable> {
        let mut places: Vec<Option<(usize, String)>> = vec![None; columns.len()];
        for (place, cell) in header.iter().enumerate() {
            let name = plain(cell);
            if name.is_empty() {
                continue; // spreadsheets leave empty columns at the end
            }
            let found =
                columns.iter().position(|column| column.name.eq_ignore_ascii_case(name) || column.zh == name);
            let Some(slot) = found.and_then(|n| places.get_mut(n)) else {
                return Err(unknown(name, columns));
            };
            if let Some((_, before)) = slot {
                return Err(Unusable(format!("the header names one column twice: {before:?} and {name:?}")));
            }
            *slot = Some((place, name.to_owned()));
        }
        let layout = Self { columns, places, width: header.len() };
        let missing: Vec<String> = columns
            .iter()
            .filter(|column| column.required && layout.place(column.name).is_none())
            .map(|column| format!("{} ({})", column.name, column.zh))
            .collect();
        if missing.is_empty() {
            Ok(layout)
        } else {
            Err(Unusable(format!("the header lacks {}", missing.join(", "))))
        }
    }

    /// Our columns.
    pub(crate) fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Where a column stands in the file.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.slot(name).map(|(place, _)| *place)
    }

    /// What the file calls a column; our own name where the file has no such column.
    pub(crate) fn heading<'a>(&'a self, name: &'a str) -> &'a str {
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

fn unknown(name: &str, columns: &[Column]) -> Unusable {
    let names: Vec<String> =
        columns.iter().map(|column| format!("{} ({})", column.name, column.zh)).collect();
    Unusable(format!("the header names a column {name:?} that there is not; known are {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::required("code", "编码", ("", ""), "1"),
        Column::required("name", "名称", ("", ""), "1"),
        Column::optional("parent", "上级", ("", ""), "1"),
    ];

    fn header(names: &[&str]) -> Result<Layout, String> {
        Layout::of(&csv::StringRecord::from(names.to_vec()), COLUMNS).map_err(|error| error.0)
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
    fn a_wrong_header_is_refused_by_name() {
        assert!(header(&["code"]).unwrap_err().contains("name (名称)"));
        assert!(header(&["code", "名称", "name"]).unwrap_err().contains("twice"));
        assert!(header(&["code", "name", "parnt"]).unwrap_err().contains("\"parnt\""));
    }
}
