//! The first page.

use askama::Template;
use axum::response::Response;
use jiff::{Timestamp, ToSpan as _};
use store::pages::home::{Home, home};

use crate::page::Frame;
use crate::problem::Problem;
use crate::visit::Visit;
use documents::labels::Labels;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    t: &'static Labels,
    frame: Frame,
    month: String,
    home: Home,
    percent: i64,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let (today, zone) = (visit.today(), &visit.app().zone);
    let month = today.first_of_month();
    let from = zone.start_of(month).unwrap_or_default();
    let to = zone.start_of(month.saturating_add(1.month())).unwrap_or(Timestamp::MAX);
    let client = visit.client().await?;
    let home = home(&**client, from, to, today).await?;
    let percent = if home.meters == 0 { 0 } else { home.heard * 100 / home.meters };
    let month = month.strftime("%Y-%m").to_string();
    visit.show(&HomePage { t: visit.t, frame: visit.frame("home"), month, home, percent })
}
