//! `meterline audit`: whether the trail of what people did still is what was written.

use anyhow::Result;
use clap::{Args, Subcommand};
use store::Role;
use store::seals::{self, Head, Verified};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::servers;
use crate::table::{Format, Table};

/// The trail of what people did: whether it still is what was written
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  meterline audit verify
  meterline audit verify --head 1042:9f3c…   a head that an earlier call printed and that was kept elsewhere")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Walk the chain of seals and compare it with the rows
    #[command(after_help = "\
Prints each row that was changed, taken out or whose seal is gone, how many rows are not sealed yet, and the head of the
chain. Write the head down where the database's owner cannot change it; a chain that was made anew does not hold it.
Exit status 1 where a link does not hold.

Examples:
  meterline audit verify
  meterline audit verify --format json")]
    Verify {
        /// A head of an earlier call, which the chain must still hold: NUMBER:HASH
        #[arg(long, value_name = "N:HASH")]
        head: Option<String>,
        /// For people or programs
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
}

pub(crate) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let Step::Verify { head, format } = &arguments.step;
    let kept = head.as_deref().map(parse).transpose()?;
    let client = servers::connect(&app.settings, Role::Read).await?;
    let verified = seals::verify(&client).await?;
    let held = match &kept {
        Some(kept) => Some(seals::link(&client, kept.n).await?.as_ref() == Some(&kept.sha256)),
        None => None,
    };
    let zone = app.settings.zone()?;
    let since = verified.unsealed_since.map(|at| zone.date(at).to_string()).unwrap_or_default();
    table(app, &verified, &since, held).print(*format)?;
    let holds = verified.holds() && held != Some(false);
    Ok(if holds { Outcome::Done } else { Outcome::NotSo })
}

/// Reads `NUMBER:HASH`.
fn parse(text: &str) -> Result<Head, Unusable> {
    let parts = text.split_once(':').and_then(|(n, hash)| Some((n.parse().ok()?, hex::decode(hash).ok()?)));
    match parts {
        Some((n, sha256)) if sha256.len() == 32 => Ok(Head { n, sha256 }),
        _ => {
            Err(Unusable(format!("--head {text:?}: a number, a colon and 64 hexadecimal digits are needed")))
        }
    }
}

/// `since`: the day from which on rows wait for their seal.
fn table(app: &App, verified: &Verified, since: &str, kept_holds: Option<bool>) -> Table {
    let pick = |en, zh| app.language.pick(en, zh);
    let mut table = Table::new()
        .word("what", pick("what", "项目"), app.language)
        .word("value", pick("value", "值"), app.language)
        .text("row", pick("row", "记录"))
        .word("note", pick("note", "说明"), app.language);
    let (sealed, head) = match &verified.head {
        Some(head) => (head.n, format!("{}:{}", head.n, hex::encode(&head.sha256))),
        None => (0, "-".to_owned()),
    };
    table.row(["sealed", &sealed.to_string(), "", ""]);
    table.row(["unsealed", &verified.unsealed.to_string(), "", since]);
    table.row(["head", &head, "", ""]);
    if let Some(holds) = kept_holds {
        table.row(["kept_head", if holds { "holds" } else { "does_not_hold" }, "", ""]);
    }
    table.row(["broken", &verified.broken.to_string(), "", ""]);
    for (n, row, fault) in &verified.faults {
        let row = row.map(|row| row.to_string()).unwrap_or_default();
        table.row(["seal", &n.to_string(), &row, fault.name()]);
    }
    table
}
