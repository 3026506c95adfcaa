//! Forms that only our own pages can send.
//!
//! Two things are asked of whatever is not a GET or HEAD. The browser's own word: `Sec-Fetch-Site`, and `Origin`, must
//! name this site ([`is_from_here`]). And a token in the form, made of a cookie that another site can neither read nor
//! choose under the same key: it holds as long as the process lives.

use axum::Form;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, header};
use sha2::{Digest as _, Sha256};

use crate::hosts::Hosts;
use crate::problem::Problem;
use crate::reader::Reader;
use crate::state::Shared;

/// The hidden field of every form.
pub(crate) const FIELD: &str = "form_token";

/// The process's key for tokens of forms.
pub(crate) struct Seal([u8; 32]);

impl Seal {
    /// A new one from the system's random numbers.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// The token that goes with a visitor (later: a session).
    pub(crate) fn token(&self, visitor: &str) -> String {
        let inner = Sha256::new().chain_update([0]).chain_update(self.0).chain_update(visitor).finalize();
        let outer = Sha256::new().chain_update([1]).chain_update(self.0).chain_update(inner).finalize();
        hex::encode(outer)
    }

    /// In a time that does not show how much of it is right.
    fn holds(&self, visitor: &str, given: &str) -> bool {
        let token = self.token(visitor);
        given.len() == token.len()
            && given.bytes().zip(token.bytes()).fold(0, |bits, (a, b)| bits | (a ^ b)) == 0
    }
}

/// A name for a visitor without one: 128 random bits.
pub(crate) fn new_visitor() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(hex::encode(bytes))
}

/// Whether a visitor's cookie is one that we have made.
pub(crate) fn is_visitor(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a request may change something, as far as its browser says where it comes from. One that says nothing is no
/// browser's: the token decides alone.
pub(crate) fn is_from_here(method: &Method, headers: &HeaderMap, hosts: &Hosts) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return true;
    }
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_same_site =
        text(header::HeaderName::from_static("sec-fetch-site")).is_none_or(|site| site == "same-origin");
    let host = text(header::HOST).unwrap_or_default();
    let is_our_origin = |origin: &str| {
        let place = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        place.is_some_and(|place| place.eq_ignore_ascii_case(host) && hosts.has(place))
    };
    is_same_site && text(header::ORIGIN).is_none_or(is_our_origin)
}

/// The fields of a form that one of our own pages has sent.
pub(crate) struct Posted(Vec<(String, String)>);

impl Posted {
    /// The last value of a field; empty where it is missing.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }
}

impl FromRequest<Shared> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Problem> {
        let visitor = request.extensions().get::<Reader>().and_then(|reader| reader.visitor.clone());
        let Form(fields) = Form::<Vec<(String, String)>>::from_request(request, state)
            .await
            .map_err(|refused| Problem::of_status(refused.status()))?;
        let posted = Self(fields);
        match visitor {
            Some(visitor) if state.seal.holds(&visitor, posted.field(FIELD)) => Ok(posted),
            _ => Err(Problem::Forged),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn a_token_holds_for_its_visitor_and_its_process_alone() {
        let seal = Seal([7; 32]);
        let (visitor, other) = (new_visitor().unwrap(), new_visitor().unwrap());
        assert!(is_visitor(&visitor) && visitor != other);
        let token = seal.token(&visitor);
        assert!(seal.holds(&visitor, &token));
        assert!(!seal.holds(&other, &token) && !Seal([8; 32]).holds(&visitor, &token));
        assert!(!seal.holds(&visitor, "") && !seal.holds(&visitor, &token[1..]));
        assert!(!seal.holds(&visitor, &visitor));
    }

    #[test]
    fn what_another_site_sends_is_seen() {
        let hosts = Hosts::new("127.0.0.1".parse().unwrap(), &[]).unwrap();
        let asked = |method: Method, more: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
            for (name, value) in more {
                headers.insert(HeaderName::from_static(name), value.parse().unwrap());
            }
            is_from_here(&method, &headers, &hosts)
        };
        let here = ("origin", "http://127.0.0.1:8080");
        assert!(asked(Method::GET, &[("origin", "http://evil.example")]), "reading is told from nothing");
        assert!(asked(Method::POST, &[]) && asked(Method::POST, &[here]));
        assert!(asked(Method::POST, &[here, ("sec-fetch-site", "same-origin")]));
        for more in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:9999"),
            ("origin", "http://localhost:8080"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
        ] {
            assert!(!asked(Method::POST, &[more]) && !asked(Method::DELETE, &[more]), "{more:?}");
        }
    }
}
