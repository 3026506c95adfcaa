//! Text from the wire, made fit for the database.

use std::borrow::Cow;

/// PostgreSQL's text holds no NUL; one in a topic or an address would fail the whole batch.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}
