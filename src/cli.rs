//! The command line: what all subcommands share, and the list of them.
//!
//! A subcommand is a file with `Arguments` (clap) and `run`; it is entered here twice, in [`Command`] and in
//! [`run`]. Exit status: 0 done, 1 the thing asked about is not so, 2 wrong usage or unreadable input.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use metering::Language;

use crate::app::App;
use crate::outcome::Outcome;
use crate::{
    alarms, arrears, audit, bench, bill, close, conflicts, db, decode, doctor, import, ingest, jobs, login,
    logout, migrate, pay, policy, readings, rejections, serve, simulate, status, tariff, user, work,
};

/// From a meter's frame to a bill that explains itself.
#[derive(Debug, Parser)]
#[command(name = "meterline", version, max_term_width = 110)]
pub(crate) struct Cli {
    /// Language of what people read (else the locale's)
    #[arg(long, global = true, value_parser = language(), value_name = "LANGUAGE")]
    lang: Option<Language>,

    /// Settings file (else METERLINE_CONFIG, else ./meterline.toml where there is one)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

impl Cli {
    /// Of whoever reads the answer.
    pub(crate) fn language(&self) -> Language {
        self.lang.unwrap_or_else(of_locale)
    }
}

/// Every subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read frames: bytes in, readings out
    Decode(decode::Arguments),
    /// Start, stop and show this checkout's private servers
    Db(db::Arguments),
    /// What is missing here, and what mends it
    Doctor(doctor::Arguments),
    /// Bring the database's schema up to date
    Migrate(migrate::Arguments),
    /// Test, quote and show tariff documents
    Tariff(tariff::Arguments),
    /// Take frames in: MQTT, operators' HTTP push, UDP, polls
    Ingest(ingest::Arguments),
    /// Measure against bare loops on this machine
    Bench(bench::Arguments),
    /// What came in, what is stored, who is silent, what waits
    Status(status::Arguments),
    /// Stored readings
    Readings(readings::Arguments),
    /// Frames of which nothing could be used
    Rejections(rejections::Arguments),
    /// Readings at odds with stored ones
    Conflicts(conflicts::Arguments),
    /// Master data and readings from CSV files and workbooks
    Import(import::Arguments),
    /// Whether the trail of what people did still is what was written
    Audit(audit::Arguments),
    /// Users and what they may do
    User(user::Arguments),
    /// Begin a session, so that a password need not be typed for each command
    Login(login::Arguments),
    /// End that session
    Logout(logout::Arguments),
    /// The month's bills: run, review, approve, issue, show
    Bill(bill::Arguments),
    /// Take a payment
    Pay(pay::Arguments),
    /// Close a month of the books
    Close(close::Arguments),
    /// Who owes what, how long overdue
    Arrears(arrears::Arguments),
    /// Late fees and the order of settlement, as dated documents
    Policy(policy::Arguments),
    /// The queue: what waits, runs and has failed; try again, run now
    Jobs(jobs::Arguments),
    /// Take jobs from the queue: bill runs, messages to others, tidying
    Work(work::Arguments),
    /// What is wrong with meters, since when, and who has seen it
    Alarms(alarms::Arguments),
    /// Serve the console's pages
    Serve(serve::Arguments),
    /// A seeded fleet of meters that talks through the front door
    Simulate(simulate::Arguments),
}

/// Runs the subcommand that was asked for.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let language = cli.language();
    let app = || App::new(cli.config.as_deref(), cli.lang, language);
    match cli.command {
        Command::Decode(arguments) => decode::run(&arguments, language),
        Command::Db(arguments) => db::run(&arguments),
        Command::Doctor(arguments) => doctor::run(cli.config.as_deref(), &arguments, language),
        Command::Migrate(arguments) => app()?.block_on(async |app| migrate::run(app, &arguments).await),
        Command::Bench(arguments) => app()?.block_on(async |app| bench::run(app, &arguments).await),
        Command::Pay(arguments) => app()?.block_on(async |app| pay::run(app, &arguments).await),
        Command::Arrears(arguments) => app()?.block_on(async |app| arrears::run(app, &arguments).await),
        Command::Policy(arguments) => app()?.block_on(async |app| policy::run(app, &arguments).await),
        Command::Jobs(arguments) => app()?.block_on(async |app| jobs::run(app, &arguments).await),
        Command::Work(arguments) => app()?.block_on(async |app| work::run(app, &arguments).await),
        Command::Bill(arguments) => app()?.block_on(async |app| bill::run(app, &arguments).await),
        Command::Tariff(arguments) => tariff::run(&arguments, language, app),
        Command::Ingest(arguments) => app()?.block_on(async |app| ingest::run(app, &arguments).await),
        Command::Status(arguments) => app()?.block_on(async |app| status::run(app, &arguments).await),
        Command::Import(arguments) => app()?.block_on(async |app| import::run(app, &arguments).await),
        Command::Readings(arguments) => app()?.block_on(async |app| readings::run(app, &arguments).await),
        Command::Rejections(arguments) => app()?.block_on(async |app| rejections::run(app, &arguments).await),
        Command::Conflicts(arguments) => app()?.block_on(async |app| conflicts::run(app, &arguments).await),
        Command::Audit(arguments) => app()?.block_on(async |app| audit::run(app, &arguments).await),
        Command::User(arguments) => app()?.block_on(async |app| user::run(app, &arguments).await),
        Command::Login(arguments) => app()?.block_on(async |app| login::run(app, &arguments).await),
        Command::Logout(arguments) => app()?.block_on(async |app| logout::run(app, &arguments).await),
        Command::Close(arguments) => app()?.block_on(async |app| close::run(app, &arguments).await),
        Command::Alarms(arguments) => app()?.block_on(async |app| alarms::run(app, &arguments).await),
        Command::Serve(arguments) => app()?.block_on(async |app| serve::run(app, &arguments).await),
        Command::Simulate(arguments) => app()?.block_on(async |app| simulate::run(app, &arguments).await),
    }
}

/// The language of `LC_ALL`, `LC_MESSAGES` or `LANG`, the first that is set.
fn of_locale() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok());
    if locale.is_some_and(|locale| locale.starts_with("zh")) { Language::Zh } else { Language::En }
}

/// Reads `zh` or `en`, and names both where it is neither.
fn language() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new([Language::Zh.name(), Language::En.name()])
        .try_map(|name| Language::parse(&name).ok_or("neither zh nor en"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_has_an_example() {
        let shows = |command: &clap::Command| {
            command.get_after_help().is_some_and(|help| help.to_string().contains("Example"))
        };
        for command in Cli::command().get_subcommands() {
            let without: Vec<_> = command.get_subcommands().filter(|step| !shows(step)).collect();
            assert!(
                shows(command) || (command.has_subcommands() && without.is_empty()),
                "{}",
                command.get_name()
            );
        }
    }
}
