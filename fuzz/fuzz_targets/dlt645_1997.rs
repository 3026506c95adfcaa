//! Arbitrary bytes as `dlt645-1997`.
#![no_main]

meterline_fuzz::target!(Dlt645V1997);
