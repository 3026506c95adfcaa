//! Small jobs of the house: alarms become events, what ended long ago goes.

use store::queue::{self, JobKind};
use store::{Client, Role, SqlError, outbox};
use tracing::info;

use crate::handler::{Fault, Handlers};

/// Rows in one statement, so that none holds its locks for long.
const AT_ONCE: i64 = 500;

/// Adds the handlers.
pub fn handlers(handlers: Handlers, url: &str) -> Handlers {
    let (of_alarms, of_retention) = (url.to_owned(), url.to_owned());
    handlers
        .with(JobKind::AlarmReport, move |_| report_alarms(of_alarms.clone()))
        .with(JobKind::Retention, move |_| throw_away(of_retention.clone()))
}

async fn report_alarms(url: String) -> Result<(), Fault> {
    let client = connect(&url).await?;
    while outbox::report_alarms(&client, AT_ONCE).await.map_err(sql)? > 0 {}
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
