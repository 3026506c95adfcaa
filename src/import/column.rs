//! A column of a file as data: its names, whether it must be there, what stands in it. Header matching, templates
//! and docs/operations.md come from the same table.

/// A text in both languages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    /// English
    pub(crate) en: &'static str,
    /// 中文
    pub(crate) zh: &'static str,
}

/// What kind of name stands in a column that names something, as far as a spreadsheet may have spoilt it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// No name at all.
    None,
    /// Digits of any length: telephone numbers, addresses on the wire.
    Digits,
    /// A code that people make up: `01`, `0101`, `EAST`.
    Code,
    /// A number that is given out in one length: 户号, 表号.
    Number(store::import::Numbers),
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// The name in the header, English.
    pub(crate) name: &'static str,
    /// The name in the header, Chinese.
    pub(crate) zh: &'static str,
    /// Whether each row must fill it.
    pub(crate) required: bool,
    /// What it names.
    pub(crate) identity: Identity,
    /// What stands in it.
    pub(crate) help: Text,
    /// A value that would be taken.
    pub(crate) example: &'static str,
}

impl Column {
    /// A column that each row must fill.
    pub(crate) const fn required(
        name: &'static str,
        zh: &'static str,
        help: (&'static str, &'static str),
        example: &'static str,
    ) -> Self {
        let help = Text { en: help.0, zh: help.1 };
        Self { name, zh, required: true, identity: Identity::None, help, example }
    }

    /// A column that may be left out or empty.
    pub(crate) const fn optional(
        name: &'static str,
        zh: &'static str,
        help: (&'static str, &'static str),
        example: &'static str,
    ) -> Self {
        Self { required: false, ..Self::required(name, zh, help, example) }
    }

    /// It holds digits that are no quantity.
    pub(crate) const fn digits(self) -> Self {
        Self { identity: Identity::Digits, ..self }
    }

    /// It names something by a code.
    pub(crate) const fn code(self) -> Self {
        Self { identity: Identity::Code, ..self }
    }

    /// It names something by a number of one length.
    pub(crate) const fn number(self, numbers: store::import::Numbers) -> Self {
        Self { identity: Identity::Number(numbers), ..self }
    }
}
