//! Payments: each known by (channel, reference, line), recorded once, settled against open items.

use std::collections::BTreeSet;

use billing::allocation::{self, OpenItem};
use jiff::civil::Date;
use metering::BillId;
use rust_decimal::Decimal;
use serde_json::json;
use tokio_postgres::{GenericClient, Transaction};

use crate::ledger::{self, Entry, Open, Transfer};
use crate::numeric::Numeric;
use crate::{SqlError, audit};

mod payment;

pub use payment::{Kind, LateFees, PayError, Payment, Receipt, Till};

/// The account that a payment is for.
struct Payer {
    account: i32,
    account_no: String,
    company: i32,
    currency: String,
    named: Option<BillId>,
}

/// Records a payment. The same identity again gives the first result; with another amount, account or kind it is
/// refused. `late_fees` are what is due for lateness on the day of the payment.
pub async fn record(
    change: &Transaction<'_>,
    till: &Till<'_>,
    payment: &Payment<'_>,
    late_fees: LateFees<'_>,
) -> Result<Receipt, PayError> {
    if payment.amount <= Decimal::ZERO || payment.amount.normalize().scale() > 4 {
        return Err(PayError::Amount(payment.amount));
    }
    let payer = payer(change, payment).await?;
    ledger::lock(change, &[payer.account]).await?;
    let Some(id) = insert(change, till, payment, &payer).await? else {
        return repeated(change, payment, &payer).await;
    };
    let value_date = till.zone.date(payment.paid_at);
    let posting_date = ledger::posting_date(change, payer.company, value_date, till.today).await?;
    let entry = Entry { posting_date, value_date, who: till.who };
    match payment.kind {
        Kind::Pay => settle(change, till, entry, payment, &payer, id, late_fees).await?,
        Kind::Deposit => post(change, entry, &payer, id, (&bank(payment), "prepaid"), payment.amount).await?,
        Kind::Refund => {
            let balance = balance(change, &payer).await?;
            if balance < payment.amount {
                return Err(PayError::Short { balance });
            }
            post(change, entry, &payer, id, ("prepaid", &bank(payment)), payment.amount).await?;
        }
        Kind::Reversal => reverse(change, entry, payment, &payer, id).await?,
    }
    let after = json!({
        "account_no": payer.account_no, "kind": payment.kind.name(), "amount": payment.amount.to_string(),
    });
    let subject = format!("{}/{}/{}", payment.channel, payment.channel_ref, payment.line);
    audit::record(change, till.who, "payment.record", &subject, None, Some(after)).await?;
    receipt(change, &payer, id, payment.amount, false).await
}

/// Finds who pays, whose money it is, and the bill that is named.
async fn payer(change: &Transaction<'_>, payment: &Payment<'_>) -> Result<Payer, PayError> {
    let no = payment.account_no;
    let row = change.query_opt("select id from accounts where account_no = $1", &[&no]).await?;
    let account: i32 = row.ok_or_else(|| PayError::UnknownAccount(no.to_owned()))?.get(0);
    let named = match payment.bill_no {
        None => None,
        Some(bill_no) => {
            let text = "select id, company_id, currency::text from bills \
                        where bill_no = $1 and account_id = $2 and state <> 'trial'";
            let row = change.query_opt(text, &[&bill_no, &account]).await?;
            Some(row.ok_or_else(|| PayError::UnknownBill(bill_no.to_owned()))?)
        }
    };
    let (company, currency) = match &named {
        Some(row) => (row.get(1), row.get(2)),
        None => {
            // The company of the oldest open bill, else of the newest agreement.
            let text = "select c.id, c.currency::text from agreements a join companies c on c.id = a.company_id \
                        where a.account_id = $1 order by a.during desc, a.id desc limit 1";
            let open = ledger::open_items(change, &[account]).await?;
            match open.first() {
                Some(first) => (first.company, first.currency.clone()),
                None => {
                    let row = change.query_opt(text, &[&account]).await?;
                    let row = row.ok_or_else(|| PayError::NoCompany(no.to_owned()))?;
                    (row.get(0), row.get(1))
                }
            }
        }
    };
    let named = named.map(|row| BillId::new(row.get(0)));
    Ok(Payer { account, account_no: no.to_owned(), company, currency, named })
}

