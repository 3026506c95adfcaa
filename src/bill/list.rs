//! `bill list`: the runs, or the bills of a period or an account.

use anyhow::Result;
use store::{Client, Role, bills, runs};

use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use crate::table::{Output, Table};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  meterline bill list                          # the runs\n  \
    meterline bill list --period 2026-10         # the bills of a period\n  \
    meterline bill list --account 0001000001     # the bills of an account")]
pub(crate) struct List {
    /// Bills of this period, instead of runs
    #[arg(long)]
    period: Option<String>,
    /// Bills of this account, instead of runs
    #[arg(long, value_name = "ACCOUNT_NO")]
    account: Option<String>,
    /// How many, newest first
    #[arg(long, default_value_t = 20)]
    limit: i64,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(app: &App, args: &List) -> Result<Outcome> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    if args.period.is_none() && args.account.is_none() {
        list_runs(app, &client, args).await?;
    } else {
        list_bills(app, &client, args).await?;
    }
    Ok(Outcome::Done)
}

async fn list_bills(app: &App, client: &Client, args: &List) -> Result<()> {
    let pick = |en, zh| app.language.pick(en, zh);
    let mut table = Table::new()
        .text("bill_no", pick("bill", "账单号"))
        .text("account_no", pick("account", "户号"))
        .text("account_name", pick("name", "户名"))
        .text("service_no", pick("agreement", "用户号"))
        .word("service", pick("service", "业务"), app.language)
        .text("period", pick("period", "账期"))
        .word("kind", pick("kind", "类型"), app.language)
        .word("state", pick("state", "状态"), app.language)
        .number("total", pick("total", "金额"))
        .date("due_on", pick("due on", "应缴日"));
    for bill in bills::list(client, args.period.as_deref(), args.account.as_deref(), args.limit).await? {
        table.row([
            bill.bill_no,
            bill.account_no,
            bill.account_name,
            bill.service_no,
            bill.service.to_string(),
            bill.period,
            bill.kind.to_string(),
            bill.state.to_string(),
            bill.total.to_string(),
            bill.due_on.map(|day| day.to_string()).unwrap_or_default(),
        ]);
    }
    table.print_list(app.language, &args.output)?;
    Ok(())
}

async fn list_runs(app: &App, client: &Client, args: &List) -> Result<()> {
    let mut table = Table::new()
        .number("run", app.language.pick("run", "批次"))
        .text("period", app.language.pick("period", "账期"))
        .word("service", app.language.pick("service", "业务"), app.language)
        .text("book", app.language.pick("book", "册本"))
        .word("kind", app.language.pick("kind", "类型"), app.language)
        .word("state", app.language.pick("state", "状态"), app.language)
        .number("due", app.language.pick("due", "应开户数"))
        .text("started_by", app.language.pick("started by", "发起人"))
        .text("approved_by", app.language.pick("approved by", "审批人"));
    for run in runs::list(client, None, args.limit).await? {
        table.row([
            run.id.to_string(),
            run.key.period,
            run.key.service.unwrap_or_default(),
            run.key.book.unwrap_or_default(),
            run.kind.to_string(),
            run.state.to_string(),
            run.due.to_string(),
            run.started_by,
            run.approved_by.unwrap_or_default(),
        ]);
    }
    table.print_list(app.language, &args.output)?;
    Ok(())
}
