//! `meterline bench sink`: decoded readings to durable rows, against a bare unnest loop that writes the same rows
//! with as many writers in batches of the same size.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use metering::{MeterId, Micro, Quality, Reading, RegisterId, Source};
use serde_json::{Value, json};
use store::sink::{Arrival, Content, Entry, Fate, Sink as StoreSink, Usable};

use crate::bare::Bare;
use crate::database::BenchDatabase;
use crate::{median, ratio};

/// The arguments of `meterline bench sink`.
#[derive(Debug, clap::Args)]
pub struct Sink {
    /// Readings in each run
    #[arg(long, default_value_t = 600_000)]
    readings: usize,
    /// Readings in each frame: a heat meter's has about eight
    #[arg(long, default_value_t = 8)]
    readings_per_frame: usize,
    /// Frames in a batch: as many as `[ingest] batch_frames`
    #[arg(long, default_value_t = 2000)]
    batch_frames: usize,
    /// Connections that write
    #[arg(long, default_value_t = 2)]
    writers: usize,
    /// Runs of each, in turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A look, not a measurement
    #[arg(long)]
    quick: bool,
}

/// Meters that send in turn.
const METERS: usize = 5_000;

/// Measures, on the database server of that URL.
pub async fn run(database_url: &str, args: &Sink) -> Result<Value> {
    let database = BenchDatabase::create(database_url).await?;
    let measured = measure(&database, args).await;
    database.drop().await?;
    let (subject, baseline, rows) = measured?;
    let per_second = |us: u128| rows as u128 * 1_000_000 / us.max(1);
    Ok(json!({
        "bench": "sink",
        "subject": {"what": "sink transactions with outcomes and counts", "us": subject,
                    "readings_per_s": per_second(subject)},
        "baseline": {"what": "bare unnest loop, same rows", "us": baseline, "readings_per_s": per_second(baseline)},
        "readings": rows, "readings_per_frame": args.readings_per_frame, "batch_frames": args.batch_frames,
        "writers": args.writers, "rounds": rounds(args),
        "ratio": ratio(baseline, subject)?,
    }))
}

fn rounds(args: &Sink) -> usize {
    args.rounds.max(1)
}

async fn measure(database: &BenchDatabase, args: &Sink) -> Result<(u128, u128, usize)> {
    let readings = if args.quick { args.readings.min(100_000) } else { args.readings };
    let frames = readings / args.readings_per_frame.max(1);
    let shares = shares(frames, args);
    let rows = frames * args.readings_per_frame;
    let (mut subjects, mut baselines) = (Vec::new(), Vec::new());
    for round in 1..=rounds(args) {
        database.begin_run().await?;
        let bare = baseline(database, &shares).await?;
        baselines.push(bare);
        check(database, rows, frames).await?;
        database.begin_run().await?;
        let sink = subject(database, &shares).await?;
        subjects.push(sink);
        check(database, rows, frames).await?;
        eprintln!("round {round}: sink {sink} us, bare loop {bare} us");
    }
    Ok((median(subjects), median(baselines), rows))
}

async fn check(database: &BenchDatabase, rows: usize, frames: usize) -> Result<()> {
    let (readings, stored) = database.stored().await?;
    ensure!(
        readings == i64::try_from(rows)? && stored == i64::try_from(frames)?,
        "{readings} readings and {stored} frames were written instead of {rows} and {frames}"
    );
    Ok(())
}

/// Each writer's batches.
type Shares = Vec<Arc<Vec<Vec<Entry>>>>;

/// Frames in the order in which meters send them: each in turn, at its own minute. A meter has one writer.
fn shares(frames: usize, args: &Sink) -> Shares {
    let begin = Timestamp::from_second(1_760_000_000).unwrap_or_default();
    let mut shares = vec![Vec::new(); args.writers.max(1)];
    for n in 0..frames {
        let meter = n % METERS;
        let share = meter % shares.len();
        let time = begin + SignedDuration::from_mins(i64::try_from(n / METERS).unwrap_or(0));
        shares[share].push(entry(meter, time, n, args.readings_per_frame));
    }
    shares
        .into_iter()
        .map(|share: Vec<Entry>| {
            Arc::new(share.chunks(args.batch_frames.max(1)).map(<[Entry]>::to_vec).collect())
        })
        .collect()
}

fn entry(meter: usize, time: Timestamp, n: usize, readings: usize) -> Entry {
    let meter = MeterId::new(i32::try_from(meter + 1).unwrap_or(1));
    let received = time + SignedDuration::from_secs(5);
    let reading = |register: usize| Reading {
        meter,
        register: RegisterId::new(i16::try_from(register + 1).unwrap_or(1)),
        time,
        value: Micro::from_raw(i64::try_from(n).unwrap_or(0) * 1_000),
        received,
        quality: Quality::Actual,
        source: Source::Mqtt,
    };
    Entry {
        arrival: Arrival {
            source: Source::Mqtt,
            channel: String::new(),
            content: Content::Frame("cjt188".into()),
            address: None,
            bytes: Bytes::from(vec![0x68; 57]),
            received,
            sent: None,
            profile: None,
            start: None,
        },
        fate: Fate::Usable(Usable {
            meter,
            readings: (0..readings).map(reading).collect(),
            refusals: Vec::new(),
            changes: Vec::new(),
            receipt: None,
        }),
        replay_of: None,
    }
}

async fn baseline(database: &BenchDatabase, shares: &Shares) -> Result<u128> {
    let mut writers = Vec::new();
    for _ in shares {
        writers.push(Bare::open(&database.url).await?);
    }
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (writer, share) in writers.into_iter().zip(shares.iter().cloned()) {
        tasks.spawn(async move {
            for batch in share.iter() {
                writer.write(batch).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(begun.elapsed().as_micros())
}

async fn subject(database: &BenchDatabase, shares: &Shares) -> Result<u128> {
    let mut writers = Vec::new();
    for number in 0..shares.len() {
        writers.push(StoreSink::open(&database.url, "bench", i16::try_from(number)?).await?);
    }
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (mut writer, share) in writers.into_iter().zip(shares.iter().cloned()) {
        tasks.spawn(async move {
            for batch in share.iter() {
                writer.commit(batch).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(begun.elapsed().as_micros())
}
