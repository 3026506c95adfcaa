//! Between a program and its server: a connection that breaks when a test says so, or one that is encrypted.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Hands connections on, and resets some of them.
pub struct Fragile {
    pub address: SocketAddr,
    breaks: watch::Sender<u32>,
    accepted: Arc<AtomicUsize>,
}

impl Fragile {
    /// Before the server at `host:port`. The connections of these numbers (from 1) are reset before the server's
    /// first answer.
    pub async fn before(server: String, resets: &'static [usize]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let breaks = watch::Sender::new(0);
        let accepted = Arc::new(AtomicUsize::new(0));
        let (each_breaks, counted) = (breaks.clone(), accepted.clone());
        let resets: BTreeSet<usize> = resets.iter().copied().collect();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
                let Ok(mut far) = TcpStream::connect(&server).await else { continue };
                let mut broken = each_breaks.subscribe();
                let is_reset = resets.contains(&number);
                tokio::spawn(async move {
                    if is_reset {
                        // The log-in has come to the server, and its answer not back.
                        let mut login = [0; 1024];
                        let length = near.read(&mut login).await.unwrap_or(0);
                        let _ = far.write_all(&login[..length]).await;
                        let _ = far.read(&mut login).await;
                        near.set_zero_linger().unwrap();
                        return;
                    }
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => return,
                        _ = broken.changed() => {}
                    }
                    // No farewell: a reset.
                    near.set_zero_linger().unwrap();
                });
            }
        });
        Self { address, breaks, accepted }
    }

    /// Resets every connection that there is.
    pub fn reset_all(&self) {
        self.breaks.send_modify(|n| *n += 1);
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

/// A certificate for `localhost`, signed by itself.
pub struct Certificate {
    pub chain: PathBuf,
    pub key: PathBuf,
    config: Arc<ServerConfig>,
}

impl Certificate {
    /// Its files lie in that folder.
    pub fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        std::fs::write(&chain, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let private = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], private)
            .unwrap();
        Self { chain, key, config: Arc::new(config) }
    }

    /// A port that speaks TLS with this certificate, before a server that speaks none. PostgreSQL's clients ask first
    /// whether it may be TLS: `asks`.
    pub async fn before(&self, server: String, asks: bool) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(self.config.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (acceptor, server) = (acceptor.clone(), server.clone());
                tokio::spawn(async move {
                    if asks {
                        // SSLRequest: its length and its number; the answer is one letter.
                        let mut question = [0; 8];
                        near.read_exact(&mut question).await?;
                        assert_eq!(
                            question,
                            [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f],
                            "a client that speaks plainly"
                        );
                        near.write_all(b"S").await?;
                    }
                    let mut near = acceptor.accept(near).await?;
                    let mut far = TcpStream::connect(server).await?;
                    copy_bidirectional(&mut near, &mut far).await
                });
            }
        });
        port
    }
}
