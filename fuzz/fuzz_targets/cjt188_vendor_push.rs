//! Arbitrary bytes as `cjt188-vendor-push`.
#![no_main]

meterline_fuzz::target!(Cjt188VendorPush);
