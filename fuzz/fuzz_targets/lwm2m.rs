//! Arbitrary bytes as `lwm2m`.
#![no_main]

meterline_fuzz::target!(Lwm2m);
