//! The database: reachable, new enough, with its extension and schema.

use store::{Client, Role};

use super::check::Check;
use crate::servers;
use crate::settings::Settings;

/// From the address to the users; what cannot be asked for want of what is before it is not listed.
pub(super) async fn checks(settings: &Settings) -> Vec<Check> {
    let Ok(url) = servers::database_url(settings) else {
        let mend = "`meterline db up`, or set DATABASE_URL";
        return vec![Check::wrong("database", "none is named, and no private one runs", mend)];
    };
    match store::connect(&url, Role::Owner).await {
        Err(error) => {
            let mend = "start the server, or correct DATABASE_URL (`meterline db status`)";
            vec![Check::wrong("database", error.to_string(), mend)]
        }
        Ok(client) => inside(&client).await.unwrap_or_else(|error| {
            vec![Check::wrong("database", error.to_string(), "see the server's log")]
        }),
    }
}

async fn inside(client: &Client) -> Result<Vec<Check>, store::SqlError> {
    let health = store::health(client, jiff::Timestamp::now()).await?;
    let mut checks = vec![
        Check::of(
            (15..=18).contains(&health.postgres_major),
            "database",
            format!("PostgreSQL {}", health.postgres),
            "use PostgreSQL 15 to 18",
        ),
        Check::of(
            health.encoding == "UTF8",
            "database encoding",
            health.encoding,
            "create the database with encoding UTF8",
        ),
        Check::of(
            health.clock_off_s.abs() <= 5,
            "database clock",
            format!("{} s from this machine's", health.clock_off_s),
            "let both machines keep time (NTP): readings from the future are refused",
        ),
        Check::of(
            health.timescale_available.as_deref().is_some_and(store::is_timescale_new_enough),
            "TimescaleDB",
            match (&health.timescale, &health.timescale_available) {
                (Some(timescale), _) => format!("{} ({})", timescale.version, timescale.edition),
                (None, Some(version)) => format!("{version}, not in this database yet"),
                (None, None) => "not installed".to_owned(),
            },
            "install postgresql-17-timescaledb 2.19.1 or newer, and put timescaledb into shared_preload_libraries",
        ),
    ];
    let pending = store::pending_migrations(client).await?;
    checks.push(Check::of(
        pending.is_empty(),
        "schema",
        if pending.is_empty() { "up to date".to_owned() } else { format!("missing: {}", pending.join(", ")) },
        "`meterline migrate`",
    ));
    if pending.is_empty() {
        let users =
            store::users::list(client).await?.iter().filter(|user| user.disabled_at.is_none()).count();
        checks.push(Check::of(
            users > 0,
            "users",
            users.to_string(),
            "`meterline user add NAME --role admin`",
        ));
    }
    Ok(checks)
}
