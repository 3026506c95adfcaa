//! What the dashboards of operators show of the database's contents: a few counts that are cheap to take.

use tokio_postgres::{GenericClient, Row};

use crate::SqlError;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Meters there are.
    pub meters: i64,
    /// Meters with an open alarm of silence.
    pub silent: i64,
    /// Open alarms by severity.
    pub alarms: Vec<(String, i64)>,
    /// Bill runs by state.
    pub runs: Vec<(String, i64)>,
    /// The newest bill run.
    pub newest: Option<NewestRun>,
}

/// Where the newest bill run stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewestRun {
    /// Agreements whose inputs are frozen.
    pub due: i64,
    /// Of those, with a trial bill or an issued one.
    pub billed: i64,
    /// Parked, with a reason.
    pub parked: i64,
    /// Excluded, with a reason.
    pub excluded: i64,
    /// With an issued bill.
    pub issued: i64,
    /// Chunks that are still to be tried or issued.
    pub chunks_open: i64,
    /// Seconds from its start to its end, or until now.
    pub seconds: i64,
}

/// Takes them. No table of readings or bills is counted: chunks of a run know their bills.
pub async fn figures(client: &impl GenericClient) -> Result<Figures, SqlError> {
    let meters = "select count(*) as known, (select count(*) from alarms where kind = 'silent' and ended_at is null) as silent from meters";
    let meters = client.query_one(meters, &[]).await?;
    let pairs = async |query: &str| -> Result<Vec<(String, i64)>, SqlError> {
        let rows = client.query(query, &[]).await?;
        rows.iter().map(|row| Ok((row.try_get("word")?, row.try_get("n")?))).collect()
    };
    let newest = client.query_opt(NEWEST, &[]).await?;
    Ok(Figures {
        meters: meters.try_get("known")?,
        silent: meters.try_get("silent")?,
        alarms: pairs("select severity as word, count(*) as n from alarms where ended_at is null group by 1")
            .await?,
        runs: pairs("select state as word, count(*) as n from bill_runs group by 1").await?,
        newest: newest.as_ref().map(newest_run).transpose()?,
    })
}

fn newest_run(row: &Row) -> Result<NewestRun, SqlError> {
    Ok(NewestRun {
        due: row.try_get("due")?,
        billed: row.try_get("billed")?,
        issued: row.try_get("issued")?,
        chunks_open: row.try_get("open")?,
        parked: row.try_get("parked")?,
        excluded: row.try_get("excluded")?,
        seconds: row.try_get("seconds")?,
    })
}

/// Where does the newest run stand? By the chunks' and exceptions' primary keys: 2,000 chunks for a million agreements.
const NEWEST: &str = "
select r.due::bigint as due, c.billed, c.issued, c.open, x.parked, x.excluded,
       extract(epoch from coalesce(r.issued_at, now()) - r.started_at)::bigint as seconds
from (select * from bill_runs order by id desc limit 1) r,
lateral (select coalesce(sum(billed), 0)::bigint as billed,
                coalesce(sum(billed) filter (where state = 'issued'), 0)::bigint as issued,
                count(*) filter (where state = 'open' or (state = 'trial' and r.state = 'issuing')) as open
         from bill_run_chunks where run_id = r.id) c,
lateral (select count(*) filter (where outcome = 'parked') as parked,
                count(*) filter (where outcome = 'excluded') as excluded
         from bill_run_exceptions where run_id = r.id) x";
