//! Polled lines: TCP connections to concentrators and gateways.

use sheets::{Cells, Column};
use store::import::LineRow;
use store::lines::LineKind;

use crate::import::kind::Row;

const KINDS: &[&str] = LineKind::NAMES;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("code", "线路编码", ("short code of the line", "线路的简短编码"), "L01").code(),
    Column::required(
        "kind",
        "线路类型",
        (
            "modbus-tcp, modbus-rtu-tcp, dlt645-tcp, cjt188-tcp or mbus-tcp",
            "modbus-tcp、modbus-rtu-tcp、dlt645-tcp、cjt188-tcp 或 mbus-tcp",
        ),
        "modbus-tcp",
    ),
    Column::required(
        "host",
        "主机",
        ("name or address of the concentrator", "集中器的主机名或地址"),
        "127.0.0.1",
    ),
    Column::required("port", "端口", ("TCP port", "TCP 端口"), "502"),
    Column::optional(
        "interval_s",
        "轮询间隔秒",
        ("seconds between polls; else 900", "轮询间隔，秒；默认 900"),
        "900",
    ),
    Column::optional(
        "timeout_ms",
        "超时毫秒",
        ("milliseconds to wait for an answer; else 3000", "等待应答，毫秒；默认 3000"),
        "3000",
    ),
    Column::optional("enabled", "启用", ("yes or no; else yes", "yes 或 no；默认 yes"), "yes"),
];

impl Row for LineRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        Self {
            code: cells.text("code"),
            kind: cells.word("kind", KINDS),
            host: cells.text("host"),
            port: cells.integer("port", 1, 65_535),
            interval_s: cells.maybe_integer("interval_s", 1, 86_400 * 31),
            timeout_ms: cells.maybe_integer("timeout_ms", 1, 600_000),
            enabled: cells.maybe_word("enabled", &["yes", "no"]).map(|word| word == "yes"),
        }
    }
}
