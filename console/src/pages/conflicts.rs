//! Readings at odds with stored ones, which wait for a supervisor.

use askama::Template;
use axum::response::Response;
use store::conflicts::{self, Conflict};

use crate::page::{Frame, Paged, Size, after_id, at};
use crate::problem::Problem;
use crate::visit::Visit;
use documents::labels::Labels;

struct Row {
    conflict: Conflict,
    time: String,
    received: String,
}

#[derive(Template)]
#[template(path = "conflicts.html")]
struct ConflictsPage {
    t: &'static Labels,
    frame: Frame,
    list: Paged<Row>,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let size = Size::of(&visit, "size")?;
    let slice = size.after(after_id(&visit)?);
    let client = visit.client().await?;
    let found = conflicts::open(&client, slice.after.unwrap_or(0), slice.most).await?;
    let zone = &visit.app().zone;
    let list = Paged::by_key(&visit, size, found, |conflict| conflict.id.to_string()).map(|conflict| Row {
        time: at(zone, conflict.time),
        received: at(zone, conflict.received),
        conflict,
    });
    visit.show(&ConflictsPage { t: visit.t, frame: visit.frame("conflicts"), list })
}
