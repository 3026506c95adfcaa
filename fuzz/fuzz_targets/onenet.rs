//! Arbitrary bytes as `onenet`.
#![no_main]

meterline_fuzz::target!(Onenet);
