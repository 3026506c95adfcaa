//! Meters with their registers, put in at a service's meter point.

use metering::Numbers;
use metering::{Micro, Register, Unit};
use protocols::Format;
use rust_decimal::Decimal;
use sheets::{Cells, Column, Rule};
use store::import::MeterRow;

use super::quantity;
use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("serial", "表号", ("what is printed on the meter", "表身号"), "202600000001")
        .number(Numbers::Serial),
    Column::optional("maker", "厂家", ("who made it", "生产厂家"), "KAM"),
    Column::required(
        "medium",
        "介质",
        (
            "water, hot_water, heat, cooling, electricity, gas or other",
            "water 冷水、hot_water 热水、heat 热、cooling 冷、electricity 电、gas 气、other 其他",
        ),
        "water",
    ),
    Column::optional("model", "型号", ("the maker's name of the model", "型号"), "LXSY-20"),
    Column::optional(
        "protocol",
        "协议",
        ("a format of `meterline decode`", "通信协议（meterline decode 的格式名）"),
        "cjt188",
    ),
    Column::optional("address", "通信地址", ("address on the wire", "通信地址"), "00202600000001").digits(),
    Column::optional("size_mm", "口径", ("nominal size in mm", "公称口径，毫米"), "20"),
    Column::required("service_no", "用户号", ("the service that it measures", "业务编号"), "0020000001")
        .number(Numbers::Service)
        .also("用户编号"),
    Column::optional(
        "point",
        "计量点序号",
        ("which of the service's meter points; else 1", "该业务的第几个计量点；默认 1"),
        "1",
    ),
    Column::required("installed_at", "安装时间", ("date or instant", "日期或时间"), "2020-01-01"),
    Column::optional("removed_at", "拆除时间", ("date or instant", "日期或时间"), ""),
    Column::optional(
        "multiplier",
        "倍率",
        ("by which its registers are multiplied; else 1", "倍率；默认 1"),
        "1",
    ),
    Column::optional("parent_serial", "总表表号", ("serial of the master meter", "总表表号"), "")
        .number(Numbers::Serial),
    Column::required("register", "寄存器", ("OBIS code of the register", "寄存器的 OBIS 码"), "8-0:1.0.0"),
    Column::optional(
        "unit",
        "单位",
        (
            "what the meter shows, of its digits, opening and closing (m3, kWh, MWh, MJ, GJ …); else the one that the register is stored in",
            "表计显示单位，用于位数、起码和止码（m3、kWh、MWh、MJ、GJ 等）；默认为寄存器的存储单位",
        ),
        "m3",
    ),
    Column::optional(
        "digits",
        "整数位数",
        ("integer digits of the counter, for rollover", "表盘整数位数，用于翻转"),
        "5",
    ),
    Column::required("opening", "起码", ("index when it was put in", "安装时的读数"), "0"),
    Column::optional("closing", "止码", ("index when it was taken out", "拆除时的读数"), ""),
];

const MEDIA: &[&str] = &["water", "hot_water", "heat", "cooling", "electricity", "gas", "other"];

impl Row for MeterRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        let (register, stated, unit) = register(cells);
        let protocol = protocol(cells);
        let row = Self {
            serial: cells.text("serial"),
            maker: cells.maybe_text("maker"),
            medium: cells.word("medium", MEDIA),
            model: cells.maybe_text("model"),
            address: address(cells, protocol),
            protocol: protocol.map(|format| format.name().to_owned()),
            size_mm: cells.maybe_integer("size_mm", 1, 5000),
            service_no: cells.text("service_no"),
            point: cells.maybe_integer("point", 1, 99).unwrap_or(1),
            installed_at: cells.past_instant("installed_at"),
            removed_at: cells.maybe_instant("removed_at"),
            multiplier: multiplier(cells),
            parent_serial: cells.maybe_text("parent_serial"),
            register,
            unit: unit.map_or_else(String::new, |unit| unit.canonical().to_string()),
            shown_unit: stated.map(|unit| unit.to_string()),
            digits: cells.maybe_integer("digits", 1, 12),
            opening: index(cells, "opening", unit).unwrap_or_else(|| cells.missing("opening")),
            closing: index(cells, "closing", unit),
        };
        cells.after(("removed_at", row.removed_at), ("installed_at", row.installed_at));
        if row.closing.is_some() && row.removed_at.is_none() {
            cells.fault("closing", Rule::Needs("removed_at"));
        }
        row
    }
}

/// The register's name, the unit that the row says its meter shows, and the unit of the row's indexes.
fn register(cells: &mut Cells<'_>) -> (String, Option<Unit>, Option<Unit>) {
    let register: Option<Register> = cells.maybe_parsed("register", quantity::register);
    let stated = cells.maybe_parsed("unit", quantity::unit);
    let unit = stated.or_else(|| register.and_then(protocols::register_unit));
    match (register, unit) {
        (None, _) => (cells.missing("register"), stated, unit),
        (Some(register), unit) => {
            if unit.is_none() {
                cells.fault("register", Rule::UnitNeeded);
            }
            (register.to_string(), stated, unit)
        }
    }
}

fn index(cells: &mut Cells<'_>, column: &'static str, unit: Option<Unit>) -> Option<i64> {
    cells.maybe_parsed(column, |cell| quantity::micro(sheets::decimal(cell)?, unit)).map(Micro::raw)
}

fn protocol(cells: &mut Cells<'_>) -> Option<Format> {
    cells.maybe_parsed("protocol", |cell| cell.parse().map_err(|_| Rule::OneOf(FORMATS)))
}

/// Upper case. Where the protocol's addresses have one length, a shorter number has lost its leading zeros.
fn address(cells: &mut Cells<'_>, protocol: Option<Format>) -> Option<String> {
    let length = match protocol {
        Some(Format::Cjt188) => 14,
        Some(Format::Dlt645V2007 | Format::Dlt645V1997) => 12,
        _ => 0,
    };
    cells.maybe_parsed("address", |cell| {
        let digits = cell.bytes().all(|byte| byte.is_ascii_digit());
        if digits && cell.len() < length {
            Err(Rule::LostZeros { length })
        } else {
            Ok(cell.to_ascii_uppercase())
        }
    })
}

/// The names of the formats, for the clerk's eyes.
static FORMATS: &[&str] = &{
    let mut names = [""; Format::ALL.len()];
    let mut n = 0;
    while n < names.len() {
        names[n] = Format::ALL[n].name();
        n += 1;
    }
    names
};

fn multiplier(cells: &mut Cells<'_>) -> Option<String> {
    cells.maybe_parsed("multiplier", |cell| {
        let multiplier = sheets::decimal(cell)?.normalize();
        if multiplier <= Decimal::ZERO {
            Err(Rule::NotPositive)
        } else if multiplier.scale() > 6 {
            Err(Rule::TooFine { places: 6 })
        } else if multiplier >= Decimal::from(1_000_000) {
            Err(Rule::TooLarge)
        } else {
            Ok(multiplier.to_string())
        }
    })
}

#[cfg(test)]
mod tests {
    use metering::Medium;

    use super::*;

    #[test]
    fn the_words_are_the_media() {
        let media: Vec<&str> = Medium::ALL.iter().map(|medium| medium.name()).collect();
        assert_eq!(MEDIA, media);
    }
}
