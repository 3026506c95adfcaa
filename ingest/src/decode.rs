//! A payload becomes frames in the canonical form.

use metering::Source;
use protocols::{DecodeError, Decoded, ErrorKind, Format, Frame, Options};

use crate::delivery::{Content, Delivery};
use crate::exchange;

/// What a payload holds, in the order of the wire.
pub(crate) fn decode(delivery: &Delivery) -> Vec<Result<Frame, DecodeError>> {
    let Content::Frame(name) = &delivery.content else { return Vec::new() };
    if delivery.source == Source::Poll
        && let Some(format) = name.parse::<Format>().ok().filter(|format| exchange::is_of(*format))
        && let Some(profile) = &delivery.profile
    {
        return vec![exchange::decode(format, &delivery.bytes, profile)];
    }
    let options = Options {
        profile: delivery.profile.as_deref(),
        start: delivery.start,
        received: Some(delivery.received),
        ..Options::default()
    };
    let decoded = match name.parse::<Format>() {
        Ok(format) => protocols::decode(format, &delivery.bytes, &options),
        Err(_) if name == "auto" => protocols::auto::decode(&delivery.bytes, &options),
        Err(unknown) => Decoded::One(Err(DecodeError::new(ErrorKind::Unsupported, 0, unknown.to_string()))),
    };
    decoded.into_results()
}
