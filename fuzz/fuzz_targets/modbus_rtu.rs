//! Arbitrary bytes as `modbus-rtu`.
#![no_main]

meterline_fuzz::target!(ModbusRtu);
