//! The parts of a payload in TLV: each entry with its header and value, and the headers of those that hold others.
//!
//! Deliberately absent: what a maker's bytes in 19/0/0 say inside, whose own format has an anatomy of its own.

use super::objects::{self, Meaning};
use super::{OPAQUE, is_senml, named_object, put_tlv, tlv};
use crate::anatomy::{Field, Knife};
use crate::{Frame, Options};

/// Cuts a payload that was read. `None` for one in SenML.
pub(crate) fn dissect(knife: &mut Knife<'_>, frame: &Frame, options: &Options<'_>) -> Option<()> {
    let bytes = knife.rest();
    if is_senml(bytes) {
        return None;
    }
    let resources = tlv::read(bytes).ok()?;
    let object = named_object(options.profile).or_else(|| objects::told_by(&resources))?;
    let mut parts = Vec::with_capacity(resources.len());
    // The values are read once more, one after another: which of them become records is the reader's to say. Those
    // that qualify others become none, and so the records stand in the order of the wire.
    let mut read = Frame::new(frame.format);
    tlv::walk(bytes, |len, step| {
        let field = match step {
            tlv::Step::Head => Field::List,
            tlv::Step::Resource(_) if object.0 == OPAQUE => Field::ManufacturerData,
            tlv::Step::Resource(resource) => {
                let before = read.records.len();
                put_tlv(&mut read, object, &resource);
                match objects::meaning(object.0, resource.id) {
                    _ if read.records.len() > before => Field::Record(before),
                    Some(Meaning::Time) => Field::Clock,
                    Some(Meaning::Address | Meaning::Manufacturer) => Field::Identity,
                    Some(Meaning::Event(_)) => Field::Flag,
                    Some(Meaning::Quality | Meaning::QualityLevel | Meaning::Unit) => Field::Qualifier,
                    Some(Meaning::Reading { .. } | Meaning::Text(_)) | None => Field::Unknown,
                }
            }
        };
        parts.push((len, field));
    })
    .ok()?;
    for (len, field) in parts {
        knife.cut(len, field)?;
    }
    Some(())
}
