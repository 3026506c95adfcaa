//! Meters: the list, and one with a chart of its readings.

use askama::Template;
use axum::response::Response;
use jiff::{Timestamp, ToSpan as _};

use store::pages::meters;

use crate::chart;
use crate::page::{Frame, Paged, Size, at, at_or_dash};
use crate::problem::Problem;
use crate::visit::Visit;
use documents::labels::Labels;

struct Row {
    serial: String,
    medium: String,
    protocol: String,
    address: String,
    service_no: String,
    place: String,
    last_heard: String,
    silent: bool,
}

#[derive(Template)]
#[template(path = "meters.html")]
struct MetersPage {
    t: &'static Labels,
    frame: Frame,
    query: String,
    silent: bool,
    list: Paged<Row>,
}

pub(crate) async fn list(visit: Visit) -> Result<Response, Problem> {
    let (query, silent) = (visit.text("q")?, visit.flag("silent"));
    let size = Size::of(&visit, "size")?;
    let after = Some(visit.text("after")?).filter(|serial| !serial.is_empty());
    let client = visit.client().await?;
    let found =
        meters::list(&**client, &query, silent, &size.after(after), visit.caller.now, zone_name(&visit))
            .await?;
    let list = Paged::by_key(&visit, size, found, |meter| meter.serial.clone()).map(|meter| Row {
        serial: meter.serial,
        medium: meter.medium,
        protocol: meter.protocol,
        address: meter.address,
        service_no: meter.service_no.unwrap_or_default(),
        place: meter.place.unwrap_or_default(),
        last_heard: at_or_dash(&visit.app().zone, meter.last_received),
        silent: meter.silent,
    });
    visit.show(&MetersPage { t: visit.t, frame: visit.frame("meters"), query, silent, list })
}

struct RegisterShown {
    name: String,
    unit: String,
    chart: Option<String>,
    rows: Vec<ReadingShown>,
}

struct ReadingShown {
    time: String,
    value: String,
    quality: &'static str,
    source: &'static str,
    received: String,
}

#[derive(Template)]
#[template(path = "meter.html")]
struct MeterPage {
    t: &'static Labels,
    frame: Frame,
    meter: meters::Meter,
    places: Vec<(String, String, String)>,
    registers: Vec<RegisterShown>,
}

/// The zone as PostgreSQL knows it.
fn zone_name(visit: &Visit) -> &str {
    visit.app().zone.tz().iana_name().unwrap_or("UTC")
}

/// Registers with a chart on one page; a meter has few that are billed.
const CHARTS: usize = 4;
/// Days of a chart.
const DAYS: i64 = 62;

pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let (serial, zone) = (visit.segment("serial")?, &visit.app().zone);
    let client = visit.client().await?;
    let meter = meters::meter(&**client, &serial, zone_name(&visit)).await?.ok_or(Problem::Unknown)?;
    let mut registers = Vec::new();
    for (id, name, unit) in meter.registers.iter().take(CHARTS) {
        let latest = meters::latest(&**client, meter.id, *id).await?;
        let to = latest
            .first()
            .map_or_else(|| visit.caller.now, |row| row.time)
            .saturating_add(1.second())
            .unwrap_or(Timestamp::MAX);
        let from = to.saturating_sub((DAYS * 24).hours()).unwrap_or(Timestamp::MIN);
        let points = meters::daily(&**client, meter.id, *id, from, to, zone_name(&visit)).await?;
        let rows = latest
            .into_iter()
            .map(|row| ReadingShown {
                time: at(zone, row.time),
                value: row.value,
                quality: row.quality.name(),
                source: row.source.name(),
                received: at(zone, row.received),
            })
            .collect();
        let chart = chart::usage_bars(&points, zone, unit);
        registers.push(RegisterShown { name: name.clone(), unit: unit.clone(), chart, rows });
    }
    let places = meter
        .places
        .iter()
        .map(|(service_no, from, to)| {
            (service_no.clone().unwrap_or_default(), at(zone, *from), at_or_dash(zone, *to))
        })
        .collect();
    visit.show(&MeterPage { t: visit.t, frame: visit.frame("meters"), meter, places, registers })
}
