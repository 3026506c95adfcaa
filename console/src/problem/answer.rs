//! A problem in the form that the reader wants.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Problem;
use crate::page::Frame;
use crate::reader::{Form, Reader};
use documents::labels::Labels;
use metering::Language;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    t: &'static Labels,
    frame: Frame,
    title: &'static str,
    detail: String,
    mend: &'static str,
}

/// RFC 9457, with the kind, the field, and both languages.
#[derive(Serialize)]
struct Document {
    r#type: String,
    title: &'static str,
    status: u16,
    kind: &'static str,
    field: Option<&'static str>,
    detail: String,
    detail_zh: String,
}

impl Document {
    fn of(problem: &Problem) -> Self {
        let text = |language: Language| {
            let space = language.pick(" ", "");
            format!("{}{space}{}", problem.detail(language), problem.mend(language)).trim_end().to_owned()
        };
        Self {
            r#type: format!("urn:meterline:problem:{}", problem.kind()),
            title: problem.title(Language::En),
            status: problem.status().as_u16(),
            kind: problem.kind(),
            field: Some(problem.field()).filter(|field| !field.is_empty()),
            detail: text(Language::En),
            detail_zh: text(Language::Zh),
        }
    }
}

/// Logs what only operations should see, and writes the answer. `headers` are those that came with the status, such as
/// `Allow`.
pub(crate) fn answer(problem: &Problem, reader: &Reader, route: &str, headers: &HeaderMap) -> Response {
    if let Some(cause) = problem.cause() {
        tracing::error!(page = route, kind = problem.kind(), cause, "a page cannot be shown");
    }
    let status = problem.status();
    let mut response = match reader.form {
        Form::Page => match page(problem, reader) {
            Ok(html) => (status, axum::response::Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "the page of a problem could not be made");
                (status, problem.title(reader.language)).into_response()
            }
        },
        Form::Json => (status, axum::Json(Document::of(problem))).into_response(),
        Form::Plain => (status, format!("{}\n", problem.kind())).into_response(),
    };
    if reader.form == Form::Json {
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn page(problem: &Problem, reader: &Reader) -> Result<String, askama::Error> {
    let t = Labels::of(reader.language);
    let detail = problem.detail(reader.language);
    let (title, mend) = (problem.title(reader.language), problem.mend(reader.language));
    // Without forms: a page of a refusal keeps nothing and asks for nothing.
    ProblemPage { t, frame: Frame::of(reader, "", None, None), title, detail, mend }.render()
}
