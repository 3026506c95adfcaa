//! Areas: the districts that reports are cut by, as a tree.

use sheets::{Cells, Column};
use store::import::AreaRow;

use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("code", "区域编码", ("short code of the area", "区域的简短编码"), "E01").code(),
    Column::required("name", "区域名称", ("what people call it", "区域名称"), "城东一区"),
    Column::optional(
        "parent",
        "上级编码",
        ("code of the area that it is part of", "所属上级区域的编码"),
        "E",
    )
    .code(),
];

impl Row for AreaRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        Self { code: cells.text("code"), name: cells.text("name"), parent: cells.maybe_text("parent") }
    }
}
