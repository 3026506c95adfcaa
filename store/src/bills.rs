//! Bills as documents: one by its number, with its lines, inputs, readings and postings; many as a stream.

use billing::ledger::PostingKind;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use tokio_postgres::{GenericClient, Row};

use crate::numeric::Numeric;
use crate::{SqlError, row};

/// A bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Its number here.
    pub id: i64,
    /// The number that is printed on it.
    pub bill_no: String,
    /// The run that made it.
    pub run: Option<i64>,
    /// regular, reversal, opening …
    pub kind: String,
    /// trial, issued, cancelled
    pub state: String,
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
    /// Who pays.
    pub account_no: String,
    /// Their name.
    pub account_name: String,
    /// The agreement's number.
    pub service_no: String,
    /// water, heat, electricity
    pub service: String,
    /// Where.
    pub address: String,
    /// Whose income.
    pub company: String,
    /// Who pays, by number here.
    pub account: i32,
}

const SELECT: &str = "\
    select b.id, b.bill_no, b.run_id, b.kind, b.state, b.period, b.service_from, b.service_to, b.tariff_id, \
           b.currency::text, b.total, b.issued_on, b.due_on, b.review, o.bill_no, v.bill_no, \
           a.account_no, a.name, s.service_no, s.service, p.address, c.name, b.account_id \
    from bills b \
    join accounts a on a.id = b.account_id \
    join agreements s on s.id = b.agreement_id \
    join premises p on p.id = s.premise_id \
    join companies c on c.id = b.company_id \
    left join bills o on o.id = b.reverses \
    left join bills v on v.reverses = b.id ";

fn bill(row: &Row) -> Bill {
    Bill {
        id: row.get(0),
        bill_no: row.get(1),
        run: row.get(2),
        kind: row.get(3),
        state: row.get(4),
        period: row.get(5),
        from: row.get(6),
        to: row.get(7),
        tariff: row.get(8),
        currency: row.get(9),
        total: row.get::<_, Numeric>(10).0,
        issued_on: row.get(11),
        due_on: row.get(12),
        review: row.get(13),
        reverses: row.get(14),
        reversed_by: row.get(15),
        account_no: row.get(16),
        account_name: row.get(17),
        service_no: row.get(18),
        service: row.get(19),
        address: row.get(20),
        company: row.get(21),
        account: row.get(22),
    }
}

/// A bill by the number that is printed on it; zeros in front may be left out.
pub async fn find(client: &impl GenericClient, bill_no: &str) -> Result<Option<Bill>, SqlError> {
    let padded = format!("{bill_no:0>10}");
    let text =
        format!("{SELECT} where b.bill_no = $1 or b.bill_no = $2 order by b.bill_no = $1 desc limit 1");
    Ok(client.query_opt(&text, &[&bill_no, &padded]).await?.as_ref().map(bill))
}

/// A page of bills that are no trial bills, by number: those after `after`.
pub async fn page(client: &impl GenericClient, after: i64, limit: i64) -> Result<Vec<Bill>, SqlError> {
    let text = format!("{SELECT} where b.id > $1 and b.state <> 'trial' order by b.id limit $2");
    Ok(client.query(&text, &[&after, &limit]).await?.iter().map(bill).collect())
}

/// A page of the bills of a run that want a person's eye, dearest first.
pub async fn to_review(client: &impl GenericClient, run: i64, limit: i64) -> Result<Vec<Bill>, SqlError> {
    let text =
        format!("{SELECT} where b.run_id = $1 and b.review <> '' order by abs(b.total) desc, b.id limit $2");
    Ok(client.query(&text, &[&run, &limit]).await?.iter().map(bill).collect())
}

/// The last bills of a label, an account or all: newest first.
pub async fn list(
    client: &impl GenericClient,
    period: Option<&str>,
    account_no: Option<&str>,
    limit: i64,
) -> Result<Vec<Bill>, SqlError> {
    let text = format!(
        "{SELECT} where ($1::text is null or b.period = $1) and ($2::text is null or a.account_no = $2) \
         order by b.id desc limit $3"
    );
    Ok(client.query(&text, &[&period, &account_no, &limit]).await?.iter().map(bill).collect())
}

/// A line as printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// The bill.
    pub bill: i64,
    /// Its place.
    pub n: i16,
    /// The component's code.
    pub code: String,
    /// How much.
    pub qty: Decimal,
    /// Of what.
    pub unit: String,
    /// Money per unit.
    pub price: Option<Decimal>,
    /// Rounded.
    pub amount: Decimal,
    /// Whose money.
    pub payee: Option<String>,
    /// Who pays it in the account's place.
    pub payer: Option<String>,
}

