//! Who reads, in which language, in which colours, and in which form they want an answer: taken from the request before
//! anything else, so that a refusal is in the reader's language too.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::forms;
use metering::Language;

metering::closed_list! {
    /// In which colours.
    pub(crate) enum Theme: "theme" {
        /// As the system is set.
        System = "system",
        /// Dark on light.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
    }
}

/// In which form an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A page for people.
    Page,
    /// JSON for programs.
    Json,
    /// A line, for `/healthz`.
    Plain,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// Asked for in the address, else remembered by the browser, else its own, else the utility's.
    pub(crate) language: Language,
    /// Asked for in the address: to be remembered.
    pub(crate) asked: Option<Language>,
    pub(crate) theme: Theme,
    pub(crate) form: Form,
    /// The cookie that forms are bound to.
    pub(crate) visitor: Option<String>,
    /// Path of the address.
    pub(crate) path: String,
    /// The parameters of the address, in their order.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Reader {
    pub(crate) fn of(parts: &Parts, default: Language) -> Self {
        let parameters: Vec<(String, String)> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let last = parameters.iter().rev().find(|(name, _)| name == "lang");
        let asked = last.and_then(|(_, value)| Language::parse(value));
        let headers = &parts.headers;
        let language = asked
            .or_else(|| cookie(headers, "lang").and_then(Language::parse))
            .or_else(|| accepted(headers))
            .unwrap_or(default);
        Self {
            language,
            asked,
            theme: cookie(headers, "theme").and_then(|name| name.parse().ok()).unwrap_or(Theme::System),
            form: form(parts.uri.path(), headers),
            visitor: cookie(headers, "visitor").filter(|text| forms::is_visitor(text)).map(str::to_owned),
            path: parts.uri.path().to_owned(),
            parameters,
        }
    }

    /// The last value of a parameter that is given and not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let last = self.parameters.iter().rev().find(|(parameter, _)| parameter == name);
        last.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// This address with some parameters changed; `None` takes one away. What else was asked for stays.
    pub(crate) fn link(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let is_named = |name: &str| changes.iter().any(|(change, _)| *change == name);
        for (name, value) in
            self.parameters.iter().filter(|(name, value)| !is_named(name) && !value.is_empty())
        {
            query.append_pair(name, value);
        }
        for (name, value) in changes {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

/// The first cookie of that name.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Of the browser's languages the one of ours that it likes best; the first of equals.
fn accepted(headers: &HeaderMap) -> Option<Language> {
    let value = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(u32, Language)> = None;
    for range in value.split(',').take(16) {
        let (tag, weight) = range.split_once(';').map_or((range, "q=1"), |(tag, rest)| (tag, rest.trim()));
        let Some(language) = Language::parse(tag.trim().get(..2).unwrap_or_default()) else { continue };
        let likes = thousandths(weight.strip_prefix("q=").unwrap_or("1"));
        if likes > best.map_or(0, |(most, _)| most) {
            best = Some((likes, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `0.85` as 850; what is no such number as 0.
fn thousandths(weight: &str) -> u32 {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    let part = format!("{part:0<3}");
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    number(whole).saturating_mul(1000).saturating_add(number(part.get(..3).unwrap_or("0"))).min(1000)
}

/// Programs get JSON where they ask for it, and under `/api/` always.
fn form(path: &str, headers: &HeaderMap) -> Form {
    if path == "/healthz" {
        return Form::Plain;
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wants = |kind: &str| {
        accept.split(',').any(|range| range.split(';').next().unwrap_or_default().trim() == kind)
    };
    let is_program = wants("application/json") || wants("application/problem+json");
    if path.starts_with("/api/") || (is_program && !wants("text/html")) { Form::Json } else { Form::Page }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn reader(uri: &str, headers: &[(&str, &str)]) -> Reader {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Reader::of(&request.body(()).unwrap().into_parts().0, Language::Zh)
    }

    #[test]
    fn the_address_before_the_cookie_before_the_browser_before_the_utility() {
        use Language::{En, Zh};
        for (uri, headers, language) in [
            ("/", vec![], Zh),
            ("/", vec![("accept-language", "en-GB,en;q=0.9")], En),
            ("/", vec![("accept-language", "fr, zh-CN;q=0.4, en;q=0.85")], En),
            ("/", vec![("accept-language", "en;q=0, zh;q=0.001")], Zh),
            ("/", vec![("accept-language", "fr,é;q=x")], Zh),
            ("/", vec![("accept-language", "zh"), ("cookie", "a=b; lang=en")], En),
            ("/?lang=zh", vec![("cookie", "lang=en")], Zh),
            ("/?lang=zh&lang=en", vec![], En),
            ("/?lang=fr", vec![("cookie", "lang=en")], En),
        ] {
            assert_eq!(reader(uri, &headers).language, language, "{uri} {headers:?}");
        }
    }

    #[test]
    fn a_link_keeps_what_was_asked_for() {
        let at = reader("/arrears?as_of=2026-12-31&bucket=1-30&page=2&q=", &[]);
        assert_eq!(at.link(&[("lang", Some("en"))]), "/arrears?as_of=2026-12-31&bucket=1-30&page=2&lang=en");
        assert_eq!(at.link(&[("page", None)]), "/arrears?as_of=2026-12-31&bucket=1-30");
        assert_eq!(reader("/bills?q=%E6%98%8E%26", &[]).link(&[]), "/bills?q=%E6%98%8E%26");
        assert_eq!(reader("/bills?lang=en", &[]).link(&[("lang", None)]), "/bills");
    }

    #[test]
    fn a_program_gets_json() {
        for (uri, accept, form) in [
            ("/bills", "text/html,application/xhtml+xml,*/*;q=0.8", Form::Page),
            ("/bills", "*/*", Form::Page),
            ("/bills", "application/json", Form::Json),
            ("/bills", "application/problem+json;q=0.9, */*", Form::Json),
            ("/bills", "text/html, application/json", Form::Page),
            ("/api/v1/bills", "text/html", Form::Json),
            ("/healthz", "text/html", Form::Plain),
        ] {
            assert_eq!(reader(uri, &[("accept", accept)]).form, form, "{uri} {accept}");
        }
    }
}
