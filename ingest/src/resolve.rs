//! A decoded payload becomes what is stored of it: the rules of what a reading is, without any I/O.

use std::sync::Arc;

use jiff::Timestamp;
use metering::{Function, MeterId, Quality, Quantity, Reading, Source, Unit, Zone};
use protocols::{Answer, DecodeError, DeviceTime, Frame, Record, State, Value};
use series::admit::{self, Candidate, Target, admit};
use smol_str::{SmolStr, format_smolstr};
use store::sink::{Content, Fate, Receipt, Refusal, Rejection, Usable, whole_second};

use crate::acks::sha256;
use crate::delivery::{Delivery, Packet};
use crate::directory::{Directory, Installed, NoMeter};
use crate::family::Family;

/// What holds for all frames.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The zone of device times without offset.
    pub(crate) zone: Zone,
    /// How far a reading's time may lie from now; of each frame its own now.
    pub(crate) times: admit::Rules,
    /// The MQTT client whose packet ids name deliveries.
    pub(crate) client: String,
}

/// What is known of the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Against which a future time is told.
    pub(crate) now: Timestamp,
    /// What the readings' door is.
    pub(crate) source: Source,
}

/// The address that tells whose a frame is, as the directory knows it.
fn address(frame: &Frame, delivery: &Delivery) -> Option<SmolStr> {
    if delivery.arrival.source == Source::Poll {
        return delivery.arrival.address.clone();
    }
    frame.device.address.as_ref().or(delivery.arrival.address.as_ref()).map(normal).filter(possible)
}

/// A document may hold any text; no meter's address has a control character (the database takes no NUL), and `@` is
/// what only a poll of ours may say.
fn possible(address: &SmolStr) -> bool {
    (1..=64).contains(&address.len()) && !address.starts_with('@') && !address.chars().any(char::is_control)
}

/// The names by which a frame's meter may be known: its address, and for a platform's document the other names of
/// the module (its IMEI), since which of them the meter was imported under is the utility's choice.
pub(crate) fn names(frame: &Frame, delivery: &Delivery) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = address(frame, delivery).into_iter().collect();
    if Family::of(frame.format.name()) == Family::Carrier {
        let others = frame.records.iter().filter(|record| record.quantity == Quantity::Identification);
        names.extend(others.take(4).filter_map(|record| match &record.value {
            Value::Text(text) => Some(normal(text)).filter(possible),
            Value::None | Value::Number(_) => None,
        }));
        names.dedup();
    }
    names
}

/// The address by which a poll names its meter: we asked it, so we know which it is.
pub(crate) fn address_of(meter: MeterId) -> SmolStr {
    format_smolstr!("@{}", meter.get())
}

fn normal(address: &SmolStr) -> SmolStr {
    if address.bytes().any(|byte| byte.is_ascii_lowercase()) {
        address.to_ascii_uppercase().into()
    } else {
        address.clone()
    }
}

/// The canonical unit of a record; a plain number counts as one.
pub(crate) fn unit(record: &Record) -> Unit {
    record.unit.map_or(Unit::One, Unit::canonical)
}

/// Whether a record is one that is stored: it has a number, and its meter does not say "no value".
pub(crate) fn is_reading(record: &Record) -> bool {
    record.value.number().is_some()
        && match record.state {
            State::Valid | State::Error => true,
            State::Unknown => record.unit.is_some(),
            State::Absent => false,
        }
}

/// What becomes of a payload whose frames were decoded. The directory has learned their addresses and registers.
pub(crate) fn resolve(
    delivery: &Delivery,
    parts: Vec<Result<Frame, DecodeError>>,
    directory: &mut Directory,
    rules: &Rules,
    moment: Moment,
) -> Fate {
    let mut usable: Option<Usable> = None;
    let mut rejections = Vec::new();
    let several = parts.len() > 1;
    for part in parts {
        match resolve_part(delivery, part, several, directory, rules, moment) {
            Ok(None) => {}
            Ok(Some(part)) => match &mut usable {
                None => usable = Some(part),
                Some(whole) => {
                    whole.readings.extend(part.readings);
                    whole.refusals.extend(part.refusals);
                    whole.changes.extend(part.changes);
                    whole.receipt = whole.receipt.take().or(part.receipt);
                }
            },
            Err(rejection) => rejections.push(rejection),
        }
    }
    match usable {
        Some(mut usable) => {
            usable.refusals.extend(rejections.iter().map(of_part));
            Fate::Usable(usable)
        }
        None => Fate::Rejected(
            rejections.into_iter().next().unwrap_or_else(|| reject("structure", 0, "no frame in it")),
        ),
    }
}

