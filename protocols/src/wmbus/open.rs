//! From a telegram to its payload in clear: layer after layer (drawn above `layers` and `mbus::header`), up to the
//! application.

use super::drivers::{DME, EWT, HYD};
use super::layers::{Authentication, Extended, open_session};
use super::link::{HEADER, Telegram};
use super::security::{Address, Configuration, Sealed};
use crate::mbus::cursor::Cursor;
use crate::mbus::header::{self, Identity, Status};
use crate::{DecodeError, Device, ErrorKind, Format, Frame};

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Records, as on the wire.
    Records,
    /// The data of records, whose blocks went ahead in a full or format frame.
    Compact,
    /// The blocks of records alone.
    Layout,
    ApplicationError,
    Alarm,
    /// From a master to a meter.
    Request,
    /// Transport without application: a heartbeat, an acknowledgement.
    Nothing,
    /// Behind a code that belongs to the maker.
    Manufacturer,
    /// Records under a security mode of the maker's own, which only a driver opens.
    MakersMode,
}

/// A telegram in clear.
pub(super) struct Opened<'a> {
    /// Device, events and warnings so far.
    pub(super) frame: Frame,
    pub(super) identity: Identity,
    pub(super) content: Content,
    /// All of it, from L on.
    pub(super) whole: &'a [u8],
    /// Where the payload begins in it.
    pub(super) offset: usize,
    pub(super) counters: Counters,
}

/// What grows from telegram to telegram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) access: Option<u8>,
    pub(super) session: Option<u32>,
    pub(super) message: Option<u32>,
}

/// Which header a code of the transport layer has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    None,
    Short,
    Long,
}

/// EN 13757-7, table 2, as far as meters use it.
pub(super) const fn transport(code: u8) -> Option<(Header, Content)> {
    Some(match code {
        0x72 => (Header::Long, Content::Records),
        0x7A => (Header::Short, Content::Records),
        0x78 => (Header::None, Content::Records),
        0x73 => (Header::Long, Content::Compact),
        0x7B => (Header::Short, Content::Compact),
        0x79 => (Header::None, Content::Compact),
        0x6B => (Header::Long, Content::Layout),
        0x6A => (Header::Short, Content::Layout),
        0x69 => (Header::None, Content::Layout),
        0x6F => (Header::Long, Content::ApplicationError),
        0x6E => (Header::Short, Content::ApplicationError),
        0x70 => (Header::None, Content::ApplicationError),
        0x75 => (Header::Long, Content::Alarm),
        0x74 => (Header::Short, Content::Alarm),
        0x71 => (Header::None, Content::Alarm),
        // Answers to the selection of an application, and transport alone.
        0x68 | 0x80 | 0x8B => (Header::Long, Content::Nothing),
        0x67 | 0x8A => (Header::Short, Content::Nothing),
        0x66 => (Header::None, Content::Nothing),
        0x50..=0x5F | 0x60 | 0x61 | 0x64 | 0x65 | 0x6C | 0x6D => (Header::None, Content::Request),
        0xA0..=0xB7 => (Header::None, Content::Manufacturer),
        _ => return None,
    })
}

/// Reads all layers of a telegram, and decrypts it in place.
pub(super) fn open<'t>(
    telegram: &'t mut Telegram<'_>,
    key: Option<&[u8]>,
    plaintext: bool,
) -> Result<Opened<'t>, DecodeError> {
    let mut cursor = Cursor::new(&telegram.bytes, 0);
    let [_length, control] = cursor.array()?;
    let link: Address = cursor.array()?;
    let mut frame = Frame::new(Format::Wmbus);
    let identity = link_identity(link);
    frame.device = identity.device();
    let counters = Counters::default();
    if is_request(control) {
        let content = Content::Request;
        return Ok(Opened { frame, identity, content, whole: &[], offset: HEADER, counters });
    }
    let layers = Layers::read(telegram, link, key, plaintext)?;
    let mut opening = Opening { frame, identity, content: layers.content, counters: layers.counters };
    let mut cursor = Cursor::new(telegram.bytes.get(layers.end..).unwrap_or_default(), layers.end);
    let _code = cursor.byte();
    if layers.header == Header::Long {
        opening.name(Identity::read(&mut cursor)?);
    }
    if layers.content == Content::Manufacturer {
        opening.name(ordered_by_maker(opening.identity));
    }
    opening.frame.device.access = layers.counters.access.map(u32::from);
    let offset = if layers.header == Header::None {
        if let Some(behind) = converted(layers.content, cursor.rest()) {
            opening.name(behind);
        }
        cursor.offset()
    } else {
        let status_at = cursor.offset().saturating_add(1);
        let status = Status::read(&mut cursor)?;
        status.note(status_at, &mut opening.frame);
        opening.counters.access = Some(status.access);
        if Configuration(status.configuration).has_extension() {
            let _: [u8; 1] = cursor.array()?;
        }
        let begin = cursor.offset();
        opening.payload(telegram, &layers, status, begin, key, plaintext)?
    };
    let Opening { frame, identity, content, counters } = opening;
    Ok(Opened { frame, identity, content, whole: &telegram.bytes, offset, counters })
}

