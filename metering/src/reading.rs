//! A reading: a register's index at an instant. (A usage over a time is an interval, another thing.)

use jiff::Timestamp;

use crate::{MeterId, Micro, RegisterId};

/// One reading, ready to be stored. Its key is (meter, register, time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reading {
    /// The meter.
    pub meter: MeterId,
    /// Which of its registers.
    pub register: RegisterId,
    /// The meter's own time of the value; the receive time where the frame carries none.
    pub time: Timestamp,
    /// The value, in millionths of the register's canonical unit.
    pub value: Micro,
    /// When the frame came in, in whole seconds (jitter below it would cost most of the compression).
    pub received: Timestamp,
    /// How good it is.
    pub quality: Quality,
    /// Through which door it came.
    pub source: Source,
}

macro_rules! codes {
    ($(#[$tdoc:meta])* $type:ident $list:literal; $($(#[$doc:meta])* $variant:ident $name:literal $code:literal;)*) => {
        crate::closed_list! {
            $(#[$tdoc])*
            pub enum $type: $list { $($(#[$doc])* $variant = $name,)* }
        }

        impl $type {
            /// The number in the database.
            pub const fn code(self) -> i16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// From the number in the database.
            pub const fn from_code(code: i16) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    /// How good a reading is. `Invalid` is what the device itself marks as wrong: stored, shown, never billed.
    Quality "quality";
    /// Read from the device.
    Actual "actual" 0;
    /// Read by the account's own people.
    SelfRead "self_read" 1;
    /// Entered by hand.
    Manual "manual" 2;
    /// Estimated by a named method.
    Estimated "estimated" 3;
    /// Marked by the device as in error.
    Invalid "invalid" 4;
}

codes! {
    /// The door a reading came through.
    Source "source";
    /// MQTT.
    Mqtt "mqtt" 0;
    /// An operator's HTTP push.
    Push "push" 1;
    /// A raw UDP datagram.
    Udp "udp" 2;
    /// A CoAP message.
    Coap "coap" 3;
    /// A TCP connection that the meter opened.
    Tcp "tcp" 4;
    /// A poll of ours.
    Poll "poll" 5;
    /// A CSV file.
    Import "import" 6;
    /// A replayed rejection.
    Replay "replay" 7;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_read_back() {
        for quality in Quality::ALL {
            assert_eq!(Quality::from_code(quality.code()), Some(*quality));
            assert_eq!(quality.name().parse(), Ok(*quality));
        }
        for source in Source::ALL {
            assert_eq!(Source::from_code(source.code()), Some(*source));
            assert_eq!(source.name().parse(), Ok(*source));
        }
        assert_eq!(Quality::from_code(99), None);
    }
}
