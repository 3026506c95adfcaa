//! Books: who is read and billed together, and how often.

use sheets::{Cells, Column};
use store::import::BookRow;

use super::SERVICES;
use crate::import::kind::Row;

const CYCLES: &[&str] = &["monthly", "bimonthly-odd", "bimonthly-even", "quarterly", "season"];

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("code", "册本编码", ("short code of the book", "册本的简短编码"), "W01").code(),
    Column::required("name", "册本名称", ("what people call it", "册本名称"), "城东一册"),
    Column::optional(
        "company",
        "公司",
        ("code of the company; else the one company", "公司编码；只有一家公司时可空"),
        "1",
    )
    .code(),
    Column::required(
        "service",
        "业务",
        ("water, heat or electricity", "water 水、heat 热、electricity 电"),
        "water",
    ),
    Column::required(
        "cycle",
        "抄表周期",
        (
            "monthly, bimonthly-odd, bimonthly-even, quarterly or season",
            "monthly 每月、bimonthly-odd 单月、bimonthly-even 双月、quarterly 每季、season 供暖季",
        ),
        "monthly",
    ),
    Column::optional("reader", "抄表员", ("who reads it", "抄表员"), "李伟"),
    Column::optional("reading_day", "抄表日", ("day of the month, 1 to 31", "每月几日，1 到 31"), "1"),
    Column::optional(
        "due_days",
        "缴费期限天数",
        ("days from issue to the due date; else 20", "开账到应缴日的天数；默认 20"),
        "20",
    ),
];

impl Row for BookRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        Self {
            code: cells.text("code"),
            name: cells.text("name"),
            company: cells.maybe_text("company"),
            service: cells.word("service", SERVICES),
            cycle: cells.word("cycle", CYCLES),
            reader: cells.maybe_text("reader"),
            reading_day: cells.maybe_integer("reading_day", 1, 31),
            due_days: cells.maybe_integer("due_days", 0, 365),
        }
    }
}
