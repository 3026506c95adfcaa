//! meterline
fn main() {}
