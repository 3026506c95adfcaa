//! A database of a test's own: created from a migrated template, dropped at the end.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use store::{Client, Role};

/// A migrated, empty database that ends with this value.
pub struct Database {
    url: String,
    name: String,
    server: String,
}

/// Unique within this process; the process id does the rest.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Serialises the making of the template among test programs.
const TEMPLATE_LOCK: &str = "select pg_advisory_lock(5028841971693)";

impl Database {
    /// A new one, on the server that `DATABASE_URL` names. `None`, said aloud, where there is none; a panic then
    /// if `REQUIRE_DB=1`.
    pub async fn fresh() -> Option<Self> {
        let Some(server) = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()) else {
            assert!(
                std::env::var("REQUIRE_DB").as_deref() != Ok("1"),
                "REQUIRE_DB=1, but DATABASE_URL is not set"
            );
            eprintln!("SKIPPED: DATABASE_URL is not set (`make test` sets it)");
            return None;
        };
        let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let client = owner(&server).await;
        let template = template(&server, &client).await;
        // A crashed run of a former process with this id may have left one.
        run(&client, &format!("drop database if exists {name} with (force)")).await;
        run(&client, &format!("create database {name} template {template}")).await;
        Some(Self { url: in_database(&server, &name), name, server })
    }

    /// Its address, in the form of `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection that may do everything.
    pub async fn owner(&self) -> Client {
        owner(&self.url).await
    }
}

impl Drop for Database {
    /// Also when the test panics. A thread, because a destructor cannot wait for the test's own runtime.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                run(&owner(&server).await, &format!("drop database if exists {name} with (force)")).await;
            });
        })
        .join();
        if dropped.is_err() {
            eprintln!("the test database {} was left behind", self.name);
        }
    }
}

/// The name of a migrated database that is copied for each test: migrating takes seconds, copying a tenth of one.
/// Its name carries a hash of the migrations, so that an edited migration makes another template.
async fn template(server: &str, client: &Client) -> String {
    let name = format!("meterline_template_{:016x}", migrations_hash());
    run(client, TEMPLATE_LOCK).await;
    let found = client
        .query_opt("select 1 from pg_database where datname = $1 and not datallowconn", &[&name])
        .await
        .unwrap();
    if found.is_none() {
        // One that still allows connections is what a killed run left half done.
        run(client, &format!("drop database if exists {name} with (force)")).await;
        run(client, &format!("create database {name} template template0 encoding 'UTF8'")).await;
        store::migrate(&mut owner(&in_database(server, &name)).await).await.unwrap();
        // TimescaleDB's scheduler would sit in it, and a database in use cannot be copied.
        run(client, &format!("alter database {name} with allow_connections false")).await;
        let end = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1";
        client.query(end, &[&name]).await.unwrap();
    }
    run(client, "select pg_advisory_unlock_all()").await;
    name
}

fn migrations_hash() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(&file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

async fn owner(url: &str) -> Client {
    store::connect(url, Role::Owner).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn run(client: &Client, statement: &str) {
    client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
}

/// The same server, another database: `postgres://user:password@host:port/THIS?options`.
fn in_database(url: &str, name: &str) -> String {
    let (base, options) = url.split_once('?').map_or((url, ""), |(base, options)| (base, options));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    let options = if options.is_empty() { String::new() } else { format!("?{options}") };
    format!("{}/{name}{options}", &base[..end])
}
