//! Devices: which meter answers at which address of a polled line.

use metering::Numbers;
use sheets::{Cells, Column};
use store::import::DeviceRow;

use crate::import::kind::Row;

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required("line", "线路", ("code of the line", "线路编码"), "L01").code(),
    Column::required(
        "unit",
        "设备地址",
        (
            "Modbus: unit id; DL/T 645, CJ/T 188: the meter's address; M-Bus: 1 to 250, or the identification",
            "Modbus：从机号；DL/T 645、CJ/T 188：表地址；M-Bus：1–250 或识别号",
        ),
        "1",
    )
    .digits(),
    Column::required("serial", "表号", ("serial of the meter", "表身号"), "202600000001")
        .number(Numbers::Serial),
    Column::optional(
        "profile",
        "型号配置",
        ("register map or model, as in docs/protocols.md", "寄存器映射或型号，见 docs/protocols.md"),
        "dtsd-three-phase",
    ),
];

impl Row for DeviceRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        Self {
            line: cells.text("line"),
            unit: cells.text("unit"),
            serial: cells.text("serial"),
            profile: cells.maybe_text("profile"),
        }
    }
}
