//! A column of a file as data: its names, whether it must be there, what stands in it. Header matching, templates
//! and docs/operations.md come from the same table.

use metering::Numbers;

/// A text in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// English
    pub en: &'static str,
    /// 中文
    pub zh: &'static str,
}

/// What kind of name stands in a column that names something, as far as a spreadsheet may have spoilt it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// No name at all.
    None,
    /// Digits of any length: telephone numbers, addresses on the wire.
    Digits,
    /// A code that people make up: `01`, `0101`, `EAST`.
    Code,
    /// A number that is given out in one length: 户号, 表号.
    Number(Numbers),
    /// A channel that takes money.
    Channel,
    /// Somebody else's number of a payment: digits of any length, mostly.
    Reference,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in the header, English.
    pub name: &'static str,
    /// The name in the header, Chinese.
    pub zh: &'static str,
    /// Another name that is read in the header; empty where there is none.
    pub also: &'static str,
    /// Whether each row must fill it.
    pub required: bool,
    /// What it names.
    pub identity: Identity,
    /// What stands in it.
    pub help: Text,
    /// A value that would be taken.
    pub example: &'static str,
}

impl Column {
    /// A column that each row must fill.
    pub const fn required(
        name: &'static str,
        zh: &'static str,
        help: (&'static str, &'static str),
        example: &'static str,
    ) -> Self {
        let help = Text { en: help.0, zh: help.1 };
        Self { name, zh, also: "", required: true, identity: Identity::None, help, example }
    }

    /// A column that may be left out or empty.
    pub const fn optional(
        name: &'static str,
        zh: &'static str,
        help: (&'static str, &'static str),
        example: &'static str,
    ) -> Self {
        Self { required: false, ..Self::required(name, zh, help, example) }
    }

    /// Its header may have another name too.
    pub const fn also(self, also: &'static str) -> Self {
        Self { also, ..self }
    }

    /// It holds digits that are no quantity.
    pub const fn digits(self) -> Self {
        Self { identity: Identity::Digits, ..self }
    }

    /// It names something by a code.
    pub const fn code(self) -> Self {
        Self { identity: Identity::Code, ..self }
    }

    /// It names a channel that takes money.
    pub const fn channel(self) -> Self {
        Self { identity: Identity::Channel, ..self }
    }

    /// It names a payment as its channel does.
    pub const fn reference(self) -> Self {
        Self { identity: Identity::Reference, ..self }
    }

    /// It names something by a number of one length.
    pub const fn number(self, numbers: Numbers) -> Self {
        Self { identity: Identity::Number(numbers), ..self }
    }
}
