//! A payload becomes frames in the canonical form.

use metering::Source;
use protocols::{DecodeError, Decoded, ErrorKind, Format, Frame, Options};

use store::sink::Content;

use crate::delivery::Delivery;
use crate::exchange;

/// What a payload holds, in the order of the wire.
pub(crate) fn decode(delivery: &Delivery) -> Vec<Result<Frame, DecodeError>> {
    let Content::Frame(name) = &delivery.arrival.content else { return Vec::new() };
    if delivery.arrival.source == Source::Poll
        && let Some(format) = name.parse::<Format>().ok().filter(|format| exchange::is_of(*format))
        && let Some(profile) = &delivery.arrival.profile
    {
        return vec![exchange::decode(format, &delivery.arrival.bytes, profile)];
    }
    let options = Options {
        profile: delivery.arrival.profile.as_deref(),
        start: delivery.arrival.start,
        received: Some(delivery.arrival.received),
        ..Options::default()
    };
    let decoded = match name.parse::<Format>() {
        Ok(format) => protocols::decode(format, &delivery.arrival.bytes, &options),
        Err(_) if name == "auto" => protocols::auto::decode(&delivery.arrival.bytes, &options),
        Err(unknown) => Decoded::One(Err(DecodeError::new(ErrorKind::Unsupported, 0, unknown.to_string()))),
    };
    decoded.into_results()
}
