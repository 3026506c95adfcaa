//! A connection that hears when something has changed.

use std::future::poll_fn;

use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connect::{ConnectError, config, target};

/// What a listener hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Master data has changed.
    Directory,
    /// A job was put into the queue.
    Jobs,
}

impl Channel {
    const fn statement(self) -> &'static str {
        match self {
            Self::Directory => "listen meterline_directory",
            Self::Jobs => "listen meterline_jobs",
        }
    }
}

/// Hears the notifications of a channel.
pub struct Listener {
    connection: Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>,
    // Dropping it would end the connection.
    _client: Client,
}

impl Listener {
    /// Listens to a channel.
    pub async fn open(url: &str, channel: Channel) -> Result<Self, ConnectError> {
        let (config, tls) = config(url)?;
        let target = target(&config);
        let refused = |source| ConnectError::Refused { target: target.clone(), source };
        let (client, mut connection) = config.connect(tls).await.map_err(refused)?;
        {
            // The connection does the client's work only while it is polled.
            let listening = client.batch_execute(channel.statement());
            tokio::pin!(listening);
            loop {
                tokio::select! {
                    listened = &mut listening => { listened.map_err(refused)?; break }
                    message = poll_fn(|cx| connection.poll_message(cx)) => {
                        if let Some(Err(source)) = message { return Err(refused(source)); }
                    }
                }
            }
        }
        Ok(Self { connection, _client: client })
    }

    /// Waits for the next change. `Err` when the connection has ended: what was missed meanwhile is not known.
    pub async fn changed(&mut self) -> Result<(), String> {
        loop {
            match poll_fn(|cx| self.connection.poll_message(cx)).await {
                Some(Ok(AsyncMessage::Notification(_))) => return Ok(()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("the connection has ended".to_owned()),
            }
        }
    }
}
