//! Payments go through the one door that takes money, in the file's order, some hundred together, and in one transaction.

use anyhow::{Context as _, Result};
use office::{Action, Deed};
use sheets::{Cells, Fault, Layout, Record, Rule, Unreadable};
use store::Transaction;
use store::payments::{self, Kind, PayError, Payment, Till};

use super::kind::Row as _;
use super::kinds::payments::PaymentRow;
use super::take::{Answer, Opened, Progress, Taking, finish, open};
use super::{known, report};

/// How many payments are taken at once: enough to share the questions, few enough to hold.
const TOGETHER: usize = 500;

/// Takes the payments of a file.
pub(super) async fn take(deed: Deed<'_>, taking: &Taking) -> Result<Answer> {
    let opened = open::<PaymentRow>(&deed, taking).await?;
    // Money that goes back takes a person, and another role than money that comes.
    let may_reverse = deed.role().is_some_and(|role| Action::ReversePayment.is_permitted_to(role));
    let rules = store::policies::settlement_rules(&**deed.change()).await?;
    let till = Till { zone: &taking.zone, rules: &rules, who: &taking.context.actor };
    let Opened { layout, reading, mut rows, total } = opened;
    let mut record = Record::new();
    let mut progress = Progress::new(total);
    let mut faults = Vec::new();
    let mut counts = store::import::Counts::default();
    let mut waiting: Vec<(i32, PaymentRow)> = Vec::with_capacity(TOGETHER);
    let mut number = 1;
    while faults.len() < report::MOST && rows.read_record(&mut record).map_err(Unreadable::from)? {
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
            let rule = known::refused(&format!("{} may not refund or reverse", taking.context.actor));
            faults.push(fault(&layout, number, "kind", row.kind.name(), rule));
            continue;
        }
        waiting.push((number, row));
        progress.step();
        if waiting.len() == TOGETHER {
            record_all(deed.change(), &till, &waiting, &layout, &mut counts, &mut faults).await?;
            waiting.clear();
        }
    }
    record_all(deed.change(), &till, &waiting, &layout, &mut counts, &mut faults).await?;
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.row);
        faults.truncate(report::MOST);
        return Ok(Answer::Refused(faults));
    }
    finish(deed, &layout, taking, store::import::Outcome::Taken(counts)).await
}

/// Records some rows; what is refused becomes a fault.
async fn record_all(
    change: &Transaction<'_>,
    till: &Till<'_>,
    rows: &[(i32, PaymentRow)],
    layout: &Layout,
    counts: &mut store::import::Counts,
    faults: &mut Vec<Fault>,
) -> Result<()> {
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else { return Ok(()) };
    let all: Vec<Payment<'_>> = rows.iter().map(|(_, row)| payment(row)).collect();
    let receipts = payments::record_all(change, till, &all).await;
    let receipts = receipts.with_context(|| format!("rows {first} to {last} cannot be recorded"))?;
    for ((number, row), receipt) in rows.iter().zip(receipts) {
        match receipt {
            Ok(receipt) if receipt.repeated => counts.unchanged += 1,
            Ok(_) => counts.new += 1,
            Err(error) => {
                let (column, value) = place(&error, row);
                faults.push(fault(layout, *number, column, &value, known::refused(&error)));
            }
        }
    }
    Ok(())
}

fn payment(row: &PaymentRow) -> Payment<'_> {
    Payment {
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
    }
}

/// The cell that a refusal is about.
fn place(error: &PayError, row: &PaymentRow) -> (&'static str, String) {
    match error {
        PayError::UnknownAccount(no) | PayError::NoCompany(no) => ("account_no", no.clone()),
        PayError::UnknownBill(no) => ("bill_no", no.clone()),
        PayError::NothingToReverse(reference) => ("reverses_ref", reference.clone()),
        PayError::Different { .. } => ("channel_ref", row.channel_ref.clone()),
        PayError::Short { .. } | PayError::Amount(_) | PayError::Ledger(_) | PayError::Sql(_) => {
            ("amount", row.amount.to_string())
        }
    }
}

fn fault(layout: &Layout, row: i32, column: &'static str, value: &str, rule: Rule) -> Fault {
    Fault::new(row, layout.heading(column), value, rule)
}
