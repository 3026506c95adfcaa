//! The doors through which frames come in, one file each.

pub(crate) mod broker;
pub(crate) mod bus;
pub(crate) mod modbus;
pub(crate) mod mqtt;
pub(crate) mod poll;
pub(crate) mod probe;
pub(crate) mod push;
pub(crate) mod tcp;
pub(crate) mod tls;
pub(crate) mod transparent;
pub(crate) mod udp;
