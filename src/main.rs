//! `meterline`: from a meter's frame to a bill that explains itself. Each subcommand is a file of its own; this
//! one turns how a command ended into the exit status.

#[macro_use]
mod out;

mod alarms;
mod app;
mod arrears;
mod audit;
mod bench;
mod bench_decode;
mod bench_servers;
mod bill;
mod cli;
mod close;
mod conflicts;
mod db;
mod decode;
mod doctor;
mod import;
mod ingest;
mod jobs;
mod login;
mod logout;
mod metrics;
mod migrate;
mod outcome;
mod pay;
mod policy;
mod readings;
mod refused;
mod rejections;
mod rows;
mod serve;
mod servers;
mod session_file;
mod settings;
mod simulate;
mod status;
mod table;
mod tariff;
mod tariff_publish;
mod user;
mod who;
mod work;
mod worker;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::outcome::{Outcome, Unusable};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let language = cli.language();
    let outcome = cli::run(cli).and_then(|outcome| Ok(out::finish().map(|()| outcome)?));
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NotSo) => ExitCode::from(1),
        Err(error) => {
            let status = if error.is::<Unusable>() { 2 } else { 1 };
            eprintln!("meterline: {}", refused::text(error, language));
            ExitCode::from(status)
        }
    }
}
