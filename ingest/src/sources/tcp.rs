//! Raw TCP: meters and their modules dial in and send when they like.
//!
//! ```text
//! [registration, a line of text] frame | frame | … frames of any format that has lengths and checks, noise between
//! [registration, a line of text] {…}\n {…}\n       documents, a line each
//! ```
//! A P1 telegram goes to its `!` line; the M-Bus frames of one DLMS message are handed over together. A frame names itself; a document that doesn't is the one's that has registered. A report of a CAT-1 module is
//! acknowledged when it is on disk: until then its radio stays on, and it reports again. What is no frame is handed
//! over when nothing follows it, and kept as rejected.
//!
//! Deliberately absent: commands to meters, and passwords: the door is for the utility's own network.

mod heard;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use metering::Source;
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
use heard::Heard;

/// Connections at once, so that their buffers together are bounded. Others wait in the kernel.
const CONNECTIONS_MAX: usize = 1000;

/// A frame whose rest does not come within this time is none.
const REST: Duration = Duration::from_secs(5);

/// A connection without a word for this long is closed: the module dials again.
const SILENCE: Duration = Duration::from_mins(30);

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
