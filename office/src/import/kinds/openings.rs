//! Openings: what the old system knew at go-live.

use metering::Numbers;
use rust_decimal::Decimal;
use sheets::{Cells, Column, Rule};
use store::import::{OpeningItem, OpeningRow};

use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("service_no", "用户号", ("number of the service", "业务编号"), "0020000001")
        .number(Numbers::Service)
        .also("用户编号"),
    Column::required(
        "item",
        "项目",
        (
            "receivable, prepaid, tier_counter or last_billed_index",
            "receivable 应收、prepaid 预存、tier_counter 阶梯累计量、last_billed_index 上次开账止码",
        ),
        "receivable",
    ),
    Column::required(
        "amount",
        "数额",
        ("money, or a quantity in canonical units", "金额，或以标准单位计的数量"),
        "86.40",
    ),
    Column::required("as_of", "截止日期", ("the day that it is true of", "该数额所属的日期"), "2026-09-30"),
    Column::optional(
        "due_on",
        "应缴日期",
        ("when a receivable is or was due", "应收的应缴日期"),
        "2026-10-20",
    ),
    Column::optional(
        "ref",
        "原编号",
        (
            "the old system's number of a receivable; the code of a tier counter's component",
            "原系统账单号；阶梯累计量则为价格组成的编码",
        ),
        "OLD-202609-1",
    )
    .digits(),
];

const ITEMS: &[&str] = OpeningItem::NAMES;

impl Row for OpeningRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        let item = cells.word("item", ITEMS);
        let is_money = matches!(item.as_str(), "receivable" | "prepaid");
        Self {
            service_no: cells.text("service_no"),
            amount: amount(cells, is_money),
            item,
            as_of: cells.date("as_of"),
            due_on: cells.maybe_date("due_on"),
            reference: cells.maybe_text("ref"),
        }
    }
}

fn amount(cells: &mut Cells<'_>, is_money: bool) -> String {
    let places = if is_money { 4 } else { 6 };
    let amount = cells.maybe_parsed("amount", |cell| {
        let amount = sheets::decimal(cell)?.normalize();
        if is_money && amount <= Decimal::ZERO {
            Err(Rule::NotPositive)
        } else if amount.scale() > places {
            Err(Rule::TooFine { places })
        } else if amount.abs() >= Decimal::from(10_000_000_000_000_i64) {
            Err(Rule::TooLarge)
        } else {
            Ok(amount.to_string())
        }
    });
    amount.unwrap_or_else(|| cells.missing("amount"))
}