/// The layers between the link and the header.
struct Layers {
    counters: Counters,
    authentication: Option<Authentication>,
    header: Header,
    content: Content,
    /// Where the code of the header stands.
    end: usize,
}

impl Layers {
    /// Reads them one after another, and opens the session of an extended link layer.
    fn read(
        telegram: &mut Telegram<'_>,
        link: Address,
        key: Option<&[u8]>,
        plaintext: bool,
    ) -> Result<Self, DecodeError> {
        let (mut counters, mut authentication, mut at) = (Counters::default(), None, HEADER);
        loop {
            let mut cursor = Cursor::new(telegram.bytes.get(at..).unwrap_or_default(), at);
            let [code] = cursor.array()?;
            match code {
                0x8C..=0x8F => {
                    let layer = Extended::read(code, &mut cursor)?;
                    at = cursor.offset();
                    counters.access = Some(layer.access);
                    if let Some(session) = layer.session {
                        counters.session = Some(session);
                        let rest = tail(telegram, at);
                        open_session(&layer, session, link, key, plaintext, rest, at)?;
                        at = at.saturating_add(2);
                    }
                }
                0x90 => {
                    let layer = Authentication::read(&mut cursor)?;
                    at = cursor.offset();
                    counters.message = Some(layer.counter);
                    authentication = Some(layer);
                }
                _ => {
                    let (header, content) = transport(code).ok_or_else(|| {
                        let message = format!("no reader for control information {code:02x}");
                        DecodeError::new(ErrorKind::Unsupported, at, message)
                    })?;
                    return Ok(Self { counters, authentication, header, content, end: at });
                }
            }
        }
    }
}

/// What is known of a telegram so far.
struct Opening {
    frame: Frame,
    identity: Identity,
    content: Content,
    counters: Counters,
}

impl Opening {
    /// Another than the link's address names the meter.
    fn name(&mut self, identity: Identity) {
        self.identity = identity;
        self.frame.device = Device { access: self.frame.device.access, ..identity.device() };
    }

    /// Decrypts the payload behind a header that ends at `begin`; where what it holds begins.
    fn payload(
        &mut self,
        telegram: &mut Telegram<'_>,
        layers: &Layers,
        status: Status,
        begin: usize,
        key: Option<&[u8]>,
        plaintext: bool,
    ) -> Result<usize, DecodeError> {
        let configuration = Configuration(status.configuration);
        if !plaintext && self.content != Content::Nothing {
            let length = begin.saturating_sub(layers.end);
            let (header, payload) =
                tail(telegram, layers.end).split_at_mut_checked(length).unwrap_or_default();
            let sealed = Sealed {
                configuration,
                access: status.access,
                address: self.identity.maker_first(),
                authentication: layers.authentication.as_ref(),
                header,
                offset: begin,
            };
            sealed.open(key, payload)?;
            if configuration.is_makers_own() && self.content == Content::Records {
                self.content = Content::MakersMode;
                self.name(ordered_by_maker(self.identity));
            }
        }
        let payload = telegram.bytes.get(begin..).unwrap_or_default();
        Ok(begin.saturating_add(check_bytes(configuration, self.content, payload)))
    }
}

/// How many check bytes stand before what is no record: among records they are fillers.
fn check_bytes(configuration: Configuration, content: Content, payload: &[u8]) -> usize {
    let has_none = matches!(content, Content::Records | Content::MakersMode | Content::Manufacturer);
    if !has_none && configuration.is_sealed() && payload.starts_with(&[0x2F, 0x2F]) { 2 } else { 0 }
}

/// The meter behind a radio converter that sends no header of its own: the enhanced identification (VIF 79, eight
/// bytes) in front of its records.
fn converted(content: Content, records: &[u8]) -> Option<Identity> {
    let [0x07, 0x79, rest @ ..] = records else { return None };
    Identity::read(&mut Cursor::new(rest, 0)).ok().filter(|_| content == Content::Records)
}

/// Diehl's own telegrams have version and medium in front of the identification.
fn ordered_by_maker(identity: Identity) -> Identity {
    let Identity { id: [version, medium, a, b], manufacturer, version: c, medium: d } = identity;
    let is_meter = header::medium(medium) != metering::Medium::Other;
    match manufacturer {
        DME | HYD | EWT if is_meter => Identity { id: [a, b, c, d], manufacturer, version, medium },
        _ => identity,
    }
}

/// Telegrams of a master: SND-NKE, SND-UD, SND-UD2, REQ-UD1 and 2.
pub(super) const fn is_request(control: u8) -> bool {
    matches!(control, 0x40 | 0x43 | 0x53 | 0x73 | 0x5A | 0x5B | 0x7A | 0x7B)
}

/// The bytes from `at` on, to be decrypted in place.
fn tail<'t>(telegram: &'t mut Telegram<'_>, at: usize) -> &'t mut [u8] {
    telegram.bytes.to_mut().get_mut(at..).unwrap_or_default()
}

/// The link has the maker first, the transport layer the identification.
fn link_identity([low, high, a, b, c, d, version, medium]: Address) -> Identity {
    Identity { id: [a, b, c, d], manufacturer: u16::from_le_bytes([low, high]), version, medium }
}
