//! `meterline pay`: take one payment, and say what it settled.

use anyhow::Result;
use metering::{Identifier, moment};
use rust_decimal::Decimal;
use serde_json::json;
use store::payments::{Kind, Payment, Receipt};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::table::AnswerFormat;
use crate::who::{self, As};

/// The arguments of `meterline pay`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  meterline pay --account A100 --amount 87.50 --channel counter --ref 2026-0001 --as chen.jie\n\n\
                  A payment is known by channel, reference and line: the same again is the first result."
)]
pub(crate) struct Arguments {
    /// The account's number
    #[arg(long)]
    account: String,
    /// Above zero
    #[arg(long, allow_negative_numbers = true)]
    amount: String,
    /// counter, wechat, a bank …
    #[arg(long, value_parser = Identifier::channel)]
    channel: Identifier,
    /// The channel's own number of the payment
    #[arg(long = "ref", value_parser = Identifier::reference)]
    channel_ref: Identifier,
    /// A part of it
    #[arg(long, default_value_t = 1)]
    line: i16,
    /// The bill that is paid first
    #[arg(long)]
    bill: Option<String>,
    /// When; else now. Without offset in the utility's zone
    #[arg(long)]
    at: Option<String>,
    /// pay, deposit, refund or reversal
    #[arg(long, default_value = "pay")]
    kind: Kind,
    /// The reference of the payment that a reversal takes back
    #[arg(long, value_parser = Identifier::reference)]
    reverses: Option<Identifier>,
    /// cash, card …
    #[arg(long)]
    tender: Option<String>,
    /// Why, for a day that lies far back (a supervisor's)
    #[arg(long, default_value = "")]
    reason: String,
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: AnswerFormat,
    #[command(flatten)]
    who: As,
}

/// Takes the payment.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    let zone = app.settings.zone()?;
    let amount = Decimal::from_str_exact(&args.amount).map_err(|_| {
        Unusable(format!("{:?} is no amount: expected a plain decimal such as 87.50", args.amount))
    })?;
    let office = who::office(app)?;
    let caller = who::caller(app, &office, &args.who).await?;
    let paid_at = match &args.at {
        None => caller.now,
        Some(text) => moment::instant(text, &zone).map_err(|why| Unusable(format!("{text:?}: {why}")))?,
    };
    let payment = Payment {
        channel: args.channel.as_str(),
        channel_ref: args.channel_ref.as_str(),
        line: args.line,
        account_no: &args.account,
        amount,
        paid_at,
        kind: args.kind,
        reverses_ref: args.reverses.as_ref().map(Identifier::as_str),
        bill_no: args.bill.as_deref(),
        tender: args.tender.as_deref(),
        cashier: None,
    };
    let receipt = office::payment::record(&office, &caller, &payment, &args.reason).await?;
    match args.format {
        AnswerFormat::Table => people(app, &receipt),
        AnswerFormat::Json => outln!("{}", json_of(&receipt)),
    }
    Ok(Outcome::Done)
}

fn people(app: &App, receipt: &Receipt) {
    let pick = |en, zh| app.language.pick(en, zh);
    let repeated = if receipt.repeated { pick(" (recorded before)", " (已入账)") } else { "" };
    outln!("{} {}{repeated}", pick("receipt", "收据"), receipt.payment);
    outln!("{} {}  {}", pick("account", "户号"), receipt.account_no, receipt.amount);
    for (bill_no, line, amount) in &receipt.settled {
        let what = if *line == 0 { pick("late fee", "违约金") } else { "" };
        outln!("  {bill_no} {line} {amount} {what}");
    }
    outln!("{} {}", pick("to prepaid", "转预存"), receipt.to_prepaid);
    outln!("{} {}", pick("balance", "预存余额"), receipt.balance);
    outln!("{} {}", pick("still open", "尚欠"), receipt.open);
}

fn json_of(receipt: &Receipt) -> serde_json::Value {
    json!({
        "receipt": receipt.payment,
        "repeated": receipt.repeated,
        "account_no": receipt.account_no,
        "amount": receipt.amount.to_string(),
        "settled": receipt.settled.iter().map(|(bill_no, line, amount)| json!({
            "bill_no": bill_no, "line": line, "amount": amount.to_string(),
        })).collect::<Vec<_>>(),
        "to_prepaid": receipt.to_prepaid.to_string(),
        "balance": receipt.balance.to_string(),
        "open": receipt.open.to_string(),
    })
}
