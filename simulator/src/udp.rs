//! Sends frames as raw datagrams. Nobody answers; the ledger says so.

use std::net::SocketAddr;

use tokio::net::UdpSocket;

use crate::ledger::{Ledger, LedgerError};
use crate::plan::Send;

/// Sends each message's bytes as one datagram, with a breath now and then so that a socket buffer keeps up.
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
        if sent % 64 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    ledger.flush()?;
    Ok(sent)
}
