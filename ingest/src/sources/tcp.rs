//! Raw TCP: meters and their modules dial in and send when they like.
//!
//! ```text
//! [registration, a line of text] frame | frame | … frames of any format that has lengths and checks, noise between
//! [registration, a line of text] {…}\n {…}\n       documents, a line each
//! ```
//! A frame names itself; a document that doesn't is the one's that has registered. A report of a CAT-1 module is
//! acknowledged when it is on disk: until then its radio stays on, and it reports again. What is no frame is handed
//! over when nothing follows it, and kept as rejected.
//!
//! Deliberately absent: commands to meters, and passwords: the door is for the utility's own network.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use metering::Source;
use protocols::Format;
use protocols::stream;
use protocols::vendor_push::cat1_acknowledgement;
use smol_str::SmolStr;
use store::sink::Content;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::delivery::Delivery;
use crate::metrics::Metrics;
use crate::spool::{Full, Spool};

/// Bytes of a connection that are no frame yet. The longest frame has 273 bytes, a document more.
const HEARD_MAX: usize = 16 << 10;

/// The longest registration.
const NAME_MAX: usize = 64;

/// Connections at once, so that their buffers together are bounded. Others wait in the kernel.
const CONNECTIONS_MAX: usize = 1000;

/// The byte that wakes a line.
const FILLER: u8 = 0xFE;

/// Noise of fewer bytes is thrown away.
const NOISE_MIN: usize = 8;

/// A frame whose rest does not come within this time is none.
const REST: Duration = Duration::from_secs(5);

/// A connection without a word for this long is closed: the module dials again.
const SILENCE: Duration = Duration::from_mins(30);

/// The formats that can be found in a stream of bytes, those with the narrowest marks first.
const FORMATS: [Format; 4] = [Format::Dlt645V2007, Format::Mbus, Format::Cat1NbPush, Format::Cjt188];

/// What the door works with.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) spool: Arc<Spool>,
    pub(crate) metrics: Metrics,
    pub(crate) stop: CancellationToken,
}

impl Door {
    /// Runs until the stop.
    pub(crate) async fn run(self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let door = self.clone();
                    tokio::spawn(async move {
                        let ended = door.serve(stream, peer).await;
                        debug!(%peer, ?ended, "a dialled connection has ended");
                        drop(place);
                    });
                }
                // No file is free, or the peer has gone: neither is helped by haste.
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn serve(&self, mut stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        let mut heard = Heard::default();
        loop {
            let patience = if heard.bytes.is_empty() { SILENCE } else { REST };
            let read = tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                read = timeout(patience, stream.read_buf(&mut heard.bytes)) => read,
            };
            let (count, is_over) = match read {
                Ok(count) => (count?, false),
                Err(_) if heard.bytes.is_empty() => return Ok(()),
                Err(_) => (0, true),
            };
            while let Some(piece) = heard.next(is_over || count == 0) {
                self.take(&mut stream, peer, heard.name.as_ref(), piece).await?;
            }
            if count == 0 && !is_over {
                return Ok(());
            }
        }
    }

    /// Keeps a piece, and acknowledges it where its sender waits for that.
    async fn take(
        &self,
        stream: &mut TcpStream,
        peer: SocketAddr,
        name: Option<&SmolStr>,
        bytes: Bytes,
    ) -> io::Result<()> {
        self.metrics.delivered(Source::Tcp);
        let answer = cat1_acknowledgement(&bytes);
        let is_document = matches!(bytes.first(), Some(b'{' | b'['));
        let channel = match name {
            Some(name) => format!("tcp/{peer}/{name}"),
            None => format!("tcp/{peer}"),
        };
        let mut delivery = Delivery::now(Source::Tcp, channel, Content::Frame("auto".into()), bytes);
        delivery.arrival.address = name.filter(|_| is_document).cloned();
        loop {
            match self.spool.keep(delivery).await {
                Ok(is_durable) => {
                    if let Some(answer) = answer.filter(|_| is_durable) {
                        stream.write_all(&answer).await?;
                    }
                    return Ok(());
                }
                // Full: the peer waits, as its window closes.
                Err(Full(back)) => delivery = *back,
            }
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = sleep(Duration::from_millis(50)) => {}
            }
        }
    }
}

/// What a connection has said, as far as nobody has taken it.
#[derive(Default)]
struct Heard {
    bytes: Vec<u8>,
    /// Who has registered.
    name: Option<SmolStr>,
}

impl Heard {
    /// The next frame, document, or what is none. `is_over`: nothing follows what is there.
    fn next(&mut self, is_over: bool) -> Option<Bytes> {
        loop {
            match self.line() {
                Line::Document(length) => return self.cut(0, length),
                Line::Registration(length, name) => {
                    self.cut(0, length);
                    self.name = Some(name);
                }
                Line::Empty => _ = self.cut(0, 1),
                Line::Begun if !is_over && self.bytes.len() <= HEARD_MAX => return None,
                Line::Begun | Line::None => break,
            }
        }
        if let Some(frame) = FORMATS.iter().filter_map(|format| self.first(*format)).min_by_key(|f| f.start) {
            // What stands before it may have been a frame: it is kept, and refused.
            let before = self.bytes.iter().take(frame.start).filter(|byte| **byte != FILLER).count();
            return if before < NOISE_MIN {
                self.cut(frame.start, frame.end)
            } else {
                self.cut(0, frame.start)
            };
        }
        let is_rest = is_over || self.bytes.len() > HEARD_MAX;
        if is_rest { self.cut(0, self.bytes.len()) } else { None }
    }

