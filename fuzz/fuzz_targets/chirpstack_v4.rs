//! Arbitrary bytes as `chirpstack-v4`.
#![no_main]

meterline_fuzz::target!(ChirpstackV4);
