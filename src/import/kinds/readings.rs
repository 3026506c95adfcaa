//! Readings: indexes at instants.

use metering::Numbers;
use metering::{Micro, Quality, Unit};
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
        ("date or instant, not in the future", "日期或时间，不能在未来"),
        "2026-10-01 08:00",
    ),
    Column::required("value", "读数", ("the index, a plain decimal", "表底数，普通小数"), "123.456"),
    Column::optional(
        "register",
        "寄存器",
        ("OBIS code; else the medium's main register", "OBIS 码；默认为该介质的主寄存器"),
        "8-0:1.0.0",
    ),
    Column::optional(
        "unit",
        "单位",
        ("unit of the value; else the register's", "读数单位；默认为寄存器单位"),
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
];

impl Row for ReadingRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        let unit: Option<Unit> = cells.maybe_parsed("unit", quantity::unit);
        let register = cells.maybe_parsed("register", quantity::register);
        let unit_of_value = unit.or_else(|| register.and_then(protocols::register_unit));
        let quality = cells.maybe_word("quality", &["actual", "self_read", "manual", "estimated"]);
        Self {
            serial: cells.text("serial"),
            time: cells.past_instant("time"),
            value: cells
                .maybe_parsed("value", |cell| quantity::micro(sheets::decimal(cell)?, unit_of_value))
                .map_or_else(|| cells.missing("value"), Micro::raw),
            register: register.map(|register| register.to_string()),
            unit: unit.map(|unit| unit.canonical().to_string()),
            quality: quality.and_then(|word| word.parse().ok()).unwrap_or(Quality::Actual).code(),
        }
    }
}
