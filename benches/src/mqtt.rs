//! `meterline bench mqtt`: QoS 1 frames to commit and acknowledgement, broker and publishers on the same cores,
//! against a bare subscribe-decode-unnest-ack loop with as many writers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use jiff::civil::{DateTime, date};
use jiff::{Timestamp, ToSpan};
use metering::{MeterId, Micro, Quality, Reading, RegisterId, Source, Unit, Zone};
use protocols::cjt188::{Address, Amount, Data, DiOrder, MeterType, Reply};
use protocols::{DeviceTime, Format, Options, decode};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, Publish, QoS};
use serde_json::{Value, json};

use store::sink::{Arrival, Content, Entry, Fate, Usable, whole_second};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;

use crate::bare::Bare;
use crate::database::{BenchDatabase, committed};
use crate::{median, ratio};

/// The arguments of `meterline bench mqtt`.
#[derive(Debug, clap::Args)]
pub struct Mqtt {
    /// Frames in each run
    #[arg(long, default_value_t = 100_000)]
    frames: usize,
    /// Clients that publish, each with up to 1,000 messages under way
    #[arg(long, default_value_t = 4)]
    publishers: usize,
    /// Runs of each, in turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A look, not a measurement
    #[arg(long)]
    quick: bool,
}

/// Meters that send in turn.
const METERS: usize = 5_000;
/// A run that takes longer has failed.
const PATIENCE: Duration = Duration::from_mins(5);

/// Measures, on the servers of these URLs.
pub async fn run(database_url: &str, mqtt_url: &str, args: &Mqtt) -> Result<Value> {
    let database = BenchDatabase::create(database_url).await?;
    let frames = if args.quick { args.frames.min(20_000) } else { args.frames };
    let measured = measure(&database, mqtt_url, frames, args).await;
    database.drop().await?;
    let (subject, baseline) = measured?;
    let per_second = |us: u128| frames as u128 * 1_000_000 / us.max(1);
    Ok(json!({
        "bench": "mqtt",
        "subject": {"what": "meterline ingest", "us": subject, "frames_per_s": per_second(subject)},
        "baseline": {"what": "bare subscribe-decode-unnest-ack loop, same rows", "us": baseline,
                     "frames_per_s": per_second(baseline)},
        "frames": frames, "publishers": args.publishers, "rounds": args.rounds.max(1),
        "ratio": ratio(baseline, subject)?,
    }))
}

async fn measure(
    database: &BenchDatabase,
    mqtt_url: &str,
    frames: usize,
    args: &Mqtt,
) -> Result<(u128, u128)> {
    database.add_meters(i32::try_from(METERS)?).await?;
    let payloads: Arc<Vec<Vec<u8>>> = Arc::new((0..frames).map(payload).collect::<Result<_>>()?);
    let (mut subjects, mut baselines) = (Vec::new(), Vec::new());
    for round in 1..=args.rounds.max(1) {
        for bare in [true, false] {
            database.begin_run().await?;
            // Topics of the run's own: what another run has left cannot come into it.
            let run = Run {
                database,
                mqtt_url,
                name: format!(
                    "bench-{}-{round}-{}",
                    std::process::id(),
                    if bare { "bare" } else { "ingest" }
                ),
                payloads: payloads.clone(),
                publishers: args.publishers.max(1),
            };
            let elapsed = if bare { run.baseline().await? } else { run.subject().await? };
            let (readings, stored) = database.stored().await?;
            let want = i64::try_from(frames)?;
            ensure!(
                readings == want && stored == want,
                "{readings} readings and {stored} frames instead of {want}"
            );
            if bare { &mut baselines } else { &mut subjects }.push(elapsed);
            eprintln!("round {round}: {} {elapsed} us", if bare { "bare loop" } else { "ingest" });
        }
    }
    Ok((median(subjects), median(baselines)))
}

/// A water meter's answer; each meter in turn, at its own minute.
fn payload(n: usize) -> Result<Vec<u8>> {
    let meter = n % METERS + 1;
    let minute = i64::try_from(n / METERS)?;
    let clock = date(2026, 10, 1).at(0, 0, 0, 0).checked_add(minute.minutes())?;
    let value = rust_decimal::Decimal::new(i64::try_from(n)?, 2);
    let reply = Reply {
        meter_type: MeterType(0x10),
        address: format!("{meter:014}").parse::<Address>()?,
        di_order: DiOrder::default(),
        ser: 0,
        preamble: 0,
        data: Data::Volume { current: Some(Amount::counter(value, Unit::CubicMetre)?), settlement: None },
        clock: Some(clock),
        status: [0, 0],
    };
    Ok(reply.encode())
}

