//! `meterline close`: close a month of the books.

use anyhow::Result;
use jiff::civil::Date;
use serde_json::json;

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::table::AnswerFormat;
use crate::who::{self, As};

/// The arguments of `meterline close`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline close --month 2026-10 --as wang\n\n\
                  Months are closed in order, after they have ended, for all companies. Nothing is posted into a closed month:\n\
                  what belongs to it later is posted into the next open one and keeps its value date.")]
pub(crate) struct Arguments {
    /// The civil month
    #[arg(long, value_name = "YYYY-MM")]
    month: String,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: AnswerFormat,
    #[command(flatten)]
    who: As,
}

/// Closes it.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    let given = &args.month;
    let month: Date = format!("{given}-01")
        .parse()
        .map_err(|_| Unusable(format!("{given:?} is no month: expected one such as 2026-10")))?;
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &args.who).await?;
    let companies = office::month::close(&office, &caller, month).await?;
    match args.format {
        AnswerFormat::Json => outln!("{}", json!({ "month": given, "companies": companies })),
        AnswerFormat::Table => {
            outln!("{} {given} ({})", app.language.pick("closed", "已结账"), companies.join(", "));
        }
    }
    Ok(Outcome::Done)
}
