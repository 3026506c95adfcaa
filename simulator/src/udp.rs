//! Sends frames as raw datagrams. Nobody answers; the ledger says so.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

use crate::ledger::{Ledger, LedgerError};
use crate::plan::Send;

/// Datagrams between two breaths: far fewer than a socket buffer holds.
const BURST: u64 = 16;
/// A breath: about a thousand datagrams a second, so that a receiver which is busy for a moment misses none.
const BREATH: Duration = Duration::from_millis(16);

/// Sends each message's bytes as one datagram, at a pace that a receiver's socket buffer can bear.
pub async fn send_udp(
    to: SocketAddr,
    sends: impl Iterator<Item = Send>,
    ledger: &mut Ledger,
) -> Result<u64, LedgerError> {
    let socket = UdpSocket::bind(if to.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" }).await?;
    let mut sent = 0;
    for send in sends {
        // A refused datagram (nobody listens) is what happens to datagrams.
        let _ = socket.send_to(&send.payload, to).await;
        sent += 1;
        for entry in send.entries(false) {
            ledger.write(&entry)?;
        }
        if sent % BURST == 0 {
            tokio::time::sleep(BREATH).await;
        }
    }
    ledger.flush()?;
    Ok(sent)
}