async fn insert(
    change: &Transaction<'_>,
    till: &Till<'_>,
    payment: &Payment<'_>,
    payer: &Payer,
) -> Result<Option<i64>, PayError> {
    let reverses = match (payment.kind, payment.reverses_ref) {
        (Kind::Reversal, reference) => {
            let text = "select p.id from payments p where p.channel = $1 and p.channel_ref = $2 and p.account_id = $3 \
                        and p.amount = $4 and p.kind <> 'reversal' \
                        and not exists (select 1 from payments r where r.reverses = p.id \
                                        and (r.channel, r.channel_ref, r.line) <> ($1, $5, $6)) \
                        order by p.line limit 1";
            let reference = reference.unwrap_or_default();
            let key: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
                &payment.channel,
                &reference,
                &payer.account,
                &Numeric(payment.amount),
                &payment.channel_ref,
                &payment.line,
            ];
            let row = change.query_opt(text, &key).await?;
            Some(row.ok_or_else(|| PayError::NothingToReverse(reference.to_owned()))?.get::<_, i64>(0))
        }
        _ => None,
    };
    let row = change
        .query_opt(
            "insert into payments (channel, channel_ref, line, account_id, company_id, kind, amount, currency, paid_at, \
                                   reverses, bill_no, tender, cashier, recorded_by) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             on conflict (channel, channel_ref, line) do nothing returning id",
            &[
                &payment.channel,
                &payment.channel_ref,
                &payment.line,
                &payer.account,
                &payer.company,
                &payment.kind.name(),
                &Numeric(payment.amount),
                &payer.currency,
                &payment.paid_at,
                &reverses,
                &payment.bill_no,
                &payment.tender,
                &payment.cashier,
                &till.who.name(),
            ],
        )
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// The identity is taken: the same payment gives its first result, another one is refused.
async fn repeated(
    change: &Transaction<'_>,
    payment: &Payment<'_>,
    payer: &Payer,
) -> Result<Receipt, PayError> {
    let row = change
        .query_one(
            "select p.id, p.amount, p.kind, a.account_no from payments p join accounts a on a.id = p.account_id \
             where p.channel = $1 and p.channel_ref = $2 and p.line = $3",
            &[&payment.channel, &payment.channel_ref, &payment.line],
        )
        .await?;
    let (amount, kind, account_no) =
        (row.get::<_, Numeric>(1).0, row.get::<_, &str>(2), row.get::<_, &str>(3));
    if amount != payment.amount || kind != payment.kind.name() || account_no != payer.account_no {
        return Err(PayError::Different {
            identity: format!("{} {} line {}", payment.channel, payment.channel_ref, payment.line),
            recorded: format!("{kind} of {amount} for account {account_no}"),
        });
    }
    receipt(change, payer, row.get(0), amount, true).await
}

fn bank(payment: &Payment<'_>) -> String {
    format!("bank:{}", payment.channel)
}

async fn post(
    change: &Transaction<'_>,
    entry: Entry<'_>,
    payer: &Payer,
    payment: i64,
    (debit, credit): (&str, &str),
    amount: Decimal,
) -> Result<(), SqlError> {
    let transfer = Transfer {
        company: payer.company,
        currency: &payer.currency,
        debit,
        credit,
        amount,
        account: payer.account,
        bill: None,
        line: None,
        payment: Some(payment),
        reverses: None,
    };
    ledger::post(change, entry, &[transfer]).await
}

/// Parts a payment among the open items; what is left is prepaid.
async fn settle(
    change: &Transaction<'_>,
    till: &Till<'_>,
    entry: Entry<'_>,
    payment: &Payment<'_>,
    payer: &Payer,
    id: i64,
    late_fees: LateFees<'_>,
) -> Result<(), PayError> {
    let open = ledger::open_items(change, &[payer.account]).await?;
    let items = items(&open, payer.company, late_fees);
    let parted = allocation::allocate(payment.amount, payer.named, &items, till.order)?;
    let from = bank(payment);
    post_parts(change, entry, payer, Some(id), &from, &parted.parts).await?;
    post_fees_left(change, entry, payer, &open, late_fees, &parted.parts).await?;
    if parted.rest > Decimal::ZERO {
        post(change, entry, payer, id, (&from, "prepaid"), parted.rest).await?;
    }
    Ok(())
}

