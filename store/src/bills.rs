//! Bills: one by its number, with what it holds and its postings; many as a stream. Drafts are written by [`draft`], made
//! documents by [`issue`], taken back by [`cancel`].

pub mod cancel;
pub mod draft;
pub mod issue;
mod kind;
mod origin;
mod pack;

use billing::content::Content;
use billing::ledger::PostingKind;
use jiff::Timestamp;
use jiff::civil::Date;
use metering::Service;
use rust_decimal::Decimal;
use tokio_postgres::{GenericClient, Row};

use crate::{SqlError, row};

pub use kind::{BillKind, BillState};
pub use origin::{Origin, origin};
pub use pack::{Packed, Packer, UnpackError};

/// A bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Its number here.
    pub id: i64,
    /// The number that is printed on it.
    pub bill_no: String,
    /// The run that made it.
    pub run: Option<i64>,
    /// What it is.
    pub kind: BillKind,
    /// Where it stands.
    pub state: BillState,
    /// The period's label.
    pub period: String,
    /// The first instant of the service.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// The tariff's version.
    pub tariff: Option<i32>,
    /// In which currency.
    pub currency: String,
    /// The sum of the lines.
    pub total: Decimal,
    /// Its date.
    pub issued_on: Option<Date>,
    /// When it is due.
    pub due_on: Option<Date>,
    /// Review rules, by comma.
    pub review: String,
    /// The number of the bill that it takes back.
    pub reverses: Option<String>,
    /// The number of the document that takes it back.
    pub reversed_by: Option<String>,
    /// The run in which another person is to approve that it is taken back.
    pub cancelled_in: Option<i64>,
    /// Who pays.
    pub account_no: String,
    /// Their name.
    pub account_name: String,
    /// The agreement's number.
    pub service_no: String,
    /// What is supplied.
    pub service: Service,
    /// Where.
    pub address: String,
    /// Whose income.
    pub company: String,
    /// Who pays, by number here.
    pub account: i32,
    /// The agreement, by number here.
    pub agreement: i32,
}

/// The number that is printed on a bill that we made: its own, with zeros in front.
pub fn bill_no(id: i64) -> String {
    format!("{id:010}")
}

/// Documents and drafts alike.
const HEADS: &str = "\
    select b.id, b.bill_no, b.run_id, b.kind, b.state, b.period, b.service_from, b.service_to, b.tariff_id, \
           b.currency, b.total, b.issued_on, b.due_on, b.review, bill_no(o.id, o.number) as reverses, \
           bill_no(v.id, v.number) as reversed_by, \
           (select r.id from bill_runs r where r.cancels = b.id and r.state in ('review', 'approved')) as cancelled_in, a.account_no, a.name, s.service_no, s.service, p.address, \
           c.name as company, b.account_id, b.agreement_id \
    from bill_heads b \
    join accounts a on a.id = b.account_id \
    join agreements s on s.id = b.agreement_id \
    join premises p on p.id = s.premise_id \
    join companies c on c.id = b.company_id \
    left join bill_documents o on o.id = b.reverses \
    left join bill_documents v on v.reverses = b.id ";

fn bill(of: &Row) -> Result<Bill, SqlError> {
    Ok(Bill {
        id: of.try_get("id")?,
        bill_no: of.try_get("bill_no")?,
        run: of.try_get("run_id")?,
        kind: row::known(of, "bill_documents", "kind")?,
        state: row::known(of, "bill_heads", "state")?,
        period: of.try_get("period")?,
        from: of.try_get("service_from")?,
        to: of.try_get("service_to")?,
        tariff: of.try_get("tariff_id")?,
        currency: of.try_get("currency")?,
        total: row::decimal(of, "total")?,
        issued_on: of.try_get("issued_on")?,
        due_on: of.try_get("due_on")?,
        review: of.try_get("review")?,
        reverses: of.try_get("reverses")?,
        reversed_by: of.try_get("reversed_by")?,
        cancelled_in: of.try_get("cancelled_in")?,
        account_no: of.try_get("account_no")?,
        account_name: of.try_get("name")?,
        service_no: of.try_get("service_no")?,
        service: row::known(of, "agreements", "service")?,
        address: of.try_get("address")?,
        company: of.try_get("company")?,
        account: of.try_get("account_id")?,
        agreement: of.try_get("agreement_id")?,
    })
}

