//! Arbitrary bytes as `ctwing`.
#![no_main]

meterline_fuzz::target!(Ctwing);