/// The line of what has accrued for lateness and is not posted; line 0 is what is.
const ACCRUED: i16 = -1;

/// The open items of one company, with what is due for lateness and not posted yet.
fn items(open: &[Open], company: i32, late_fees: LateFees<'_>) -> Vec<OpenItem> {
    let mut items: Vec<OpenItem> = open.iter().filter(|o| o.company == company).map(|o| o.item).collect();
    for (bill, fee) in late_fees.iter().filter(|(_, fee)| *fee > Decimal::ZERO) {
        if let Some(of) = items.iter().find(|item| item.bill == *bill).copied() {
            items.push(OpenItem { line: ACCRUED, class: allocation::Class::LateFee, open: *fee, ..of });
        }
    }
    items
}

/// Posts what settles each item. A late fee is owed from the moment that it is paid: its receivable and its
/// payment are posted together, so that what still accrues is counted and never posted ahead.
async fn post_parts(
    change: &Transaction<'_>,
    entry: Entry<'_>,
    payer: &Payer,
    payment: Option<i64>,
    from: &str,
    parts: &[allocation::Part],
) -> Result<(), SqlError> {
    let mut transfers = Vec::with_capacity(parts.len());
    for part in parts {
        let settled = Transfer {
            company: payer.company,
            currency: &payer.currency,
            debit: from,
            credit: "receivable",
            amount: part.amount,
            account: payer.account,
            bill: Some(part.bill.get()),
            line: Some(part.line.max(0)),
            payment,
            reverses: None,
        };
        if part.line == ACCRUED {
            transfers.push(Transfer { debit: "receivable", credit: "late_fee", ..settled.clone() });
        }
        transfers.push(settled);
    }
    ledger::post(change, entry, &transfers).await
}

/// The late fee of a bill whose principal is settled now accrues no more: what of it is not paid is posted, so that
/// it stays owed.
async fn post_fees_left(
    change: &Transaction<'_>,
    entry: Entry<'_>,
    payer: &Payer,
    open: &[Open],
    late_fees: LateFees<'_>,
    parts: &[allocation::Part],
) -> Result<(), SqlError> {
    let mut transfers = Vec::new();
    for (bill, fee) in late_fees {
        let of_lines = |line: i16| line > 0;
        let owed: Decimal =
            open.iter().filter(|o| o.item.bill == *bill && of_lines(o.item.line)).map(|o| o.item.open).sum();
        let paid: Decimal =
            parts.iter().filter(|p| p.bill == *bill && of_lines(p.line)).map(|p| p.amount).sum();
        let paid_fee: Decimal =
            parts.iter().filter(|p| p.bill == *bill && p.line == ACCRUED).map(|p| p.amount).sum();
        if paid > Decimal::ZERO && owed == paid && paid_fee < *fee {
            transfers.push(Transfer {
                company: payer.company,
                currency: &payer.currency,
                debit: "receivable",
                credit: "late_fee",
                amount: fee - paid_fee,
                account: payer.account,
                bill: Some(bill.get()),
                line: Some(0),
                payment: None,
                reverses: None,
            });
        }
    }
    ledger::post(change, entry, &transfers).await
}

