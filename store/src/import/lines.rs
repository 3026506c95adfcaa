//! Polled lines, and the devices that hang on them.

use tokio_postgres::types::{ToSql, Type};

use super::{FindingKind, Plan, Planned, Staged, companies};

/// A row of a file of lines: a TCP connection to a concentrator or gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRow {
    /// Its key.
    pub code: String,
    /// What is spoken on it.
    pub kind: String,
    /// Name or address of the concentrator.
    pub host: String,
    /// Its TCP port.
    pub port: i32,
    /// Seconds between polls.
    pub interval_s: Option<i32>,
    /// Milliseconds to wait for an answer.
    pub timeout_ms: Option<i32>,
    /// Whether it is polled.
    pub enabled: Option<bool>,
}

impl Staged for LineRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("code", Type::TEXT),
        ("kind", Type::TEXT),
        ("host", Type::TEXT),
        ("port", Type::INT4),
        ("interval_s", Type::INT4),
        ("timeout_ms", Type::INT4),
        ("enabled", Type::BOOL),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.code,
            &self.kind,
            &self.host,
            &self.port,
            &self.interval_s,
            &self.timeout_ms,
            &self.enabled,
        ]
    }
}

impl Planned for LineRow {
    const PLAN: Plan = Plan {
        checks: &[companies::TWICE],
        known: "incoming i join lines t using (code)",
        key: "i.code",
        pairs: "('kind', i.kind, t.kind), ('host', i.host, t.host), ('port', i.port::text, t.port::text), \
                ('interval_s', i.interval_s::text, t.interval_s::text), \
                ('timeout_ms', i.timeout_ms::text, t.timeout_ms::text), \
                ('enabled', case when i.enabled then 'yes' else 'no' end, case when t.enabled then 'yes' else 'no' end)",
        change: &["update lines t set kind = i.kind, host = i.host, port = i.port, \
                   interval_s = coalesce(i.interval_s, t.interval_s), timeout_ms = coalesce(i.timeout_ms, t.timeout_ms), \
                   enabled = coalesce(i.enabled, t.enabled) \
                   from incoming i where t.code = i.code and i.row_no in (select row_no from differing)"],
        add: &["insert into lines (code, kind, host, port, interval_s, timeout_ms, enabled) \
                select code, kind, host, port, coalesce(interval_s, 900), coalesce(timeout_ms, 3000), coalesce(enabled, true) \
                from incoming where code not in (select code from lines) order by row_no"],
        ..Plan::of("line")
    };
}

/// A row of a file of devices: a meter at an address of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// Code of the line.
    pub line: String,
    /// Unit id or bus address on that line.
    pub unit: String,
    /// Serial of the meter.
    pub serial: String,
    /// Register map or model.
    pub profile: Option<String>,
}

impl Staged for DeviceRow {
    const COLUMNS: &'static [(&'static str, Type)] =
        &[("line", Type::TEXT), ("unit", Type::TEXT), ("serial", Type::TEXT), ("profile", Type::TEXT)];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.line, &self.unit, &self.serial, &self.profile]
    }
}

impl Planned for DeviceRow {
    const PLAN: Plan = Plan {
        checks: &[
            "select row_no, 'unit', unit, 'twice', first::text \
             from (select row_no, unit, min(row_no) over (partition by line, unit) as first from incoming) r \
             where row_no > first",
            "select row_no, 'line', line, 'unknown', null from incoming where line not in (select code from lines)",
            include_str!("../../sql/import/unknown_serial.sql"),
        ],
        known: "incoming i join lines l on l.code = i.line join devices t on t.line_id = l.id and t.unit = i.unit \
                join meters m on m.id = t.meter_id",
        key: "i.line || ' ' || i.unit",
        pairs: "('serial', i.serial, m.serial), ('profile', i.profile, t.profile)",
        fixed: &[("line", FindingKind::Fixed)],
        change: &["update devices t set meter_id = m.id, profile = coalesce(i.profile, t.profile) \
                   from incoming i join lines l on l.code = i.line join meters m using (serial) \
                   where t.line_id = l.id and t.unit = i.unit and i.row_no in (select row_no from differing)"],
        add: &["insert into devices (line_id, unit, meter_id, profile) \
                select l.id, i.unit, m.id, i.profile from incoming i join lines l on l.code = i.line \
                join meters m using (serial) \
                where not exists (select 1 from devices t where t.line_id = l.id and t.unit = i.unit) order by i.row_no"],
        ..Plan::of("device")
    };
}
