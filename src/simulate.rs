//! `meterline simulate`: a seeded fleet that talks through the front door.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use jiff::civil::Date;
use metering::Zone;
use simulator::{Door, Fleet, FleetOptions, Kind, Ledger, Mischief, Plan, PlanOptions, Verdict};
use tokio::net::TcpListener;

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;

/// The arguments of `meterline simulate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  meterline simulate master --out ./fleet                     the fleet's master data as CSV files to import
  meterline simulate send --from 2026-10-01 --to 2026-11-02 --ledger sent.jsonl
  meterline simulate serve --listen 127.0.0.1:1502            its polled meters answer
  meterline readings export --format csv > stored.csv
  meterline simulate check --ledger sent.jsonl --export stored.csv")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

/// Which fleet. The same numbers give the same fleet, frame for frame.
#[derive(Args, Debug)]
struct FleetArgs {
    /// The seed of everything that looks like chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Water agreements
    #[arg(long, default_value_t = 200)]
    water: u64,
    /// Heat agreements
    #[arg(long, default_value_t = 20)]
    heat: u64,
    /// Electricity agreements
    #[arg(long, default_value_t = 40)]
    electricity: u64,
    /// Electricity meters polled over Modbus TCP, besides
    #[arg(long, default_value_t = 4)]
    modbus: u64,
    /// The day on which all meters were put in
    #[arg(long, default_value = "2025-11-01")]
    installed_on: Date,
    /// Exchanges, leaks and silences begin on days from here …
    #[arg(long, default_value = "2026-10-02")]
    event_from: Date,
    /// … to before here
    #[arg(long, default_value = "2026-10-30")]
    event_to: Date,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Write the fleet's master data as CSV files for `meterline import`
    Master {
        #[command(flatten)]
        fleet: FleetArgs,
        /// The folder
        #[arg(long)]
        out: PathBuf,
        /// The port on which the polled meters will answer
        #[arg(long)]
        modbus_port: Option<u16>,
    },
    /// Send the fleet's frames of a span of time, by its own clocks
    Send(SendArgs),
    /// Answer polls over Modbus TCP until interrupted
    Serve {
        #[command(flatten)]
        fleet: FleetArgs,
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:1502")]
        listen: SocketAddr,
    },
    /// Compare a ledger with the stored readings, as sets
    Check {
        /// What `simulate send` wrote
        #[arg(long)]
        ledger: Vec<PathBuf>,
        /// What `meterline readings export` wrote
        #[arg(long)]
        export: PathBuf,
    },
}

/// What is sent and where.
#[derive(Args, Debug)]
struct SendArgs {
    #[command(flatten)]
    fleet: FleetArgs,
    /// The first day
    #[arg(long)]
    from: Date,
    /// The day before which the last reading is
    #[arg(long)]
    to: Date,
    /// Minutes between two readings of a meter
    #[arg(long, default_value_t = 60)]
    every_min: u32,
    /// Only meters of these media (water, heat, electricity)
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Meters and lines do nothing wrong
    #[arg(long)]
    well_behaved: bool,
    /// Where ingest takes pushes, HOST:PORT
    #[arg(long, default_value = "127.0.0.1:8081")]
    push: String,
    /// The token of the push
    #[arg(long, env = "METERLINE_PUSH_TOKEN", hide_env_values = true, default_value = "")]
    push_token: String,
    /// Where ingest takes datagrams
    #[arg(long, default_value = "127.0.0.1:5685")]
    udp: SocketAddr,
    /// At most so many MQTT messages a second
    #[arg(long)]
    rate: Option<u32>,
    /// One JSON line for each frame sent, with its acknowledgement; each door's lines go to a file of its own
    /// beside it (FILE, FILE.push, FILE.udp)
    #[arg(long)]
    ledger: PathBuf,
}

impl FleetArgs {
    fn fleet(&self, zone: &Zone) -> Fleet {
        let options = FleetOptions {
            seed: self.seed,
            water: self.water,
            heat: self.heat,
            electricity: self.electricity,
            modbus: self.modbus,
            installed_on: self.installed_on,
            event_from: self.event_from,
            event_to: self.event_to,
        };
        Fleet::new(options, zone)
    }
}

