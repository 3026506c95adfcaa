//! A transaction in which something is changed: signed, and ended with exactly one audit row or without any change.
//!
//! The writers of master data, money and decisions take one. Only `office` signs them (tests/tidy.rs), after it has asked
//! in the same transaction who it is and whether they may.

use std::ops::Deref;

use serde_json::Value;
use tokio_postgres::{Client, IsolationLevel, Transaction};

use crate::actor::Actor;
use crate::{SqlError, audit};

/// A signed transaction. Dropped, it is undone.
pub struct Change<'a> {
    transaction: Transaction<'a>,
    actor: Actor,
}

/// What an audit row says besides who and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// `<noun>.<verb>`.
    pub action: &'static str,
    /// The id or number that people know.
    pub subject: String,
    /// What it was.
    pub before: Option<Value>,
    /// What it is now.
    pub after: Option<Value>,
}

/// Begins a transaction, to be signed once it is known by whom.
pub async fn begin(client: &mut Client) -> Result<Transaction<'_>, SqlError> {
    Ok(client.transaction().await?)
}

/// Begins a transaction in which everything is read as it stands at its first query, and nothing is written.
pub async fn at_one_instant(client: &mut Client) -> Result<Transaction<'_>, SqlError> {
    let transaction =
        client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead);
    Ok(transaction.start().await?)
}

impl<'a> Change<'a> {
    /// Signs a transaction.
    pub fn sign(transaction: Transaction<'a>, actor: Actor) -> Self {
        Self { transaction, actor }
    }

    /// The transaction, for what takes any client.
    pub fn transaction(&self) -> &Transaction<'a> {
        &self.transaction
    }

    /// Who does it.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Writes the audit row, and keeps what was changed.
    pub async fn finish(self, trace: Trace) -> Result<(), SqlError> {
        let Trace { action, subject, before, after } = trace;
        audit::record(&self.transaction, &self.actor, action, &subject, before, after).await?;
        Ok(self.transaction.commit().await?)
    }

    /// Ends it without a change and without a trace.
    pub async fn leave(self) -> Result<(), SqlError> {
        Ok(self.transaction.rollback().await?)
    }
}

/// Whatever reads in a transaction reads in this one.
impl<'a> Deref for Change<'a> {
    type Target = Transaction<'a>;

    fn deref(&self) -> &Transaction<'a> {
        &self.transaction
    }
}
