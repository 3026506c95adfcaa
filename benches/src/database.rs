//! A database of a benchmark's own, on the server that is measured.

use anyhow::Result;
use store::{Client, Role, connect};

/// Dropped by [`BenchDatabase::drop`].
#[derive(Clone, Debug)]
pub(crate) struct BenchDatabase {
    server: String,
    name: String,
    /// Its address.
    pub(crate) url: String,
}

impl BenchDatabase {
    /// Creates and migrates it beside the database of that URL, under a name of this process' own.
    pub(crate) async fn create(server: &str) -> Result<Self> {
        let name = format!("meterline_bench_{}", std::process::id());
        let url = in_database(server, &name);
        let client = connect(server, Role::Owner).await?;
        client.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
        client.batch_execute(&format!("create database {name}")).await?;
        store::migrate(&mut connect(&url, Role::Owner).await?).await?;
        Ok(Self { server: server.to_owned(), name, url })
    }

    /// A connection that may do everything.
    pub(crate) async fn owner(&self) -> Result<Client> {
        Ok(connect(&self.url, Role::Owner).await?)
    }

    /// Drops it.
    pub(crate) async fn drop(self) -> Result<()> {
        let client = connect(&self.server, Role::Owner).await?;
        client.batch_execute(&format!("drop database if exists {} with (force)", self.name)).await?;
        Ok(())
    }

    /// Water meters with the addresses 00000000000001 and up, the numbers 1 and up.
    pub(crate) async fn add_meters(&self, count: i32) -> Result<()> {
        let client = self.owner().await?;
        client
            .execute(
                "insert into meters (serial, medium, protocol, address)
                 select 'B' || n, 'water', 'cjt188', lpad(n::text, 14, '0') from generate_series(1, $1) n",
                &[&count],
            )
            .await?;
        // What both sides find there already: registers are made once in the life of a database.
        client.batch_execute("insert into registers (name, unit) values ('8-0:1.0.0', 'm3')").await?;
        client.batch_execute("analyze meters").await?;
        Ok(())
    }

    /// Empties what frames become, and lets the server settle: each run begins alike.
    pub(crate) async fn begin_run(&self) -> Result<()> {
        let client = self.owner().await?;
        client
            .batch_execute(
                "truncate readings, frames, frame_counts, rejections, refusals, conflicts, receipts, contacts",
            )
            .await?;
        client.batch_execute("checkpoint").await?;
        Ok(())
    }

    /// How many readings and frames there are.
    pub(crate) async fn stored(&self) -> Result<(i64, i64)> {
        let client = self.owner().await?;
        let row = client
            .query_one("select (select count(*) from readings), (select count(*) from frames)", &[])
            .await?;
        Ok((row.get(0), row.get(1)))
    }
}

/// How many frames of MQTT are committed, by the counts.
pub(crate) async fn committed(client: &Client) -> Result<i64> {
    let sum = "select coalesce(sum(received), 0)::bigint from frame_counts";
    Ok(client.query_one(sum, &[]).await?.get(0))
}

/// The same server, another database.
fn in_database(url: &str, name: &str) -> String {
    let (base, options) = url.split_once('?').map_or((url, ""), |(base, options)| (base, options));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base.get(authority..).and_then(|rest| rest.find('/')).map_or(base.len(), |at| authority + at);
    let options = if options.is_empty() { String::new() } else { format!("?{options}") };
    format!("{}/{name}{options}", base.get(..end).unwrap_or(base))
}
