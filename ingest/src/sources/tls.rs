//! TLS before the HTTP door: a listener that hands on connections whose handshake is done.

use std::fs::File;
use std::io::{self, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

/// A peer that has not shaken hands by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes under way: each costs some 40 kB.
const HANDSHAKES: usize = 256;

type Secured = (TlsStream<TcpStream>, SocketAddr);

/// See the module.
pub(crate) struct Secure {
    address: SocketAddr,
    secured: mpsc::Receiver<Secured>,
}

/// The certificate and its key, from PEM files.
pub(crate) fn server_config(certificate: &Path, key: &Path) -> io::Result<Arc<ServerConfig>> {
    let named =
        |file: &Path, error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", file.display()));
    let open = |file: &Path| File::open(file).map(BufReader::new).map_err(|error| named(file, &error));
    let chain: Vec<_> = CertificateDer::pem_reader_iter(open(certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|error| named(certificate, &error))?;
    let private = PrivateKeyDer::from_pem_reader(open(key)?).map_err(|error| named(key, &error))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private);
    Ok(Arc::new(config.map_err(|error| named(certificate, &error))?))
}

impl Secure {
    /// Shakes hands with who comes, several at once: one slow peer holds nobody up. Ends when it is dropped.
    pub(crate) fn new(listener: TcpListener, config: Arc<ServerConfig>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        // No room: the connection is given back once the server takes the next one.
        let (hand_on, secured) = mpsc::channel(1);
        let acceptor = TlsAcceptor::from(config);
        let hands = Arc::new(Semaphore::new(HANDSHAKES));
        tokio::spawn(async move {
            loop {
                // Never closed.
                let Ok(hand) = hands.clone().acquire_owned().await else { return };
                let accepted = tokio::select! {
                    () = hand_on.closed() => return,
                    accepted = listener.accept() => accepted,
                };
                let Ok((stream, peer)) = accepted else {
                    // Out of files, most likely: others are closed meanwhile.
                    sleep(Duration::from_millis(100)).await;
                    continue;
                };
                let (acceptor, hand_on) = (acceptor.clone(), hand_on.clone());
                tokio::spawn(async move {
                    match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => drop(hand_on.send((stream, peer)).await),
                        Ok(Err(error)) => debug!(%peer, %error, "no TLS handshake"),
                        Err(_) => debug!(%peer, "no TLS handshake in time"),
                    }
                    drop(hand);
                });
            }
        });
        Ok(Self { address, secured })
    }
}

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Secured {
        match self.secured.recv().await {
            Some(secured) => secured,
            // The task ends only after us.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
