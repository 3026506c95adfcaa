//! Arbitrary bytes as `iotda`.
#![no_main]

meterline_fuzz::target!(Iotda);
