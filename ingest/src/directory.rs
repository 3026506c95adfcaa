//! The meters and registers that ingest has met, kept in memory.
//!
//! **Promises** a bound on its memory whatever addresses come in, and that it forgets what has changed: the
//! database tells it ([`store::Listener`]), and nothing is believed for longer than ten minutes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metering::{MeterId, Register, RegisterId, Unit};
use series::admit::Stay;
use series::register::{Range, full};
use smol_str::SmolStr;
use store::directory::{KnownMeter, meters_by_address, register_named, registers};
use store::{Client, SqlError};

use crate::family::Family;
use crate::status::Status;

/// Addresses in each of the two halves. One takes about 200 bytes.
const HALF: usize = 100_000;
/// Another node may have raised or ended an alarm in the meantime.
const BELIEVED_FOR: Duration = Duration::from_mins(10);

/// A meter, as the pipeline needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meter {
    pub(crate) id: MeterId,
    pub(crate) family: Family,
    /// Shared with the frame that is resolved.
    pub(crate) installed: Arc<Installed>,
    /// What its device last said of itself.
    pub(crate) status: Status,
}

/// What the master data hold of a meter, as far as its readings go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Installed {
    pub(crate) stays: Vec<Stay>,
    digits: Vec<(RegisterId, u8, Option<Unit>)>,
}

impl Installed {
    /// What a register of it can show.
    pub(crate) fn range(&self, register: RegisterId, unit: Unit) -> Range {
        let known = self.digits.iter().find(|(of, ..)| *of == register);
        let full = known.and_then(|(_, digits, shown)| full(*digits, shown.unwrap_or(unit), unit));
        Range { full, hourly: None }
    }

    #[cfg(test)]
    pub(crate) fn with(stays: Vec<Stay>, digits: Vec<(RegisterId, u8, Option<Unit>)>) -> Arc<Self> {
        Arc::new(Self { stays, digits })
    }
}

impl From<KnownMeter> for Meter {
    fn from(known: KnownMeter) -> Self {
        Self {
            id: known.id,
            family: known.protocol.as_deref().map_or(Family::Carrier, Family::of),
            installed: Arc::new(Installed { stays: known.stays, digits: known.digits }),
            status: Status::new(&known.alarms, known.status_at),
        }
    }
}

/// Why an address names no meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoMeter {
    /// Nobody has it.
    Unknown,
    /// Several have it, and the format does not tell which.
    Ambiguous,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Directory {
    young: HashMap<SmolStr, Vec<Meter>>,
    old: HashMap<SmolStr, Vec<Meter>>,
    since: Instant,
    registers: HashMap<Register, (RegisterId, Unit)>,
    most_registers: usize,
}

impl Directory {
    pub(crate) fn new(most_registers: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            since: Instant::now(),
            registers: HashMap::new(),
            most_registers,
        }
    }

    /// Forgets the meters: something about them has changed.
    pub(crate) fn forget(&mut self) {
        self.young.clear();
        self.old.clear();
        self.since = Instant::now();
    }

    /// Looks up the addresses and registers that are not known yet, in one question each.
    pub(crate) async fn learn(
        &mut self,
        client: &Client,
        addresses: Vec<SmolStr>,
        records: Vec<(Register, Unit)>,
    ) -> Result<(), SqlError> {
        if self.since.elapsed() > BELIEVED_FOR {
            self.forget();
        }
        let mut missing: Vec<String> = Vec::new();
        for address in addresses {
            if self.young.contains_key(&address) {
                continue;
            }
            match self.old.remove(&address) {
                Some(meters) => self.remember(address, meters),
                None => missing.push(address.into()),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            let found = meters_by_address(client, &missing).await?;
            for (address, meters) in missing.into_iter().zip(found) {
                self.remember(address.into(), meters.into_iter().map(Meter::from).collect());
            }
        }
        for (register, unit) in records {
            if !self.registers.contains_key(&register) {
                self.learn_register(client, register, unit).await?;
            }
        }
        Ok(())
    }

    /// Two halves: what was not asked for while the young one filled is forgotten with the old one.
    fn remember(&mut self, address: SmolStr, meters: Vec<Meter>) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(address, meters);
    }

    async fn learn_register(
        &mut self,
        client: &Client,
        register: Register,
        unit: Unit,
    ) -> Result<(), SqlError> {
        if self.registers.is_empty() {
            for known in registers(client).await? {
                if let Ok(register) = known.name.parse() {
                    self.registers.insert(register, (known.id, known.unit));
                }
            }
        }
        if self.registers.contains_key(&register) || self.registers.len() >= self.most_registers {
            return Ok(());
        }
        let known = register_named(client, &register.to_string(), unit).await?;
        self.registers.insert(register, (known.id, known.unit));
        Ok(())
    }

    /// The register's number and unit; `None` where the table has no room for another.
    pub(crate) fn register(&self, register: Register) -> Option<(RegisterId, Unit)> {
        self.registers.get(&register).copied()
    }

    /// The meter of an address in frames of that family. What was not learned is unknown.
    pub(crate) fn meter(&mut self, address: &str, family: Family) -> Result<&mut Meter, NoMeter> {
        let meters = self.young.get_mut(address).ok_or(NoMeter::Unknown)?;
        // The meter of just this kind, or else the only one that could be meant.
        let exact = meters.iter().filter(|meter| meter.family == family).count();
        let mut fitting = meters.iter_mut().filter(|meter| match exact {
            0 => family.fits(meter.family),
            _ => meter.family == family,
        });
        let first = fitting.next().ok_or(NoMeter::Unknown)?;
        match fitting.next() {
            None => Ok(first),
            Some(_) => Err(NoMeter::Ambiguous),
        }
    }

    #[cfg(test)]
    pub(crate) fn with(meters: Vec<(&str, Meter)>, registers: Vec<(&str, i16, Unit)>) -> Self {
        let mut directory = Self::new(100);
        for (address, meter) in meters {
            directory.young.entry(address.into()).or_default().push(meter);
        }
        for (name, id, unit) in registers {
            directory.registers.insert(name.parse().unwrap(), (RegisterId::new(id), unit));
        }
        directory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(id: i32, family: Family) -> Meter {
        Meter { id: MeterId::new(id), family, installed: Arc::default(), status: Status::default() }
    }

    #[test]
    fn an_address_means_the_meter_of_the_frames_kind() {
        let mut directory = Directory::with(
            vec![
                ("12", meter(1, Family::Cjt188)),
                ("12", meter(2, Family::Mbus)),
                ("13", meter(3, Family::Carrier)),
                ("14", meter(4, Family::Mbus)),
            ],
            vec![],
        );
        let mut found = |address: &str, family| directory.meter(address, family).map(|meter| meter.id.get());
        assert_eq!(found("12", Family::Cjt188), Ok(1));
        assert_eq!(found("12", Family::Mbus), Ok(2));
        assert_eq!(found("12", Family::Carrier), Err(NoMeter::Ambiguous));
        assert_eq!(found("12", Family::Dlt645), Err(NoMeter::Unknown));
        assert_eq!(found("13", Family::Cjt188), Ok(3));
        assert_eq!(found("14", Family::Carrier), Ok(4));
        assert_eq!(found("15", Family::Mbus), Err(NoMeter::Unknown));
    }
}