fn of_part(rejection: &Rejection) -> Refusal {
    Refusal {
        meter: None,
        register: String::new(),
        time: None,
        kind: rejection.kind,
        message: rejection.message.clone(),
    }
}

fn reject(kind: &'static str, offset: usize, message: impl Into<String>) -> Rejection {
    Rejection { kind, offset, message: message.into() }
}

/// `Ok(None)`: our own request, echoed beside the answer.
fn resolve_part(
    delivery: &Delivery,
    part: Result<Frame, DecodeError>,
    several: bool,
    directory: &mut Directory,
    rules: &Rules,
    moment: Moment,
) -> Result<Option<Usable>, Rejection> {
    let frame = part.map_err(|error| reject(error.kind.name(), error.offset, error.message))?;
    if several && frame.answer == Some(Answer::Request) {
        return Ok(None);
    }
    let names = names(&frame, delivery);
    let Some(first) = names.first() else {
        return Err(reject(
            "unknown_meter",
            0,
            "neither the frame nor its channel names a meter by an address that can be one",
        ));
    };
    check_channel(&frame, delivery)?;
    let family = Family::of(frame.format.name());
    let known = names.iter().find(|name| directory.meter(name, family) != Err(NoMeter::Unknown));
    let address = known.unwrap_or(first);
    let (meter, installed) = match directory.meter(address, family) {
        Ok(meter) => (meter.id, Arc::clone(&meter.installed)),
        Err(NoMeter::Unknown) => {
            let message = format!("no meter has the address {} ({})", names.join(" or "), frame.format);
            return Err(reject("unknown_meter", 0, message));
        }
        Err(NoMeter::Ambiguous) => {
            let message = format!("several meters have the address {address}");
            return Err(reject("unknown_meter", 0, message));
        }
    };
    let owner = Owner { meter, installed: &installed, clock: clock(&frame, &rules.zone) };
    let mut taken = Taken { clockless: false, latest: None, readings: Vec::new(), refusals: Vec::new() };
    taken.readings.reserve_exact(frame.records.len());
    for record in frame.records.iter().filter(|record| is_reading(record)) {
        match read(record, delivery, owner, directory, rules, moment, &mut taken) {
            Ok(reading) => taken.readings.push(reading),
            Err((time, kind, message)) => taken.refusals.push(Refusal {
                meter: Some(meter),
                register: record.register().to_string(),
                time,
                kind,
                message,
            }),
        }
    }
    if taken.readings.is_empty() {
        if let Some(refusal) = taken.refusals.into_iter().next() {
            return Err(reject(refusal.kind, 0, refusal.message));
        }
        // Records that could not be read leave warnings; a heartbeat leaves none.
        let says_nothing = frame.records.is_empty() && frame.events.is_empty() && frame.answer.is_none();
        if let Some(warning) = frame.warnings.first().filter(|_| says_nothing) {
            let message = format!("nothing in it could be read: {}", warning.kind.name());
            return Err(reject("value", warning.offset, message));
        }
        taken.refusals = Vec::new();
    }
    let told = frame.records.iter().filter_map(|record| record.time).chain(frame.time);
    let told = told.into_iter().find_map(|time| instant(time, &rules.zone));
    let at =
        taken.latest.or(told).or(delivery.arrival.sent).unwrap_or(delivery.arrival.received).min(moment.now);
    let changes = match directory.meter(address, family) {
        Ok(known) => known.status.update(meter, &frame, at),
        Err(_) => Vec::new(),
    };
    let receipt = delivery.packet.filter(|_| taken.clockless).map(|packet| receipt(packet, delivery, rules));
    Ok(Some(Usable { meter, readings: taken.readings, refusals: taken.refusals, changes, receipt }))
}

/// What was read of a frame so far.
struct Taken {
    /// Whether a reading took the receive time.
    clockless: bool,
    /// The latest time of its readings.
    latest: Option<Timestamp>,
    readings: Vec<Reading>,
    refusals: Vec<Refusal>,
}

