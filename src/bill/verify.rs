//! `bill verify`: issued bills, rated again from their frozen inputs; with `--all` also the tables that are derived from them.

use anyhow::{Result, bail};
use office::bill::verify::{Verified, Verifier, verify_all};
use serde_json::json;
use store::bills::BillState;
use store::derived::Difference;
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

pub(crate) async fn run(app: &App, args: &Verify) -> Result<Outcome> {
    let mut client = servers::connect(&app.settings, Role::Read).await?;
    // What is posted meanwhile is not looked at.
    let client = store::at_one_instant(&mut client).await?;
    let (verified, derived) = match (&args.no, args.all) {
        (Some(no), _) => {
            let Some(bill) = bills::find(&client, no).await? else { bail!("there is no bill {no:?}") };
            if bill.state == BillState::Trial {
                bail!("bill {no} is a trial bill: what is not issued is not verified");
            }
            let mut verified = Verified::default();
            Verifier::new(&client).await?.verify(&client, &[bill], &mut verified).await?;
            (verified, Vec::new())
        }
        (None, true) => verify_all(&client).await?,
        (None, false) => return Err(Unusable("which bill? Give its number, or --all".into()).into()),
    };
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
