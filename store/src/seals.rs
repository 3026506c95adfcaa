//! The audit trail's seals: each committed row gets a link whose hash holds the link before it. Whoever changes a row, takes
//! one out or puts one between must make every later link anew; a head that was written down elsewhere shows that too.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, GenericClient, Row};

use crate::SqlError;

/// One sealer at a time, whatever the number of workers.
const LOCK: i64 = 6_203_941_177_281;

/// Rows that a page of the chain has.
const PAGE: i64 = 5_000;

/// The last link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many rows are sealed.
    pub n: i64,
    /// The last link's hash, which holds all before it.
    pub sha256: Vec<u8>,
}

metering::closed_list! {
    /// What is wrong with a link.
    pub enum SealFault: "fault of a seal" {
        /// The row is another one than was sealed.
        Changed = "changed",
        /// No row has the number that was sealed.
        RowMissing = "row_missing",
        /// A link is not there.
        LinkMissing = "link_missing",
    }
}

/// What the chain says of the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The last link; `None` where nothing is sealed.
    pub head: Option<Head>,
    /// The links that do not hold, by number, with the audit row's id where one is named. At most 100.
    pub faults: Vec<(i64, Option<i64>, SealFault)>,
    /// How many do not hold.
    pub broken: u64,
    /// How many rows no link holds yet.
    pub unsealed: i64,
    /// Since when the oldest of these waits.
    pub unsealed_since: Option<Timestamp>,
}

/// Among which rows a call looks for those without a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The newest: cheap, however long the trail is.
    Newest,
    /// All, so that a row is found whose transaction was open while a hundred thousand others came.
    All,
}

/// So many of the newest rows are looked at where not all are.
const NEWEST: i64 = 100_000;

/// Seals committed rows in the order of their numbers, at most so many. Returns how many it sealed. A row whose transaction
/// commits late is sealed by a later call, after those that came before it.
pub async fn seal(client: &mut Client, reach: Reach, most: i64) -> Result<usize, SqlError> {
    let change = client.transaction().await?;
    let alone = change.query_one("select pg_try_advisory_xact_lock($1) as alone", &[&LOCK]).await?;
    if !alone.try_get::<_, bool>("alone")? {
        return Ok(0);
    }
    let head = head(&change).await?;
    let (mut n, mut link) = head.map_or((0, vec![0; 32]), |head| (head.n, head.sha256));
    let reach = match reach {
        Reach::Newest => NEWEST,
        Reach::All => i64::MAX,
    };
    let rows = change.query(UNSEALED, &[&most, &reach]).await?;
    let (mut numbers, mut ids, mut links) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        n += 1;
        link = next(&link, row)?;
        numbers.push(n);
        ids.push(row.try_get::<_, i64>("id")?);
        links.push(link.clone());
    }
    let insert = "insert into audit_seals (n, audit_id, sha256) select * from unnest($1::bigint[], $2::bigint[], $3::bytea[])";
    change.execute(insert, &[&numbers, &ids, &links]).await?;
    change.commit().await?;
    Ok(rows.len())
}

/// The last link.
pub async fn head(client: &impl GenericClient) -> Result<Option<Head>, SqlError> {
    let row = client.query_opt("select n, sha256 from audit_seals order by n desc limit 1", &[]).await?;
    row.map(|row| Ok(Head { n: row.try_get("n")?, sha256: row.try_get("sha256")? })).transpose()
}

/// The link of that number.
pub async fn link(client: &impl GenericClient, n: i64) -> Result<Option<Vec<u8>>, SqlError> {
    let row = client.query_opt("select sha256 from audit_seals where n = $1", &[&n]).await?;
    row.map(|row| Ok(row.try_get("sha256")?)).transpose()
}

/// How many of the newest rows wait for their seal, and for how many seconds the oldest of them has.
pub async fn waiting(client: &impl GenericClient) -> Result<(i64, i64), SqlError> {
    let row = client.query_one(WAITING, &[&NEWEST]).await?;
    Ok((row.try_get("rows")?, row.try_get("seconds")?))
}

