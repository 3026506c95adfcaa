//! Polls: each line is asked on its own schedule, by a task of its own, so that none can hold up another.
//!
//! An answer goes to the spool, like everything that cannot be had again: the meter's registers of this minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use metering::Source;
use protocols::modbus::{builtin, plan};
use smol_str::SmolStr;
use store::lines::{Device, Line, LineKind, polled};
use store::sink::Content;
use store::{Client, Role};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::bus::{self, Bus};
use super::modbus::{Framing, ModbusLine, NoRegisters};
use super::transparent::TransparentLine;
use crate::delivery::Delivery;
use crate::metrics::Metrics;
use crate::spool::Spool;

/// What the polls work with.
#[derive(Clone)]
pub(crate) struct Polls {
    pub(crate) database_url: String,
    pub(crate) spool: Arc<Spool>,
    pub(crate) metrics: Metrics,
    /// Lines or devices may have changed.
    pub(crate) changed: Arc<Notify>,
    pub(crate) stop: CancellationToken,
}

/// Lines are read again after this long even if nobody said that they have changed: an installation may have ended.
const REREAD: Duration = Duration::from_mins(5);
/// Between attempts to read them.
const RETRY: Duration = Duration::from_secs(5);

impl Polls {
    /// Runs until the stop.
    pub(crate) async fn run(self) {
        let mut running: HashMap<String, (Line, AbortHandle)> = HashMap::new();
        let mut client: Option<Client> = None;
        loop {
            let pause = match self.lines(&mut client).await {
                Ok(lines) => {
                    self.adjust(&mut running, lines);
                    REREAD
                }
                Err(error) => {
                    debug!(error, "the lines cannot be read; those that are known are polled on");
                    client = None;
                    RETRY
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = self.changed.notified() => {}
                () = sleep(pause) => {}
            }
        }
        for (_, task) in running.into_values() {
            task.abort();
        }
    }

    async fn lines(&self, client: &mut Option<Client>) -> Result<Vec<Line>, String> {
        if client.as_ref().is_none_or(Client::is_closed) {
            *client = Some(
                store::connect(&self.database_url, Role::Ingest).await.map_err(|error| error.to_string())?,
            );
        }
        match client {
            Some(client) => polled(client).await.map_err(|error| error.to_string()),
            None => Ok(Vec::new()),
        }
    }

    /// Starts new lines, ends removed ones, and begins changed ones anew.
    fn adjust(&self, running: &mut HashMap<String, (Line, AbortHandle)>, lines: Vec<Line>) {
        running.retain(|code, (known, task)| {
            let same = lines.iter().any(|line| line.code == *code && line == known);
            if !same {
                task.abort();
            }
            same
        });
        for line in lines {
            if running.contains_key(&line.code) {
                continue;
            }
            let speech = Speech::of(line.kind);
            let task = tokio::spawn(self.clone().poll_line(line.clone(), speech)).abort_handle();
            running.insert(line.code.clone(), (line, task));
        }
    }

    /// At each multiple of the interval: quarter hours for 900 s, whatever time we were started.
    async fn poll_line(self, line: Line, speech: Speech) {
        loop {
            self.poll_round(&line, speech).await;
            sleep(until_next(Timestamp::now(), line.interval_s)).await;
        }
    }

    /// All devices of a line, one after another, on one connection: concentrators take few, and forget idle ones.
    async fn poll_round(&self, line: &Line, speech: Speech) {
        let mut open = Open::default();
        for device in &line.devices {
            let begun = std::time::Instant::now();
            let polled = match speech {
                Speech::Modbus(framing) => self.poll_modbus(&mut open.modbus, line, framing, device).await,
                Speech::Bus(bus) => self.poll_bus(&mut open.bus, line, bus, device).await,
            };
            self.metrics.poll_seconds.observe(begun.elapsed().as_secs_f64());
            let outcome = match polled {
                Ok(()) => "answered",
                Err(failure) => {
                    debug!(
                        line = line.code,
                        unit = device.unit,
                        reason = failure.reason,
                        "a poll has failed"
                    );
                    if failure.is_broken {
                        // What comes late must not be taken for the next answer.
                        open = Open::default();
                    }
                    "failed"
                }
            };
            self.metrics.polls.with_label_values(&[&line.code, outcome]).inc();
        }
    }

    async fn poll_modbus(
        &self,
        connection: &mut Option<ModbusLine>,
        line: &Line,
        framing: Framing,
        device: &Device,
    ) -> Result<(), FailedPoll> {
        let unit: u8 = device.unit.parse().map_err(|_| format!("{:?} is no unit id", device.unit))?;
        let model = Some(device.model.as_str()).filter(|model| !model.is_empty());
        let name = device.profile.as_deref().or(model).ok_or("the device has no profile")?;
        let profile = builtin(name).ok_or_else(|| format!("no Modbus profile is named {name:?}"))?;
        let connection = match connection {
            Some(connection) => connection,
            None => {
                let opened = ModbusLine::open(&line.host, line.port, framing, patience(line)).await;
                connection.insert(opened.map_err(|error| error.to_string())?)
            }
        };
        let mut polled = Polled::default();
        for request in plan(profile) {
            polled.take(connection.ask(unit, request).await)?;
        }
        if polled.has_registers {
            let mut answer = answer(line, device, framing.format().name(), polled.exchange);
            answer.arrival.profile = Some(name.into());
            self.hand_over(answer)?;
        }
        polled.refused.map_or(Ok(()), Err)
    }

    async fn poll_bus(
        &self,
        connection: &mut Option<TransparentLine>,
        line: &Line,
        bus: Bus,
        device: &Device,
    ) -> Result<(), FailedPoll> {
        let profile = match bus {
            Bus::Cjt188 => cjt188_profile(device)?,
            Bus::Dlt645 | Bus::Mbus => None,
        };
        let connection = match connection {
            Some(connection) => connection,
            None => {
                let opened = TransparentLine::open(&line.host, line.port, patience(line)).await;
                connection.insert(opened.map_err(|error| error.to_string())?)
            }
        };
        let (answers, outcome) = bus::read(bus, connection, device).await;
        // One reading of the meter has one time, however many answers it took.
        let received = Timestamp::now();
        // These frames say whose they are: a meter that was exchanged without a word must not pass for the other.
        let address = device.address.as_deref().map(SmolStr::from);
        for frame in answers.frames {
            let mut delivery = answer(line, device, answers.format.name(), frame);
            let arrival = &mut delivery.arrival;
            arrival.received = received;
            arrival.profile = profile.map(Into::into);
            if let Some(address) = &address {
                arrival.address = Some(address.clone());
            }
            self.hand_over(delivery)?;
        }
        outcome.map_err(FailedPoll::from)
    }

    /// An answer goes to the spool.
    fn hand_over(&self, delivery: Delivery) -> Result<(), String> {
        self.metrics.delivered(Source::Poll);
        self.spool.append(delivery, |_| {}).map_err(|_| "the spool is full".to_owned())
    }
}

/// Why a device's poll has failed.
struct FailedPoll {
    reason: String,
    /// Whether the connection must be given up.
    is_broken: bool,
}

impl From<String> for FailedPoll {
    fn from(reason: String) -> Self {
        Self { reason, is_broken: true }
    }
}

impl From<&str> for FailedPoll {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

/// What a Modbus device has answered so far. A device that refuses one request may answer the next: a model that lacks
/// a few registers of its map is read all the same, and its poll counts as failed.
#[derive(Default)]
struct Polled {
    /// Every request and its answer, as they stood on the wire.
    exchange: Vec<u8>,
    has_registers: bool,
    refused: Option<FailedPoll>,
}

impl Polled {
    fn take(&mut self, answer: Result<Vec<u8>, NoRegisters>) -> Result<(), FailedPoll> {
        match answer {
            Ok(exchange) => {
                self.exchange.extend(exchange);
                self.has_registers = true;
                Ok(())
            }
            Err(NoRegisters::Broken(reason)) => Err(reason.into()),
            // Nobody is there behind the gateway: what else is asked would wait as long.
            Err(failure @ NoRegisters::Refused { code: 0x0A | 0x0B, .. }) => {
                Err(FailedPoll { reason: failure.to_string(), is_broken: false })
            }
            Err(failure) => {
                self.refused = Some(FailedPoll { reason: failure.to_string(), is_broken: false });
                if let NoRegisters::Refused { exchange, .. } = failure {
                    self.exchange.extend(exchange);
                }
                Ok(())
            }
        }
    }
}

/// What a device has answered just now, as the meter that we have asked.
fn answer(line: &Line, device: &Device, format: &str, bytes: Vec<u8>) -> Delivery {
    let channel = format!("poll/{}/{}", line.code, device.unit);
    let content = Content::Frame(format.into());
    let mut answer = Delivery::now(Source::Poll, channel, content, Bytes::from(bytes));
    answer.arrival.address = Some(crate::resolve::address_of(device.meter));
    answer
}

/// How a line is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speech {
    Modbus(Framing),
    /// Through a transparent connection.
    Bus(Bus),
}

impl Speech {
    fn of(kind: LineKind) -> Self {
        match kind {
            LineKind::ModbusTcp => Self::Modbus(Framing::Tcp),
            LineKind::ModbusRtuTcp => Self::Modbus(Framing::Rtu),
            LineKind::Dlt645Tcp => Self::Bus(Bus::Dlt645),
            LineKind::Cjt188Tcp => Self::Bus(Bus::Cjt188),
            LineKind::MbusTcp => Self::Bus(Bus::Mbus),
        }
    }
}

/// The connection of a round, opened for the first device and given up after a failure.
#[derive(Default)]
struct Open {
    modbus: Option<ModbusLine>,
    bus: Option<TransparentLine>,
}

fn patience(line: &Line) -> Duration {
    Duration::from_millis(line.timeout_ms.into())
}

/// The profile that the device names, which must exist, else the one that its model is named as.
fn cjt188_profile(device: &Device) -> Result<Option<&str>, String> {
    let is_known = |name: &&str| protocols::cjt188::profile_names().any(|known| known == *name);
    match device.profile.as_deref() {
        Some(name) if is_known(&name) => Ok(Some(name)),
        Some(name) => Err(format!("no CJ/T 188 profile is named {name:?}")),
        None => Ok(Some(device.model.as_str()).filter(is_known)),
    }
}

/// How long it is until the next multiple of the interval.
fn until_next(now: Timestamp, interval_s: u32) -> Duration {
    let interval = u64::from(interval_s.max(1)) * 1000;
    let millisecond = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Duration::from_millis(interval - millisecond % interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_fall_on_multiples_of_the_interval() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(until_next(at("2026-10-01T00:14:59.5Z"), 900), Duration::from_millis(500));
        assert_eq!(until_next(at("2026-10-01T00:15:00Z"), 900), Duration::from_mins(15));
    }
}