/// The lines of these bills, by bill and place.
pub async fn lines(client: &impl GenericClient, bills: &[i64]) -> Result<Vec<BillLine>, SqlError> {
    let rows = client
        .query(
            "select bill_id, n, code, qty, unit, price, amount, payee, payer from bill_lines \
             where bill_id = any($1) order by bill_id, n",
            &[&bills],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| BillLine {
            bill: row.get(0),
            n: row.get(1),
            code: row.get(2),
            qty: row.get::<_, Numeric>(3).0,
            unit: row.get(4),
            price: row.get::<_, Option<Numeric>>(5).map(|n| n.0),
            amount: row.get::<_, Numeric>(6).0,
            payee: row.get(7),
            payer: row.get(8),
        })
        .collect())
}

/// The frozen inputs of these bills: bill, text, SHA-256.
pub async fn inputs(
    client: &impl GenericClient,
    bills: &[i64],
) -> Result<Vec<(i64, String, Vec<u8>)>, SqlError> {
    let text = "select bill_id, inputs, sha256 from bill_inputs where bill_id = any($1) order by bill_id";
    let rows = client.query(text, &[&bills]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// A segment as it is kept beside a bill, in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillSegment {
    /// The bill.
    pub bill: i64,
    /// The installation.
    pub installation: i32,
    /// The register.
    pub register: i16,
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Index at the start.
    pub open: i64,
    /// Index at the end.
    pub close: i64,
}

/// The segments of these bills, by bill and place.
pub async fn segments(client: &impl GenericClient, bills: &[i64]) -> Result<Vec<BillSegment>, SqlError> {
    let rows = client
        .query(
            "select bill_id, installation_id, register_id, lower(during), upper(during), open_value, close_value \
             from bill_segments where bill_id = any($1) order by bill_id, n",
            &[&bills],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| BillSegment {
            bill: row.get(0),
            installation: row.get(1),
            register: row.get(2),
            from: row.get(3),
            to: row.get(4),
            open: row.get(5),
            close: row.get(6),
        })
        .collect())
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

/// Where a reading came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// When its frame came in.
    pub received: Timestamp,
    /// Its quality.
    pub quality: i16,
    /// Its door.
    pub source: i16,
    /// Format and bytes of the frames that came from the meter in that second; one of them brought the reading.
    pub frames: Vec<(String, Vec<u8>)>,
}

/// The reading of a register at an instant, down to the bytes of the frames that can have brought it.
pub async fn origin(
    client: &impl GenericClient,
    meter: i32,
    register: i16,
    at: Timestamp,
) -> Result<Option<Origin>, SqlError> {
    let rows = client
        .query(
            "select r.received, r.quality, r.source, f.format, f.bytes \
             from readings r \
             left join lateral (select format, bytes from frames \
                                where meter_id = r.meter_id and received >= r.received \
                                  and received < r.received + interval '1 second' and source = r.source \
                                order by received limit 4096) f on true \
             where r.meter_id = $1 and r.register_id = $2 and r.time = $3",
            &[&meter, &register, &at],
        )
        .await?;
    Ok(rows.first().map(|first| Origin {
        received: first.get(0),
        quality: first.get(1),
        source: first.get(2),
        frames: rows.iter().filter_map(|row| row.get::<_, Option<String>>(3).zip(row.get(4))).collect(),
    }))
}

/// A row of `bill export`: a line of an issued document, or a document without lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRow {
    /// The document.
    pub bill: Bill,
    /// Its line.
    pub line: BillLine,
}

/// A page of the issued documents of a label, with the lines: documents after `after`, by number.
pub async fn export(
    client: &impl GenericClient,
    period: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<ExportRow>, SqlError> {
    let text =
        format!("{SELECT} where b.period = $1 and b.id > $2 and b.state <> 'trial' order by b.id limit $3");
    let bills: Vec<Bill> = client.query(&text, &[&period, &after, &limit]).await?.iter().map(bill).collect();
    let ids: Vec<i64> = bills.iter().map(|bill| bill.id).collect();
    let mut lines = lines(client, &ids).await?.into_iter().peekable();
    let mut rows = Vec::new();
    for bill in bills {
        while let Some(line) = lines.next_if(|line| line.bill == bill.id) {
            rows.push(ExportRow { bill: bill.clone(), line });
        }
    }
    Ok(rows)
}