/// Takes a payment back: each of its transfers, the other way round.
async fn reverse(
    change: &Transaction<'_>,
    entry: Entry<'_>,
    payment: &Payment<'_>,
    payer: &Payer,
    id: i64,
) -> Result<(), PayError> {
    let rows = change
        .query(
            "select t.id, t.debit, t.credit, t.amount, t.bill_id, t.bill_line from transfers t \
             join payments p on p.reverses = t.payment_id where p.id = $1 order by t.id",
            &[&id],
        )
        .await?;
    if rows.is_empty() {
        return Err(PayError::NothingToReverse(payment.reverses_ref.unwrap_or_default().to_owned()));
    }
    let taken: Decimal = rows
        .iter()
        .filter(|row| row.get::<_, &str>(2) == "prepaid")
        .map(|row| row.get::<_, Numeric>(3).0)
        .sum();
    let balance = balance(change, payer).await?;
    if taken > balance {
        return Err(PayError::Short { balance });
    }
    let transfers: Vec<Transfer<'_>> = rows
        .iter()
        .map(|row| Transfer {
            company: payer.company,
            currency: &payer.currency,
            debit: row.get(2),
            credit: row.get(1),
            amount: row.get::<_, Numeric>(3).0,
            account: payer.account,
            bill: row.get(4),
            line: row.get(5),
            payment: Some(id),
            reverses: Some(row.get(0)),
        })
        .collect();
    ledger::post(change, entry, &transfers).await?;
    Ok(())
}

async fn balance(change: &Transaction<'_>, payer: &Payer) -> Result<Decimal, SqlError> {
    let prepaid = ledger::prepaid(change, &[payer.account]).await?;
    Ok(prepaid.get(&(payer.account, payer.company)).copied().unwrap_or_default())
}

async fn receipt(
    change: &Transaction<'_>,
    payer: &Payer,
    payment: i64,
    amount: Decimal,
    repeated: bool,
) -> Result<Receipt, PayError> {
    let rows = change
        .query(
            "select coalesce(b.bill_no, ''), coalesce(t.bill_line, 0::smallint), t.debit, t.credit, t.amount \
             from transfers t left join bills b on b.id = t.bill_id where t.payment_id = $1 order by t.id",
            &[&payment],
        )
        .await?;
    let mut settled = Vec::new();
    let mut to_prepaid = Decimal::ZERO;
    for row in &rows {
        let amount = row.get::<_, Numeric>(4).0;
        match (row.get::<_, &str>(2), row.get::<_, &str>(3)) {
            (debit, "receivable") if debit.starts_with("bank:") => {
                settled.push((row.get(0), row.get(1), amount));
            }
            (_, "prepaid") => to_prepaid += amount,
            _ => {}
        }
    }
    let open: Decimal = ledger::open_items(change, &[payer.account]).await?.iter().map(|o| o.item.open).sum();
    Ok(Receipt {
        payment,
        repeated,
        account_no: payer.account_no.clone(),
        amount,
        settled,
        to_prepaid,
        balance: balance(change, payer).await?,
        open,
    })
}

/// Settles what these accounts have open from what they have paid ahead: at issue, and whenever it is asked for.
pub async fn deduct(
    change: &Transaction<'_>,
    accounts: &[i32],
    on: Date,
    till: &Till<'_>,
) -> Result<(), PayError> {
    let ahead: BTreeSet<i32> = ledger::prepaid(change, accounts)
        .await?
        .into_iter()
        .filter(|(_, balance)| *balance > Decimal::ZERO)
        .map(|((account, _), _)| account)
        .collect();
    if ahead.is_empty() {
        return Ok(());
    }
    let ahead: Vec<i32> = ahead.into_iter().collect();
    ledger::lock(change, &ahead).await?;
    let open = ledger::open_items(change, &ahead).await?;
    for ((account, company), balance) in ledger::prepaid(change, &ahead).await? {
        let of_account: Vec<Open> = open.iter().filter(|o| o.account == account).cloned().collect();
        let items = items(&of_account, company, &[]);
        let Some(currency) = of_account.iter().find(|o| o.company == company).map(|o| o.currency.clone())
        else {
            continue;
        };
        let parted = allocation::allocate(balance.max(Decimal::ZERO), None, &items, till.order)?;
        let payer = Payer { account, account_no: String::new(), company, currency, named: None };
        let entry = Entry { posting_date: on, value_date: on, who: till.who };
        post_parts(change, entry, &payer, None, "prepaid", &parted.parts).await?;
    }
    Ok(())
}

/// An account by the number that people know.
pub async fn account(client: &impl GenericClient, account_no: &str) -> Result<Option<i32>, SqlError> {
    let text = "select id from accounts where account_no = $1";
    Ok(client.query_opt(text, &[&account_no]).await?.map(|row| row.get(0)))
}
