//! Arbitrary bytes as `wmbus`.
#![no_main]

meterline_fuzz::target!(Wmbus);
