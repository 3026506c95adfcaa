//! `meterline arrears`: who owes what at a day, how long overdue.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use anyhow::Result;
use billing::arrears::{Bucket, days_overdue};
use clap::ValueEnum;
use futures_util::TryStreamExt as _;
use jiff::civil::Date;
use jobs::bill_run;
use metering::moment;
use rust_decimal::Decimal;
use store::Role;
use store::arrears::{self, Arrear};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;
use crate::table::{Output, Table};

/// The arguments of `meterline arrears`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  meterline arrears --as-of 2026-12-31\n  meterline arrears --by book --format csv"
)]
pub(crate) struct Arguments {
    /// The end of this day; else of today
    #[arg(long)]
    as_of: Option<Date>,
    /// With what was entered until then; else with all
    #[arg(long)]
    known_at: Option<String>,
    /// Summed up
    #[arg(long, value_enum)]
    by: Option<By>,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Area,
    Book,
    #[value(name = "use_class")]
    UseClass,
    Item,
    Payer,
    Reader,
}

/// Prints the list.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    let zone = app.settings.zone()?;
    let as_of = args.as_of.unwrap_or_else(|| bill_run::today(&zone));
    let known_at = match &args.known_at {
        None => arrears::always(),
        Some(text) => moment::instant(text, &zone).map_err(|why| Unusable(format!("{text:?}: {why}")))?,
    };
    let client = servers::connect(&app.settings, Role::Read).await?;
    if args.by == Some(By::Item) {
        let mut table = Table::new()
            .text("item", app.language.pick("item", "项目"))
            .number("bills", app.language.pick("bills", "账单数"))
            .number("open", app.language.pick("open", "欠费"));
        for (item, bills, open) in arrears::by_item(&client, as_of, known_at).await? {
            table.row([item, bills.to_string(), open.to_string()]);
        }
        table.print_list(app.language, &args.output)?;
        return Ok(Outcome::Done);
    }
    let rules = store::policies::settlement_rules(&client).await?;
    let mut list = List::new(app, args.by);
    let mut stream = pin!(arrears::at(&client, as_of, known_at, None).await?);
    while let Some(arrear) = stream.try_next().await? {
        let late_fee = arrear.late_fee + rules.fees().due(&arrear.fee, as_of)?;
        list.add(&arrear, late_fee, days_overdue(arrear.due_on, as_of));
    }
    list.table(app).print_list(app.language, &args.output)?;
    Ok(Outcome::Done)
}

/// The list, or its sums.
struct List {
    rows: Option<Table>,
    by: Option<By>,
    sums: BTreeMap<String, Sum>,
}

#[derive(Default)]
struct Sum {
    accounts: BTreeSet<i32>,
    bills: u64,
    principal: Decimal,
    late_fee: Decimal,
    by_bucket: BTreeMap<Bucket, Decimal>,
}

impl List {
    fn new(app: &App, by: Option<By>) -> Self {
        let rows = by.is_none().then(|| {
            let pick = |en, zh| app.language.pick(en, zh).to_owned();
            Table::new()
                .text("account_no", pick("account", "户号"))
                .text("name", pick("name", "户名"))
                .text("area", pick("area", "片区"))
                .text("book", pick("book", "册本"))
                .text("use_class", pick("use class", "用水性质"))
                .text("service_no", pick("agreement", "用户号"))
                .text("bill_no", pick("bill", "账单号"))
                .date("due_on", pick("due on", "应缴日"))
                .number("principal", pick("principal", "本金"))
                .number("late_fee", pick("late fee", "违约金"))
                .number("open", pick("open", "欠费"))
                .number("days_overdue", pick("days overdue", "逾期天数"))
                .word("bucket", pick("age", "账龄"), app.language)
        });
        Self { rows, by, sums: BTreeMap::new() }
    }

    fn add(&mut self, arrear: &Arrear, late_fee: Decimal, days: i32) {
        let bucket = Bucket::of(days);
        let open = arrear.principal + late_fee;
        if let Some(table) = &mut self.rows {
            table.row([
                arrear.account_no.clone(),
                arrear.name.clone(),
                arrear.area.clone(),
                arrear.book.clone(),
                arrear.use_class.clone(),
                arrear.service_no.clone(),
                arrear.bill_no.clone(),
                arrear.due_on.to_string(),
                arrear.principal.to_string(),
                late_fee.to_string(),
                open.to_string(),
                days.max(0).to_string(),
                bucket.to_string(),
            ]);
            return;
        }
        let key = match self.by {
            Some(By::Area) => &arrear.area,
            Some(By::Book) => &arrear.book,
            Some(By::UseClass) => &arrear.use_class,
            Some(By::Payer) => &arrear.payer,
            Some(By::Reader) => &arrear.reader,
            Some(By::Item) | None => &arrear.bill_no,
        };
        let sum = self.sums.entry(key.clone()).or_default();
        sum.accounts.insert(arrear.account);
        sum.bills += 1;
        sum.principal += arrear.principal;
        sum.late_fee += late_fee;
        *sum.by_bucket.entry(bucket).or_default() += open;
    }

    fn table(self, app: &App) -> Table {
        if let Some(rows) = self.rows {
            return rows;
        }
        let pick = |en, zh| app.language.pick(en, zh).to_owned();
        let mut table = Table::new()
            .text("key", pick("key", "分组"))
            .number("accounts", pick("accounts", "户数"))
            .number("bills", pick("bills", "账单数"))
            .number("principal", pick("principal", "本金"))
            .number("late_fee", pick("late fee", "违约金"))
            .number("open", pick("open", "欠费"));
        for bucket in Bucket::all() {
            table = table.number(bucket.name(), bucket.name());
        }
        for (key, sum) in self.sums {
            let mut row = vec![
                key,
                sum.accounts.len().to_string(),
                sum.bills.to_string(),
                sum.principal.to_string(),
                sum.late_fee.to_string(),
                (sum.principal + sum.late_fee).to_string(),
            ];
            let in_bucket = |bucket| sum.by_bucket.get(&bucket).copied().unwrap_or_default().to_string();
            row.extend(Bucket::all().map(in_bucket));
            table.row(row);
        }
        table
    }
}
