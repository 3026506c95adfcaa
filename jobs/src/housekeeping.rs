//! Small jobs of the house: alarms become events, the audit trail is sealed, what ended long ago goes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::queue::{self, JobKind};
use store::seals::{self, Reach};
use store::{Client, Role, SqlError, outbox};
use tracing::info;

use crate::handler::{Fault, Handlers};

/// Rows in one statement, so that none holds its locks for long.
const AT_ONCE: i64 = 500;

/// Links in one transaction. They are short, and who writes audit rows does not wait for them.
const SEALS_AT_ONCE: i64 = 5_000;

/// Adds the handlers.
pub fn handlers(handlers: Handlers, url: &str) -> Handlers {
    let (of_alarms, of_seals, of_retention) = (url.to_owned(), url.to_owned(), url.to_owned());
    let looked = Arc::new(Mutex::new(None));
    handlers
        .with(JobKind::AlarmReport, move |_| report_alarms(of_alarms.clone()))
        .with(JobKind::AuditSeal, move |_| seal(of_seals.clone(), reach(&looked, Instant::now())))
        .with(JobKind::Retention, move |_| throw_away(of_retention.clone()))
}

async fn report_alarms(url: String) -> Result<(), Fault> {
    let client = connect(&url).await?;
    while outbox::report_alarms(&client, AT_ONCE).await.map_err(sql)? > 0 {}
    Ok(())
}

/// The first look of a process, and one an hour, is at all rows.
fn reach(looked: &Mutex<Option<Instant>>, now: Instant) -> Reach {
    const EACH: Duration = Duration::from_hours(1);
    let mut looked = looked.lock().unwrap_or_else(PoisonError::into_inner);
    if looked.is_some_and(|at| now.duration_since(at) < EACH) {
        return Reach::Newest;
    }
    *looked = Some(now);
    Reach::All
}

async fn seal(url: String, reach: Reach) -> Result<(), Fault> {
    let mut client = connect(&url).await?;
    while seals::seal(&mut client, reach, SEALS_AT_ONCE).await.map_err(sql)? > 0 {}
    Ok(())
}

async fn throw_away(url: String) -> Result<(), Fault> {
    let client = connect(&url).await?;
    let (mut jobs, mut events) = (0, 0);
    loop {
        let gone = (
            queue::sweep(&client, AT_ONCE).await.map_err(sql)?,
            outbox::sweep(&client, AT_ONCE).await.map_err(sql)?,
        );
        if gone == (0, 0) {
            break;
        }
        jobs += gone.0;
        events += gone.1;
    }
    if jobs + events > 0 {
        info!(jobs, events, "threw away what ended long ago");
    }
    Ok(())
}

async fn connect(url: &str) -> Result<Client, Fault> {
    store::connect(url, Role::Billing).await.map_err(|error| Fault::new("connect", error))
}

fn sql(error: SqlError) -> Fault {
    Fault::new("sql", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_looks_at_all_rows_first_and_then_once_an_hour() {
        let (looked, begun) = (Mutex::new(None), Instant::now());
        let at = |minutes| reach(&looked, begun + Duration::from_mins(minutes));
        assert_eq!((at(0), at(1), at(59)), (Reach::All, Reach::Newest, Reach::Newest));
        assert_eq!((at(60), at(61)), (Reach::All, Reach::Newest));
    }
}
