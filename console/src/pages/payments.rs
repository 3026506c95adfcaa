//! Payments of a month.

use askama::Template;
use axum::response::Response;
use jiff::{Timestamp, ToSpan as _};
use store::pages::payments::{self, PaymentRow};

use crate::page::{Frame, Paged, Size, at};
use crate::problem::{Problem, Wanted};
use crate::visit::Visit;
use documents::labels::Labels;

#[derive(Template)]
#[template(path = "payments.html")]
struct PaymentsPage {
    t: &'static Labels,
    frame: Frame,
    month: String,
    list: Paged<(String, PaymentRow)>,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let zone = &visit.app().zone;
    let month = visit.month("month")?.unwrap_or_else(|| visit.today()).first_of_month();
    let from = zone.start_of(month).unwrap_or(Timestamp::MIN);
    let to = zone.start_of(month.saturating_add(1.month())).unwrap_or(Timestamp::MAX);
    let size = Size::of(&visit, "size")?;
    let slice = size.after(after(&visit)?);
    let client = visit.client().await?;
    let found = payments::list(&**client, from, to, &slice).await?;
    let key = |row: &PaymentRow| format!("{}~{}", row.paid_at, row.id);
    let list = Paged::by_key(&visit, size, found, key).map(|row| (at(zone, row.paid_at), row));
    let month = month.strftime("%Y-%m").to_string();
    visit.show(&PaymentsPage { t: visit.t, frame: visit.frame("payments"), month, list })
}

/// The key of a payment: its instant and number.
fn after(visit: &Visit) -> Result<Option<(Timestamp, i64)>, Problem> {
    let Some(given) = visit.given("after") else { return Ok(None) };
    let key = given.split_once('~').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    key.map(Some).ok_or_else(|| Problem::invalid("after", given, Wanted::Cursor))
}
