//! What all targets do: read the bytes in one format with everything a caller could give besides them, and write the
//! answer.
//!
//! `cargo fuzz run -s none mbus` from this folder's parent (without a sanitizer it works on the stable compiler).

pub use libfuzzer_sys::fuzz_target;
use protocols::output::Answered;
pub use protocols::Format;
use protocols::{Options, decode};

/// A target for one format.
#[macro_export]
macro_rules! target {
    ($format:ident) => {
        $crate::fuzz_target!(|bytes: &[u8]| $crate::read($crate::Format::$format, bytes));
    };
}

/// Reads the bytes without and with a key, and with the profile that the format can use.
pub fn read(format: Format, bytes: &[u8]) {
    let profile = match format {
        Format::ModbusRtu | Format::ModbusTcp => Some("eastron-sdm630"),
        Format::Lwm2m => Some("/3424/0"),
        Format::Cjt188 => Some("cjt188-valve-high"),
        _ => None,
    };
    for key in [None, Some(&[7; 16][..])] {
        let options = Options { key, profile, start: Some(0), ..Options::default() };
        let decoded = decode(format, bytes, &options);
        let text = serde_json::to_string(&Answered { id: None::<&str>, decoded: &decoded });
        assert!(text.is_ok_and(|text| !text.is_empty()));
    }
}
