//! Arbitrary bytes as `mbus`.
#![no_main]

meterline_fuzz::target!(Mbus);
