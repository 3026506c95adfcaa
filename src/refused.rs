//! How an error is said on the command line: a refusal in the reader's language, with the command that mends it.

use documents::refusal::say;
use metering::Language;
use metering::refusal::Mend;
use office::Refusal;

/// The text of an error and its causes.
pub(crate) fn text(error: &anyhow::Error, language: Language) -> String {
    let parts = error.chain().map(|cause| match cause.downcast_ref::<Refusal>() {
        Some(refusal) => {
            let hints: Vec<_> = refusal.mends().iter().filter_map(|mend| hint(*mend)).collect();
            match hints.as_slice() {
                [] => say(refusal, language),
                hints => format!("{} ({})", say(refusal, language), hints.join(", ")),
            }
        }
        None => cause.to_string(),
    });
    parts.collect::<Vec<_>>().join(": ")
}

/// The command line's own way to what helps. Other callers have theirs.
const fn hint(mend: Mend) -> Option<&'static str> {
    match mend {
        Mend::NameYourself => Some("--as NAME, METERLINE_USER"),
        Mend::SignIn => Some("meterline login NAME"),
        _ => None,
    }
}
