//! Our own names of things. A `MeterId` is ours, a serial is printed on the device, an address is on the wire:
//! three types, never mixed.

use std::fmt;
use std::str::FromStr;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $inner:ty, $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($inner);

        impl $name {
            /// From the stored number.
            pub const fn new(number: $inner) -> Self { Self(number) }
            /// The stored number.
            pub const fn get(self) -> $inner { self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!($prefix, "_{}"), self.0) }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_")).and_then(|n| n.parse().ok()).map(Self)
                    .ok_or_else(|| IdError { text: text.to_owned(), prefix: $prefix })
            }
        }
    )*};
}

ids! {
    /// A meter, the device.
    MeterId i32, "mtr";
    /// A kind of register (an OBIS code or `x:` name), the same for all meters.
    RegisterId i16, "reg";
    /// A meter point, where supply is measured; outlives meters.
    MeterPointId i32, "mpt";
    /// A meter at a point, from one instant to another.
    InstallationId i32, "ins";
    /// An account: who pays.
    AccountId i32, "acc";
    /// A service agreement: an account's supply with one service at one premise.
    AgreementId i32, "agr";
    /// A reading book.
    BookId i32, "bok";
    /// A company (legal entity).
    CompanyId i32, "com";
    /// A bill run.
    RunId i64, "run";
    /// A bill.
    BillId i64, "bil";
    /// A payment.
    PaymentId i64, "pay";
    /// A row of the journal.
    PostingId i64, "pst";
}

/// A text that is not the id it was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdError {
    text: String,
    prefix: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no id of the form {}_123", self.text, self.prefix)
    }
}

impl std::error::Error for IdError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_is_not_another_kind() {
        assert_eq!(MeterId::new(7).to_string(), "mtr_7");
        assert_eq!("mtr_7".parse::<MeterId>().unwrap().get(), 7);
        assert!("acc_7".parse::<MeterId>().is_err());
        assert!("7".parse::<RunId>().is_err());
    }
}
