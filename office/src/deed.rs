//! The form of every deed: a desk, a transaction that carries its permit, one audit row.
//!
//! ```text
//! let mut desk = office.desk().await?;                                     a connection
//! let deed = desk.open(caller, Action::AddUser, Scope::All).await?;        a transaction, and that they may
//! store::users::insert(deed.change(), …).await?;                           the writers take what only this makes
//! deed.finish(Traced::of(name).after(json!({…}))).await                    one audit row, commit
//! ```
//!
//! A deed that is dropped leaves nothing. There is no commit without an audit row, and no audit row without its change.

use jiff::Timestamp;
use jiff::civil::Date;
use metering::Zone;
use metering::refusal::{Refusal, Why};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{Change, Client, Pool, Pooled, Trace, UserRole, wishes};

use crate::permit::{self, Permit};
use crate::{Action, BillingSettings, Caller, OfficeSettings, Scope, import};

/// The utility, as the deeds know it: its database, its days, its settings.
#[derive(Clone)]
pub struct Office {
    pool: Pool,
    zone: Zone,
    settings: OfficeSettings,
    billing: BillingSettings,
    imports: import::Terms,
}

impl Office {
    /// On a pool of connections in the role that writes. A deed takes one, a wrong password a second one.
    pub fn new(pool: Pool, zone: Zone, settings: OfficeSettings, billing: BillingSettings) -> Self {
        Self { pool, zone, settings, billing, imports: import::Terms::default() }
    }

    /// With other terms of imports than the defaults.
    #[must_use]
    pub fn importing(self, imports: import::Terms) -> Self {
        Self { imports, ..self }
    }

    /// What imports need to know.
    pub(crate) fn import_terms(&self) -> &import::Terms {
        &self.imports
    }

    /// How each service is billed, for the runs that are frozen from now on.
    pub fn billing(&self) -> &BillingSettings {
        &self.billing
    }

    /// The utility's zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The settings of deeds.
    pub fn settings(&self) -> &OfficeSettings {
        &self.settings
    }

    /// A connection of this deed's own.
    pub(crate) async fn desk(&self) -> Result<Desk<'_>, Refusal> {
        let client = store::take(&self.pool).await.map_err(|error| Refusal::from(&error))?;
        Ok(Desk { office: self, client })
    }
}

/// A connection on which one deed after another is done.
pub(crate) struct Desk<'o> {
    office: &'o Office,
    client: Pooled,
}

impl Desk<'_> {
    /// Begins a transaction and asks in it who the caller is and whether they may.
    pub(crate) async fn open(
        &mut self,
        caller: &Caller,
        action: Action,
        scope: Scope,
    ) -> Result<Deed<'_>, Refusal> {
        let transaction = store::begin(&mut self.client).await?;
        let asked = permit::ask(&transaction, caller, action, scope).await;
        if let Err(refusal) = &asked
            && refusal.why == Why::WrongPassword
        {
            self.office.note_wrong_password(caller).await?;
        }
        let Permit { actor, role, scope } = asked?;
        let change = Change::sign(transaction, actor);
        let today = self.office.zone.date(caller.now);
        Ok(Deed { change, action, role, scope, now: caller.now, today, key: caller.key.clone(), wish: None })
    }

    /// The connection, for what is read before or after.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

impl Office {
    /// Outside of the deed, which is undone.
    async fn note_wrong_password(&self, caller: &Caller) -> Result<(), Refusal> {
        let desk = self.desk().await?;
        let name = caller.name.as_deref().unwrap_or_default();
        Ok(store::users::note_wrong_password(desk.client(), name, &caller.os_account, caller.now).await?)
    }
}

/// A transaction, together with the right to use it.
pub(crate) struct Deed<'a> {
    change: Change<'a>,
    action: Action,
    role: Option<UserRole>,
    scope: Scope,
    now: Timestamp,
    today: Date,
    key: Option<String>,
    wish: Option<Vec<u8>>,
}

/// What the audit row of a deed holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Traced {
    subject: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Traced {
    /// The number or name that people know.
    pub(crate) fn of(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), before: None, after: None }
    }

    /// What it was.
    pub(crate) fn before(mut self, before: Value) -> Self {
        self.before = Some(before);
        self
    }

    /// What it is now.
    pub(crate) fn after(mut self, after: Value) -> Self {
        self.after = Some(after);
        self
    }
}

impl<'a> Deed<'a> {
    /// What store's writers take.
    pub(crate) fn change(&self) -> &Change<'a> {
        &self.change
    }

    /// Who does it.
    pub(crate) fn actor(&self) -> &store::Actor {
        self.change.actor()
    }

    /// The role of the person; none for the machine's account.
    pub(crate) fn role(&self) -> Option<UserRole> {
        self.role
    }

    /// Refused unless whoever does this may do the other deed as well, which a part of this one is: `field` names it.
    pub(crate) fn may_also(&self, action: Action, field: &'static str) -> Result<(), Refusal> {
        permit::also(self.actor(), self.role, self.scope, action, field)
    }

    /// What time it is for the caller.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The civil day in the utility's zone.
    pub(crate) fn today(&self) -> Date {
        self.today
    }

    /// The first outcome, if this wish was carried out under the caller's idempotency key. Another wish under the key is
    /// refused. To be asked before anything is written, where money moves.
    pub(crate) async fn repeated(&mut self, wish: &Value) -> Result<Option<Value>, Refusal> {
        let Some(key) = &self.key else { return Ok(None) };
        let hash = Sha256::digest(format!("{}\n{wish}", self.action)).to_vec();
        let known = wishes::find(&self.change, key).await?;
        self.wish = Some(hash.clone());
        match known {
            None => Ok(None),
            Some(known) if known.wish_sha256 == hash => Ok(Some(known.outcome)),
            Some(_) => Err(Refusal::new(Why::KeyTaken, "key").with("key", key)),
        }
    }

    /// Keeps what was done, with its audit row.
    pub(crate) async fn finish(self, traced: Traced) -> Result<(), Refusal> {
        self.finish_with(traced, Value::Null).await
    }

    /// Keeps what was done, with its audit row, and its outcome for the same wish again.
    pub(crate) async fn finish_with(self, traced: Traced, outcome: Value) -> Result<(), Refusal> {
        if let (Some(key), Some(hash)) = (&self.key, &self.wish) {
            wishes::keep(&self.change, key, self.action.name(), hash, &outcome).await?;
        }
        let Traced { subject, before, after } = traced;
        let action = self.action.name();
        Ok(self.change.finish(Trace { action, subject, before, after }).await?)
    }

    /// Ends it without a change: what was wanted is so already.
    pub(crate) async fn leave(self) -> Result<(), Refusal> {
        Ok(self.change.leave().await?)
    }
}
