//! Arbitrary bytes as `dlms-push`.
#![no_main]

meterline_fuzz::target!(DlmsPush);
