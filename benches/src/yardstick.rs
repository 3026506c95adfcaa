//! The yardstick of a bill run: a fleet of accounts seeded in bulk, and the rows of the run COPYed again.

use std::pin::pin;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use jiff::civil::Date;
use store::{Client, SqlError};

/// A tariff to be seeded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeedTariff<'a> {
    /// Its code.
    pub(crate) code: &'a str,
    /// Its document.
    pub(crate) document: &'a str,
    /// Its SHA-256.
    pub(crate) sha256: &'a [u8],
}

/// Seeds so many households, each with a meter put in at `from` at 0 and one reading at `to`, and the users `li`
/// and `wang`. The exclusion constraints of master data are left out: a run only reads those tables, and seeding
/// a million rows through them would take longer than all that is measured.
pub(crate) async fn seed(
    client: &Client,
    accounts: i32,
    tariff: SeedTariff<'_>,
    (from, to): (Date, Date),
) -> Result<(), SqlError> {
    client
        .batch_execute(
            "alter table attributes drop constraint attributes_one_value_a_day; \
             alter table agreement_points drop constraint agreement_points_one_payer_a_day; \
             alter table installations drop constraint installations_meter_in_one_place; \
             alter table installations drop constraint installations_one_meter_a_point; \
             insert into users (name, role) values ('li', 'clerk'), ('wang', 'supervisor'); \
             insert into companies (code, name) values ('1', 'Bench'); \
             insert into books (code, name, company_id, service, cycle) values ('B', 'Bench', 1, 'water', 'monthly'); \
             insert into registers (name, unit) values ('8-0:1.0.0', 'm3') on conflict do nothing",
        )
        .await?;
    client
        .execute(
            "insert into tariffs (code, during, medium, currency, document, sha256, published_by) \
             values ($1, daterange($2, null), 'water', 'CNY', $3, $4, 'wang')",
            &[&tariff.code, &from, &tariff.document, &tariff.sha256],
        )
        .await?;
    for statement in [
        "insert into accounts (account_no, name, opened_on) select 'A' || n, 'Household ' || n, $2::date from generate_series(1, $1::integer) n",
        "insert into premises (address) select 'No. ' || n from generate_series(1, $1::integer) n where $2::date is not null",
        "insert into agreements (service_no, account_id, service, company_id, premise_id, during) \
           select 'S' || n, n, 'water', 1, n, daterange($2::date, null) from generate_series(1, $1::integer) n",
        "insert into meter_points (premise_id, service) select n, 'water' from generate_series(1, $1::integer) n where $2::date is not null",
        "insert into agreement_points select n, n, daterange($2::date, null) from generate_series(1, $1::integer) n",
        "insert into meters (serial, medium, size_mm) select 'M' || n, 'water', 15 from generate_series(1, $1::integer) n where $2::date is not null",
        "insert into meter_registers select n, (select id from registers where name = '8-0:1.0.0'), 5 \
           from generate_series(1, $1::integer) n where $2::date is not null",
        "insert into installations (meter_id, meter_point_id, during) \
           select n, n, tstzrange($2::date::timestamp at time zone 'Asia/Shanghai', null) from generate_series(1, $1::integer) n",
        "insert into installation_registers select n, (select id from registers where name = '8-0:1.0.0'), 0, null \
           from generate_series(1, $1::integer) n where $2::date is not null",
    ] {
        client.execute(statement, &[&accounts, &from]).await?;
    }
    client
        .execute(
            "insert into attributes (agreement_id, name, value, during, recorded_by) \
             select n, f.name, f.value, daterange($2::date, null), 'bench' from generate_series(1, $1::integer) n, \
             (values ('tariff', $3), ('book', 'B'), ('use_class', 'residential')) f(name, value)",
            &[&accounts, &from, &tariff.code],
        )
        .await?;
    client
        .execute(
            "insert into readings select n, (select id from registers where name = '8-0:1.0.0'), \
               $2::date::timestamp at time zone 'Asia/Shanghai', (5 + n % 60) * 1000000::bigint, \
               '2020-01-01', 0, 0 from generate_series(1, $1::integer) n",
            &[&accounts, &to],
        )
        .await?;
    client.batch_execute("vacuum analyze").await?;
    Ok(())
}

/// The frozen tables, with nothing but their primary keys: what an afternoon's bill run would write. A row is made of what the
/// views show, never of how the product keeps it.
const FROZEN: &str = "
create schema if not exists yardstick;
create table if not exists yardstick.bills (id bigint primary key, bill_no text, run_id bigint, agreement_id integer,
  account_id integer, company_id integer, kind text, period text, state text, service_from timestamptz, service_to timestamptz,
  total numeric, issued_on date, due_on date);
create table if not exists yardstick.bill_lines (bill_id bigint, n smallint, code text, qty numeric, unit text, amount numeric,
  account text, primary key (bill_id, n));
create table if not exists yardstick.transfers (id bigint primary key, company_id integer, posting_date date, value_date date,
  debit text, credit text, amount numeric, account_id integer, bill_id bigint, bill_line smallint, recorded_at timestamptz,
  recorded_by text);
truncate yardstick.bills, yardstick.bill_lines, yardstick.transfers";

/// Each frozen table, with the rows that a run has made of it.
pub(crate) const TABLES: [(&str, &str); 3] = [
    (
        "bills",
        "select id, bill_no, run_id, agreement_id, account_id, company_id, kind, period, state, service_from, service_to, total, \
         issued_on, due_on from bills order by id",
    ),
    ("bill_lines", "select bill_id, n, code, qty, unit, amount, account from bill_lines order by bill_id, n"),
    (
        "transfers",
        "select id, company_id, posting_date, value_date, debit, credit, amount, account_id, bill_id, bill_line, recorded_at, \
         recorded_by from transfers order by id",
    ),
];

/// Makes the frozen tables, empty.
pub(crate) async fn freeze(client: &Client) -> Result<(), SqlError> {
    Ok(client.batch_execute(FROZEN).await?)
}

/// Takes rows out, in the binary form.
pub(crate) async fn take_out(client: &Client, rows: &str) -> Result<Vec<Bytes>, SqlError> {
    let rows = client.copy_out(&format!("copy ({rows}) to stdout (format binary)")).await?;
    let mut rows = pin!(rows);
    let mut parts = Vec::new();
    while let Some(part) = rows.next().await {
        parts.push(part?);
    }
    Ok(parts)
}

/// COPYs rows into their frozen table: the yardstick. How many they were.
pub(crate) async fn put_in(client: &Client, table: &str, parts: Vec<Bytes>) -> Result<u64, SqlError> {
    let text = format!("copy yardstick.{table} from stdin (format binary)");
    let sink = client.copy_in::<_, Bytes>(&text).await?;
    let mut sink = pin!(sink);
    for part in parts {
        sink.feed(part).await?;
    }
    sink.flush().await?;
    Ok(sink.finish().await?)
}

/// Empties all that a run writes, and the runs. Issued documents may not be emptied by anybody; a benchmark's own may, with
/// the triggers asleep.
pub(crate) async fn clear(client: &Client) -> Result<(), SqlError> {
    Ok(client
        .batch_execute(
            "begin; set local session_replication_role = 'replica'; \
             truncate bill_documents, bill_facts, register_ends, register_gaps, tier_counters, journal, open_items, \
               prepaid_balances, payments, bill_runs, bill_run_chunks, bill_run_exceptions cascade; \
             commit; checkpoint",
        )
        .await?)
}
