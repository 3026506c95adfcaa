//! Raw UDP: one frame a datagram, and no answer. What comes in goes to the spool; what the kernel had to drop is
//! counted.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use metering::Source;
use smol_str::SmolStr;
use socket2::SockRef;
use store::sink::Content;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use crate::delivery::Delivery;
use crate::metrics::Metrics;
use crate::spool::{Full, Spool};

/// A datagram is no longer than that.
const LARGEST: usize = 65_535;

/// Room in the kernel for what comes in while the door is busy, some thousand datagrams; the kernel's default holds some
/// hundred.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Binds the door's socket. A kernel that grants less room (`net.core.rmem_max`) is taken as it is.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address).await?;
    let _ = SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER);
    Ok(socket)
}

/// What the door works with.
pub(crate) struct Door {
    pub(crate) socket: UdpSocket,
    pub(crate) format: SmolStr,
    pub(crate) spool: Arc<Spool>,
    pub(crate) metrics: Metrics,
    pub(crate) stop: CancellationToken,
}

impl Door {
    /// Runs until the stop.
    pub(crate) async fn run(self) {
        let mut buffer = vec![0; LARGEST];
        loop {
            let (length, peer) = tokio::select! {
                () = self.stop.cancelled() => return,
                received = self.socket.recv_from(&mut buffer) => match received {
                    Ok(received) => received,
                    // An ICMP answer to nothing of ours.
                    Err(_) => continue,
                },
            };
            self.metrics.delivered(Source::Udp);
            let content = Content::Frame(self.format.clone());
            let bytes = Bytes::copy_from_slice(&buffer[..length]);
            let mut delivery = Delivery::now(Source::Udp, format!("udp/{peer}"), content, bytes);
            // Full: what cannot be taken stays in the kernel's buffer, and what that cannot hold is counted there.
            while let Err(Full(back)) = self.spool.append(delivery, |_| {}) {
                delivery = *back;
                tokio::select! {
                    () = self.stop.cancelled() => return,
                    () = tokio::time::sleep(Duration::from_millis(50)) => {}
                }
            }
        }
    }
}

/// How many datagrams the kernel has dropped on a port: the last column of `/proc/net/udp`.
pub(crate) fn dropped(port: u16) -> Option<u64> {
    let table = std::fs::read_to_string("/proc/net/udp").ok()?;
    let port = format!(":{port:04X}");
    let line = table
        .lines()
        .skip(1)
        .find(|line| line.split_whitespace().nth(1).is_some_and(|local| local.ends_with(&port)))?;
    line.split_whitespace().last()?.parse().ok()
}
