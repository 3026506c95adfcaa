//! Connections, each in the role of its purpose.

use std::fmt;
use std::io;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod};
use metering::refusal::{Refusal, Why};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::warn;

use crate::tls::{TlsError, Wishes};

/// For what a connection is used; the database grants no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Whoever the URL names: migrations, and nothing else.
    Owner,
    /// Stores readings, rejections, conflicts, counts and alarms.
    Ingest,
    /// Master data, bills, ledger, payments.
    Billing,
    /// Reads everything but passwords.
    Read,
}

impl Role {
    /// The statement that takes the role on.
    const fn statement(self) -> Option<&'static str> {
        match self {
            Self::Owner => None,
            Self::Ingest => Some("set role meterline_ingest"),
            Self::Billing => Some("set role meterline_billing"),
            Self::Read => Some("set role meterline_read"),
        }
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The URL cannot be read.
    Url(tokio_postgres::Error),
    /// The URL asks for a connection that is not safe, or cannot be made so.
    Tls(TlsError),
    /// The server does not answer or refuses.
    Refused {
        /// Host and port, without the password.
        target: String,
        /// What the driver said.
        source: tokio_postgres::Error,
    },
    /// Tables that are needed are not there, or others than expected.
    Schema(crate::SqlError),
    /// The pool cannot be built.
    Pool(deadpool_postgres::BuildError),
    /// All connections of the pool are taken.
    Crowded(PoolError),
}

/// For logs. What a person reads, with what helps, is said of the refusal.
impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(source) => write!(f, "the database's address cannot be read: {source}"),
            Self::Tls(source) => source.fmt(f),
            Self::Refused { target, source } => {
                write!(f, "no connection to the database at {target}: {}", words(source))
            }
            Self::Schema(source) => {
                write!(f, "the database is there, but its schema is not this program's: {source}")
            }
            Self::Pool(source) => write!(f, "no pool of connections: {source}"),
            Self::Crowded(source) => write!(f, "no connection is free: {source}"),
        }
    }
}

/// The driver's words, with their cause.
fn words(source: &tokio_postgres::Error) -> String {
    match (source.as_db_error(), std::error::Error::source(source)) {
        (Some(db), _) => db.message().to_owned(),
        (None, Some(cause)) => format!("{source}: {cause}"),
        (None, None) => source.to_string(),
    }
}

impl From<&ConnectError> for Refusal {
    fn from(error: &ConnectError) -> Self {
        match error {
            ConnectError::Url(source) => Self::new(Why::ServerAddress, "database").with("detail", source),
            ConnectError::Tls(source) => Self::new(Why::ServerAddress, "database").with("detail", source),
            ConnectError::Refused { target, source } => {
                let why = match source.code().map(SqlState::code) {
                    Some("28P01" | "28000") => Why::DatabaseLogin,
                    Some("3D000") => Why::DatabaseMissing,
                    // No such role to be set.
                    Some("22023" | "42704") => return Self::detail(Why::Schema, words(source)),
                    _ => Why::NoDatabase,
                };
                Self::new(why, "database").with("target", target).with("detail", words(source))
            }
            ConnectError::Schema(source) => Self::detail(Why::Schema, source),
            ConnectError::Pool(source) => Self::detail(Why::Settings, source),
            ConnectError::Crowded(source) => Self::detail(Why::Busy, source),
        }
    }
}

// No `source`: the message has it already.
impl std::error::Error for ConnectError {}

impl ConnectError {
    /// Whether the server may be there in a moment: it is starting or stopping, or the connection was lost. Nobody
    /// listening, or a password refused, is another matter.
    pub fn may_pass(&self) -> bool {
        let Self::Refused { source, .. } = self else { return false };
        if let Some(code) = source.code() {
            return [SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN]
                .contains(code);
        }
        let cause = std::error::Error::source(source).and_then(|cause| cause.downcast_ref::<io::Error>());
        source.is_closed()
            || cause.is_some_and(|cause| {
                use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
                matches!(cause.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
            })
    }
}

/// One dedicated connection in a role. Its driver task ends with the client.
pub async fn connect(url: &str, role: Role) -> Result<Client, ConnectError> {
    let (config, tls) = config(url)?;
    let target = target(&config);
    let refused = |source| ConnectError::Refused { target: target.clone(), source };
    let (client, connection) = config.connect(tls).await.map_err(refused)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            warn!(error = %crate::SqlError::from(error), "a database connection ended");
        }
    });
    if let Some(statement) = role.statement() {
        client.batch_execute(statement).await.map_err(refused)?;
    }
    Ok(client)
}

/// How long a query of a pool that reads may take, as the server counts it: someone waits for the page.
const READ_PATIENCE: &str = "15s";

/// A pool of at most `size` connections in a role, opened on demand. In the role that reads, the server stops a query
/// that takes longer than 15 seconds.
pub fn pool(url: &str, role: Role, size: usize) -> Result<Pool, ConnectError> {
    let (config, tls) = config(url)?;
    let manager =
        Manager::from_config(config, tls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let mut builder = Pool::builder(manager)
        .max_size(size)
        .wait_timeout(Some(Duration::from_secs(30)))
        .create_timeout(Some(Duration::from_secs(10)))
        .runtime(deadpool_postgres::Runtime::Tokio1);
    if let Some(statement) = role.statement() {
        let begin = match role {
            Role::Read => format!("{statement}; set statement_timeout = '{READ_PATIENCE}'"),
            _ => statement.to_owned(),
        };
        builder = builder.post_create(Hook::async_fn(move |client, _| {
            let begin = begin.clone();
            Box::pin(async move { client.batch_execute(&begin).await.map_err(HookError::Backend) })
        }));
    }
    builder.build().map_err(ConnectError::Pool)
}

/// A connection of a pool.
pub async fn take(pool: &Pool) -> Result<Object, ConnectError> {
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(source) | PoolError::PostCreateHook(HookError::Backend(source)) => {
            ConnectError::Refused { target: "the pool's address".to_owned(), source }
        }
        error => ConnectError::Crowded(error),
    })
}

/// What the driver must know, and how it makes the connection safe.
pub(crate) fn config(url: &str) -> Result<(Config, MakeRustlsConnect), ConnectError> {
    let (wishes, url) = Wishes::take(url).map_err(ConnectError::Tls)?;
    let mut config: Config = url.parse().map_err(ConnectError::Url)?;
    config.application_name("meterline").connect_timeout(Duration::from_secs(5)).keepalives(true);
    let tls = wishes.apply(&mut config).map_err(ConnectError::Tls)?;
    Ok((config, tls))
}

/// Host and port for messages; never the password.
pub(crate) fn target(config: &Config) -> String {
    let host = config.get_hosts().first().map_or_else(
        || "?".to_owned(),
        |host| match host {
            tokio_postgres::config::Host::Tcp(name) => name.clone(),
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        },
    );
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().unwrap_or("?");
    format!("{host}:{port}/{database}")
}
