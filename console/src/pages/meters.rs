//! Meters: the list, and one with a chart of its readings.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::{Timestamp, ToSpan as _};
use metering::{Quality, Source};
use serde::Deserialize;
use store::pages::{PAGE, meters};

use crate::app::Shared;
use crate::chart;
use crate::render::{Failure, at, at_or_dash, language, page};
use crate::text::Text;

#[derive(Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
    #[serde(default)]
    q: String,
    silent: Option<String>,
    #[serde(default)]
    page: i64,
}

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
    t: &'static Text,
    here: &'static str,
    query: String,
    silent: bool,
    number: i64,
    rows: Vec<Row>,
    more: bool,
}

pub(crate) async fn list(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let silent = asked.silent.is_some();
    let client = super::connection(&app).await?;
    let found =
        meters::list(&**client, asked.q.trim(), silent, asked.page, Timestamp::now(), zone_name(&app))
            .await?;
    let more = i64::try_from(found.len()) == Ok(PAGE);
    let rows = found
        .into_iter()
        .map(|meter| Row {
            serial: meter.serial,
            medium: meter.medium,
            protocol: meter.protocol,
            address: meter.address,
            service_no: meter.service_no.unwrap_or_default(),
            place: meter.place.unwrap_or_default(),
            last_heard: at_or_dash(&app.zone, meter.last_received),
            silent: meter.silent,
        })
        .collect();
    let shown = MetersPage {
        t: Text::of(language),
        here: "meters",
        query: asked.q,
        silent,
        number: asked.page.max(0),
        rows,
        more,
    };
    page(&shown, lang)
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
    t: &'static Text,
    here: &'static str,
    meter: meters::Meter,
    places: Vec<(String, String, String)>,
    registers: Vec<RegisterShown>,
}

#[derive(Deserialize)]
pub(crate) struct Lang {
    lang: Option<String>,
}

/// The zone as PostgreSQL knows it.
fn zone_name(app: &Shared) -> &str {
    app.zone.tz().iana_name().unwrap_or("UTC")
}

/// Registers with a chart on one page; a meter has few that are billed.
const CHARTS: usize = 4;
/// Days of a chart.
const DAYS: i64 = 62;

pub(crate) async fn show(
    State(app): State<Shared>,
    Path(serial): Path<String>,
    Query(asked): Query<Lang>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (language, lang) = language(asked.lang.as_deref(), &headers, app.language);
    let t = Text::of(language);
    let client = super::connection(&app).await?;
    let meter = meters::meter(&**client, &serial, zone_name(&app)).await?.ok_or(Failure::Missing(t))?;
    let mut registers = Vec::new();
    for (id, name, unit) in meter.registers.iter().take(CHARTS) {
        let latest = meters::latest(&**client, meter.id, *id).await?;
        let to = latest
            .first()
            .map_or_else(Timestamp::now, |row| row.time)
            .saturating_add(1.second())
            .unwrap_or(Timestamp::MAX);
        let from = to.saturating_sub((DAYS * 24).hours()).unwrap_or(Timestamp::MIN);
        let points = meters::daily(&**client, meter.id, *id, from, to, zone_name(&app)).await?;
        let rows = latest
            .into_iter()
            .map(|row| ReadingShown {
                time: at(&app.zone, row.time),
                value: row.value,
                quality: Quality::from_code(row.quality).map_or("?", Quality::name),
                source: Source::from_code(row.source).map_or("?", Source::name),
                received: at(&app.zone, row.received),
            })
            .collect();
        let chart = chart::usage_bars(&points, &app.zone, unit);
        registers.push(RegisterShown { name: name.clone(), unit: unit.clone(), chart, rows });
    }
    let places = meter
        .places
        .iter()
        .map(|(service_no, from, to)| {
            (service_no.clone().unwrap_or_default(), at(&app.zone, *from), at_or_dash(&app.zone, *to))
        })
        .collect();
    page(&MeterPage { t, here: "meters", meter, places, registers }, lang)
}
