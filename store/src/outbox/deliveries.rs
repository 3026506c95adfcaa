//! Deliveries: which destination is to hear of which event, and what it answered.

use tokio_postgres::{GenericClient, Row, Transaction};

use super::{Event, EventKind};
use crate::queue::{self, JobKind, Wish};
use crate::{SqlError, row};

/// How often an event is offered to one destination before it is given up.
const ATTEMPTS: i16 = 20;

/// The most of an answer that is kept, in characters.
const ANSWER: usize = 500;

metering::closed_list! {
    /// Where a delivery stands.
    pub enum DeliveryState: "state of a delivery" {
        /// It is offered, or will be again.
        Waiting = "waiting",
        /// The destination has it.
        Sent = "sent",
        /// It was given up.
        Failed = "failed",
    }
}

/// Someone whom the settings name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name, such as `webhook:erp`.
    pub name: String,
    /// SHA-256 of its address.
    pub fingerprint: [u8; 32],
    /// What it wants to hear of.
    pub kinds: Vec<EventKind>,
}

/// An event that one destination has not heard of yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The event.
    pub event: Event,
    /// How often it was offered already.
    pub attempts: i16,
}

/// What came of offering an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The destination has it. In its words.
    Sent(String),
    /// It is there and has not taken it. Why: offered again after a pause, until it is given up.
    Refused(String),
    /// It is not there. Why: offered again with all that waits, in order, until it is given up.
    Unreachable(String),
}

/// Writes down who is to hear of the next events, at most so many, and enqueues a job for each destination for which
/// something waits. One that is gone hears of nothing; one with another address than then is there again. Returns how many
/// events.
pub async fn spread(
    change: &Transaction<'_>,
    destinations: &[Destination],
    limit: i64,
) -> Result<u64, SqlError> {
    let (mut names, mut kinds, mut prints) = (Vec::new(), Vec::new(), Vec::new());
    for destination in destinations {
        for kind in &destination.kinds {
            names.push(destination.name.as_str());
            kinds.push(kind.name());
            prints.push(destination.fingerprint.as_slice());
        }
    }
    change.execute(include_str!("../../sql/outbox/destinations.sql"), &[&names, &prints]).await?;
    let row =
        change.query_one(include_str!("../../sql/outbox/spread.sql"), &[&names, &kinds, &limit]).await?;
    for name in row.try_get::<_, Vec<String>>("destinations")? {
        send_soon(change, &name).await?;
    }
    Ok(u64::try_from(row.try_get::<_, i64>("events")?).unwrap_or_default())
}

async fn send_soon(change: &Transaction<'_>, destination: &str) -> Result<(), SqlError> {
    let payload = serde_json::json!({ "destination": destination });
    let wish = Wish { kind: JobKind::OutboxSend, key: destination.to_owned(), payload };
    queue::enqueue(change, &wish).await?;
    // What was not taken keeps its own pause. The destination is there, and hears of the rest at once; that costs the job no
    // attempt. One that is not there is left alone until the job's pause is over.
    change
        .execute(
            "update jobs set run_after = now(), attempts = greatest(0, attempts - 1) \
             where kind = $1 and dedup_key = $2 and state = 'waiting' and error_kind = 'refused' and run_after > now()",
            &[&JobKind::OutboxSend.name(), &destination],
        )
        .await?;
    Ok(())
}

/// What waits for a destination and is due, the oldest first, from behind an event on; at most so many.
pub async fn waiting(
    client: &impl GenericClient,
    destination: &str,
    behind: i64,
    limit: i64,
) -> Result<Vec<Delivery>, SqlError> {
    let rows = client
        .query(
            "select e.id, e.kind, e.subject, e.payload, e.created_at, d.attempts \
             from outbox_deliveries d join outbox_events e on e.id = d.event_id \
             where d.destination = $1 and d.state = 'waiting' and d.event_id > $2 and d.due_at <= now() order by d.event_id limit $3",
            &[&destination, &behind, &limit],
        )
        .await?;
    let read = |row: &Row| Ok(Delivery { event: Event::read(row)?, attempts: row.try_get("attempts")? });
    rows.iter().map(read).collect()
}

/// How much waits for a destination, due or not; counted to a thousand.
pub async fn left(client: &impl GenericClient, destination: &str) -> Result<usize, SqlError> {
    let text = "select count(*) as n from (select from outbox_deliveries \
                where destination = $1 and state = 'waiting' limit 1000) d";
    let row = client.query_one(text, &[&destination]).await?;
    row::fits(row.try_get::<_, i64>("n")?, "outbox_deliveries", "n", |n| usize::try_from(*n).ok())
}

/// A person wishes that all that waits for a destination is offered at once.
pub(crate) async fn offer_now(change: &Transaction<'_>, destination: &str) -> Result<(), SqlError> {
    let text = "update outbox_deliveries set due_at = now() where destination = $1 and state = 'waiting' and due_at > now()";
    change.execute(text, &[&destination]).await?;
    Ok(())
}

/// Writes down what a destination answered. `true`: it will not be offered this event again.
pub async fn settle(
    client: &impl GenericClient,
    event: i64,
    destination: &str,
    answered: &Answered,
) -> Result<bool, SqlError> {
    let (is_sent, pauses, answer) = match answered {
        Answered::Sent(answer) => (true, false, answer),
        Answered::Refused(why) => (false, true, why),
        Answered::Unreachable(why) => (false, false, why),
    };
    let answer: String = answer.chars().filter(|c| *c != '\0').take(ANSWER).collect();
    let row = client
        .query_opt(
            "update outbox_deliveries set attempts = attempts + 1, answer = $4, changed_at = now(), \
               due_at = now() + case when $6 then make_interval(secs => least(3600, 10 * power(2, least(attempts, 20)))) \
                                     else interval '0' end, \
               state = case when $3 then 'sent' when attempts + 1 >= $5::smallint then 'failed' else 'waiting' end \
             where event_id = $1 and destination = $2 and state = 'waiting' returning state <> 'waiting' as ended",
            &[&event, &destination, &is_sent, &answer, &ATTEMPTS, &pauses],
        )
        .await?;
    row.map_or(Ok(true), |row| Ok(row.try_get("ended")?))
}

/// The destination is gone: it hears no more until the settings give it another address. What waits for it is given up.
pub async fn gone(change: &Transaction<'_>, destination: &str) -> Result<(), SqlError> {
    let text = "update outbox_destinations set gone_at = now() where name = $1 and gone_at is null";
    change.execute(text, &[&destination]).await?;
    let text = "update outbox_deliveries set state = 'failed', answer = 'the destination is gone', changed_at = now() \
                where destination = $1 and state = 'waiting'";
    change.execute(text, &[&destination]).await?;
    Ok(())
}

/// Whether a destination is gone.
pub async fn destination_gone(client: &impl GenericClient, destination: &str) -> Result<bool, SqlError> {
    let text =
        "select exists (select from outbox_destinations where name = $1 and gone_at is not null) as gone";
    Ok(client.query_one(text, &[&destination]).await?.try_get("gone")?)
}
