//! What the dashboards of operators show of the database's contents: a few counts that are cheap to take.

use tokio_postgres::GenericClient;

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
    let meters = "select count(*), (select count(*) from alarms where kind = 'silent' and ended_at is null) from meters";
    let meters = client.query_one(meters, &[]).await?;
    let pairs = async |query: &str| -> Result<Vec<(String, i64)>, SqlError> {
        Ok(client.query(query, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
    };
    let newest = client.query_opt(NEWEST, &[]).await?;
    Ok(Figures {
        meters: meters.get(0),
        silent: meters.get(1),
        alarms: pairs("select severity, count(*) from alarms where ended_at is null group by 1").await?,
        runs: pairs("select state, count(*) from bill_runs group by 1").await?,
        newest: newest.map(|row| NewestRun {
            due: row.get(0),
            billed: row.get(1),
            issued: row.get(2),
            chunks_open: row.get(3),
            parked: row.get(4),
            excluded: row.get(5),
            seconds: row.get(6),
        }),
    })
}

/// Where does the newest run stand? By the chunks' and exceptions' primary keys: 2,000 chunks for a million agreements.
const NEWEST: &str = "
select r.due::bigint, c.billed, c.issued, c.open, x.parked, x.excluded,
       extract(epoch from coalesce(r.issued_at, now()) - r.started_at)::bigint
from (select * from bill_runs order by id desc limit 1) r,
lateral (select coalesce(sum(billed), 0)::bigint as billed,
                coalesce(sum(billed) filter (where state = 'issued'), 0)::bigint as issued,
                count(*) filter (where state = 'open' or (state = 'trial' and r.state = 'issuing')) as open
         from bill_run_chunks where run_id = r.id) c,
lateral (select count(*) filter (where outcome = 'parked') as parked,
                count(*) filter (where outcome = 'excluded') as excluded
         from bill_run_exceptions where run_id = r.id) x";
