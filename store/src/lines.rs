//! Polled lines and the devices that hang on them.

use metering::{Medium, MeterId};
use tokio_postgres::{Client, Row};

use crate::{SqlError, row};

metering::closed_list! {
    /// How a line is spoken to.
    pub enum LineKind: "kind of line" {
        /// Modbus TCP.
        ModbusTcp = "modbus-tcp",
        /// Modbus RTU through a transparent connection.
        ModbusRtuTcp = "modbus-rtu-tcp",
        /// DL/T 645 through a transparent connection.
        Dlt645Tcp = "dlt645-tcp",
        /// CJ/T 188 through a transparent connection.
        Cjt188Tcp = "cjt188-tcp",
        /// Wired M-Bus through a transparent connection.
        MbusTcp = "mbus-tcp",
    }
}

/// A TCP connection to a concentrator or gateway, and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its short name.
    pub code: String,
    /// How it is spoken to.
    pub kind: LineKind,
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Seconds between polls.
    pub interval_s: u32,
    /// Milliseconds to wait for an answer.
    pub timeout_ms: u32,
    /// In the order of their addresses.
    pub devices: Vec<Device>,
}

/// A meter on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Unit id or bus address.
    pub unit: String,
    /// The meter.
    pub meter: MeterId,
    /// The register map, or what else this model does in its own way.
    pub profile: Option<String>,
    /// The meter's own address, where the master data have it.
    pub address: Option<String>,
    /// The meter's model.
    pub model: String,
    /// What it speaks.
    pub protocol: String,
    /// What it measures.
    pub medium: Medium,
}

/// The lines that are to be polled, with the devices whose meters are installed.
pub async fn polled(client: &Client) -> Result<Vec<Line>, SqlError> {
    let mut lines: Vec<Line> = Vec::new();
    for row in client.query(POLLED, &[]).await? {
        let (code, device): (String, _) = (row.try_get("code")?, device(&row)?);
        match lines.last_mut().filter(|line| line.code == code) {
            Some(line) => line.devices.push(device),
            None => lines.push(line(&row, code, device)?),
        }
    }
    Ok(lines)
}

fn line(row: &Row, code: String, first: Device) -> Result<Line, SqlError> {
    let above_zero = |column| {
        row::fits(row.try_get::<_, i32>(column)?, "lines", column, |n| {
            u32::try_from(*n).ok().filter(|n| *n > 0)
        })
    };
    let port: i32 = row.try_get("port")?;
    Ok(Line {
        code,
        kind: row::known(row, "lines", "kind")?,
        host: row.try_get("host")?,
        port: row::fits(port, "lines", "port", |port| u16::try_from(*port).ok())?,
        interval_s: above_zero("interval_s")?,
        timeout_ms: above_zero("timeout_ms")?,
        devices: vec![first],
    })
}

fn device(row: &Row) -> Result<Device, SqlError> {
    Ok(Device {
        unit: row.try_get("unit")?,
        meter: MeterId::new(row.try_get("meter_id")?),
        profile: row.try_get("profile")?,
        address: row.try_get("address")?,
        model: row.try_get("model")?,
        protocol: row.try_get("protocol")?,
        medium: row::known(row, "meters", "medium")?,
    })
}

/// What is to be polled? Small tables, read whole. A meter without any installation is polled too: it is being tried.
const POLLED: &str = "
select l.code, l.kind, l.host, l.port, l.interval_s, l.timeout_ms, d.unit, d.meter_id,
       d.profile, m.address, m.model, coalesce(m.protocol, '') as protocol, m.medium
from lines l
join devices d on d.line_id = l.id
join meters m on m.id = d.meter_id
where l.enabled
  and (not exists (select 1 from installations i where i.meter_id = d.meter_id)
       or exists (select 1 from installations i where i.meter_id = d.meter_id and i.during @> now()))
order by l.code, d.unit";
