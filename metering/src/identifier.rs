//! A name by which people and files know one thing: account, agreement, serial, code, channel. Two of them that look the
//! same are the same.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::text::is_hidden;

/// Composed (NFC), without blanks around it, of letters, digits and `. _ / -`, at most [`Identifier::LONGEST`]
/// characters. Letters of another script that look alike are another name.
///
/// ```
/// use metering::{Identifier, IdentifierError};
/// assert_eq!(Identifier::new(" W-01/水 ").unwrap().as_str(), "W-01/水");
/// assert_eq!(Identifier::new("e\u{301}").unwrap(), Identifier::new("é").unwrap());
/// assert_eq!(Identifier::new("１２"), Err(IdentifierError::Wide('１')));
/// assert_eq!(Identifier::new("fee\u{200b}"), Err(IdentifierError::Hidden('\u{200b}')));
/// assert_eq!(Identifier::new("=1+1"), Err(IdentifierError::Sign('=')));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(String);

/// Why a text is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierError {
    /// Nothing but blanks.
    Empty,
    /// More than [`Identifier::LONGEST`] characters.
    TooLong,
    /// A character that nobody sees, or that moves what they see.
    Hidden(char),
    /// Another form of an ordinary character: full-width, superscript, circled.
    Wide(char),
    /// A sign that identifiers do not have.
    Sign(char),
}

impl fmt::Display for IdentifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong => write!(f, "longer than {} characters", Identifier::LONGEST),
            Self::Hidden(c) => write!(f, "holds the invisible character {}", c.escape_unicode()),
            Self::Wide(c) => write!(f, "{c:?} is another form of an ordinary character"),
            Self::Sign(c) => write!(f, "{c:?} stands in no such name: letters, digits and . _ / - do"),
        }
    }
}

impl std::error::Error for IdentifierError {}

impl IdentifierError {
    /// From a closed list, for programs.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Hidden(_) => "hidden",
            Self::Wide(_) => "wide",
            Self::Sign(_) => "sign",
        }
    }
}

impl Identifier {
    /// Characters.
    pub const LONGEST: usize = 64;

    /// Of an account, an agreement, a meter, an area, a book, a tariff …
    pub fn new(text: &str) -> Result<Self, IdentifierError> {
        Self::of(text, |c| c.is_alphanumeric() || matches!(c, '.' | '_' | '/' | '-'))
    }

    /// Of a channel that takes money: large and small letters are the same, so that `Counter` and `counter` do not both
    /// record one slip.
    pub fn channel(text: &str) -> Result<Self, IdentifierError> {
        let name = Self::new(text)?;
        // Folding may take a letter apart.
        Self::new(&name.as_str().to_lowercase())
    }

    /// Of a payment, given out by somebody else's system: any sign of ASCII besides.
    pub fn reference(text: &str) -> Result<Self, IdentifierError> {
        Self::of(text, |c| c.is_alphanumeric() || c.is_ascii_graphic())
    }

    fn of(text: &str, is_allowed: impl Fn(char) -> bool) -> Result<Self, IdentifierError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(IdentifierError::Empty);
        }
        // Before it is composed, which takes time by its length.
        if text.chars().nth(Self::LONGEST.saturating_mul(4)).is_some() {
            return Err(IdentifierError::TooLong);
        }
        let name: String = text.nfc().collect();
        if name.chars().nth(Self::LONGEST).is_some() {
            return Err(IdentifierError::TooLong);
        }
        for c in name.chars() {
            if is_hidden(c) {
                return Err(IdentifierError::Hidden(c));
            }
            if !c.nfkc().eq(c.nfc()) {
                return Err(IdentifierError::Wide(c));
            }
            if !is_allowed(c) {
                return Err(IdentifierError::Sign(c));
            }
        }
        Ok(Self(name))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_utilities_give_out_is_taken() {
        for name in ["0001000001", "202600000001", "W01", "城东一册", "E01/0101", "RES-WATER", "a.b_c-d", "é"]
        {
            assert_eq!(Identifier::new(name).unwrap().as_str(), name);
        }
        assert_eq!(Identifier::reference("2026-10:01#7+x=1").unwrap().as_str(), "2026-10:01#7+x=1");
    }

    #[test]
    fn what_looks_like_another_is_refused() {
        use IdentifierError as E;
        for (text, why) in [
            ("", E::Empty),
            (" \u{3000}\t", E::Empty),
            ("fee\u{202e}\u{200b}", E::Hidden('\u{202e}')),
            ("a\u{1b}[31m", E::Hidden('\u{1b}')),
            ("a\0b", E::Hidden('\0')),
            ("ＡＢ", E::Wide('Ａ')),
            ("m²", E::Wide('²')),
            ("a b", E::Sign(' ')),
            ("<svg>", E::Sign('<')),
            ("@SUM", E::Sign('@')),
            ("a,b", E::Sign(',')),
        ] {
            assert_eq!(Identifier::new(text), Err(why), "{text:?}");
        }
        assert_eq!(Identifier::new(&"1".repeat(65)), Err(E::TooLong));
        assert_eq!(Identifier::new(&"1".repeat(1_000_000)), Err(E::TooLong));
        assert!(Identifier::new(&"1".repeat(64)).is_ok());
    }

    #[test]
    fn a_channel_has_one_name() {
        let channel = |text| Identifier::channel(text).unwrap();
        assert_eq!(channel("Counter "), channel("counter"));
        assert_eq!(channel("ÉCOLE"), channel("e\u{301}cole"));
    }

    proptest! {
        /// Reading what was read changes nothing, however it came: the stored form is the only one.
        #[test]
        fn an_identifier_reads_back(text in any::<String>()) {
            for read in [Identifier::new, Identifier::channel, Identifier::reference] {
                if let Ok(name) = read(&text) {
                    prop_assert_eq!(read(name.as_str()), Ok(name.clone()));
                    prop_assert!(!name.as_str().chars().any(is_hidden));
                }
            }
        }

        /// Composed or taken apart, it is the same name.
        #[test]
        fn the_form_of_the_characters_does_not_matter(text in "[a-zàéîõüñ가-힣が-ぽ]{1,12}") {
            let apart: String = text.nfd().collect();
            prop_assert_eq!(Identifier::new(&apart), Identifier::new(&text));
        }
    }
}