/// Walks the chain from its first link and compares it with the rows.
pub async fn verify(client: &impl GenericClient) -> Result<Verified, SqlError> {
    let mut found = Verified::default();
    let (mut after, mut link) = (0_i64, vec![0_u8; 32]);
    loop {
        let rows = client.query(CHAIN, &[&after, &PAGE]).await?;
        for row in &rows {
            let n: i64 = row.try_get("n")?;
            let sealed: Vec<u8> = row.try_get("sealed")?;
            let id: Option<i64> = row.try_get("id")?;
            if n != after + 1 {
                found.fault(after + 1, None, SealFault::LinkMissing);
            } else if id.is_none() {
                found.fault(n, Some(row.try_get("audit_id")?), SealFault::RowMissing);
            } else if next(&link, row)? != sealed {
                found.fault(n, id, SealFault::Changed);
            }
            // The next link is judged by what stands here, so that one fault is not reported as thousands.
            link.clone_from(&sealed);
            after = n;
            found.head = Some(Head { n, sha256: sealed });
        }
        if rows.is_empty() {
            break;
        }
    }
    let row = client.query_one(TAIL, &[]).await?;
    found.unsealed = row.try_get("rows")?;
    found.unsealed_since = row.try_get("since")?;
    Ok(found)
}

impl Verified {
    /// Whether every link holds.
    pub fn holds(&self) -> bool {
        self.broken == 0
    }

    fn fault(&mut self, n: i64, row: Option<i64>, fault: SealFault) {
        self.broken += 1;
        if self.faults.len() < 100 {
            self.faults.push((n, row, fault));
        }
    }
}

/// The link after another: SHA-256 over it and the row's fields, each with its length in front, so that no two rows have
/// the same bytes. An absent field has no bytes and the length -1.
fn next(link: &[u8], row: &Row) -> Result<Vec<u8>, SqlError> {
    let mut hash = Sha256::new();
    hash.update(link);
    let mut field = |bytes: Option<&[u8]>| {
        let length = bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        hash.update(length.to_be_bytes());
        hash.update(bytes.unwrap_or_default());
    };
    field(Some(&row.try_get::<_, i64>("id")?.to_be_bytes()));
    field(Some(&row.try_get::<_, Timestamp>("at")?.as_microsecond().to_be_bytes()));
    for column in ["who", "os_account", "login", "action", "subject", "before", "after"] {
        field(row.try_get::<_, Option<&str>>(column)?.map(str::as_bytes));
    }
    Ok(hash.finalize().to_vec())
}

/// Which committed rows have no link? Leans on the primary key, and on the one of each link's row.
const UNSEALED: &str = "
select a.id, a.at, a.who, a.os_account, a.login, a.action, a.subject, a.before::text, a.after::text
from audit a
where a.id > coalesce((select max(audit_id) from audit_seals), 0) - $2
  and not exists (select 1 from audit_seals s where s.audit_id = a.id)
order by a.id
limit $1";

/// The chain's next page, each link with its row.
const CHAIN: &str = "
select s.n, s.audit_id, s.sha256 as sealed,
       a.id, a.at, a.who, a.os_account, a.login, a.action, a.subject, a.before::text, a.after::text
from audit_seals s
left join audit a on a.id = s.audit_id
where s.n > $1
order by s.n
limit $2";

/// How much of the trail is not sealed, and since when?
const TAIL: &str = "
select count(*) as rows, min(a.at) as since
from audit a
where not exists (select 1 from audit_seals s where s.audit_id = a.id)";

/// How much of the newest part of the trail is not sealed, and since when? Leans on the primary keys.
const WAITING: &str = "
select count(*) as rows, coalesce(extract(epoch from now() - min(a.at)), 0)::bigint as seconds
from audit a
where a.id > coalesce((select max(audit_id) from audit_seals), 0) - $1
  and not exists (select 1 from audit_seals s where s.audit_id = a.id)";
