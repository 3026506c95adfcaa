//! `meterline bench bill`: a run from freeze to issue with its ledger, against COPY of the same rows into the same
//! tables.

use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use billing::inputs::sha256;
use jiff::civil::date;
use jobs::bill_issue;
use jobs::bill_run::{self, Place};
use metering::{Language, Zone};
use office::{BillingSettings, Caller, Office, OfficeSettings, Proof, bill};
use serde_json::{Value, json};
use store::runs::{self, RunKey, RunState};
use store::{Actor, Client};

use crate::database::BenchDatabase;
use crate::yardstick::{self, SeedTariff};
use crate::{median, ratio};

/// The arguments of `meterline bench bill`.
#[derive(Debug, clap::Args)]
pub struct Bill {
    /// Households with a meter each
    #[arg(long, default_value_t = 200_000)]
    accounts: i32,
    /// Fewer accounts, fewer rounds: a look, not a measurement
    #[arg(long)]
    quick: bool,
    /// Rounds of subject and baseline in turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Three blocks and three more charge items.
const TARIFF: &str = r#"{"code": "BENCH", "name": "Bench", "medium": "water", "currency": "CNY", "tier_year_by": "label",
"quantum": "0.01", "rounding": "half_up", "components": [
{"type": "tiered", "code": "water", "qty": "usage", "basis": "annual_cumulative", "tiers": [
  {"upto": "18", "price": "2.07"}, {"upto": "26", "price": "4.07"}, {"upto": null, "price": "6.07"}]},
{"type": "unit", "code": "resource", "qty": "usage", "price": "1.57", "payee": "treasury"},
{"type": "unit", "code": "sewage", "qty": "usage", "price": "1.36", "payee": "sewage"},
{"type": "fixed", "code": "meter", "amount": "3.00"}]}"#;

/// Measures, on the database server of that URL.
pub async fn run(database_url: &str, args: &Bill) -> Result<Value> {
    let accounts = if args.quick { args.accounts.min(20_000) } else { args.accounts };
    let rounds = if args.quick { 1 } else { args.rounds.max(1) };
    let database = BenchDatabase::create(database_url).await?;
    let measured = measure(&database, accounts, rounds).await;
    database.drop().await?;
    let (subject, baseline, rows) = measured?;
    Ok(json!({
        "bench": "bill",
        "subject": { "what": "freeze to issue, with ledger", "accounts": accounts, "ms": subject,
                     "bills_per_s": u128::from(accounts.unsigned_abs()) * 1000 / subject.max(1) },
        "baseline": { "what": "COPY of the same bills, lines and transfers into frozen tables with primary keys only", "rows": rows, "ms": baseline },
        "rounds": rounds,
        "ratio": ratio(subject, baseline)?,
    }))
}

/// The medians of subject and baseline, in milliseconds, and how many rows were written.
async fn measure(database: &BenchDatabase, accounts: i32, rounds: usize) -> Result<(u128, u128, u64)> {
    let client = database.owner().await?;
    let hash = sha256(TARIFF);
    let tariff = SeedTariff { code: "BENCH", document: TARIFF, sha256: &hash };
    let started = Instant::now();
    yardstick::seed(&client, accounts, tariff, (date(2026, 10, 1), date(2026, 11, 1))).await?;
    eprintln!("seeded {accounts} accounts in {} s", started.elapsed().as_secs());
    let place = Place { url: database.url.clone(), zone: Zone::named("Asia/Shanghai")? };
    let (mut subjects, mut baselines, mut written) = (Vec::new(), Vec::new(), 0);
    for round in 1..=rounds {
        yardstick::clear(&client).await?;
        let started = Instant::now();
        month(&place, accounts).await?;
        let subject = started.elapsed().as_millis();
        subjects.push(subject);
        let (baseline, rows) = copy_again(&client).await?;
        baselines.push(baseline);
        written = rows;
        eprintln!("round {round}: {subject} ms, COPY {baseline} ms");
    }
    Ok((median(subjects), median(baselines), written))
}

/// One run, from freeze to issue, by two people.
async fn month(place: &Place, accounts: i32) -> Result<()> {
    let workers = available_parallelism().map_or(2, usize::from);
    let client = store::connect(&place.url, store::Role::Billing).await?;
    let pool = store::pool(&place.url, store::Role::Billing, 2)?;
    let office = Office::new(pool, place.zone.clone(), OfficeSettings::default(), BillingSettings::default());
    // Noon of the day of issue, in the utility's zone.
    let now = "2026-11-02T12:00:00+08:00".parse()?;
    let by = |name: &str| Caller {
        name: Some(name.to_owned()),
        proof: Proof::Name,
        os_account: "bench".to_owned(),
        language: Language::En,
        now,
        key: None,
    };
    let key = RunKey { service: None, book: None, period: "2026-10".into() };
    let started = Instant::now();
    let run = bill::start(&office, &by("li"), &key).await?.run;
    let frozen = started.elapsed().as_millis();
    bill_run::carry_to_review(place, run, workers).await?;
    let tried = started.elapsed().as_millis();
    bill::approve(&office, &by("wang"), run, None, "").await?;
    let ordered = bill::issue(&office, &by("li"), run).await?;
    let state = bill_issue::carry_on(place, run, &Actor::ordered_by(ordered.by), workers).await?;
    let issued = started.elapsed().as_millis();
    eprintln!("  ms until frozen {frozen}, tried {tried}, issued {issued}");
    ensure!(state == RunState::Issued, "the run is {state}");
    let totals = runs::totals(&client, run).await?;
    ensure!(
        totals.agree() && totals.billed == i64::from(accounts),
        "the control totals do not agree: {totals:?}"
    );
    Ok(())
}

/// COPYs what the run has made into the frozen tables, one after the other.
async fn copy_again(client: &Client) -> Result<(u128, u64)> {
    yardstick::freeze(client).await?;
    let mut tables = Vec::new();
    for (table, rows) in yardstick::TABLES {
        tables.push((table, yardstick::take_out(client, rows).await?));
    }
    client.batch_execute("checkpoint").await?;
    let mut rows = 0;
    let started = Instant::now();
    for (table, parts) in tables {
        rows += yardstick::put_in(client, table, parts).await.with_context(|| table.to_owned())?;
    }
    Ok((started.elapsed().as_millis(), rows))
}
