//! A small utility to bill: households with a meter each, readings, tariffs, users. Straight into the tables, so
//! that a billing test doesn't depend on imports.

use billing::content::Content;
use billing::inputs::sha256;
use jiff::Timestamp;
use jiff::civil::Date;
use jobs::bill_run::Place;
use metering::Zone;
use store::Client;

use super::Database;

/// Water at 2.00, 3.00 above 10 m3, and 0.50 sewage for the city.
pub const WATER: &str = r#"{"code": "W", "name": "Water", "medium": "water", "currency": "CNY",
    "quantum": "0.01", "rounding": "half_up", "components": [
    {"type": "tiered", "code": "water", "qty": "usage", "tiers": [{"upto": "10", "price": "2.00"}, {"upto": null, "price": "3.00"}]},
    {"type": "unit", "code": "sewage", "qty": "usage", "price": "0.50", "payee": "city"}]}"#;

/// Water in yearly blocks: 2.00 up to 30 m3, 4.00 above.
pub const YEARLY: &str = r#"{"code": "Y", "name": "Water by year", "medium": "water", "currency": "CNY",
    "tier_year_by": "label", "quantum": "0.01", "rounding": "half_up", "components": [
    {"type": "tiered", "code": "water", "qty": "usage", "basis": "annual_cumulative",
     "tiers": [{"upto": "30", "price": "2.00"}, {"upto": null, "price": "4.00"}]}]}"#;

/// A utility in a database of its own.
pub struct Utility {
    /// Its database.
    pub database: Database,
    /// A connection that may do everything.
    pub client: Client,
}

/// A household.
#[derive(Clone, Copy, Debug)]
pub struct Household {
    /// Of its agreement.
    pub agreement: i32,
    /// Of its meter.
    pub meter: i32,
    /// Of its meter point.
    pub point: i32,
    /// Of its installation.
    pub installation: i32,
}

impl Utility {
    /// One company, a monthly book `B1` (due after 20 days), the water register, and users li (clerk), wang
    /// (supervisor), zhao (supervisor), chen (cashier).
    pub async fn new() -> Option<Self> {
        let database = Database::fresh().await?;
        let client = database.owner().await;
        client
            .batch_execute(
                "insert into companies (code, name) values ('1', 'Waterworks'); \
                 insert into areas (code, name) values ('A1', 'North'); \
                 insert into books (code, name, company_id, service, cycle, due_days) \
                   values ('B1', 'North 1', 1, 'water', 'monthly', 20), ('B2', 'North 2', 1, 'water', 'bimonthly-even', 10); \
                 insert into registers (name, unit) values ('8-0:1.0.0', 'm3') on conflict do nothing; \
                 insert into users (name, role) values ('li', 'clerk'), ('wang', 'supervisor'), ('zhao', 'supervisor'), \
                   ('chen', 'cashier')",
            )
            .await
            .unwrap();
        let utility = Self { database, client };
        utility.tariff(WATER, "2020-01-01").await;
        utility.tariff(YEARLY, "2020-01-01").await;
        Some(utility)
    }

    /// Publishes a tariff without asking for examples.
    pub async fn tariff(&self, document: &str, from: &str) {
        let value: serde_json::Value = serde_json::from_str(document).unwrap();
        let from: Date = from.parse().unwrap();
        self.client
            .execute(
                "insert into tariffs (code, during, medium, currency, document, sha256, published_by) \
                 values ($1, daterange($2, null), 'water', 'CNY', $3, $4, 'wang')",
                &[&value["code"].as_str().unwrap(), &from, &document, &sha256(document).as_slice()],
            )
            .await
            .unwrap();
    }

    /// A household `S<n>` with a five-digit meter `M<n>` put in on a day (Shanghai) at an index.
    pub async fn household(&self, n: i32, tariff: &str, book: &str, from: &str, opening: i64) -> Household {
        let from: Date = from.parse().unwrap();
        let row = self
            .client
            .query_one(
                "with account as (insert into accounts (account_no, name, opened_on) values ('A' || $1, 'Household ' || $1, $2) returning id), \
                 premise as (insert into premises (area_id, address) values (1, 'No. ' || $1) returning id), \
                 agreement as (insert into agreements (service_no, account_id, service, company_id, premise_id, during) \
                   select 'S' || $1, account.id, 'water', 1, premise.id, daterange($2, null) from account, premise returning id), \
                 facts as (insert into attributes (agreement_id, name, value, during, recorded_by) \
                   select agreement.id, f.name, f.value, daterange($2, null), 'test' \
                   from agreement, (values ('tariff', $3), ('book', $4), ('use_class', 'residential')) as f(name, value)), \
                 point as (insert into meter_points (premise_id, service) select id, 'water' from premise returning id), \
                 has as (insert into agreement_points (agreement_id, meter_point_id, during) \
                   select agreement.id, point.id, daterange($2, null) from agreement, point) \
                 select agreement.id, point.id from agreement, point",
                &[&n.to_string(), &from, &tariff, &book],
            )
            .await
            .unwrap();
        let (agreement, point) = (row.get(0), row.get(1));
        let (meter, installation) =
            self.meter(&format!("M{n}"), point, &format!("{from}T00:00:00+08:00"), opening).await;
        Household { agreement, meter, point, installation }
    }

