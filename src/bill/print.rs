//! `bill print`: one bill as a page of its own: no script, no font, no picture from anywhere else.

use std::fmt::Write as _;

use anyhow::Result;
use jobs::bill_document::Document;
use metering::Zone;
use store::Role;

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

const STYLE: &str = "body{font:14px/1.5 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:44rem;\
margin:2rem auto;color:#111}h1{font-size:1.3rem;margin:0}table{border-collapse:collapse;width:100%;margin:1rem 0}\
th,td{padding:.25rem .5rem;border-bottom:1px solid #ccc;text-align:left}td.n,th.n{text-align:right;\
font-variant-numeric:tabular-nums}tfoot td{font-weight:bold;border-top:2px solid #111}dl{display:grid;\
grid-template-columns:max-content 1fr max-content 1fr;gap:.1rem 1rem}dt{color:#555}dd{margin:0}\
.stamp{color:#a00;font-weight:bold}@media print{body{margin:0}}";

pub(crate) async fn run(app: &App, args: &Print) -> Result<Outcome> {
    let client = servers::connect(&app.settings, Role::Read).await?;
    let document = show::read(&client, &args.no).await?;
    print!("{}", page(app.language, &app.settings.zone()?, &document));
    Ok(Outcome::Done)
}

/// The page.
fn page(language: Language, zone: &Zone, document: &Document) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let bill = &document.bill;
    let title = format!("{} {}", pick("Bill", "账单"), bill.bill_no);
    let mut page = String::new();
    // Writing into a String cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title><style>{STYLE}</style></head><body>\n\
         <p>{}</p><h1>{} · {}</h1>\n",
        pick("en", "zh-CN"),
        escape(&title),
        escape(&bill.company),
        escape(&title),
        escape(&language.word(&bill.service)),
    );
    if let Some(stamp) = stamp(language, document) {
        let _ = writeln!(page, "<p class=\"stamp\">{}</p>", escape(&stamp));
    }
    facts(language, zone, document, &mut page);
    readings(language, zone, document, &mut page);
    lines(language, document, &mut page);
    page.push_str("</body></html>\n");
    page
}

/// What a reader must know first: that the bill does not stand.
fn stamp(language: Language, document: &Document) -> Option<String> {
    let bill = &document.bill;
    match (&bill.reverses, &bill.reversed_by, bill.state.as_str()) {
        (_, _, "trial") => Some(language.pick("Trial, not issued", "试算,未开账").to_owned()),
        (Some(of), ..) => Some(format!("{} {of}", language.pick("Takes back bill", "冲销账单"))),
        (None, Some(by), "cancelled") => {
            Some(format!("{} {by}", language.pick("Taken back by", "已被冲销:")))
        }
        _ => None,
    }
}

fn facts(language: Language, zone: &Zone, document: &Document, page: &mut String) {
    let pick = |en, zh| language.pick(en, zh);
    let bill = &document.bill;
    let date = |date: Option<jiff::civil::Date>| date.map_or_else(|| "–".to_owned(), |date| date.to_string());
    page.push_str("<dl>");
    for (name, value) in [
        (pick("Account", "户号"), format!("{} {}", bill.account_no, bill.account_name)),
        (pick("Agreement", "用户号"), bill.service_no.clone()),
        (pick("Address", "地址"), bill.address.clone()),
        (pick("Period", "账期"), bill.period.clone()),
        (pick("Service", "起止"), format!("{} – {}", zone.date(bill.from), zone.date(bill.to))),
        (pick("Tariff", "价格"), document.tariff_name.clone()),
        (pick("Issued", "开账日"), date(bill.issued_on)),
        (pick("Due", "应缴日"), date(bill.due_on)),
    ] {
        let _ = write!(page, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(&value));
    }
    page.push_str("</dl>\n");
}

fn readings(language: Language, zone: &Zone, document: &Document, page: &mut String) {
    let Some(inputs) = document.inputs.as_ref().filter(|inputs| !inputs.segments.is_empty()) else { return };
    let pick = |en, zh| language.pick(en, zh);
    let _ = write!(
        page,
        "<table><thead><tr><th>{}</th><th>{}</th><th class=\"n\">{}</th><th>{}</th><th class=\"n\">{}</th>\
         <th class=\"n\">{}</th></tr></thead><tbody>",
        pick("Meter", "表号"),
        pick("From", "上次抄表"),
        pick("Opening", "起码"),
        pick("To", "本次抄表"),
        pick("Closing", "止码"),
        pick("Usage", "用量"),
    );
    for segment in &inputs.segments {
        let usage = segment.thaw().ok().and_then(|s| s.usage(inputs.index_step)).unwrap_or_default();
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{usage} {}</td></tr>",
            escape(&segment.serial),
            zone.date(segment.from),
            segment.open,
            zone.date(segment.to),
            segment.close,
            escape(&segment.unit),
        );
    }
    page.push_str("</tbody></table>\n");
}

fn lines(language: Language, document: &Document, page: &mut String) {
    let pick = |en, zh| language.pick(en, zh);
    let _ = write!(
        page,
        "<table><thead><tr><th>{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th></tr></thead><tbody>",
        pick("Item", "项目"),
        pick("Quantity", "数量"),
        pick("Price", "单价"),
        pick("Amount", "金额"),
    );
    for (line, name) in document.lines.iter().zip(document.names(language)) {
        let name = if name.is_empty() { line.code.clone() } else { format!("{name} ({})", line.code) };
        let payee = line
            .payee
            .as_deref()
            .map_or_else(String::new, |payee| format!(" · {} {payee}", pick("for", "代收")));
        let price = line.price.map_or_else(String::new, |price| price.to_string());
        let _ = write!(
            page,
            "<tr><td>{}</td><td class=\"n\">{} {}</td><td class=\"n\">{price}</td><td class=\"n\">{}</td></tr>",
            escape(&format!("{name}{payee}")),
            line.qty,
            escape(&line.unit),
            line.amount,
        );
    }
    let _ = writeln!(
        page,
        "</tbody><tfoot><tr><td colspan=\"3\">{}</td><td class=\"n\">{} {}</td></tr></tfoot></table>",
        pick("Total", "合计"),
        document.bill.total,
        escape(&document.bill.currency),
    );
}

/// Text that cannot become markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_markup() {
        assert_eq!(escape("<b>\"A&B\"</b>"), "&lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;");
    }
}
