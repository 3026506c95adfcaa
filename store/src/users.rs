//! Users: who they are, what they may do, their passwords.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::{Client, GenericClient};

use crate::permission::{Action, Signed, UserRole};
use crate::{SqlError, audit, row};

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

/// Who does something: written into audit rows and documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    name: String,
}

impl Actor {
    /// The name that is written down: a user's, or `os:ACCOUNT`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Why someone may not do something, or a user cannot be changed.
#[derive(Debug)]
pub enum UserError {
    /// A person has to sign, and nobody is named.
    Unsigned(Action),
    /// There is no user of that name.
    Unknown(String),
    /// The user is disabled.
    Disabled(String),
    /// The user's role may not do it.
    Forbidden {
        /// Who.
        name: String,
        /// What they are.
        role: UserRole,
        /// What they wanted.
        action: Action,
    },
    /// There is one of that name already.
    Exists(String),
    /// A name starts with a letter and has up to 32 of a-z 0-9 _ . -
    Name(String),
    /// Fewer than eight characters.
    PasswordTooShort,
    /// The hash cannot be made.
    Hash(String),
    /// The database's answer.
    Sql(SqlError),
}

impl UserError {
    /// From a closed list, for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unsigned(_) => "unsigned",
            Self::Unknown(_) => "unknown_user",
            Self::Disabled(_) => "disabled",
            Self::Forbidden { .. } => "forbidden",
            Self::Exists(_) => "exists",
            Self::Name(_) => "name",
            Self::PasswordTooShort => "password_too_short",
            Self::Hash(_) => "hash",
            Self::Sql(_) => "sql",
        }
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(action) => {
                write!(f, "{action} needs a person's name: say who you are with --as NAME or METERLINE_USER")
            }
            Self::Unknown(name) => write!(
                f,
                "there is no user {name:?}: `meterline user list` shows them, `meterline user add {name} --role ROLE` adds one"
            ),
            Self::Disabled(name) => write!(f, "the user {name:?} is disabled"),
            Self::Forbidden { name, role, action } => {
                let roles: Vec<&str> = action.rule().0.iter().map(|role| role.name()).collect();
                write!(f, "{name} is {role} and may not do {action}: that takes {}", roles.join(" or "))
            }
            Self::Exists(name) => write!(f, "there is a user {name:?} already"),
            Self::Name(name) => write!(
                f,
                "{name:?} cannot be a user's name: a small letter first, then up to 31 of a-z 0-9 _ . -"
            ),
            Self::PasswordTooShort => write!(f, "a password has at least 8 characters"),
            Self::Hash(message) => write!(f, "the password cannot be hashed: {message}"),
            Self::Sql(source) => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for UserError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sql(source) => std::error::Error::source(source),
            _ => None,
        }
    }
}

crate::takes_sql_errors!(UserError);

/// The one door to every change: who is it, and may they? `named` is what the person said (`--as`), `machine` the
/// account of the operating system that stands in where no person has to sign.
pub async fn actor(
    client: &impl GenericClient,
    named: Option<&str>,
    machine: &str,
    action: Action,
) -> Result<Actor, UserError> {
    let Some(name) = named else {
        return match action.rule().1 {
            Signed::Person => Err(UserError::Unsigned(action)),
            Signed::PersonOrMachine => Ok(Actor { name: format!("os:{machine}") }),
        };
    };
    let user = find(client, name).await?.ok_or_else(|| UserError::Unknown(name.to_owned()))?;
    if user.disabled_at.is_some() {
        return Err(UserError::Disabled(user.name));
    }
    if !user.role.may(action) {
        return Err(UserError::Forbidden { name: user.name, role: user.role, action });
    }
    Ok(Actor { name: user.name })
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
        name: row.get("name"),
        role: row::known(row, "users", "role")?,
        has_password: row.get("has_password"),
        created_at: row.get("created_at"),
        disabled_at: row.get("disabled_at"),
    })
}

/// Adds a user.
pub async fn add(client: &mut Client, name: &str, role: UserRole, by: &Actor) -> Result<(), UserError> {
    if !is_name(name) {
        return Err(UserError::Name(name.to_owned()));
    }
    let change = client.transaction().await?;
    let added = change
        .execute(
            "insert into users (name, role) values ($1, $2) on conflict do nothing",
            &[&name, &role.name()],
        )
        .await?;
    if added == 0 {
        return Err(UserError::Exists(name.to_owned()));
    }
    audit::record(&change, by, "user.add", name, None, Some(json!({ "role": role.name() }))).await?;
    change.commit().await?;
    Ok(())
}

/// Takes every right from a user. The name stays: documents carry it.
pub async fn disable(client: &mut Client, name: &str, by: &Actor) -> Result<(), UserError> {
    let change = client.transaction().await?;
    let found = change
        .execute("update users set disabled_at = coalesce(disabled_at, now()) where name = $1", &[&name])
        .await?;
    if found == 0 {
        return Err(UserError::Unknown(name.to_owned()));
    }
    audit::record(&change, by, "user.disable", name, None, None).await?;
    change.commit().await?;
    Ok(())
}

/// Sets a user's password for the console. Stored as its argon2id hash, with a salt of its own.
pub async fn set_password(
    client: &mut Client,
    name: &str,
    password: &str,
    by: &Actor,
) -> Result<(), UserError> {
    if password.chars().count() < 8 {
        return Err(UserError::PasswordTooShort);
    }
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default()
        .hash_password(password.as_bytes(), &salt)
        .map_err(|error| UserError::Hash(error.to_string()))?
        .to_string();
    let change = client.transaction().await?;
    let found =
        change.execute("update users set password_hash = $2 where name = $1", &[&name, &hash]).await?;
    if found == 0 {
        return Err(UserError::Unknown(name.to_owned()));
    }
    audit::record(&change, by, "user.passwd", name, None, None).await?;
    change.commit().await?;
    Ok(())
}

/// The user whose name and password these are; nobody where either is wrong, there is no password, or the user
/// is disabled. Takes as long for an unknown name as for a wrong password.
pub async fn sign_in(
    client: &impl GenericClient,
    name: &str,
    password: &str,
) -> Result<Option<User>, SqlError> {
    // The hash of a password that nobody knows, to be compared where there is no hash.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bWV0ZXJsaW5lLW5vYm9keQ$kH4C9gtpYxuLtZGDvW1Oq1eW4o0uUzJ1cP8wWqkQb2M";
    let row = client
        .query_opt("select password_hash from users where name = $1 and disabled_at is null", &[&name])
        .await?;
    let hash = row.and_then(|row| row.get::<_, Option<String>>(0));
    let right = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
    if hash.is_some() && right { find(client, name).await } else { Ok(None) }
}

fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_name_is_plain() {
        assert!(is_name("li.wei-2") && is_name("a"));
        for name in ["", "Li", "2li", "os:root", "li wei", "李", &"a".repeat(33)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
