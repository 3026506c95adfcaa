//! Ledger accounts and their numbers.

use std::collections::{BTreeSet, HashMap};

use billing::ledger::LedgerAccount;
use smol_str::SmolStr;
use tokio_postgres::{GenericClient, Transaction};

use crate::errors::RowError;
use crate::{SqlError, row};

/// The ledger accounts that are known, by number.
#[derive(Clone, Debug, Default)]
pub struct LedgerAccounts(HashMap<i32, LedgerAccount>);

impl LedgerAccounts {
    /// All there are: a handful of classes, and a name for each channel, payee and payer.
    pub async fn read(client: &impl GenericClient) -> Result<Self, SqlError> {
        let rows = client.query("select id, name from ledger_accounts", &[]).await?;
        let account =
            |row: &tokio_postgres::Row| Ok((row.try_get("id")?, row::known(row, "ledger_accounts", "name")?));
        Ok(Self(rows.iter().map(account).collect::<Result<_, SqlError>>()?))
    }

    /// The account of a leg.
    pub(crate) fn of(&self, id: i32) -> Result<&LedgerAccount, SqlError> {
        let unknown = || RowError {
            table: "journal",
            column: "acct",
            value: id.to_string(),
            why: "there is no such ledger account".to_owned(),
        };
        self.0.get(&id).ok_or_else(|| unknown().into())
    }
}

/// The numbers of ledger accounts. One that is not there yet (a channel, a payee) is added.
pub async fn account_ids(
    change: &Transaction<'_>,
    accounts: impl IntoIterator<Item = &LedgerAccount>,
) -> Result<HashMap<LedgerAccount, i32>, SqlError> {
    let wanted: BTreeSet<&LedgerAccount> = accounts.into_iter().collect();
    let (of_names, classes): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|account| account.of().is_some());
    let mut ids: HashMap<LedgerAccount, i32> =
        classes.into_iter().map(|account| (account.clone(), account.class().code() * 10_000)).collect();
    if of_names.is_empty() {
        return Ok(ids);
    }
    let names: Vec<SmolStr> = of_names.iter().map(|account| account.name()).collect();
    let names: Vec<&str> = names.iter().map(SmolStr::as_str).collect();
    let text = "select ledger_account(name) as id from unnest($1::text[]) with ordinality n (name, place) order by place";
    let rows = change.query(text, &[&names]).await?;
    for (account, row) in of_names.into_iter().zip(&rows) {
        ids.insert(account.clone(), row.try_get("id")?);
    }
    Ok(ids)
}
