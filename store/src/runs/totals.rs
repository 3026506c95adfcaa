//! The control totals of a run, and who is due and gets no bill.

use std::collections::BTreeMap;

use billing::reason::Outcome;
use rust_decimal::Decimal;
use tokio_postgres::{GenericClient, Row};

use crate::{SqlError, row};

/// What must agree: due = billed + parked + excluded; sum of lines = bills = ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Agreements due.
    pub due: i64,
    /// Bills made.
    pub billed: i64,
    /// By reason.
    pub parked: BTreeMap<String, i64>,
    /// By reason.
    pub excluded: BTreeMap<String, i64>,
    /// By rule: bills for a person's eye.
    pub review: BTreeMap<String, i64>,
    /// The sum of the bills.
    pub total: Decimal,
    /// The sum of the lines.
    pub lines: Decimal,
    /// What issued bills of the run have moved the receivable by; `None` before any is issued.
    pub ledger: Option<Decimal>,
    /// The sum of the issued bills.
    pub issued: Decimal,
}

impl Totals {
    /// Whether they agree.
    pub fn agree(&self) -> bool {
        let out: i64 = self.parked.values().chain(self.excluded.values()).sum();
        self.due == self.billed + out
            && self.total == self.lines
            && self.ledger.is_none_or(|ledger| ledger == self.issued)
    }
}

/// The control totals of a run, counted, not remembered.
pub async fn totals(client: &impl GenericClient, id: i64) -> Result<Totals, SqlError> {
    let row = client.query_one(include_str!("../../sql/bills/totals.sql"), &[&id]).await?;
    let mut totals = Totals {
        due: row.try_get("due")?,
        billed: row.try_get("billed")?,
        total: row::decimal(&row, "total")?,
        lines: row::decimal(&row, "lines")?,
        issued: row::decimal(&row, "issued")?,
        ..Totals::default()
    };
    if row.try_get::<_, i64>("documents")? > 0 {
        // A reversal's postings stand with the bill that it takes back.
        let text = "select decimal_amount(coalesce(sum(l.amount), 0)::bigint) as ledger \
                    from bill_documents b \
                    join journal j on j.bill_id = coalesce(b.reverses, b.id) \
                      and j.kind = case when b.reverses is null then 'bill' else 'cancel' end \
                      and (b.reverses is null or j.reverses is not null) \
                    cross join lateral unnest(j.line, j.acct, j.amount) l (line, acct, amount) \
                    where b.run_id = $1 and ledger_class(l.acct) = 1 and l.line > 0";
        totals.ledger = Some(row::decimal(&client.query_one(text, &[&id]).await?, "ledger")?);
    }
    let reasons = client
        .query(
            "select outcome, reason, count(*) as agreements from bill_run_exceptions where run_id = $1 group by 1, 2",
            &[&id],
        )
        .await?;
    for row in &reasons {
        let by_reason = match row::known(row, "bill_run_exceptions", "outcome")? {
            Outcome::Parked => &mut totals.parked,
            Outcome::Excluded => &mut totals.excluded,
        };
        by_reason.insert(row.try_get("reason")?, row.try_get("agreements")?);
    }
    let review = client
        .query(
            "select rule, count(*) as bills from bill_heads, unnest(string_to_array(review, ',')) as rule \
             where run_id = $1 and review <> '' group by 1",
            &[&id],
        )
        .await?;
    for row in &review {
        totals.review.insert(row.try_get("rule")?, row.try_get("bills")?);
    }
    Ok(totals)
}

/// Who is due and gets no bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The agreement's number.
    pub service_no: String,
    /// `parked` or `excluded`.
    pub outcome: String,
    /// From the closed list.
    pub reason: String,
    /// What the clerk needs to mend it.
    pub detail: String,
}

/// The first `limit` exceptions of a run, parked ones first.
pub async fn exceptions(
    client: &impl GenericClient,
    id: i64,
    limit: i64,
) -> Result<Vec<Exception>, SqlError> {
    let rows = client
        .query(
            "select a.service_no, e.outcome, e.reason, e.detail from bill_run_exceptions e \
             join agreements a on a.id = e.agreement_id where e.run_id = $1 \
             order by e.outcome desc, e.reason, a.service_no limit $2",
            &[&id, &limit],
        )
        .await?;
    let exception = |row: &Row| {
        Ok(Exception {
            service_no: row.try_get("service_no")?,
            outcome: row.try_get("outcome")?,
            reason: row.try_get("reason")?,
            detail: row.try_get("detail")?,
        })
    };
    rows.iter().map(exception).collect()
}
