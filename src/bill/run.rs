//! `bill run`, `approve`, `issue`, `abort`, `status`: a run from its start to its end.

use std::collections::BTreeMap;
use std::thread::available_parallelism;

use anyhow::Result;
use billing::label::Label;
use jiff::civil::Date;
use jobs::bill_issue;
use jobs::bill_run::{self, Place};
use office::Refusal;
use serde_json::json;
use store::runs::{self, RunKey, RunState, Totals};
use store::{Actor, Client, Role};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;
use crate::table::{AnswerFormat, Format, Table};
use crate::who::{self, As};
use documents::dictionary::{reason, word};
use metering::{Language, Service};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  meterline bill run --period 2026-10 --as li\n  meterline bill run --period season:2025-26 --service heat --as li"
)]
pub(crate) struct Run {
    /// 2026-10, season:2025-26, or FROM..TO (the last day not included)
    #[arg(long)]
    period: String,
    /// water, heat or electricity; else all
    #[arg(long)]
    service: Option<String>,
    /// A book's code; else all
    #[arg(long)]
    book: Option<String>,
    /// Workers in this process; else one for each core
    #[arg(long)]
    workers: Option<usize>,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: AnswerFormat,
    #[command(flatten)]
    who: As,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill approve 1 --on 2026-11-05 --as wang")]
pub(crate) struct Approve {
    /// The run's number
    run: i64,
    /// The day that its bills carry; else today. Not in the future
    #[arg(long)]
    on: Option<Date>,
    /// Why that day lies more than a month back
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    who: As,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill issue 1 --as li")]
pub(crate) struct Issue {
    /// The run's number
    run: i64,
    /// Workers in this process; else one for each core
    #[arg(long)]
    workers: Option<usize>,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: AnswerFormat,
    #[command(flatten)]
    who: As,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill abort 1 --as li")]
pub(crate) struct Abort {
    /// The run's number
    run: i64,
    #[command(flatten)]
    who: As,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill status 1")]
pub(crate) struct Status {
    /// The run's number
    run: i64,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: AnswerFormat,
    /// How many parked agreements and bills to show
    #[arg(long, default_value_t = 20)]
    limit: i64,
}

/// Where a run happens.
pub(crate) fn place(app: &App) -> Result<Place> {
    Ok(Place { url: servers::database_url(&app.settings)?, zone: app.settings.zone()? })
}

fn workers(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| available_parallelism().map_or(2, usize::from))
}

pub(crate) async fn start(app: &App, args: &Run) -> Result<Outcome> {
    args.period.parse::<Label>().map_err(|error| Unusable(error.to_string()))?;
    if let Some(service) = &args.service {
        service.parse::<Service>().map_err(|error| Unusable(error.to_string()))?;
    }
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &args.who).await?;
    let key = RunKey { service: args.service.clone(), book: args.book.clone(), period: args.period.clone() };
    let started = office::bill::start(&office, &caller, &key).await?;
    let carried = bill_run::carry_to_review(&place(app)?, started.run, workers(args.workers)).await;
    carried.map_err(Refusal::from)?;
    let client = servers::connect(&app.settings, Role::Read).await?;
    print(app, &client, started.run, args.format, 10).await
}

pub(crate) async fn approve(app: &App, args: &Approve) -> Result<Outcome> {
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &args.who).await?;
    let approved = office::bill::approve(
        &office,
        &caller,
        args.run,
        args.on,
        args.reason.as_deref().unwrap_or_default(),
    )
    .await?;
    outln!(
        "{} {}: {} ({})",
        app.language.pick("run", "批次"),
        args.run,
        app.language.pick("approved", "已审批"),
        approved.on
    );
    Ok(Outcome::Done)
}

pub(crate) async fn issue(app: &App, args: &Issue) -> Result<Outcome> {
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &args.who).await?;
    let issue = office::bill::issue(&office, &caller, args.run).await?;
    let by = Actor::ordered_by(issue.by);
    let state = bill_issue::carry_on(&place(app)?, args.run, &by, workers(args.workers)).await;
    if state.map_err(Refusal::from)? == RunState::Review {
        eprintln!(
            "{}",
            app.language.pick(
                "some bills are no longer those that were approved (tier counters have moved, or somebody has changed them): they were rated again and need another approval",
                "部分账单与审批时不同(阶梯累计量已变化,或被人改动),已重新计费,需再次审批"
            )
        );
    }
    let client = servers::connect(&app.settings, Role::Read).await?;
    print(app, &client, args.run, args.format, 10).await
}

