//! Arbitrary bytes as `json`.
#![no_main]

meterline_fuzz::target!(Json);
