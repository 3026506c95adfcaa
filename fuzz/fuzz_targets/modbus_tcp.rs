//! Arbitrary bytes as `modbus-tcp`.
#![no_main]

meterline_fuzz::target!(ModbusTcp);
