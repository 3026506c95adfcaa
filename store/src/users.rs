//! Users: who they are, what they may do, their passwords.

use jiff::Timestamp;
use tokio_postgres::GenericClient;

pub use crate::actor::Actor;
use crate::{Change, SqlError, UserRole, row};

/// A user of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Lower case, starts with a letter.
    pub name: String,
    /// What they are.
    pub role: UserRole,
    /// Whether they can sign in to the console.
    pub has_password: bool,
    /// When they were added.
    pub created_at: Timestamp,
    /// Since when they may do nothing.
    pub disabled_at: Option<Timestamp>,
}

/// One user.
pub async fn find(client: &impl GenericClient, name: &str) -> Result<Option<User>, SqlError> {
    let row = client
        .query_opt(
            "select name, role, password_hash is not null as has_password, created_at, disabled_at from users where name = $1",
            &[&name],
        )
        .await?;
    row.as_ref().map(user).transpose()
}

/// All users, by name.
pub async fn list(client: &impl GenericClient) -> Result<Vec<User>, SqlError> {
    let rows = client
        .query(
            "select name, role, password_hash is not null as has_password, created_at, disabled_at from users order by name",
            &[],
        )
        .await?;
    rows.iter().map(user).collect()
}

fn user(row: &tokio_postgres::Row) -> Result<User, SqlError> {
    Ok(User {
        name: row.try_get("name")?,
        role: row::known(row, "users", "role")?,
        has_password: row.try_get("has_password")?,
        created_at: row.try_get("created_at")?,
        disabled_at: row.try_get("disabled_at")?,
    })
}

/// How many administrators may act.
pub async fn active_administrators(client: &impl GenericClient) -> Result<usize, SqlError> {
    let text = "select name from users where role = 'admin' and disabled_at is null";
    Ok(client.query(text, &[]).await?.len())
}

/// Until the change ends, no other change of users begins: the last administrator is counted only once.
pub async fn lock(change: &Change<'_>) -> Result<(), SqlError> {
    change.execute("select pg_advisory_xact_lock(6203941177281)", &[]).await?;
    Ok(())
}

/// The argon2id hash of a user's password.
pub async fn password_hash(client: &impl GenericClient, name: &str) -> Result<Option<String>, SqlError> {
    let row = client.query_opt("select password_hash from users where name = $1", &[&name]).await?;
    Ok(row.map(|row| row.try_get("password_hash")).transpose()?.flatten())
}

/// Adds a user; whether there was none of that name.
pub async fn insert(change: &Change<'_>, name: &str, role: UserRole) -> Result<bool, SqlError> {
    let text = "insert into users (name, role) values ($1, $2) on conflict do nothing";
    Ok(change.execute(text, &[&name, &role.name()]).await? == 1)
}

/// Gives a user another role.
pub async fn set_role(change: &Change<'_>, name: &str, role: UserRole) -> Result<(), SqlError> {
    change.execute("update users set role = $2 where name = $1", &[&name, &role.name()]).await?;
    Ok(())
}

/// Sets a user's password, by its hash.
pub async fn set_password_hash(change: &Change<'_>, name: &str, hash: &str) -> Result<(), SqlError> {
    change.execute("update users set password_hash = $2 where name = $1", &[&name, &hash]).await?;
    Ok(())
}

/// Takes every right from a user, or gives them back. The name stays: documents carry it.
pub async fn set_disabled(change: &Change<'_>, name: &str, disabled: bool) -> Result<(), SqlError> {
    let text = "update users set disabled_at = case when $2 then now() end where name = $1";
    change.execute(text, &[&name, &disabled]).await?;
    Ok(())
}

/// How often a wrong password was given for a user since then.
pub async fn wrong_passwords(
    client: &impl GenericClient,
    name: &str,
    since: Timestamp,
) -> Result<i64, SqlError> {
    let text = "select count(*) as tries from failed_sign_ins where user_name = $1 and at > $2";
    Ok(client.query_one(text, &[&name, &since]).await?.try_get("tries")?)
}

/// Notes a wrong password, if there is such a user: names that nobody has fill no table.
pub async fn note_wrong_password(
    client: &impl GenericClient,
    name: &str,
    os_account: &str,
    at: Timestamp,
) -> Result<(), SqlError> {
    client
        .execute(
            "insert into failed_sign_ins (user_name, os_account, at) \
             select name, $2, $3 from users where name = $1",
            &[&name, &os_account, &at],
        )
        .await?;
    client
        .execute("delete from failed_sign_ins where at < $1::timestamptz - interval '1 day'", &[&at])
        .await?;
    Ok(())
}

/// Who added a user or changed one since then, the latest first, each once: names as the audit has them, with the machine's
/// account. However many there are: whom a bound left out would be believed to be a stranger.
pub async fn changed_by(
    client: &impl GenericClient,
    name: &str,
    since: Timestamp,
) -> Result<Vec<(String, Option<String>)>, SqlError> {
    let text = "select who, os_account from audit where subject = $1 and at >= $2 \
                and action in ('user.add', 'user.role', 'user.passwd', 'user.enable') \
                group by who, os_account order by max(id) desc";
    let rows = client.query(text, &[&name, &since]).await?;
    rows.iter().map(|row| Ok((row.try_get("who")?, row.try_get("os_account")?))).collect()
}
