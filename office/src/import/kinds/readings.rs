//! Readings: indexes at instants.

use metering::Numbers;
use metering::{Quality, Unit};
use sheets::{Cells, Column};
use store::import::ReadingRow;

use super::quantity;
use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("serial", "表号", ("serial of the meter", "表身号"), "202600000001")
        .number(Numbers::Serial),
    Column::required(
        "time",
        "抄表时间",
        ("date or instant while the meter is in, not in the future", "日期或时间，须在装表期间，不能在未来"),
        "2026-10-01 08:00",
    ),
    Column::required(
        "value",
        "读数",
        (
            "the index, a plain decimal of the unit, no more digits than the meter has",
            "表底数，普通小数，不超过表位数",
        ),
        "123.456",
    ),
    Column::optional(
        "register",
        "寄存器",
        ("OBIS code; else the medium's main register", "OBIS 码；默认为该介质的主寄存器"),
        "8-0:1.0.0",
    ),
    Column::optional(
        "unit",
        "单位",
        (
            "unit of the value (m3, l, kWh, MWh, MJ, GJ …), converted exactly; else the one that the register is stored in",
            "读数单位（m3、l、kWh、MWh、MJ、GJ 等），精确换算；默认为寄存器的存储单位",
        ),
        "m3",
    ),
    Column::optional(
        "quality",
        "读数来源",
        (
            "actual, self_read, manual or estimated; else actual",
            "actual 实抄、self_read 自报、manual 手工、estimated 估抄；默认 actual",
        ),
        "actual",
    ),
    Column::optional("reason", "原因", ("why the index is less than before", "读数小于前次的原因"), ""),
];

impl Row for ReadingRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        let unit: Option<Unit> = cells.maybe_parsed("unit", quantity::unit);
        let register = cells.maybe_parsed("register", quantity::register);
        let quality = cells.maybe_word("quality", &["actual", "self_read", "manual", "estimated"]);
        let value = cells.maybe_parsed("value", sheets::decimal).unwrap_or_else(|| cells.missing("value"));
        Self {
            serial: cells.text("serial"),
            time: cells.instant("time"),
            time_given: cells.given("time"),
            value: value.to_string(),
            register: register.map(|register| register.to_string()),
            unit: unit.map(|unit| unit.to_string()),
            quality: quality.and_then(|word| word.parse().ok()).unwrap_or(Quality::Actual).code(),
            reason: cells.maybe_text("reason"),
        }
    }
}
