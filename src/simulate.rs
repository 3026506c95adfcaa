//! `meterline simulate`: a seeded fleet that talks through the front door.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use jiff::civil::Date;
use metering::Zone;
use simulator::{Door, Fleet, FleetOptions, Ledger, Mischief, Plan, PlanOptions, Send};

/// A seeded fleet of water, heat and electricity meters that talks only through the front door.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  meterline simulate master --out ./fleet                     the fleet's master data as CSV files to import
  meterline simulate send --from 2026-10-01 --to 2026-11-02 --ledger sent.jsonl
  meterline simulate serve --listen 127.0.0.1:1502            its polled meters answer
  meterline readings export --format csv > stored.csv
  meterline simulate check --ledger sent.jsonl --export stored.csv")]
pub struct Simulate {
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
    /// Only meters of this medium (water, heat, electricity)
    #[arg(long)]
    only: Option<String>,
    /// Meters and lines do nothing wrong
    #[arg(long)]
    well_behaved: bool,
    /// The broker
    #[arg(long, env = "MQTT_URL", hide_env_values = true)]
    mqtt: Option<String>,
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
    /// One JSON line for each frame sent, with its acknowledgement
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
