//! Meters with their registers, put in at a service's meter point.
//!
//! A row is one register of one installation: the meter is known by its serial, the installation by serial and
//! instant, the register by its name. An exchange is a second meter at the same service, put in at the instant at
//! which the first was taken out.

use jiff::Timestamp;
use tokio_postgres::types::{ToSql, Type};

use super::{FindingKind, Plan, Planned, Staged};

/// A row of a file of meters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterRow {
    /// What is printed on it.
    pub serial: String,
    /// Who made it.
    pub maker: Option<String>,
    /// water, hot_water, heat, cooling, electricity, gas or other
    pub medium: String,
    /// The maker's name of the model.
    pub model: Option<String>,
    /// A format of `meterline decode`.
    pub protocol: Option<String>,
    /// On the wire, upper case.
    pub address: Option<String>,
    /// Nominal size.
    pub size_mm: Option<i16>,
    /// The service at whose meter point it is.
    pub service_no: String,
    /// Which of the service's meter points, from 1.
    pub point: i16,
    /// When it was put in.
    pub installed_at: Timestamp,
    /// When it was taken out.
    pub removed_at: Option<Timestamp>,
    /// By which its registers are multiplied, as a plain decimal.
    pub multiplier: Option<String>,
    /// Serial of the master meter.
    pub parent_serial: Option<String>,
    /// OBIS code or `x:` name.
    pub register: String,
    /// The unit of its indexes: the canonical one of what it shows.
    pub unit: String,
    /// The unit that the file says its meter shows, in which its digits count.
    pub shown_unit: Option<String>,
    /// Integer digits of its counter.
    pub digits: Option<i16>,
    /// Its index when it was put in, in millionths.
    pub opening: i64,
    /// Its index when it was taken out, in millionths.
    pub closing: Option<i64>,
}

impl Staged for MeterRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("serial", Type::TEXT),
        ("maker", Type::TEXT),
        ("medium", Type::TEXT),
        ("model", Type::TEXT),
        ("protocol", Type::TEXT),
        ("address", Type::TEXT),
        ("size_mm", Type::INT2),
        ("service_no", Type::TEXT),
        ("point", Type::INT2),
        ("installed_at", Type::TIMESTAMPTZ),
        ("removed_at", Type::TIMESTAMPTZ),
        ("multiplier", Type::TEXT),
        ("parent_serial", Type::TEXT),
        ("register", Type::TEXT),
        ("unit", Type::TEXT),
        ("shown_unit", Type::TEXT),
        ("digits", Type::INT2),
        ("opening", Type::INT8),
        ("closing", Type::INT8),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.serial,
            &self.maker,
            &self.medium,
            &self.model,
            &self.protocol,
            &self.address,
            &self.size_mm,
            &self.service_no,
            &self.point,
            &self.installed_at,
            &self.removed_at,
            &self.multiplier,
            &self.parent_serial,
            &self.register,
            &self.unit,
            &self.shown_unit,
            &self.digits,
            &self.opening,
            &self.closing,
        ]
    }
}

impl Planned for MeterRow {
    const PLAN: Plan = Plan {
        prepare: &[include_str!("../../sql/import/meter_prepare.sql")],
        checks: &[
            "select row_no, 'register', register, 'twice', first::text from ( \
               select row_no, register, min(row_no) over (partition by serial, installed_at, register) as first \
               from incoming) r where row_no > first",
            include_str!("../../sql/import/unknown_service.sql"),
            include_str!("../../sql/import/meter_disagrees.sql"),
            "select row_no, 'parent_serial', parent_serial, 'unknown', null from incoming i where parent_serial is not null \
             and not exists (select 1 from meters m where m.serial = i.parent_serial) \
             and not exists (select 1 from incoming p where p.serial = i.parent_serial)",
            "select i.row_no, 'medium', i.medium, 'mismatch', a.service from incoming i join agreements a using (service_no) \
             where (a.service, i.medium) not in (values ('water', 'water'), ('water', 'hot_water'), ('heat', 'heat'), \
               ('heat', 'cooling'), ('heat', 'hot_water'), ('electricity', 'electricity'))",
            include_str!("../../sql/import/meter_address_taken.sql"),
        ],
        known: "incoming i join meters t using (serial) join installations n on n.meter_id = t.id \
                and lower(n.during) = i.installed_at join registers g on g.name = i.register \
                join installation_registers x on x.installation_id = n.id and x.register_id = g.id \
                join meter_registers w on w.meter_id = t.id and w.register_id = g.id \
                left join meters p on p.id = t.parent_id",
        key: "i.serial || ' ' || i.register",
        pairs: include_str!("../../sql/import/meter_pairs.sql"),
        fixed: &[
            ("medium", FindingKind::Fixed),
            ("service_no", FindingKind::Fixed),
            ("multiplier", FindingKind::Fixed),
            ("opening", FindingKind::Fixed),
            ("unit", FindingKind::Fixed),
        ],
        change: &[include_str!("../../sql/import/meter_change.sql")],
        checks_before_add: &[
            include_str!("../../sql/import/meter_known_elsewhere.sql"),
            include_str!("../../sql/import/meter_overlaps.sql"),
        ],
        add: &[include_str!("../../sql/import/meter_add.sql")],
        ..Plan::of("meter")
    };
}
