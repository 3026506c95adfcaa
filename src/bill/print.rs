//! `bill print`: one bill as a page of its own.

use anyhow::Result;
use documents::bill::{self, Standing};
use metering::Zone;
use office::bill::Document;
use store::Role;
use store::bills::BillState;

use super::show;
use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use metering::Language;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline bill print 0000000001 > bill.html")]
pub(crate) struct Print {
    /// The bill's number
    no: String,
}

pub(crate) async fn run(app: &App, args: &Print) -> Result<Outcome> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    let document = show::read(&client, &args.no).await?;
    // Whoever gets it reads the utility's language, whatever the locale of the shell.
    let language = app.asked.unwrap_or(app.settings.utility.language);
    out!("{}", bill::page(language, &printed(language, &app.settings.zone()?, &document)));
    Ok(Outcome::Done)
}

/// What is printed of a stored bill.
fn printed<'d>(language: Language, zone: &Zone, document: &'d Document) -> bill::Bill<'d> {
    let stored = &document.bill;
    let standing = match (&stored.reverses, &stored.reversed_by, stored.state) {
        (_, _, BillState::Trial) => Standing::Trial,
        (Some(no), ..) => Standing::TakesBack(no),
        (None, Some(no), BillState::Cancelled) => Standing::TakenBack(no),
        _ => Standing::Live,
    };
    let segments = document.inputs.iter().flat_map(|inputs| {
        inputs.segments.iter().map(|segment| bill::Reading {
            serial: &segment.serial,
            from: zone.date(segment.from),
            open: segment.open.to_string(),
            to: zone.date(segment.to),
            close: segment.close.to_string(),
            usage: segment.thaw().ok().and_then(|s| s.usage(inputs.index_step)).unwrap_or_default(),
            unit: segment.unit.symbol(),
        })
    });
    let lines = document.lines.iter().zip(document.names(language)).map(|(line, name)| bill::Line {
        code: &line.code,
        name,
        payee: line.payee.as_deref(),
        qty: line.qty,
        unit: &line.unit,
        price: line.price,
        amount: line.amount,
    });
    bill::Bill {
        no: &stored.bill_no,
        company: &stored.company,
        service: stored.service.name(),
        standing,
        account_no: &stored.account_no,
        account_name: &stored.account_name,
        service_no: &stored.service_no,
        address: &stored.address,
        period: &stored.period,
        from: zone.date(stored.from),
        to: zone.date(stored.to),
        tariff: &document.tariff_name,
        issued_on: stored.issued_on,
        due_on: stored.due_on,
        readings: segments.collect(),
        lines: lines.collect(),
        total: stored.total,
        currency: &stored.currency,
    }
}
