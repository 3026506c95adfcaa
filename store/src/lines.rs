//! Polled lines and the devices that hang on them.

use metering::MeterId;
use tokio_postgres::Client;

use crate::SqlError;

/// A TCP connection to a concentrator or gateway, and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its short name.
    pub code: String,
    /// `modbus-tcp`, `modbus-rtu-tcp`, …
    pub kind: String,
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
    pub medium: String,
}

/// The lines that are to be polled, with the devices whose meters are installed.
pub async fn polled(client: &Client) -> Result<Vec<Line>, SqlError> {
    let mut lines: Vec<Line> = Vec::new();
    for row in client.query(POLLED, &[]).await? {
        let code: String = row.get("code");
        let device = Device {
            unit: row.get("unit"),
            meter: MeterId::new(row.get("meter_id")),
            profile: row.get("profile"),
            address: row.get("address"),
            model: row.get("model"),
            protocol: row.get("protocol"),
            medium: row.get("medium"),
        };
        match lines.last_mut().filter(|line| line.code == code) {
            Some(line) => line.devices.push(device),
            None => lines.push(Line {
                code,
                kind: row.get("kind"),
                host: row.get("host"),
                port: u16::try_from(row.get::<_, i32>("port")).unwrap_or(0),
                interval_s: row.get::<_, i32>("interval_s").unsigned_abs(),
                timeout_ms: row.get::<_, i32>("timeout_ms").unsigned_abs(),
                devices: vec![device],
            }),
        }
    }
    Ok(lines)
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
