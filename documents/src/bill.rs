//! A bill as a page of its own: no script, no font, no picture from anywhere else. A PDF is what a browser prints.

use std::fmt::Write as _;

use jiff::civil::Date;
use metering::Language;
use rust_decimal::Decimal;

use crate::dictionary::word;
use crate::terminal::printable;

/// What is printed of a bill. Numbers are printed as they are, so that a page and the stored bill have the same digits.
#[derive(Clone, Debug)]
pub struct Bill<'a> {
    /// Printed number.
    pub no: &'a str,
    /// The company whose bill it is.
    pub company: &'a str,
    /// water, heat, electricity
    pub service: &'a str,
    /// What a reader must know first.
    pub standing: Standing<'a>,
    /// Who pays.
    pub account_no: &'a str,
    /// Who pays, by name.
    pub account_name: &'a str,
    /// Number of the service agreement.
    pub service_no: &'a str,
    /// Where it was supplied.
    pub address: &'a str,
    /// The period's label.
    pub period: &'a str,
    /// First day of the service.
    pub from: Date,
    /// First day after it.
    pub to: Date,
    /// Codes and first days of the tariffs.
    pub tariff: &'a str,
    /// None of a trial.
    pub issued_on: Option<Date>,
    /// None where nothing is due.
    pub due_on: Option<Date>,
    /// What was read; none of a reversal or an opening.
    pub readings: Vec<Reading<'a>>,
    /// In the order of the tariff.
    pub lines: Vec<Line<'a>>,
    /// Sum of the lines.
    pub total: Decimal,
    /// ISO 4217.
    pub currency: &'a str,
}

/// Whether a bill counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It counts.
    Live,
    /// Not issued.
    Trial,
    /// It takes back the bill of that number.
    TakesBack(&'a str),
    /// The document of that number takes it back.
    TakenBack(&'a str),
}

/// One register from one index to another.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    /// Number on the meter.
    pub serial: &'a str,
    /// Day of the opening index.
    pub from: Date,
    /// Opening index.
    pub open: String,
    /// Day of the closing index.
    pub to: Date,
    /// Closing index.
    pub close: String,
    /// Times the multiplier, as billed.
    pub usage: Decimal,
    /// Of usage and indexes.
    pub unit: &'a str,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Its code in the tariff.
    pub code: &'a str,
    /// Printed name; empty where the tariff gives none.
    pub name: String,
    /// Whose money it is, where it is not the company's.
    pub payee: Option<&'a str>,
    /// Negative where something is taken back.
    pub qty: Decimal,
    /// Empty where the quantity has none.
    pub unit: &'a str,
    /// None where no single price applies.
    pub price: Option<Decimal>,
    /// Negative where something is taken back.
    pub amount: Decimal,
}

const STYLE: &str = "body{font:14px/1.5 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:44rem;\
margin:2rem auto;color:#111}h1{font-size:1.3rem;margin:0}table{border-collapse:collapse;width:100%;margin:1rem 0}\
th,td{padding:.25rem .5rem;border-bottom:1px solid #ccc;text-align:left}td.n,th.n{text-align:right;\
font-variant-numeric:tabular-nums}tfoot td{font-weight:bold;border-top:2px solid #111}dl{display:grid;\
grid-template-columns:max-content 1fr max-content 1fr;gap:.1rem 1rem}dt{color:#555}dd{margin:0}\
.stamp{color:#a00;font-weight:bold}@media print{body{margin:0}}";

/// The page.
pub fn page(language: Language, bill: &Bill<'_>) -> String {
    let title = format!("{} {}", language.pick("Bill", "账单"), bill.no);
    let mut page = String::new();
    // Writing into a String cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title><style>{STYLE}</style></head><body>\n\
         <p>{}</p><h1>{} · {}</h1>\n",
        language.pick("en", "zh-CN"),
        escape(&title),
        escape(bill.company),
        escape(&title),
        escape(&word(language, bill.service)),
    );
    if let Some(stamp) = stamp(language, bill.standing) {
        let _ = writeln!(page, "<p class=\"stamp\">{}</p>", escape(&stamp));
    }
    facts(language, bill, &mut page);
    readings(language, bill, &mut page);
    lines(language, bill, &mut page);
    page.push_str("</body></html>\n");
    page
}

fn stamp(language: Language, standing: Standing<'_>) -> Option<String> {
    match standing {
        Standing::Live => None,
        Standing::Trial => Some(language.pick("Trial, not issued", "试算，未开账").to_owned()),
        Standing::TakesBack(no) => Some(format!("{} {no}", language.pick("Takes back bill", "冲销账单"))),
        Standing::TakenBack(no) => Some(format!("{} {no}", language.pick("Taken back by", "已被冲销："))),
    }
}

