//! Payments of a channel: by the counter's rules and through the one door that takes money, in the file's order, some
//! hundred together, and in one transaction.

use std::collections::BTreeMap;

use metering::refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sheets::{Fault, Layout};
use store::import::Counts;
use store::payments::{self, Kind, Payment, Receipt};

use super::kinds::payments::PaymentRow;
use super::stage::open;
use super::{Answer, Halt, MOST, Taking, keep, known};
use crate::Deed;
use crate::payment::check;

/// How many payments are taken at once: enough to share the questions, few enough to hold.
const TOGETHER: usize = 500;

/// Takes the payments of a file.
pub(super) async fn take(deed: Deed<'_>, taking: &Taking<'_>) -> Result<Answer, Halt> {
    let mut opened = open::<PaymentRow>(&deed, taking).await?;
    let rules = store::policies::settlement_rules(deed.change().transaction()).await?;
    let mut faults = Vec::new();
    let mut sums = Sums::default();
    let mut waiting: Vec<(i32, PaymentRow)> = Vec::with_capacity(TOGETHER);
    loop {
        let before = faults.len();
        let row = if before < MOST { opened.next::<PaymentRow>(taking, &mut faults)? } else { None };
        let ended = row.is_none();
        if let Some(row) = row.filter(|_| faults.len() == before) {
            match check(taking.office, &deed, &payment(&row), taking.wish.reason) {
                Ok(()) => waiting.push((opened.number, row)),
                Err(refusal) => faults.push(fault(&opened.layout, opened.number, &row, &refusal)),
            }
        }
        if waiting.len() == TOGETHER || ended {
            let rows = std::mem::take(&mut waiting);
            let all: Vec<Payment<'_>> = rows.iter().map(|(_, row)| payment(row)).collect();
            let receipts = payments::record_all(deed.change(), taking.office.zone(), &rules, &all).await;
            for ((number, row), receipt) in rows.iter().zip(receipts.map_err(Refusal::from)?) {
                match receipt {
                    Ok(receipt) => sums.add(row.kind, &receipt),
                    Err(error) => faults.push(fault(&opened.layout, *number, row, &error.into())),
                }
            }
        }
        if ended {
            break;
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.row);
        faults.truncate(MOST);
        return Ok(Answer::Refused(faults));
    }
    keep(deed, taking, sums.counts, json!({ "payments": sums.as_json() })).await
}

/// What a file brought: how many payments, and by kind and currency their number and sum.
#[derive(Debug, Default)]
struct Sums {
    counts: Counts,
    new: BTreeMap<(Kind, String), (u64, Decimal)>,
}

impl Sums {
    fn add(&mut self, kind: Kind, receipt: &Receipt) {
        if receipt.repeated {
            self.counts.unchanged = self.counts.unchanged.saturating_add(1);
            return;
        }
        self.counts.new = self.counts.new.saturating_add(1);
        let (number, sum) = self.new.entry((kind, receipt.currency.clone())).or_default();
        *number = number.saturating_add(1);
        *sum = sum.saturating_add(receipt.amount);
    }

    fn as_json(&self) -> Vec<Value> {
        let row = |((kind, currency), (number, sum)): (&(Kind, String), &(u64, Decimal))| json!({ "kind": kind.name(), "currency": currency, "number": number, "sum": sum.normalize().to_string() });
        self.new.iter().map(row).collect()
    }
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

/// At the cell that a refusal is about.
fn fault(layout: &Layout, number: i32, row: &PaymentRow, refusal: &Refusal) -> Fault {
    let (column, value) = match refusal.field {
        "account" => ("account_no", row.account_no.clone()),
        "bill" => ("bill_no", row.bill_no.clone().unwrap_or_default()),
        "reverses_ref" => ("reverses_ref", row.reverses_ref.clone().unwrap_or_default()),
        "channel" => ("channel", row.channel.clone()),
        "channel_ref" => ("channel_ref", row.channel_ref.clone()),
        "paid_at" => ("paid_at", row.paid_at.to_string()),
        "kind" => ("kind", row.kind.name().to_owned()),
        _ => ("amount", row.amount.to_string()),
    };
    Fault::new(number, layout.heading(column), &value, known::refused(refusal))
}