/// The number of a bill here, by the number that is printed on it; zeros in front may be left out.
pub async fn id_of(client: &impl GenericClient, bill_no: &str) -> Result<Option<i64>, SqlError> {
    let given = "select id from bill_documents where number = $1";
    if let Some(row) = client.query_opt(given, &[&bill_no]).await? {
        return Ok(Some(row.try_get("id")?));
    }
    let is_number = !bill_no.is_empty() && bill_no.bytes().all(|byte| byte.is_ascii_digit());
    Ok(bill_no.parse().ok().filter(|_| is_number))
}

/// A bill by the number that is printed on it; zeros in front may be left out.
pub async fn find(client: &impl GenericClient, bill_no: &str) -> Result<Option<Bill>, SqlError> {
    let Some(id) = id_of(client, bill_no).await? else { return Ok(None) };
    let text = format!("{HEADS} where b.id = $1");
    client.query_opt(&text, &[&id]).await?.as_ref().map(bill).transpose()
}

/// A page of documents, by number: those after `after`.
pub async fn page(client: &impl GenericClient, after: i64, limit: i64) -> Result<Vec<Bill>, SqlError> {
    let text = format!("{HEADS} where b.id > $1 and b.state <> 'trial' order by b.id limit $2");
    client.query(&text, &[&after, &limit]).await?.iter().map(bill).collect()
}

/// A page of the bills of a run that want a person's eye, dearest first.
pub async fn to_review(client: &impl GenericClient, run: i64, limit: i64) -> Result<Vec<Bill>, SqlError> {
    let text =
        format!("{HEADS} where b.run_id = $1 and b.review <> '' order by abs(b.total) desc, b.id limit $2");
    client.query(&text, &[&run, &limit]).await?.iter().map(bill).collect()
}

/// The last bills of a label, an account or all: newest first.
pub async fn list(
    client: &impl GenericClient,
    period: Option<&str>,
    account_no: Option<&str>,
    limit: i64,
) -> Result<Vec<Bill>, SqlError> {
    let text = format!(
        "{HEADS} where ($1::text is null or b.period = $1) and ($2::text is null or a.account_no = $2) \
         order by b.id desc limit $3"
    );
    client.query(&text, &[&period, &account_no, &limit]).await?.iter().map(bill).collect()
}

/// What a bill holds, or why that cannot be read.
#[derive(Debug)]
pub struct Stored {
    /// The bill.
    pub bill: i64,
    /// The hash that stands beside it.
    pub sha256: Vec<u8>,
    /// What it holds.
    pub content: Result<Content, UnpackError>,
}

/// What these bills hold, documents and drafts alike, by number.
pub async fn contents(client: &impl GenericClient, bills: &[i64]) -> Result<Vec<Stored>, SqlError> {
    let text = "select id, content, dictionary, sha256 from bill_documents where id = any($1) \
                union all select id, content, dictionary, sha256 from bill_drafts where id = any($1) order by id";
    let rows = client.query(text, &[&bills]).await?;
    let packed = |row: &Row| {
        let packed = Packed {
            bytes: row.try_get("content")?,
            dictionary: row.try_get("dictionary")?,
            sha256: row.try_get("sha256")?,
        };
        Ok((row.try_get("id")?, packed))
    };
    let packed: Vec<(i64, Packed)> = rows.iter().map(packed).collect::<Result<_, SqlError>>()?;
    let mut unpacker =
        pack::Unpacker::read(client, packed.iter().map(|(_, packed)| packed.dictionary)).await?;
    let contents = packed.into_iter().map(|(bill, packed)| {
        let content = unpacker.unpack(&packed);
        Stored { bill, sha256: packed.sha256, content }
    });
    Ok(contents.collect())
}

