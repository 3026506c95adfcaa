//! The office of a test: its verbs, called as the command line, a page or a file calls them.

use jiff::Timestamp;
use metering::{Language, Zone};
use office::{Caller, Office, OfficeSettings, Proof};

use super::Database;

/// On a test's database, in Shanghai.
pub fn office(database: &Database) -> Office {
    let pool = store::pool(database.url(), store::Role::Billing, 4).unwrap();
    Office::new(pool, Zone::named("Asia/Shanghai").unwrap(), OfficeSettings::default())
}

/// Someone who gives a name, now.
pub fn caller(name: &str) -> Caller {
    Caller { name: Some(name.to_owned()), ..nobody() }
}

/// The machine's account.
pub fn nobody() -> Caller {
    Caller {
        name: None,
        proof: Proof::Name,
        os_account: "machine".to_owned(),
        language: Language::En,
        now: Timestamp::now(),
        key: None,
    }
}

/// Who did what to what, in order.
pub async fn trail(database: &Database) -> Vec<String> {
    let client = database.owner().await;
    let rows =
        client.query("select who || ' ' || action || ' ' || subject from audit order by id", &[]).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}
