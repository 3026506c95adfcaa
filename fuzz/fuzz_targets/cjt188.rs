//! Arbitrary bytes as `cjt188`.
#![no_main]

meterline_fuzz::target!(Cjt188);
