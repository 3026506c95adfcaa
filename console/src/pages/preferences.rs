//! What a browser remembers of its reader's taste: colours and language. The console's first form, and the form of those
//! to come: posted, checked, redirected.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::forms::Posted;
use crate::problem::{Problem, Wanted};
use crate::reader::Theme;
use crate::visit::kept;
use metering::Language;

pub(crate) async fn keep(posted: Posted) -> Result<Response, Problem> {
    let (theme, lang) = (posted.field("theme"), posted.field("lang"));
    let mut response =
        (StatusCode::SEE_OTHER, [(header::LOCATION, back(posted.field("back")))]).into_response();
    let mut remember = |cookie: String| {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    };
    if !theme.is_empty() {
        let theme: Theme = theme
            .parse()
            .map_err(|_| Problem::invalid("theme", theme, Wanted::OneOf(Theme::NAMES.to_vec())))?;
        remember(kept("theme", theme.name()));
    }
    if !lang.is_empty() {
        let language = Language::parse(lang)
            .ok_or_else(|| Problem::invalid("lang", lang, Wanted::OneOf(vec!["zh", "en"])))?;
        remember(kept("lang", language.name()));
    }
    Ok(response)
}

/// An address of ours, and nobody else's: else the first page.
fn back(address: &str) -> HeaderValue {
    let is_ours = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && address.bytes().all(|byte| byte.is_ascii_graphic());
    let found = HeaderValue::from_str(address).ok().filter(|_| is_ours);
    found.unwrap_or(HeaderValue::from_static("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_nowhere_else() {
        for (address, leads) in [
            ("/bills?q=a&page=2", "/bills?q=a&page=2"),
            ("", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example/", "/"),
            ("/a\r\nset-cookie: x=y", "/"),
        ] {
            assert_eq!(back(address), leads, "{address:?}");
        }
    }
}
