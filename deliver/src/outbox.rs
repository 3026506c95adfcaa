//! The outbox worked off: who is to hear of what, and what each said.

use std::fmt;
use std::time::{Duration, Instant};

use store::outbox::{self, Answered, Destination};
use store::queue::{self, JobKind, Wish};
use store::{ConnectError, Role, SqlError};
use tracing::warn;

use crate::destination::{Reply, Sender};
use crate::settings::Senders;

/// Events that are spread, or read, at once.
const AT_ONCE: i64 = 200;

/// After so long one destination lets the others come, and goes on behind them.
const TURN: Duration = Duration::from_secs(30);

/// Why a destination has not heard of everything.
#[derive(Debug)]
pub enum SendError {
    /// It is not there. What waits for it waits on.
    Unreachable {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// It is there, and did not take some events; they are offered again.
    Refused {
        /// Its name.
        name: String,
        /// How many.
        count: usize,
        /// Why, for the last of them.
        why: String,
    },
    /// No connection.
    Connect(ConnectError),
    /// The database's answer.
    Sql(SqlError),
}

impl SendError {
    /// A word, for the queue's list.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Refused { .. } => "refused",
            Self::Connect(_) => "connect",
            Self::Sql(_) => "sql",
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { name, why } => write!(f, "{name} is not there: {why}"),
            Self::Refused { name, count, why } => write!(f, "{name} did not take {count} events: {why}"),
            Self::Connect(source) => source.fmt(f),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for SendError {}

impl From<ConnectError> for SendError {
    fn from(source: ConnectError) -> Self {
        Self::Connect(source)
    }
}

store::takes_sql_errors!(SendError);

/// Writes down who is to hear of what is new, and has it sent.
pub async fn spread(url: &str, senders: &Senders) -> Result<(), SendError> {
    let destinations: Vec<Destination> = senders.all().map(Sender::destination).collect();
    let mut client = store::connect(url, Role::Billing).await?;
    loop {
        let change = client.transaction().await?;
        let spread = outbox::spread(&change, &destinations, AT_ONCE).await?;
        change.commit().await?;
        if spread == 0 {
            return Ok(());
        }
    }
}

/// Sends a destination what waits for it, the oldest first. What it does not take is left for later, by itself, and the rest
/// goes on; if it is not there, everything is. One that the settings name no more is sent nothing.
pub async fn send(url: &str, senders: &Senders, name: &str) -> Result<(), SendError> {
    let Some(sender) = senders.find(name) else {
        warn!(destination = name, "the settings name this destination no more");
        return Ok(());
    };
    let mut client = store::connect(url, Role::Billing).await?;
    if outbox::destination_gone(&client, name).await? {
        return Ok(());
    }
    let begun = Instant::now();
    let (mut behind, mut refused) = (0, None);
    loop {
        let waiting = outbox::waiting(&client, name, behind, AT_ONCE).await?;
        if waiting.is_empty() {
            break;
        }
        for delivery in waiting {
            if begun.elapsed() >= TURN {
                return later(&mut client, name).await;
            }
            let event = delivery.event;
            behind = event.id;
            match sender.send(&event).await {
                Reply::Heard(answer) => {
                    outbox::settle(&client, event.id, name, &Answered::Sent(answer)).await?;
                }
                Reply::Refused(why) => {
                    outbox::settle(&client, event.id, name, &Answered::Refused(why.clone())).await?;
                    let count = refused.map_or(1, |(count, _)| count + 1);
                    refused = Some((count, why));
                }
                Reply::Unreachable(why) => {
                    outbox::settle(&client, event.id, name, &Answered::Unreachable(why.clone())).await?;
                    return Err(SendError::Unreachable { name: name.to_owned(), why });
                }
                Reply::Gone => {
                    warn!(
                        destination = name,
                        "the destination is gone, and hears no more until it has another address"
                    );
                    let change = client.transaction().await?;
                    outbox::gone(&change, name).await?;
                    change.commit().await?;
                    return Ok(());
                }
            }
        }
    }
    match (refused, outbox::left(&client, name).await?) {
        (Some((count, why)), _) => Err(SendError::Refused { name: name.to_owned(), count, why }),
        (None, 0) => Ok(()),
        // The job goes on living for them.
        (None, count) => {
            let why = "they were not taken before, and are offered again after a pause".to_owned();
            Err(SendError::Refused { name: name.to_owned(), count, why })
        }
    }
}

/// This job runs once more, behind whatever else is due.
async fn later(client: &mut store::Client, name: &str) -> Result<(), SendError> {
    let change = client.transaction().await?;
    let payload = serde_json::json!({ "destination": name });
    queue::enqueue(&change, &Wish { kind: JobKind::OutboxSend, key: name.to_owned(), payload }).await?;
    change.commit().await?;
    Ok(())
}
