//! A closed list: a handful of names that JSON, CSV, the database and the code share.
//!
//! One macro makes the enum, its names and its reader, so that no list is written twice. A name that is not on the list is
//! an error that says what was read and what could stand there; it is never taken for another.

use std::error::Error;
use std::fmt;

/// A text that is on no place of a closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What the list is of: `service`, `run state`.
    pub list: &'static str,
    /// What was read.
    pub text: String,
    /// What could stand there.
    pub names: &'static [&'static str],
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} {:?}: one of {}", self.list, self.text, self.names.join(", "))
    }
}

impl Error for UnknownName {}

/// Makes a closed list: the enum with `ALL`, `NAMES`, `name`, `Display` and `FromStr`.
///
/// ```
/// metering::closed_list! {
///     /// Where a valve stands.
///     pub enum Valve: "valve" {
///         /// Water flows.
///         Open = "open",
///         /// It does not.
///         Shut = "shut",
///     }
/// }
/// assert_eq!("shut".parse(), Ok(Valve::Shut));
/// assert_eq!(Valve::Open.to_string(), "open");
/// assert_eq!("ajar".parse::<Valve>().unwrap_err().to_string(), "unknown valve \"ajar\": one of open, shut");
/// ```
#[macro_export]
macro_rules! closed_list {
    ($(#[$meta:meta])* $vis:vis enum $type:ident: $list:literal {
        $($(#[$of_variant:meta])* $variant:ident = $name:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $type { $($(#[$of_variant])* $variant,)* }

        impl $type {
            /// The whole list, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The names, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The name in JSON, in CSV and in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::UnknownName> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    _ => Err($crate::UnknownName { list: $list, text: text.to_owned(), names: Self::NAMES }),
                }
            }
        }
    };
}