#[derive(Clone, Copy)]
struct Owner<'a> {
    meter: MeterId,
    installed: &'a Installed,
    /// The device's time of the frame.
    clock: Option<Timestamp>,
}

/// The device's time of a frame: that of what it measures now. A settlement value without a time of its own takes it,
/// so that the same frame sent again brings nothing new.
fn clock(frame: &Frame, zone: &Zone) -> Option<Timestamp> {
    let now = |record: &&Record| record.storage == 0 && record.function == Function::Instantaneous;
    frame.records.iter().filter(now).find_map(|record| instant(record.time?, zone))
}

fn receipt(packet: Packet, delivery: &Delivery, rules: &Rules) -> Receipt {
    Receipt {
        client: rules.client.clone(),
        packet_id: packet.id,
        sha256: sha256(&delivery.arrival.bytes),
        received: delivery.arrival.received,
    }
}

/// A channel that names a meter speaks for no other: a broker's access list would be worth nothing. Leading zeros
/// and a maker's code before the number are left open.
fn check_channel(frame: &Frame, delivery: &Delivery) -> Result<(), Rejection> {
    let (Some(own), Some(named)) = (&frame.device.address, &delivery.arrival.address) else { return Ok(()) };
    // Our own poll of a meter whose address nobody has told us.
    if delivery.arrival.source == Source::Poll && named.starts_with('@') {
        return Ok(());
    }
    // A platform's device id is not the meter's address.
    if Family::of(delivery_format(delivery)) == Family::Carrier {
        return Ok(());
    }
    let (own, named) = (normal(own), normal(named));
    if own == named
        || own.ends_with(named.trim_start_matches('0'))
        || named.ends_with(own.trim_start_matches('0'))
    {
        return Ok(());
    }
    Err(reject("address_mismatch", 0, format!("the channel names {named}, the frame {own}")))
}

fn delivery_format(delivery: &Delivery) -> &str {
    match &delivery.arrival.content {
        Content::Frame(format) => format,
        Content::Document => "",
    }
}

type Refused = (Option<Timestamp>, &'static str, String);

fn read(
    record: &Record,
    delivery: &Delivery,
    owner: Owner<'_>,
    directory: &Directory,
    rules: &Rules,
    moment: Moment,
    taken: &mut Taken,
) -> Result<Reading, Refused> {
    let own = match record.time {
        None => None,
        Some(time) => {
            Some(instant(time, &rules.zone).ok_or_else(|| (None, "value", format!("no instant: {time}")))?)
        }
    };
    let time = own.or(owner.clock).or(delivery.arrival.sent).unwrap_or(delivery.arrival.received);
    let refuse = |kind, message| Err((Some(time), kind, message));
    let Some((register, unit)) = directory.register(record.register()) else {
        return refuse("too_many_registers", "the table of registers is full".to_owned());
    };
    let candidate = Candidate {
        time,
        value: record.value.number().unwrap_or_default(),
        unit: Some(record.unit.unwrap_or(Unit::One)),
        explained: false,
    };
    let target = Target {
        register: record.register(),
        unit,
        range: owner.installed.range(register, unit),
        stays: &owner.installed.stays,
        // Nobody can ask a frame for a reason: a counter that runs backwards is kept, and its bill parks.
        before: None,
    };
    let clock = admit::Rules { now: moment.now, ..rules.times };
    let value = match admit(candidate, &target, clock) {
        Ok(admitted) => admitted.value,
        Err(refused) => return refuse(refused.kind().name(), refused.to_string()),
    };
    taken.clockless |= own.or(owner.clock).or(delivery.arrival.sent).is_none();
    taken.latest = taken.latest.max(Some(time));
    Ok(Reading {
        meter: owner.meter,
        register,
        time,
        value,
        received: whole_second(delivery.arrival.received),
        quality: if record.state == State::Valid { Quality::Actual } else { Quality::Invalid },
        source: moment.source,
    })
}

fn instant(time: DeviceTime, zone: &Zone) -> Option<Timestamp> {
    match time {
        DeviceTime::Instant(instant) => Some(instant),
        DeviceTime::Civil(civil) => zone.instant(civil),
        DeviceTime::Date(date) => zone.start_of(date),
    }
}

#[cfg(test)]
mod tests;
