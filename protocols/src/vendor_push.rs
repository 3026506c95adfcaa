//! Pushes that begin like CJ/T 188 and are not: formats of their own, so that no strict decoder has to guess.
//!
//! Both are read as their makers' documents and users describe them, down to the last byte; neither is a standard.

pub(crate) mod anatomy;
mod cat1;
mod half_hour;

pub use cat1::acknowledgement as cat1_acknowledgement;

use metering::{Function, Quantity, Unit};

use crate::stream::Framing;
use crate::{Decoded, Options, Record, State, Value};

/// How CAT-1 frames are found in a stream.
pub(crate) const CAT1_FRAMING: &dyn Framing = &cat1::Cat1;

/// Reads a buffer of `cat1-nb-push`.
pub(crate) fn decode_cat1(bytes: &[u8], options: &Options<'_>) -> Decoded {
    cat1::decode(bytes, options)
}

/// Reads a buffer of `cjt188-vendor-push`.
pub(crate) fn decode_push(bytes: &[u8], options: &Options<'_>) -> Decoded {
    half_hour::decode(bytes, options)
}

/// A valid current record; the subunit tells equal quantities apart.
fn record(quantity: Quantity, value: Value, unit: Option<Unit>, subunit: u16) -> Record {
    Record {
        quantity,
        value,
        unit,
        state: State::Valid,
        obis: None,
        function: Function::Instantaneous,
        storage: 0,
        tariff: 0,
        subunit,
        time: None,
        precision: None,
    }
}
