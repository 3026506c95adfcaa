//! Dated facts of services: what changes a price from one day to another.

use metering::Numbers;
use sheets::{Cells, Column, Rule};
use store::import::AttributeRow;

use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("service_no", "用户号", ("number of the service", "业务编号"), "0020000001")
        .number(Numbers::Service)
        .also("用户编号"),
    Column::required(
        "name",
        "属性",
        (
            "persons, heated_area_m2, contract_kw, kva, quota, low_income, use_class, tariff, book, calendar, late_fee, true_up, split or another name that a tariff uses",
            "persons 人口、heated_area_m2 供热面积、contract_kw 合同容量、kva 变压器容量、quota 定额、low_income 低保、use_class 用水性质、tariff 价格、book 册本、calendar 时段日历、late_fee 违约金、true_up 多退少补、split 混合用水，或价格文件用到的其他名称",
        ),
        "persons",
    ),
    Column::required(
        "value",
        "值",
        ("numbers as plain decimals, yes or no", "数值写普通小数，是否写 yes 或 no"),
        "5",
    ),
    Column::required("from", "生效日期", ("first day", "生效首日"), "2026-01-01"),
    Column::optional(
        "to",
        "失效日期",
        ("first day after the last; else until the next one", "末日的次日；空则到下一条为止"),
        "",
    ),
    Column::optional("evidence", "依据", ("on what it rests", "依据、证明材料"), "户口本"),
];

/// Facts that are quantities: never negative.
const QUANTITIES: &[&str] = &["persons", "heated_area_m2", "contract_kw", "kva", "quota"];

impl Row for AttributeRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        let name = cells.text("name");
        if !name.is_empty() && !is_fact_name(&name) {
            cells.fault("name", Rule::FactName);
        }
        let row = Self {
            service_no: cells.text("service_no"),
            value: value(cells, &name),
            from: cells.date("from"),
            to: cells.maybe_date("to"),
            evidence: cells.maybe_text("evidence"),
            name,
        };
        cells.after(("to", row.to), ("from", row.from));
        row
    }
}

fn is_fact_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn value(cells: &mut Cells<'_>, name: &str) -> String {
    match name {
        "low_income" => cells.word("value", &["yes", "no"]),
        "true_up" => cells.word("value", &["next_bill", "rebill", "carry"]),
        "persons" => cells.integer::<i64>("value", 0, 1_000_000).to_string(),
        name if QUANTITIES.contains(&name) => cells
            .maybe_parsed("value", |cell| {
                let quantity = sheets::decimal(cell)?;
                if quantity.is_sign_negative() {
                    Err(Rule::Negative)
                } else {
                    Ok(quantity.normalize().to_string())
                }
            })
            .unwrap_or_else(|| cells.missing("value")),
        _ => cells.text("value"),
    }
}