/// `meterline simulate`.
pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let zone = app.settings.zone()?;
    match &arguments.verb {
        Verb::Master { fleet, out, modbus_port } => {
            let fleet = fleet.fleet(&zone);
            simulator::write_master(&fleet, &zone, out, *modbus_port)
                .with_context(|| format!("cannot write into {}", out.display()))?;
            outln!("{} meters, master data in {}", fleet.meters.len(), out.display());
            Ok(Outcome::Done)
        }
        Verb::Send(send_arguments) => send(app, &zone, send_arguments).await,
        Verb::Serve { fleet, listen } => {
            let fleet = Arc::new(fleet.fleet(&zone));
            let listener =
                TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
            eprintln!("polled meters answer on {}", listener.local_addr()?);
            tokio::select! {
                result = simulator::serve_modbus(listener, fleet, zone) => result?,
                _ = tokio::signal::ctrl_c() => {}
            }
            Ok(Outcome::Done)
        }
        Verb::Check { ledger, export } => compare(ledger, export),
    }
}

/// Sends through all doors at once.
async fn send(app: &App, zone: &Zone, arguments: &SendArgs) -> Result<Outcome> {
    for medium in &arguments.only {
        if ![Kind::Water, Kind::Heat, Kind::Electricity].iter().any(|kind| kind.name() == medium) {
            return Err(Unusable(format!("--only {medium:?}: expected water, heat or electricity")).into());
        }
    }
    let mut fleet = arguments.fleet.fleet(zone);
    fleet.meters.retain(|meter| {
        arguments.only.is_empty() || arguments.only.iter().any(|only| only == meter.kind.name())
    });
    let fleet = Arc::new(fleet);
    let options = PlanOptions {
        from: arguments.from.at(0, 0, 0, 0),
        to: arguments.to.at(0, 0, 0, 0),
        interval: SignedDuration::from_mins(i64::from(arguments.every_min.max(1))),
        mischief: if arguments.well_behaved { Mischief::NONE } else { Mischief::USUAL },
    };
    let sends = |doors: &'static [Door]| {
        Plan::new(fleet.clone(), zone.clone(), options.clone()).filter(move |send| doors.contains(&send.door))
    };
    let url = servers::mqtt_url(&app.settings)?;
    let client_id = format!("meterline-simulator-{}", arguments.fleet.seed);
    let mut mqtt_ledger = ledger(&arguments.ledger, "")?;
    let mut push_ledger = ledger(&arguments.ledger, ".push")?;
    let mut udp_ledger = ledger(&arguments.ledger, ".udp")?;
    let mqtt = simulator::publish(
        &url,
        &client_id,
        sends(&[Door::MqttCjt188, Door::MqttJson, Door::Concentrator]),
        &mut mqtt_ledger,
        arguments.rate,
    );
    let push =
        simulator::push(&arguments.push, &arguments.push_token, sends(&[Door::Ctwing]), &mut push_ledger);
    let udp = simulator::send_udp(arguments.udp, sends(&[Door::Udp]), &mut udp_ledger);
    let (mqtt, push, udp) = tokio::join!(mqtt, push, udp);
    outln!("acknowledged: {} MQTT messages, {} pushes; {} datagrams sent", mqtt?, push?, udp?);
    Ok(Outcome::Done)
}

fn ledger(path: &Path, suffix: &str) -> Result<Ledger> {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    let file =
        File::create(&name).with_context(|| format!("cannot create {}", Path::new(&name).display()))?;
    Ok(Ledger::new(Box::new(BufWriter::new(file))))
}

fn compare(ledgers: &[PathBuf], export: &Path) -> Result<Outcome> {
    let open = |path: &Path| {
        File::open(path).map(BufReader::new).map_err(|error| Unusable(format!("{}: {error}", path.display())))
    };
    let inputs = ledgers.iter().map(|path| open(path)).collect::<Result<Vec<_>, _>>()?;
    let verdict = simulator::check(inputs, open(export)?).map_err(|error| Unusable(error.to_string()))?;
    print(&verdict);
    Ok(if verdict.is_clean() { Outcome::Done } else { Outcome::NotSo })
}

fn print(verdict: &Verdict) {
    let [stored, duplicate, conflict, rejected] = verdict.expected;
    outln!(
        "sent {} frames: {stored} good, {duplicate} again, {conflict} bent, {rejected} spoilt",
        verdict.sent
    );
    outln!("acknowledged {}; readings that must be stored: {}", verdict.acked, verdict.must);
    for (what, found) in [
        ("lost", &verdict.lost),
        ("double", &verdict.double),
        ("wrong", &verdict.wrong),
        ("invented", &verdict.invented),
    ] {
        outln!("{what} {}", found.len());
        for reading in found.iter().take(10) {
            outln!("  {reading}");
        }
    }
}
