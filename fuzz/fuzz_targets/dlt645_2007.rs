//! Arbitrary bytes as `dlt645-2007`.
#![no_main]

meterline_fuzz::target!(Dlt645V2007);