fn facts(language: Language, bill: &Bill<'_>, page: &mut String) {
    let pick = |en, zh| language.pick(en, zh);
    let date = |date: Option<Date>| date.map_or_else(|| "–".to_owned(), |date| date.to_string());
    page.push_str("<dl>");
    for (name, value) in [
        (pick("Account", "户号"), format!("{} {}", bill.account_no, bill.account_name)),
        (pick("Agreement", "用户号"), bill.service_no.to_owned()),
        (pick("Address", "地址"), bill.address.to_owned()),
        (pick("Period", "账期"), bill.period.to_owned()),
        (pick("Service", "起止"), format!("{} – {}", bill.from, bill.to)),
        (pick("Tariff", "价格"), bill.tariff.to_owned()),
        (pick("Issued", "开账日"), date(bill.issued_on)),
        (pick("Due", "应缴日"), date(bill.due_on)),
    ] {
        let _ = write!(page, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(&value));
    }
    page.push_str("</dl>\n");
}

fn readings(language: Language, bill: &Bill<'_>, page: &mut String) {
    if bill.readings.is_empty() {
        return;
    }
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
    for reading in &bill.readings {
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{} {}</td></tr>",
            escape(reading.serial),
            reading.from,
            escape(&reading.open),
            reading.to,
            escape(&reading.close),
            reading.usage,
            escape(reading.unit),
        );
    }
    page.push_str("</tbody></table>\n");
}

fn lines(language: Language, bill: &Bill<'_>, page: &mut String) {
    let pick = |en, zh| language.pick(en, zh);
    let _ = write!(
        page,
        "<table><thead><tr><th>{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th></tr></thead><tbody>",
        pick("Item", "项目"),
        pick("Quantity", "数量"),
        pick("Price", "单价"),
        pick("Amount", "金额"),
    );
    for line in &bill.lines {
        let name = if line.name.is_empty() {
            line.code.to_owned()
        } else {
            format!("{} ({})", line.name, line.code)
        };
        let payee = line.payee.map_or_else(String::new, |payee| {
            format!(" · {}{}", pick("for ", "代收"), word(language, payee))
        });
        let price = line.price.map_or_else(String::new, |price| price.to_string());
        let _ = write!(
            page,
            "<tr><td>{}</td><td class=\"n\">{} {}</td><td class=\"n\">{price}</td><td class=\"n\">{}</td></tr>",
            escape(&format!("{name}{payee}")),
            line.qty,
            escape(line.unit),
            line.amount,
        );
    }
    let _ = writeln!(
        page,
        "</tbody><tfoot><tr><td colspan=\"3\">{}</td><td class=\"n\">{} {}</td></tr></tfoot></table>",
        pick("Total", "合计"),
        bill.total,
        escape(bill.currency),
    );
}

/// Text that can become neither markup nor a change of direction.
fn escape(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn bill() -> Bill<'static> {
        Bill {
            no: "0000000021",
            company: "<b>\"A&B\"</b>\u{202e}",
            service: "water",
            standing: Standing::Live,
            account_no: "0001",
            account_name: "张三",
            service_no: "WS1",
            address: "",
            period: "2026-10",
            from: date(2026, 10, 1),
            to: date(2026, 11, 1),
            tariff: "W 2026-01-01",
            issued_on: Some(date(2026, 11, 2)),
            due_on: None,
            readings: vec![],
            lines: vec![Line {
                code: "fee#1",
                name: String::new(),
                payee: Some("sewage"),
                qty: Decimal::new(18, 0),
                unit: "m3",
                price: Some(Decimal::new(207, 2)),
                amount: Decimal::new(3726, 2),
            }],
            total: Decimal::new(3726, 2),
            currency: "CNY",
        }
    }

    #[test]
    fn a_name_becomes_neither_markup_nor_a_change_of_direction() {
        let page = page(Language::Zh, &bill());
        assert!(page.contains("<p>&lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;\\u{202e}</p>"), "{page}");
    }

    #[test]
    fn a_page_is_all_in_one_language() {
        let (zh, en) = (page(Language::Zh, &bill()), page(Language::En, &bill()));
        assert!(zh.contains("账单 0000000021 · 水") && zh.contains("fee#1 · 代收污水处理费"), "{zh}");
        assert!(en.contains("Bill 0000000021 · water") && en.contains("fee#1 · for sewage"), "{en}");
        assert!(en.contains("<td class=\"n\">18 m3</td><td class=\"n\">2.07</td><td class=\"n\">37.26</td>"));
    }

    #[test]
    fn a_bill_that_does_not_count_is_stamped() {
        assert!(!page(Language::Zh, &bill()).contains("class=\"stamp\""));
        for (standing, stamp) in [
            (Standing::Trial, "试算，未开账"),
            (Standing::TakesBack("7"), "冲销账单 7"),
            (Standing::TakenBack("8"), "已被冲销： 8"),
        ] {
            let page = page(Language::Zh, &Bill { standing, ..bill() });
            assert!(page.contains(&format!("<p class=\"stamp\">{stamp}</p>")), "{page}");
        }
    }
}
