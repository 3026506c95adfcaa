//! Alarms.

use askama::Template;
use axum::response::Response;
use store::pages::alarms;

use crate::page::{Frame, Paged, Size, at, at_or_dash, number};
use crate::problem::Problem;
use crate::visit::Visit;
use documents::labels::Labels;

struct Row {
    serial: Option<String>,
    kind: String,
    severity: String,
    began: String,
    ended: String,
    acked_by: String,
}

#[derive(Template)]
#[template(path = "alarms.html")]
struct AlarmsPage {
    t: &'static Labels,
    frame: Frame,
    past: bool,
    list: Paged<Row>,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let past = visit.flag("past");
    let (size, number) = (Size::of(&visit, "size")?, number(&visit)?);
    let client = visit.client().await?;
    let slice = size.after(Some(number.saturating_mul(size.rows())));
    let found = alarms::list(&**client, past, &slice).await?;
    let zone = &visit.app().zone;
    let list = Paged::by_number(&visit, size, number, found).map(|alarm| Row {
        serial: alarm.serial,
        kind: alarm.kind,
        severity: alarm.severity,
        began: at(zone, alarm.began_at),
        ended: at_or_dash(zone, alarm.ended_at),
        acked_by: alarm.acked_by.unwrap_or_default(),
    });
    visit.show(&AlarmsPage { t: visit.t, frame: visit.frame("alarms"), past, list })
}
