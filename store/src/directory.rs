//! Which meter has an address on the wire, and which registers there are.

use jiff::Timestamp;
use metering::{AlarmKind, EventKind, MeterId, RegisterId, Unit};
use series::admit::Stay;
use tokio_postgres::{Client, Row};

use crate::{SqlError, row};

/// A meter as ingest needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMeter {
    /// Which.
    pub id: MeterId,
    /// The format that it was imported with.
    pub protocol: Option<String>,
    /// When it was put in and taken out, in order; none while it lies in stock.
    pub stays: Vec<Stay>,
    /// Its registers' integer digits, where they are known, and the unit that they count in, where that is not the register's.
    pub digits: Vec<(RegisterId, u8, Option<Unit>)>,
    /// Alarms of the device that are open.
    pub alarms: Vec<EventKind>,
    /// When its device last said how it is, as far as an alarm shows it.
    pub status_at: Option<Timestamp>,
}

/// The meters of each address, in the order of `addresses`. Several formats may use one address; a meter that was
/// imported without an address is known by its serial; `@17` is the meter of that number.
pub async fn meters_by_address(
    client: &Client,
    addresses: &[String],
) -> Result<Vec<Vec<KnownMeter>>, SqlError> {
    let rows = client.query(METERS_BY_ADDRESS, &[&addresses]).await?;
    let mut found = vec![Vec::new(); addresses.len()];
    for row in rows {
        let n: i64 = row.try_get("n")?;
        let nth = |n: &i64| usize::try_from(*n).ok()?.checked_sub(1).filter(|n| *n < addresses.len());
        found[row::fits(n, "meters", "n", nth)?].push(KnownMeter {
            id: MeterId::new(row.try_get("id")?),
            protocol: row.try_get("protocol")?,
            stays: stays(&row)?,
            digits: digits(&row)?,
            alarms: alarms(&row)?,
            status_at: row.try_get("status_at")?,
        });
    }
    Ok(found)
}

fn stays(row: &Row) -> Result<Vec<Stay>, SqlError> {
    let from: Vec<Timestamp> = row.try_get("installed_at")?;
    let to: Vec<Option<Timestamp>> = row.try_get("removed_at")?;
    Ok(from.into_iter().zip(to).map(|(from, to)| Stay { from, to }).collect())
}

/// What the device says of itself and is not over.
fn alarms(row: &Row) -> Result<Vec<EventKind>, SqlError> {
    let names: Vec<String> = row.try_get("alarms")?;
    let known = |name| row::fits(name, "alarms", "kind", |name: &String| name.parse::<AlarmKind>().ok());
    let kinds = names.into_iter().map(known).collect::<Result<Vec<_>, SqlError>>()?;
    Ok(kinds.into_iter().filter_map(AlarmKind::device).collect())
}

fn digits(row: &Row) -> Result<Vec<(RegisterId, u8, Option<Unit>)>, SqlError> {
    let registers: Vec<i16> = row.try_get("digit_registers")?;
    let digits: Vec<i16> = row.try_get("digits")?;
    let units: Vec<Option<String>> = row.try_get("digit_units")?;
    let known = |((register, digits), unit): ((i16, i16), Option<String>)| {
        let digits = row::fits(digits, "meter_registers", "digits", |n| u8::try_from(*n).ok())?;
        let unit = unit.map(|unit| row::fits(unit, "meter_registers", "unit", |unit| unit.parse().ok()));
        Ok((RegisterId::new(register), digits, unit.transpose()?))
    };
    registers.into_iter().zip(digits).zip(units).map(known).collect()
}

/// Which meters have these addresses? Leans on `meters_by_address` and on the serial's unique index; installations
/// and open alarms by meter.
const METERS_BY_ADDRESS: &str = "
with found as (
  select a.n, m.id, m.protocol from unnest($1::text[]) with ordinality a (address, n)
  join meters m on m.address = a.address
  union all
  select a.n, m.id, m.protocol from unnest($1::text[]) with ordinality a (address, n)
  join meters m on m.serial = a.address and m.address is null
  union all
  select a.n, m.id, null from unnest($1::text[]) with ordinality a (address, n)
  join meters m on m.id = case when a.address ~ '^@[0-9]{1,9}$' then substr(a.address, 2)::integer end
)
select f.n, f.id, f.protocol,
       array(select lower(i.during) from installations i where i.meter_id = f.id order by i.during) as installed_at,
       array(select upper(i.during) from installations i where i.meter_id = f.id order by i.during) as removed_at,
       array(select d.register_id from meter_registers d where d.meter_id = f.id and d.digits is not null order by d.register_id) as digit_registers,
       array(select d.digits from meter_registers d where d.meter_id = f.id and d.digits is not null order by d.register_id) as digits,
       array(select d.unit from meter_registers d where d.meter_id = f.id and d.digits is not null order by d.register_id) as digit_units,
       array(select l.kind from alarms l where l.meter_id = f.id and l.ended_at is null) as alarms,
       (select max(greatest(l.began_at, l.last_seen_at, l.ended_at)) from alarms l where l.meter_id = f.id) as status_at
from found f";

/// A kind of register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRegister {
    /// Which.
    pub id: RegisterId,
    /// OBIS code or `x:` name.
    pub name: String,
    /// The unit in which its readings are stored.
    pub unit: Unit,
}

/// Every kind of register there is; at most 32,767.
pub async fn registers(client: &Client) -> Result<Vec<KnownRegister>, SqlError> {
    let rows = client.query("select id, name, unit from registers", &[]).await?;
    rows.iter().map(register).collect()
}

/// The register of that name; made, with that unit, where there is none yet.
pub async fn register_named(client: &Client, name: &str, unit: Unit) -> Result<KnownRegister, SqlError> {
    // Asked first: a refused insert would use up a number, and there are 32,767.
    let find = "select id, name, unit from registers where name = $1";
    if let Some(row) = client.query_opt(find, &[&name]).await? {
        return register(&row);
    }
    let make = "insert into registers (name, unit) values ($1, $2) on conflict (name) do nothing";
    client.execute(make, &[&name, &unit.symbol()]).await?;
    register(&client.query_one(find, &[&name]).await?)
}

fn register(row: &Row) -> Result<KnownRegister, SqlError> {
    Ok(KnownRegister {
        id: RegisterId::new(row.try_get("id")?),
        name: row.try_get("name")?,
        unit: row::known(row, "registers", "unit")?,
    })
}

/// The receive times of earlier deliveries by packet id, with the SHA-256 of what was delivered.
pub async fn receipts(
    client: &Client,
    mqtt_client: &str,
    packet_ids: &[u16],
) -> Result<Vec<(u16, Vec<u8>, Timestamp)>, SqlError> {
    let ids: Vec<i32> = packet_ids.iter().copied().map(i32::from).collect();
    let find = "select packet_id, sha256, received from receipts where client = $1 and packet_id = any($2)";
    let rows = client.query(find, &[&mqtt_client, &ids]).await?;
    let receipt = |row: &Row| {
        let packet: i32 = row.try_get("packet_id")?;
        let packet = row::fits(packet, "receipts", "packet_id", |packet| u16::try_from(*packet).ok())?;
        Ok((packet, row.try_get("sha256")?, row.try_get("received")?))
    };
    rows.iter().map(receipt).collect()
}
