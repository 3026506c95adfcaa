//! Payments into their table and the journal, each set at once.

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio_postgres::Transaction;

use super::Company;
use super::desk::different;
use super::facts::Identity;
use super::payment::{Kind, PayError, Payment};
use crate::ledger::{Journal, next_ids};
use crate::numeric::Numeric;
use crate::{Change, outbox, row};

/// A payment that is to be recorded.
#[derive(Debug)]
pub(super) struct Taken {
    identity: Identity,
    account: i32,
    company: Company,
    kind: Kind,
    amount: Decimal,
    paid_at: Timestamp,
    /// Below zero: one of those that are recorded together with it.
    reverses: Option<i64>,
    bill_no: Option<String>,
    tender: Option<String>,
    cashier: Option<String>,
}

impl Taken {
    pub(super) fn new(payment: &Payment<'_>, account: i32, company: &Company, reverses: Option<i64>) -> Self {
        Self {
            identity: payment.identity(),
            account,
            company: company.clone(),
            kind: payment.kind,
            amount: payment.amount,
            paid_at: payment.paid_at,
            reverses,
            bill_no: payment.bill_no.map(str::to_owned),
            tender: payment.tender.map(str::to_owned),
            cashier: payment.cashier.map(str::to_owned),
        }
    }
}

const INSERT: &str = "insert into payments (id, channel, channel_ref, line, account_id, company_id, kind, amount, currency, \
                      paid_at, reverses, bill_no, tender, cashier, recorded_by) overriding system value \
                      select p.*, $15 from unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::integer[], \
                      $6::integer[], $7::text[], $8::numeric[], $9::text[], $10::timestamptz[], $11::bigint[], \
                      $12::text[], $13::text[], $14::text[]) p \
                      on conflict (channel, channel_ref, line) do nothing returning id";

/// Records the payments and posts what they post. Their numbers.
pub(super) async fn write(
    change: &Change<'_>,
    taken: Vec<Taken>,
    mut journal: Journal,
) -> Result<Vec<i64>, PayError> {
    if taken.is_empty() {
        return Ok(Vec::new());
    }
    let ids = next_ids(change.transaction(), "payments", taken.len()).await?;
    let column = |of: fn(&Taken) -> &str| taken.iter().map(of).collect::<Vec<&str>>();
    let maybe = |of: fn(&Taken) -> Option<&str>| taken.iter().map(of).collect::<Vec<Option<&str>>>();
    let reverses: Vec<Option<i64>> = taken.iter().map(|t| numbered(t.reverses?, &ids)).collect();
    let rows = change
        .query(
            INSERT,
            &[
                &ids,
                &column(|t| &t.identity.0),
                &column(|t| &t.identity.1),
                &taken.iter().map(|t| t.identity.2).collect::<Vec<_>>(),
                &taken.iter().map(|t| t.account).collect::<Vec<_>>(),
                &taken.iter().map(|t| t.company.0.get()).collect::<Vec<_>>(),
                &column(|t| t.kind.name()),
                &taken.iter().map(|t| Numeric(t.amount)).collect::<Vec<_>>(),
                &column(|t| &t.company.1),
                &taken.iter().map(|t| t.paid_at).collect::<Vec<_>>(),
                &reverses,
                &maybe(|t| t.bill_no.as_deref()),
                &maybe(|t| t.tender.as_deref()),
                &maybe(|t| t.cashier.as_deref()),
                &change.actor().name(),
            ],
        )
        .await?;
    if rows.len() < taken.len() {
        let written = rows.iter().map(|row| row.try_get("id")).collect::<Result<Vec<i64>, _>>()?;
        let lost = taken.iter().zip(&ids).find(|(_, id)| !written.contains(id));
        return Err(raced(change, lost.map_or(&taken[0].identity, |(taken, _)| &taken.identity)).await?);
    }
    journal.number_payments(&ids);
    journal.write(change, change.actor()).await?;
    outbox::add_payments(change, &ids).await?;
    Ok(ids)
}

fn numbered(id: i64, new: &[i64]) -> Option<i64> {
    let place = usize::try_from(id.unsigned_abs()).ok()?.checked_sub(1)?;
    if id > 0 { Some(id) } else { new.get(place).copied() }
}

/// Another account's payment took the identity between our look and our writing.
async fn raced(change: &Transaction<'_>, identity: &Identity) -> Result<PayError, PayError> {
    let row = change
        .query_one(
            "select p.kind, p.amount, a.account_no from payments p join accounts a on a.id = p.account_id \
             where p.channel = $1 and p.channel_ref = $2 and p.line = $3",
            &[&identity.0, &identity.1, &identity.2],
        )
        .await?;
    let account_no: &str = row.try_get("account_no")?;
    Ok(different(identity, row::known(&row, "payments", "kind")?, row::decimal(&row, "amount")?, account_no))
}
