//! Companies: the legal entities that bill.

use sheets::{Cells, Column, Rule};
use store::import::CompanyRow;

use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("code", "公司编码", ("short code of the company", "公司的简短编码"), "1").code(),
    Column::required("name", "公司名称", ("legal name", "公司全称"), "清源水务有限公司"),
    Column::optional("tax_no", "纳税人识别号", ("tax number", "纳税人识别号"), "91110000MA00000001").digits(),
    Column::optional(
        "currency",
        "币种",
        ("three letters; else the utility's", "三个字母；默认为系统币种"),
        "CNY",
    ),
];

impl Row for CompanyRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        Self {
            code: cells.text("code"),
            name: cells.text("name"),
            tax_no: cells.maybe_text("tax_no"),
            currency: cells.maybe_parsed("currency", |cell| {
                let letters = cell.len() == 3 && cell.bytes().all(|byte| byte.is_ascii_uppercase());
                if letters { Ok(cell.to_owned()) } else { Err(Rule::OneOf(&["CNY", "EUR", "USD", "…"])) }
            }),
        }
    }
}
