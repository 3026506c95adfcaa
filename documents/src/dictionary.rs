//! The one dictionary: what people say for the words of the closed lists (`issued`, `water`, `battery_low` …), each once
//! and as docs/glossary.md has it. A file a subject.

mod alarms;
mod bills;
mod frames;
mod jobs;
mod money;
mod quantities;
mod reasons;

use std::borrow::Cow;

use metering::Language;

pub use reasons::{detail, reason};

/// Every list of words. The names that tariff documents use stand beside the documents.
const LISTS: &[&[(&str, &str)]] =
    &[bills::ZH, money::ZH, frames::ZH, quantities::ZH, alarms::ZH, billing::words::ZH, jobs::ZH];

/// What people say for a word of a closed list. A word that is on none of the lists, as a name that people gave, stays
/// as it is; in English the names of the lists are words already.
///
/// ```
/// use documents::word;
/// use metering::Language;
/// assert_eq!(word(Language::Zh, "battery_low"), "电池欠压");
/// assert_eq!(word(Language::En, "battery_low"), "battery low");
/// assert_eq!(word(Language::Zh, "cjt188"), "cjt188");
/// assert_eq!(word(Language::Zh, "agency:sewage"), "代收（污水处理费）");
/// ```
pub fn word(language: Language, word: &str) -> Cow<'_, str> {
    match (language, word.split_once(':')) {
        // A ledger account of a class that has one for each payee, channel or payer.
        (_, Some((class, name))) if chinese(class).is_some() && money::has_names(class) => {
            let (class, name) = (said(language, class), said(language, name));
            Cow::Owned(match language {
                Language::Zh => format!("{class}（{name}）"),
                Language::En => format!("{class} ({name})"),
            })
        }
        _ => said(language, word),
    }
}

fn said(language: Language, word: &str) -> Cow<'_, str> {
    match (language, chinese(word)) {
        (Language::Zh, Some(zh)) => Cow::Borrowed(zh),
        // The underscores of names; what people named themselves keeps its own.
        (Language::En, Some(_)) => Cow::Owned(word.replace('_', " ")),
        (_, None) => Cow::Borrowed(word),
    }
}

fn chinese(word: &str) -> Option<&'static str> {
    LISTS.iter().flat_map(|list| list.iter()).find(|(name, _)| *name == word).map(|(_, zh)| *zh)
}

#[cfg(test)]
mod tests {
    use billing::cycle::Cycle;
    use billing::reason::{Outcome, Reason};
    use metering::{EventKind, Medium, Quality, Quantity, Service, Severity};

    use super::*;

    #[test]
    fn closed_lists_are_said_in_chinese() {
        let names = EventKind::ALL
            .iter()
            .map(|kind| kind.name())
            .chain(Quantity::ALL.iter().map(|quantity| quantity.name()))
            .chain(Medium::ALL.iter().map(|medium| medium.name()))
            .chain([Severity::Info, Severity::Warning, Severity::Critical].map(Severity::name))
            .chain(Quality::ALL.iter().map(|quality| quality.name()))
            .chain(Service::ALL.iter().map(|service| service.name()))
            .chain(Cycle::ALL.iter().map(|cycle| cycle.name()))
            .chain(Outcome::ALL.iter().map(|outcome| outcome.name()));
        for name in names {
            assert!(!word(Language::Zh, name).is_ascii(), "{name} is not said in Chinese");
        }
    }

    #[test]
    fn every_reason_has_a_sentence_in_both_languages() {
        for one in Reason::ALL {
            let (zh, en) = (reason(Language::Zh, one.name()), reason(Language::En, one.name()));
            assert!(!zh.is_ascii() && en.is_ascii() && en != one.name(), "{one}: {zh} {en}");
        }
        assert_eq!(reason(Language::Zh, "of another release"), "of another release");
    }

    #[test]
    fn no_word_stands_twice() {
        let mut names: Vec<&str> = LISTS.iter().flat_map(|list| list.iter()).map(|(name, _)| *name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "a word stands in two lists");
    }

    #[test]
    fn names_that_people_gave_stay_as_they_are() {
        assert_eq!(word(Language::En, "my_book"), "my_book");
        assert_eq!(word(Language::En, "agency:sewage"), "agency (sewage)");
        assert_eq!(word(Language::Zh, "bank:counter"), "实收（柜台）");
        assert_eq!(word(Language::Zh, "other:thing"), "other:thing");
    }
}