    /// So many households from October 2026 on, each read at its end, with 0 to 39 m3.
    pub async fn households(&self, count: i32) {
        for statement in [
            "insert into accounts (account_no, name, opened_on) select 'A' || n, 'H' || n, '2026-10-01' from generate_series(1, $1::integer) n",
            "insert into premises (address) select 'No. ' || n from generate_series(1, $1::integer) n",
            "insert into agreements (service_no, account_id, service, company_id, premise_id, during) \
               select 'S' || n, n, 'water', 1, n, '[2026-10-01,)' from generate_series(1, $1::integer) n",
            "insert into attributes (agreement_id, name, value, during, recorded_by) \
               select n, f.name, f.value, '[2026-10-01,)', 'test' \
               from generate_series(1, $1::integer) n, (values ('tariff', 'W'), ('book', 'B1')) f(name, value)",
            "insert into meter_points (premise_id, service) select n, 'water' from generate_series(1, $1::integer) n",
            "insert into agreement_points select n, n, '[2026-10-01,)' from generate_series(1, $1::integer) n",
            "insert into meters (serial, medium) select 'M' || n, 'water' from generate_series(1, $1::integer) n",
            "insert into installations (meter_id, meter_point_id, during) \
               select n, n, '[2026-10-01 00:00+08,)' from generate_series(1, $1::integer) n",
            "insert into installation_registers select n, 1, 0, null from generate_series(1, $1::integer) n",
            "insert into readings select n, 1, '2026-11-01 00:00+08', (n % 40) * 1000000, '2020-01-01', 0, 6 \
               from generate_series(1, $1::integer) n",
        ] {
            self.client.execute(statement, &[&count]).await.unwrap();
        }
    }

    /// Puts a five-digit meter in at a point.
    pub async fn meter(&self, serial: &str, point: i32, at: &str, opening: i64) -> (i32, i32) {
        let at: Timestamp = at.parse().unwrap();
        let row = self
            .client
            .query_one(
                "with meter as (insert into meters (serial, medium) values ($1, 'water') returning id), \
                 digits as (insert into meter_registers (meter_id, register_id, digits) select id, 1, 5 from meter), \
                 installed as (insert into installations (meter_id, meter_point_id, during) \
                   select id, $2, tstzrange($3, null) from meter returning id), \
                 registers as (insert into installation_registers (installation_id, register_id, opening) \
                   select id, 1, $4 from installed) \
                 select meter.id, installed.id from meter, installed",
                &[&serial, &point, &at, &(opening * 1_000_000)],
            )
            .await
            .unwrap();
        (row.get(0), row.get(1))
    }

    /// Takes a meter out at an index.
    pub async fn take_out(&self, installation: i32, at: &str, closing: i64) {
        let at: Timestamp = at.parse().unwrap();
        self.client
            .execute(
                "update installations set during = tstzrange(lower(during), $2) where id = $1",
                &[&installation, &at],
            )
            .await
            .unwrap();
        self.client
            .execute(
                "update installation_registers set closing = $2 where installation_id = $1",
                &[&installation, &(closing * 1_000_000)],
            )
            .await
            .unwrap();
    }

    /// A reading, in thousandths of a cubic metre.
    pub async fn read(&self, meter: i32, at: &str, litres: i64) {
        let at: Timestamp = at.parse().unwrap();
        self.client
            .execute(
                "insert into readings (meter_id, register_id, time, value, received, quality, source) \
                 values ($1, 1, $2, $3, '2020-01-01', 0, 6)",
                &[&meter, &at, &(litres * 1_000)],
            )
            .await
            .unwrap();
    }

    /// What the newest bill that fits, draft or document, holds. `of` is a condition on `bill_heads b` and `agreements a`.
    pub async fn content(&self, of: &str) -> Option<Content> {
        let text = format!(
            "select b.id from bill_heads b join agreements a on a.id = b.agreement_id where {of} order by b.id desc limit 1"
        );
        let row = self.client.query_opt(&text, &[]).await.unwrap()?;
        store::bills::content(&self.client, row.get(0)).await.unwrap()
    }

    /// The lines of the newest bill that fits: `code qty amount, …`; `-` for none.
    pub async fn lines(&self, of: &str) -> String {
        let Some(content) = self.content(of).await else { return "-".to_owned() };
        let line =
            |line: &billing::content::BilledLine| format!("{} {} {}", line.code, line.qty, line.amount);
        content.lines.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    /// Where runs of it happen.
    pub fn place(&self) -> Place {
        Place { url: self.database.url().to_owned(), zone: Zone::named("Asia/Shanghai").unwrap() }
    }

    /// One value, as text; `-` for none.
    pub async fn value(&self, query: &str) -> String {
        let row = self.client.query_opt(&format!("select ({query})::text"), &[]).await;
        row.unwrap_or_else(|error| panic!("{query}: {error:?}"))
            .and_then(|row| row.get::<_, Option<String>>(0))
            .unwrap_or_else(|| "-".to_owned())
    }
}
