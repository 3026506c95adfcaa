//! Arbitrary bytes as `senml-cbor`.
#![no_main]

meterline_fuzz::target!(SenmlCbor);
