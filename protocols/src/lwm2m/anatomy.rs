//! The parts of a payload in TLV: each entry with its header and value, and the headers of those that hold others.

use super::objects::{self, Meaning};
use super::{OPAQUE, inside, is_senml, named_object, opaque, put_tlv, tlv};
use crate::anatomy::{Anatomy, Field, Knife};
use crate::envelope::carried;
use crate::{DecodeError, Frame, Options, senml};

/// Cuts a payload that was read.
pub(crate) fn dissect<'a>(
    bytes: &'a [u8],
    results: &[Result<Frame, DecodeError>],
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    if is_senml(bytes) {
        let data = opaque(senml::entries(bytes).ok()?);
        return senml::anatomy::dissect(bytes, data.as_deref(), &inside(options));
    }
    let resources = tlv::read(bytes).ok()?;
    match named_object(options.profile).or_else(|| objects::told_by(&resources))? {
        (OPAQUE, _) => envelope(bytes, &resources, options),
        object => {
            let [Ok(frame)] = results else { return None };
            values(bytes, object, frame)
        }
    }
}

/// The values are read once more, one after another: which of them become records is the reader's to say. Those that
/// qualify others become none, and so the records stand in the order of the wire.
fn values<'a>(bytes: &'a [u8], object: (u16, u16), frame: &Frame) -> Option<Anatomy<'a>> {
    let mut knife = Knife::new(bytes);
    let mut read = Frame::new(frame.format);
    tlv::walk(bytes, |(len, step)| {
        let field = match step {
            tlv::Visited::Head => Field::List,
            tlv::Visited::Resource(resource) => {
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
        knife.cut(len, field);
    })
    .ok()?;
    Some(Anatomy::plain(bytes, knife.finish(Field::Unknown)))
}

/// A maker's bytes: the first value of resource 0, which is cut from its header for what stands in it.
fn envelope<'a>(
    bytes: &'a [u8],
    resources: &[tlv::Resource<'_>],
    options: &Options<'_>,
) -> Option<Anatomy<'a>> {
    let data =
        resources.iter().find(|resource| resource.id == 0).filter(|resource| !resource.value.is_empty());
    let mut knife = Knife::new(bytes);
    let mut part = 0;
    tlv::walk(bytes, |(len, step)| {
        match step {
            tlv::Visited::Head => knife.cut(len, Field::List),
            tlv::Visited::Resource(resource) if Some(&resource) == data => {
                knife.cut(len.saturating_sub(resource.value.len()), Field::List);
                part = knife.count();
                knife.cut(resource.value.len(), Field::ManufacturerData)
            }
            tlv::Visited::Resource(_) => knife.cut(len, Field::Unknown),
        };
    })
    .ok()?;
    let carried = data.and_then(|data| carried::dissect(part, data.value, &inside(options)));
    let plain = Anatomy::plain(bytes, knife.finish(Field::Unknown));
    Some(Anatomy { carried: carried.map(|(carried, _)| carried).into_iter().collect(), ..plain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::{self, Carried};
    use crate::{Decoded, Format, decode};

    /// The parts of a payload of this path, as bytes and field.
    fn parts(bytes: &[u8], profile: &str) -> (Vec<(String, Field)>, Vec<Carried>) {
        let options = Options { profile: Some(profile), ..Options::default() };
        let decoded = decode(Format::Lwm2m, bytes, &options);
        assert!(matches!(decoded, Decoded::One(Ok(_))), "{decoded:?}");
        let anatomy = crate::dissect(bytes, Some(Format::Lwm2m), &decoded, &options);
        let cut = |part: &anatomy::Part| hex::encode(&bytes[part.offset..][..part.len]);
        (anatomy.parts.iter().map(|part| (cut(part), part.field)).collect(), anatomy.carried)
    }

    fn shown(parts: &[(String, Field)]) -> Vec<(&str, Field)> {
        parts.iter().map(|(bytes, field)| (bytes.as_str(), *field)).collect()
    }

    #[test]
    fn each_entry_is_a_part_and_what_holds_others_has_a_head() {
        // Instance 0: leak, volume 1.0, quality 4. Instance 1: volume 2.0, a resource that the object has not.
        let bytes = hex::decode("08000dc10901c4013f800000e1179a04080109c40140000000c16f07").unwrap();
        let (parts, carried) = parts(&bytes, "/3424");
        let expected = [
            ("08000d", Field::List),
            ("c10901", Field::Flag),
            ("c4013f800000", Field::Record(0)),
            ("e1179a04", Field::Qualifier),
            ("080109", Field::List),
            ("c40140000000", Field::Record(1)),
            ("c16f07", Field::Unknown),
        ];
        assert_eq!((shown(&parts), carried), (expected.to_vec(), Vec::new()));
    }

    #[test]
    fn a_makers_bytes_stand_behind_their_header_with_what_is_in_them() {
        // A multiple resource with opaque bytes, and a frame of CJ/T 188 (a request) in a single one.
        let (opaque, carried) = parts(&[0x86, 0, 0x44, 0, 1, 2, 3, 4], "/19/0");
        let expected = [("8600", Field::List), ("4400", Field::List), ("01020304", Field::ManufacturerData)];
        assert_eq!((shown(&opaque), carried), (expected.to_vec(), Vec::new()));

        let request = "6810aaaaaaaaaaaaaa0103901f00d116";
        let (parts, carried) = parts(&hex::decode(format!("c80010{request}")).unwrap(), "/19/0");
        assert_eq!(shown(&parts), [("c80010", Field::List), (request, Field::ManufacturerData)]);
        assert_eq!((carried.len(), carried[0].part, carried[0].format), (1, 1, Format::Cjt188));
        assert!(carried[0].anatomy.parts.iter().any(|part| (part.field, part.len) == (Field::Identifier, 2)));
    }

    #[test]
    fn a_pack_in_senml_is_cut_as_one() {
        let pack = br#"[{"bn":"/3331/0/","n":"5700","u":"Wh","v":1234.5}]"#;
        let (parts, _) = parts(pack, "/3331");
        assert!(parts.iter().any(|(_, field)| *field == Field::Record(0)), "{parts:?}");
    }

    #[test]
    fn a_pack_may_hold_a_makers_bytes_too() {
        // The request of above in base64url; the other record says nothing then.
        let pack = br#"[{"bn":"/19/0/","n":"1","v":3},{"n":"0","vd":"aBCqqqqqqqqqAQOQHwDRFg"}]"#;
        let (parts, carried) = parts(pack, "/19/0");
        let fields: Vec<_> = parts.iter().map(|(_, field)| *field).collect();
        assert_eq!(fields, [Field::Member, Field::Unknown, Field::ManufacturerData]);
        assert_eq!((carried[0].part, carried[0].format), (2, Format::Cjt188));
    }
}