/// What one bill holds; none where there is no such bill. One that cannot be read is an error.
pub async fn content(client: &impl GenericClient, bill: i64) -> Result<Option<Content>, SqlError> {
    let Some(stored) = contents(client, &[bill]).await?.pop() else { return Ok(None) };
    stored.content.map(Some).map_err(|why| unreadable(bill, &why))
}

/// That what a bill holds cannot be read.
pub(crate) fn unreadable(bill: i64, why: &UnpackError) -> SqlError {
    let row = crate::RowError {
        table: "bill_documents",
        column: "content",
        value: bill_no(bill),
        why: why.to_string(),
    };
    row.into()
}

/// A line as SQL sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleLine {
    /// The bill.
    pub bill: i64,
    /// Its code, quantity, unit, amount and the ledger account that it is posted against.
    pub line: (String, Decimal, String, Decimal, String),
}

/// The lines of these documents as views show them, by bill and place.
pub async fn visible_lines(client: &impl GenericClient, bills: &[i64]) -> Result<Vec<VisibleLine>, SqlError> {
    let text = "select bill_id, code, qty, unit, amount, coalesce(account, '') as account from bill_lines \
                where bill_id = any($1) order by bill_id, n";
    let rows = client.query(text, &[&bills]).await?;
    let line = |of: &Row| {
        let (qty, amount) = (row::decimal(of, "qty")?, row::decimal(of, "amount")?);
        let line = (of.try_get("code")?, qty, of.try_get("unit")?, amount, of.try_get("account")?);
        Ok(VisibleLine { bill: of.try_get("bill_id")?, line })
    };
    rows.iter().map(line).collect()
}

/// A posting that names a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillPosting {
    /// The bill.
    pub bill: i64,
    /// What it is about.
    pub kind: PostingKind,
    /// Its line; 0 is its late fee.
    pub line: i16,
    /// The account that receives.
    pub debit: String,
    /// The account that gives.
    pub credit: String,
    /// Above zero.
    pub amount: Decimal,
    /// Posted on.
    pub posting_date: Date,
    /// Of the fact.
    pub value_date: Date,
    /// The payment that moved it: channel and reference.
    pub payment: Option<String>,
    /// Who.
    pub by: String,
}

/// The postings of these bills, in the order they were made.
pub async fn postings(client: &impl GenericClient, bills: &[i64]) -> Result<Vec<BillPosting>, SqlError> {
    let rows = client
        .query(
            "select t.bill_id, t.kind, coalesce(t.bill_line, 0::smallint) as line, t.debit, t.credit, t.amount, \
                    t.posting_date, t.value_date, p.channel || ' ' || p.channel_ref as payment, t.recorded_by \
             from transfers t left join payments p on p.id = t.payment_id \
             where t.bill_id = any($1) order by t.bill_id, t.id",
            &[&bills],
        )
        .await?;
    let posting = |row: &Row| {
        Ok(BillPosting {
            bill: row.try_get("bill_id")?,
            kind: row::known(row, "journal", "kind")?,
            line: row.try_get("line")?,
            debit: row.try_get("debit")?,
            credit: row.try_get("credit")?,
            amount: row::decimal(row, "amount")?,
            posting_date: row.try_get("posting_date")?,
            value_date: row.try_get("value_date")?,
            payment: row.try_get("payment")?,
            by: row.try_get("recorded_by")?,
        })
    };
    rows.iter().map(posting).collect()
}

/// A page of the issued documents of a label, with what they hold: documents after `after`, by number.
pub async fn export(
    client: &impl GenericClient,
    period: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<(Bill, Content)>, SqlError> {
    let text =
        format!("{HEADS} where b.period = $1 and b.id > $2 and b.state <> 'trial' order by b.id limit $3");
    let rows = client.query(&text, &[&period, &after, &limit]).await?;
    let bills: Vec<Bill> = rows.iter().map(bill).collect::<Result<_, _>>()?;
    let ids: Vec<i64> = bills.iter().map(|bill| bill.id).collect();
    let stored = contents(client, &ids).await?;
    let with = |(bill, stored): (Bill, Stored)| {
        let content = stored.content.map_err(|why| unreadable(bill.id, &why))?;
        Ok((bill, content))
    };
    bills.into_iter().zip(stored).map(with).collect()
}
