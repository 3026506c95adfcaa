//! Arbitrary bytes as `p1`.
#![no_main]

meterline_fuzz::target!(P1);
