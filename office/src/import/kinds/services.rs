//! Service agreements: an account's supply with one service at one premise.

use metering::Numbers;
use sheets::{Cells, Column};
use store::import::ServiceRow;

use super::SERVICES;
use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required(
        "service_no",
        "用户号",
        ("number of the agreement", "供用合同（业务）编号"),
        "0020000001",
    )
    .number(Numbers::Service)
    .also("用户编号"),
    Column::required("account_no", "户号", ("number of the account that pays", "缴费户号"), "0010000001")
        .number(Numbers::Account),
    Column::required(
        "service",
        "业务",
        ("water, heat or electricity", "water 水、heat 热、electricity 电"),
        "water",
    ),
    Column::optional(
        "company",
        "公司",
        ("code of the company; else the book's, else the one", "公司编码；默认为册本的公司"),
        "1",
    )
    .code(),
    Column::optional("area", "区域", ("code of the area", "区域编码"), "E01").code(),
    Column::optional(
        "address",
        "地址",
        ("where it is supplied", "用水（热、电）地址"),
        "城东路 1 号 2 单元 301",
    ),
    Column::required("use_class", "用水性质", ("use class", "用水性质（用热、用电类别）"), "residential")
        .code(),
    Column::required("tariff", "价格编码", ("code of the tariff", "价格（资费）编码"), "W-RES").code(),
    Column::optional("book", "册本", ("code of the book", "册本编码"), "W01").code(),
    Column::optional("settlement", "结算方式", ("postpaid", "postpaid 后付费"), "postpaid"),
    Column::required("from", "生效日期", ("first day", "合同首日"), "2020-01-01"),
    Column::optional("to", "失效日期", ("first day after the last", "合同末日的次日"), ""),
];

impl Row for ServiceRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        let row = Self {
            service_no: cells.text("service_no"),
            account_no: cells.text("account_no"),
            service: cells.word("service", SERVICES),
            company: cells.maybe_text("company"),
            area: cells.maybe_text("area"),
            address: cells.maybe_text("address"),
            use_class: cells.text("use_class"),
            tariff: cells.text("tariff"),
            book: cells.maybe_text("book"),
            settlement: cells.maybe_word("settlement", &["postpaid"]),
            from: cells.date("from"),
            to: cells.maybe_date("to"),
        };
        cells.after(("to", row.to), ("from", row.from));
        row
    }
}