pub(crate) async fn abort(app: &App, args: &Abort) -> Result<Outcome> {
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &args.who).await?;
    office::bill::abort(&office, &caller, args.run).await?;
    outln!("{} {}: {}", app.language.pick("run", "批次"), args.run, app.language.pick("aborted", "已撤销"));
    Ok(Outcome::Done)
}

pub(crate) async fn status(app: &App, args: &Status) -> Result<Outcome> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    print(app, &client, args.run, args.format, args.limit).await
}

/// Prints where a run stands. Control totals that do not agree are exit status 1.
async fn print(app: &App, client: &Client, id: i64, format: AnswerFormat, limit: i64) -> Result<Outcome> {
    let run = runs::find(client, id).await?;
    let totals = runs::totals(client, id).await?;
    match format {
        AnswerFormat::Table => {
            people(app.language, &run, &totals);
            exceptions(app, client, id, limit).await?;
            review(app.language, client, id, limit).await?;
        }
        AnswerFormat::Json => outln!(
            "{}",
            json!({
                "run": run.id,
                "state": run.state.name(),
                "due": totals.due,
                "billed": totals.billed,
                "parked": totals.parked,
                "excluded": totals.excluded,
                "total": totals.total.to_string(),
                "review": totals.review,
                "ledger": totals.ledger.map(|ledger| ledger.to_string()),
                "agree": totals.agree(),
            })
        ),
    }
    // Before the review is reached, other workers are still at it; what was given up has nothing to agree.
    let finished = !matches!(run.state, RunState::Frozen | RunState::Aborted);
    if finished && !totals.agree() {
        eprintln!("{}", app.language.pick("the control totals do not agree", "控制总数不一致"));
        return Ok(Outcome::NotSo);
    }
    Ok(Outcome::Done)
}

fn people(language: Language, run: &runs::Run, totals: &Totals) {
    let pick = |en, zh| language.pick(en, zh);
    outln!("{} {}: {}  {}", pick("run", "批次"), run.id, run.key.period, word(language, run.state.name()));
    outln!("{} {}", pick("due", "应开"), totals.due);
    outln!("  = {} {}", pick("billed", "已开"), totals.billed);
    let out = |name: &str, by_reason: &BTreeMap<String, i64>| {
        for (key, count) in by_reason {
            outln!("  + {name} {count}: {key} ({})", reason(language, key));
        }
    };
    out(pick("parked", "挂起"), &totals.parked);
    out(pick("excluded", "排除"), &totals.excluded);
    outln!("{} {}", pick("total", "合计"), totals.total);
    if let Some(ledger) = totals.ledger {
        outln!("  {} {ledger}", pick("in the ledger", "入账"));
    }
}

async fn exceptions(app: &App, client: &Client, run: i64, limit: i64) -> Result<()> {
    let (language, zone) = (app.language, app.settings.zone()?);
    let exceptions = runs::exceptions(client, run, limit).await?;
    if exceptions.is_empty() {
        return Ok(());
    }
    let mut table = Table::new()
        .text("service_no", language.pick("agreement", "用户号"))
        .word("outcome", language.pick("outcome", "结果"), language)
        .text("reason", language.pick("reason", "原因"))
        .text("detail", language.pick("detail", "说明"));
    for exception in exceptions {
        let why = reason(language, &exception.reason).to_owned();
        let detail = documents::dictionary::detail(language, &zone, &exception.detail);
        table.row([exception.service_no, exception.outcome, why, detail]);
    }
    outln!();
    table.print(Format::Table)?;
    Ok(())
}

async fn review(language: Language, client: &Client, run: i64, limit: i64) -> Result<()> {
    let bills = store::bills::to_review(client, run, limit).await?;
    if bills.is_empty() {
        return Ok(());
    }
    let mut table = Table::new()
        .text("bill_no", language.pick("bill", "账单号"))
        .text("service_no", language.pick("agreement", "用户号"))
        .number("total", language.pick("total", "金额"))
        .text("review", language.pick("to look at", "复核"));
    for bill in bills {
        let rules: Vec<_> = bill.review.split(',').map(|rule| word(language, rule)).collect();
        table.row([bill.bill_no, bill.service_no, bill.total.to_string(), rules.join(", ")]);
    }
    outln!();
    table.print(Format::Table)?;
    Ok(())
}
