//! `meterline bill`: the month's bills, from the run to the single line.

mod cancel;
mod explain;
mod export;
mod list;
mod print;
mod run;
mod show;
mod verify;

use anyhow::Result;
use clap::Subcommand;

pub(crate) use run::place;

use crate::app::App;
use crate::outcome::Outcome;

/// The arguments of `meterline bill`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example of a month:\n  meterline bill run --period 2026-10 --as li.wei\n  \
                  meterline bill status 1\n  meterline bill approve 1 --as wang.fang\n  \
                  meterline bill issue 1 --as li.wei\n  meterline bill show 0000000001")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Make the trial bills of a period, up to review; the same again goes on, or bills what is not billed yet
    Run(run::Run),
    /// Approve a run in review; refused to whoever started it
    Approve(run::Approve),
    /// Issue an approved run: its bills become documents and enter the ledger
    Issue(run::Issue),
    /// Give a run up; it leaves nothing
    Abort(run::Abort),
    /// Where a run stands: control totals, parked agreements, bills for a person's eye
    Status(run::Status),
    /// The last runs, or the bills of a period or an account
    List(list::List),
    /// One bill, as a clerk would read it
    Show(show::Show),
    /// Each line back to its readings, their frames, its price and its ledger entry
    Explain(explain::Explain),
    /// Rate issued bills again from their frozen inputs and compare, byte for byte
    Verify(verify::Verify),
    /// One bill as a page to print
    Print(print::Print),
    /// Propose to cancel an issued bill; another person approves
    Cancel(cancel::Cancel),
    /// The lines of all issued documents of a period, as CSV
    Export(export::Export),
}

/// Does the step.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    match &args.step {
        Step::Run(args) => run::start(app, args).await,
        Step::Approve(args) => run::approve(app, args).await,
        Step::Issue(args) => run::issue(app, args).await,
        Step::Abort(args) => run::abort(app, args).await,
        Step::Status(args) => run::status(app, args).await,
        Step::List(args) => list::run(app, args).await,
        Step::Show(args) => show::run(app, args).await,
        Step::Explain(args) => explain::run(app, args).await,
        Step::Verify(args) => verify::run(app, args).await,
        Step::Print(args) => print::run(app, args).await,
        Step::Cancel(args) => cancel::run(app, args).await,
        Step::Export(args) => export::run(app, args).await,
    }
}
