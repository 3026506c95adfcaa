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

/// What a run writes, in the order in which one row needs another.
pub(crate) const TABLES: [&str; 6] =
    ["bills", "bill_inputs", "bill_lines", "bill_segments", "bill_counters", "journal"];

/// What the journal's own trigger writes.
const DERIVED: &str = "open_items, prepaid_balances";

/// Takes the rows of a table out, in the binary form.
pub(crate) async fn take_out(client: &Client, table: &str) -> Result<Vec<Bytes>, SqlError> {
    let rows = client.copy_out(&format!("copy {table} to stdout (format binary)")).await?;
    let mut rows = pin!(rows);
    let mut parts = Vec::new();
    while let Some(part) = rows.next().await {
        parts.push(part?);
    }
    Ok(parts)
}

/// COPYs such rows into their table: the yardstick.
pub(crate) async fn put_in(client: &Client, table: &str, parts: Vec<Bytes>) -> Result<(), SqlError> {
    let sink = client.copy_in::<_, Bytes>(&format!("copy {table} from stdin (format binary)")).await?;
    let mut sink = pin!(sink);
    for part in parts {
        sink.feed(part).await?;
    }
    sink.flush().await?;
    sink.finish().await?;
    Ok(())
}

/// Empties [`TABLES`], to be filled again.
pub(crate) async fn clear_rows(client: &Client) -> Result<(), SqlError> {
    empty(client, &format!("{}, {DERIVED}", TABLES.join(", "))).await
}

/// Empties all that a run writes, and the runs.
pub(crate) async fn clear(client: &Client) -> Result<(), SqlError> {
    let rest = "payments, bill_runs, bill_run_chunks, bill_run_exceptions";
    empty(client, &format!("{}, {DERIVED}, {rest}", TABLES.join(", "))).await
}

/// Issued documents may not be emptied by anybody; a benchmark's own may, with the triggers asleep.
async fn empty(client: &Client, tables: &str) -> Result<(), SqlError> {
    let text = format!(
        "begin; set local session_replication_role = 'replica'; truncate {tables} cascade; commit; checkpoint"
    );
    Ok(client.batch_execute(&text).await?)
}

/// How many rows a table of [`TABLES`] holds.
pub(crate) async fn count(client: &Client, table: &str) -> Result<u64, SqlError> {
    let row = client.query_one(&format!("select count(*) from {table}"), &[]).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}
