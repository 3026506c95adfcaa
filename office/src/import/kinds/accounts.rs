//! Accounts: who pays.

use metering::Numbers;
use sheets::{Cells, Column, Rule};
use store::import::AccountRow;

use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("account_no", "户号", ("number of the account", "户号"), "0010000001")
        .number(Numbers::Account),
    Column::required("name", "户名", ("who pays", "缴费人名称"), "张三"),
    Column::optional("phone", "电话", ("for notices", "联系电话"), "13800000000").digits(),
    Column::optional("email", "邮箱", ("for notices", "电子邮箱"), "zhang.san@example.com"),
    Column::optional("tax_title", "发票抬头", ("title of the tax invoice", "发票抬头"), ""),
    Column::optional("tax_no", "纳税人识别号", ("tax number", "纳税人识别号"), "").digits(),
    Column::optional(
        "payer_group",
        "集收编码",
        ("accounts that one payer pays for together", "集中缴费的分组编码"),
        "",
    )
    .code(),
    Column::required("opened_on", "开户日期", ("date", "日期"), "2020-01-01"),
    Column::optional("closed_on", "销户日期", ("date", "日期"), ""),
];

impl Row for AccountRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        let row = Self {
            account_no: cells.text("account_no"),
            name: cells.text("name"),
            phone: cells.maybe_text("phone"),
            email: cells.maybe_text("email"),
            tax_title: cells.maybe_text("tax_title"),
            tax_no: cells.maybe_text("tax_no"),
            payer_group: cells.maybe_text("payer_group"),
            opened_on: cells.date("opened_on"),
            closed_on: cells.maybe_date("closed_on"),
        };
        if row.closed_on.is_some_and(|closed| closed < row.opened_on) {
            cells.fault("closed_on", Rule::Before("opened_on"));
        }
        row
    }
}
