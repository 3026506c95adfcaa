//! Payments are not compared set by set: each goes through the one door that takes money, in the file's order and in
//! one transaction.

use anyhow::{Context as _, Result};
use jobs::{bill_run, policies};
use office::{Action, Deed};
use store::Transaction;
use store::payments::{self, Kind, PayError, Payment, Till};

use super::cells::Cells;
use super::kind::Row as _;
use super::kinds::payments::PaymentRow;
use super::rule::{Fault, Rule};
use super::take::{Answer, Opened, Progress, Taking, finish, open};
use super::{report, survey};

/// Takes the payments of a file.
pub(super) async fn take(deed: Deed<'_>, taking: &Taking) -> Result<Answer> {
    let opened = open::<PaymentRow>(&deed, taking).await?;
    // Money that goes back takes a person, and another role than money that comes.
    let may_reverse = deed.role().is_some_and(|role| Action::ReversePayment.is_permitted_to(role));
    let Opened { layout, reading, mut rows, total } = opened;
    let mut record = csv::StringRecord::new();
    let mut progress = Progress::new(total);
    let mut faults = Vec::new();
    let mut counts = store::import::Counts::default();
    let mut number = 1;
    while faults.len() < report::MOST && rows.read_record(&mut record).map_err(survey::unreadable)? {
        number += 1;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let before = faults.len();
        let row = PaymentRow::read(&mut Cells::new(&layout, &reading, &record, number, &mut faults));
        if faults.len() > before {
            continue;
        }
        if !may_reverse && matches!(row.kind, Kind::Refund | Kind::Reversal) {
            let rule = Rule::Refused(format!("{} may not refund or reverse", taking.context.actor));
            faults.push(fault(&layout, number, "kind", row.kind.name(), rule));
            continue;
        }
        match record_payment(deed.change(), taking, &row).await {
            Ok(true) => counts.unchanged += 1,
            Ok(false) => counts.new += 1,
            Err(PayError::Sql(error)) => {
                return Err(error).with_context(|| format!("row {number} cannot be recorded"));
            }
            Err(error) => {
                let (column, value) = place(&error, &row);
                faults.push(fault(&layout, number, column, &value, Rule::Refused(error.to_string())));
            }
        }
        progress.step();
    }
    if !faults.is_empty() {
        return Ok(Answer::Refused(faults));
    }
    finish(deed, &layout, taking, store::import::Outcome::Taken(counts)).await
}

/// Whether it was recorded before.
async fn record_payment(
    change: &Transaction<'_>,
    taking: &Taking,
    row: &PaymentRow,
) -> Result<bool, PayError> {
    let day = taking.zone.date(row.paid_at);
    let policy = |error: anyhow::Error| PayError::Policy(format!("{error:#}"));
    let order = policies::allocation_order(change, day).await.map_err(|error| policy(error.into()))?;
    let late_fees =
        policies::late_fees(change, &row.account_no, day).await.map_err(|error| policy(error.into()))?;
    let today = bill_run::today(&taking.zone);
    let till = Till { zone: &taking.zone, today, order: &order, who: &taking.context.actor };
    let payment = Payment {
        channel: &row.channel,
        channel_ref: &row.channel_ref,
        line: row.line,
        account_no: &row.account_no,
        amount: row.amount,
        paid_at: row.paid_at,
        kind: row.kind,
        reverses_ref: row.reverses_ref.as_deref(),
        bill_no: row.bill_no.as_deref(),
        tender: row.tender.as_deref(),
        cashier: row.cashier.as_deref(),
    };
    Ok(payments::record(change, &till, &payment, &late_fees).await?.repeated)
}

/// The cell that a refusal is about.
fn place(error: &PayError, row: &PaymentRow) -> (&'static str, String) {
    match error {
        PayError::UnknownAccount(no) | PayError::NoCompany(no) => ("account_no", no.clone()),
        PayError::UnknownBill(no) => ("bill_no", no.clone()),
        PayError::NothingToReverse(reference) => ("reverses_ref", reference.clone()),
        PayError::Different { .. } => ("channel_ref", row.channel_ref.clone()),
        PayError::Short { .. } | PayError::Amount(_) | PayError::Policy(_) | PayError::Sql(_) => {
            ("amount", row.amount.to_string())
        }
    }
}

fn fault(layout: &super::header::Layout, row: i32, column: &'static str, value: &str, rule: Rule) -> Fault {
    Fault { row, column: layout.heading(column).to_owned(), value: value.to_owned(), rule }
}
