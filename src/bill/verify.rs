//! `bill verify`: issued bills, rated again from their frozen inputs; with `--all` also the tables that are derived from them.

use anyhow::{Result, bail};
use jobs::bill_verify::{Verified, Verifier};
use serde_json::json;
use store::bills::BillState;
use store::derived::{self, Difference};
use store::{Role, bills};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;
use crate::table::Format;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  meterline bill verify 0000000001\n  meterline bill verify --all")]
pub(crate) struct Verify {
    /// One bill's number
    no: Option<String>,
    /// All issued bills, and what is derived from them and from the journal
    #[arg(long, conflicts_with = "no")]
    all: bool,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Bills a page: what is held in memory at once.
const PAGE: i64 = 1_000;

pub(crate) async fn run(app: &App, args: &Verify) -> Result<Outcome> {
    let mut client = servers::connect(&app.settings, Role::Read).await?;
    // What is posted meanwhile is not looked at.
    let client = store::at_one_instant(&mut client).await?;
    let checker = Verifier::new(&client).await?;
    let mut verified = Verified::default();
    let mut derived = Vec::new();
    match (&args.no, args.all) {
        (Some(no), _) => {
            let Some(bill) = bills::find(&client, no).await? else { bail!("there is no bill {no:?}") };
            if bill.state == BillState::Trial {
                bail!("bill {no} is a trial bill: what is not issued is not verified");
            }
            checker.verify(&client, &[bill], &mut verified).await?;
        }
        (None, true) => {
            let mut after = 0;
            loop {
                let page = bills::page(&client, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.id;
                checker.verify(&client, &page, &mut verified).await?;
            }
            derived = derived::differences(&client).await?;
            let frontiers = std::mem::take(&mut verified.frontiers);
            derived.extend(frontiers.differences(&client).await?);
        }
        (None, false) => return Err(Unusable("which bill? Give its number, or --all".into()).into()),
    }
    print(app, args.format, &verified, &derived);
    Ok(if verified.mismatches.is_empty() && derived.is_empty() { Outcome::Done } else { Outcome::NotSo })
}

fn print(app: &App, format: Format, verified: &Verified, derived: &[Difference]) {
    if format != Format::Table {
        let mismatches: Vec<_> = verified
            .mismatches
            .iter()
            .map(|m| json!({ "bill_no": m.bill_no, "at": m.at, "expected": m.expected, "found": m.found }))
            .collect();
        let derived: Vec<_> = derived
            .iter()
            .map(|d| json!({ "table": d.table, "key": d.key, "expected": d.expected, "found": d.found }))
            .collect();
        outln!(
            "{}",
            json!({
                "bills": verified.bills,
                "total": verified.total.to_string(),
                "mismatches": mismatches,
                "derived": derived,
            })
        );
        return;
    }
    let (must, is) = (app.language.pick("must be", "应为"), app.language.pick("is", "实为"));
    for m in &verified.mismatches {
        outln!("{} {}: {must} {}, {is} {}", m.bill_no, m.at, m.expected, m.found);
    }
    for d in derived {
        outln!("{}, {}: {must} {}, {is} {}", d.table, d.key, d.expected, d.found);
    }
    outln!(
        "{} {}, {} {}",
        verified.bills,
        app.language.pick("bills verified", "张账单已核验"),
        verified.mismatches.len() + derived.len(),
        app.language.pick("differences", "处不一致")
    );
}
