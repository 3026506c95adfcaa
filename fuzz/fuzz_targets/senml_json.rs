//! Arbitrary bytes as `senml-json`.
#![no_main]

meterline_fuzz::target!(SenmlJson);