    /// Where the first whole frame of a format stands.
    fn first(&self, format: Format) -> Option<Range<usize>> {
        stream::whole(protocols::framing(format)?, &self.bytes).next()
    }

    /// Hands over the bytes from `start` to `end`; what stands before them was noise.
    fn cut(&mut self, start: usize, end: usize) -> Option<Bytes> {
        let taken: Vec<u8> = self.bytes.drain(..end).skip(start).collect();
        (!taken.is_empty()).then(|| taken.into())
    }

    /// What line of text stands in front.
    fn line(&self) -> Line {
        let text = self.bytes.iter().take_while(|byte| byte.is_ascii_graphic() || **byte == b' ').count();
        let is_document = matches!(self.bytes.first(), Some(b'{' | b'['));
        match self.bytes.get(text) {
            Some(b'\r' | b'\n') if text == 0 => Line::Empty,
            Some(b'\r' | b'\n') if is_document => Line::Document(text),
            Some(b'\r' | b'\n') if text <= NAME_MAX => {
                let line = self.bytes.get(..text).unwrap_or_default();
                // `REG:8677…`, `id=8677…`: the name is what stands last.
                let name = line.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
                Line::Registration(text + 1, String::from_utf8_lossy(name).into())
            }
            // Texts may hold what is no ASCII.
            None | Some(_) if is_document => match self.bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => Line::Document(end),
                None => Line::Begun,
            },
            _ => Line::None,
        }
    }
}

enum Line {
    /// Nothing but its end.
    Empty,
    /// So many bytes.
    Document(usize),
    /// So many bytes, and the name in them.
    Registration(usize, SmolStr),
    /// A document that goes on.
    Begun,
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(reads: &[&[u8]]) -> (Vec<Bytes>, Option<SmolStr>) {
        let mut heard = Heard::default();
        let mut pieces = Vec::new();
        for read in reads {
            heard.bytes.extend_from_slice(read);
            pieces.extend(std::iter::from_fn(|| heard.next(false)));
        }
        pieces.extend(std::iter::from_fn(|| heard.next(true)));
        (pieces, heard.name)
    }

    /// A request of CJ/T 188 in one, of DL/T 645 in the other.
    const WATER: &[u8] = &[0x68, 0x10, 1, 2, 3, 4, 5, 6, 7, 0x01, 0x03, 0x90, 0x1F, 0x00, 0x47, 0x16];
    const POWER: &[u8] = &[0x68, 1, 0, 0, 0, 0, 0, 0x68, 0x11, 0x04, 0x33, 0x33, 0x34, 0x33, 0xB3, 0x16];

    #[test]
    fn frames_of_two_formats_are_found_in_what_comes() {
        let (first, second) = WATER.split_at(5);
        let (found, name) = pieces(&[b"\r\n\xfe\xfe", first, second, &[0x00], POWER, &WATER[..9]]);
        assert_eq!(found, [WATER, POWER, &WATER[..9]]);
        assert_eq!(name, None);
    }

    #[test]
    fn a_registration_names_who_sends_documents() {
        let (found, name) = pieces(&[b"REG:86772603\r\n{\"regi", b"sters\":{}}\n\n{}", b"\n{"]);
        assert_eq!(found, [&b"{\"registers\":{}}"[..], b"{}", b"{"]);
        assert_eq!(name.as_deref(), Some("86772603"));
    }

    #[test]
    fn a_registration_may_stand_before_frames() {
        let (found, name) = pieces(&[b"id=123456789012345\n", WATER]);
        assert_eq!(found, [WATER]);
        assert_eq!(name.as_deref(), Some("123456789012345"));
    }

    #[test]
    fn half_a_report_is_no_frame_of_another_format() {
        let mut report =
            vec![0x68, 0x10, 0x44, 0x33, 0x22, 0x11, 0x00, 0x33, 0x78, 0x03, 0x97, 0, 0, 0, 0, 62, 0x03];
        report.resize(16 + 62, 0x01);
        let sum = report.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        report.extend([sum, 0x16]);
        let (found, _) = pieces(&[&report[..64], &report[64..], &report]);
        assert_eq!(found, [&report[..], &report]);
        assert!(cat1_acknowledgement(&report).is_some());
    }

    #[test]
    fn a_damaged_frame_is_kept() {
        let mut damaged = WATER.to_vec();
        damaged[11] ^= 1;
        let (found, _) = pieces(&[&damaged, WATER]);
        assert_eq!(found, [&damaged[..], WATER]);
    }

    #[test]
    fn noise_is_bounded() {
        let (found, _) = pieces(&[&[0x55; HEARD_MAX], &[0x55; 10]]);
        assert_eq!(found.iter().map(Bytes::len).sum::<usize>(), HEARD_MAX + 10);
    }
}
