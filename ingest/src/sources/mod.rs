//! The doors through which frames come in, one file each.

pub(crate) mod broker;
pub(crate) mod mqtt;
pub(crate) mod probe;
pub(crate) mod push;
pub(crate) mod udp;
