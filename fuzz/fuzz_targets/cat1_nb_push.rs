//! Arbitrary bytes as `cat1-nb-push`.
#![no_main]

meterline_fuzz::target!(Cat1NbPush);
