//! Arbitrary bytes as `wmbusmeters-json`.
#![no_main]

meterline_fuzz::target!(WmbusmetersJson);