struct Run<'a> {
    database: &'a BenchDatabase,
    mqtt_url: &'a str,
    name: String,
    payloads: Arc<Vec<Vec<u8>>>,
    publishers: usize,
}

impl Run<'_> {
    /// Our own, in this process, as `meterline ingest` runs it.
    async fn subject(&self) -> Result<u128> {
        let spool = std::env::temp_dir().join(&self.name);
        let settings = ingest::Settings {
            client_id: self.name.clone(),
            topic_prefix: format!("{}/", self.name),
            http: String::new(),
            udp: String::new(),
            tcp: String::new(),
            poll: false,
            probe: false,
            spool: Some(spool.clone()),
            ..ingest::Settings::default()
        };
        let environment = ingest::Environment {
            database_url: self.database.url.clone(),
            mqtt_url: Some(self.mqtt_url.to_owned()),
            home: std::env::temp_dir(),
            zone: Zone::named("Asia/Shanghai")?,
        };
        let stop = CancellationToken::new();
        let running = tokio::spawn(ingest::run(
            settings,
            ingest::AlarmSettings::default(),
            environment,
            ingest::Options::default(),
            stop.clone(),
        ));
        let client = store::connect(&self.database.url, store::Role::Owner).await?;
        // A first frame says that it is ready; it is not among those that are counted.
        self.wait_until_subscribed().await?;
        let begun = Instant::now();
        let publishing = self.publish();
        let want = i64::try_from(self.payloads.len())?;
        while committed(&client).await? < want {
            ensure!(begun.elapsed() < PATIENCE, "not all frames are committed in {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let elapsed = begun.elapsed().as_micros();
        finish(publishing).await?;
        stop.cancel();
        running.await??;
        self.forget().await?;
        let _ = std::fs::remove_dir_all(spool);
        Ok(elapsed)
    }

    /// The bare loop: subscribe, decode, unnest, commit, acknowledge.
    async fn baseline(&self) -> Result<u128> {
        let (client, mut events) = AsyncClient::new(self.options(&self.name, true, 100)?, 1000);
        client.subscribe(format!("{}/meters/+/+/up", self.name), QoS::AtLeastOnce).await?;
        while !matches!(events.poll().await?, Event::Incoming(Packet::SubAck(_))) {}
        let mut writers = JoinSet::new();
        let mut queues = Vec::new();
        for _ in 0..2 {
            let (queue, taken) = mpsc::unbounded_channel();
            queues.push(queue);
            writers.spawn(bare_writer(Bare::open(&self.database.url).await?, taken, client.clone()));
        }
        let addresses: HashMap<String, i32> =
            (1..=METERS).map(|n| (format!("{n:014}"), i32::try_from(n).unwrap_or(0))).collect();
        let zone = Zone::named("Asia/Shanghai")?;
        let begun = Instant::now();
        let publishing = self.publish();
        let mut acknowledged = 0;
        while acknowledged < self.payloads.len() {
            match tokio::time::timeout(PATIENCE, events.poll()).await?? {
                Event::Incoming(Packet::Publish(publish)) => {
                    let entry = bare_entry(&publish, &addresses, &zone).context("a frame of ours")?;
                    let Fate::Usable(usable) = &entry.fate else { continue };
                    let queue = &queues[usable.meter.get().unsigned_abs() as usize % queues.len()];
                    queue.send((entry, publish)).map_err(|_| anyhow!("a writer has ended"))?;
                }
                Event::Outgoing(rumqttc::Outgoing::PubAck(_)) => acknowledged += 1,
                _ => {}
            }
        }
        let elapsed = begun.elapsed().as_micros();
        finish(publishing).await?;
        drop(queues);
        while let Some(done) = writers.join_next().await {
            done??;
        }
        Ok(elapsed)
    }

    fn publish(&self) -> JoinSet<Result<()>> {
        let mut publishing = JoinSet::new();
        for publisher in 0..self.publishers {
            let options = self.options(&format!("{}-{publisher}", self.name), true, 1000);
            let payloads = self.payloads.clone();
            let (every, topic) = (self.publishers, format!("{}/meters/cjt188/-/up", self.name));
            publishing.spawn(async move {
                let (client, mut events) = AsyncClient::new(options?, 1000);
                let mine = payloads.len().saturating_sub(publisher).div_ceil(every);
                let sending = tokio::spawn(async move {
                    for payload in payloads.iter().skip(publisher).step_by(every) {
                        client.publish(&topic, QoS::AtLeastOnce, false, payload.clone()).await?;
                    }
                    anyhow::Ok(client)
                });
                let mut acknowledged = 0;
                while acknowledged < mine {
                    if matches!(events.poll().await?, Event::Incoming(Packet::PubAck(_))) {
                        acknowledged += 1;
                    }
                }
                sending.await??.disconnect().await?;
                let _ = events.poll().await;
                Ok(())
            });
        }
        publishing
    }

    /// The broker's list of subscribers is not ours to read; a session that is there again after a connect with the
    /// same id would be taken from ingest. So: wait until its log-in is old enough.
    async fn wait_until_subscribed(&self) -> Result<()> {
        let client = store::connect(&self.database.url, store::Role::Owner).await?;
        let end = Instant::now() + Duration::from_secs(20);
        let mut n = 0;
        let (publisher, mut events) =
            AsyncClient::new(self.options(&format!("{}-first", self.name), true, 100)?, 10);
        while committed(&client).await? == 0 {
            ensure!(Instant::now() < end, "ingest does not take frames in");
            n += 1;
            publisher.try_publish(
                format!("{}/meters/none/-/up", self.name),
                QoS::AtLeastOnce,
                false,
                n.to_string(),
            )?;
            let acknowledged =
                async { while !matches!(events.poll().await, Ok(Event::Incoming(Packet::PubAck(_)))) {} };
            tokio::time::timeout(Duration::from_secs(5), acknowledged).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.database.begin_run().await?;
        Ok(())
    }

    /// Ends the session that ingest has left.
    async fn forget(&self) -> Result<()> {
        let (client, mut events) = AsyncClient::new(self.options(&self.name, true, 100)?, 10);
        while !matches!(events.poll().await?, Event::Incoming(Packet::ConnAck(_))) {}
        client.disconnect().await?;
        let _ = events.poll().await;
        Ok(())
    }

    fn options(&self, id: &str, clean: bool, inflight: u16) -> Result<MqttOptions> {
        let place = self.mqtt_url.strip_prefix("mqtt://").context("MQTT_URL")?;
        let (login, place) =
            place.rsplit_once('@').map_or((None, place), |(login, place)| (Some(login), place));
        let (host, port) = place.trim_end_matches('/').rsplit_once(':').unwrap_or((place, "1883"));
        let mut options = MqttOptions::new(id, host, port.parse()?);
        options.set_clean_session(clean).set_inflight(inflight).set_manual_acks(true);
        if let Some((user, password)) = login.and_then(|login| login.split_once(':')) {
            options.set_credentials(user, password);
        }
        Ok(options)
    }
}

async fn finish(mut publishing: JoinSet<Result<()>>) -> Result<()> {
    while let Some(done) = publishing.join_next().await {
        done??;
    }
    Ok(())
}

/// Batches by count or age, like ours.
async fn bare_writer(
    writer: Bare,
    mut queue: mpsc::UnboundedReceiver<(Entry, Publish)>,
    client: AsyncClient,
) -> Result<()> {
    const MOST: usize = 2_000;
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, MOST).await > 0 {
        let end = tokio::time::Instant::now() + Duration::from_millis(10);
        while batch.len() < MOST {
            let room = MOST - batch.len();
            match timeout_at(end, queue.recv_many(&mut batch, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let (entries, publishes): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        writer.write(&entries).await?;
        for publish in &publishes {
            client.ack(publish).await?;
        }
    }
    Ok(())
}

/// What the bare loop makes of a frame.
fn bare_entry(publish: &Publish, addresses: &HashMap<String, i32>, zone: &Zone) -> Option<Entry> {
    let received = Timestamp::now();
    let frame = decode(Format::Cjt188, &publish.payload, &Options::default()).into_results().pop()?.ok()?;
    let meter = MeterId::new(*addresses.get(frame.device.address.as_deref()?)?);
    let mut readings = Vec::new();
    for record in &frame.records {
        let (Some(number), Some(unit)) = (record.value.number(), record.unit) else { continue };
        let time: DateTime = match record.time? {
            DeviceTime::Civil(civil) => civil,
            DeviceTime::Date(_) | DeviceTime::Instant(_) => return None,
        };
        readings.push(Reading {
            meter,
            register: RegisterId::new(1),
            time: zone.instant(time)?,
            value: Micro::exact(unit.to_canonical(number)?).ok()?,
            received: whole_second(received),
            quality: Quality::Actual,
            source: Source::Mqtt,
        });
    }
    Some(Entry {
        arrival: Arrival {
            source: Source::Mqtt,
            channel: String::new(),
            content: Content::Frame("cjt188".into()),
            address: None,
            bytes: publish.payload.clone(),
            received,
            sent: None,
            profile: None,
            start: None,
        },
        fate: Fate::Usable(Usable {
            meter,
            readings,
            refusals: Vec::new(),
            changes: Vec::new(),
            receipt: None,
        }),
        replay_of: None,
    })
}
