//! A serial line behind a TCP connection that hands the bytes through as they are.
//!
//! One request under way at a time. What lies in the connection before a request is a late answer to an earlier one,
//! and thrown away; an answer is known by what it says (its address, and what it answers), not by when it comes.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The most that is listened to for one answer: echoes, noise, and several frames of the longest.
const HEARD_MAX: usize = 4096;

/// A connection to a line.
pub(crate) struct TransparentLine {
    stream: TcpStream,
    patience: Duration,
}

impl TransparentLine {
    pub(crate) async fn open(host: &str, port: u16, patience: Duration) -> io::Result<Self> {
        let stream = timeout(patience, TcpStream::connect((host, port))).await.map_err(|_| late())??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, patience })
    }

    /// Asks, and listens until `find` sees the answer in what has been heard since.
    pub(crate) async fn ask<T>(
        &mut self,
        request: &[u8],
        mut find: impl FnMut(&[u8]) -> Option<T>,
    ) -> io::Result<T> {
        self.forget()?;
        let listen = async {
            self.stream.write_all(request).await?;
            let mut heard = Vec::with_capacity(256);
            loop {
                if self.stream.read_buf(&mut heard).await? == 0 {
                    return Err(io::Error::new(ErrorKind::UnexpectedEof, "the line was closed"));
                }
                if let Some(answer) = find(&heard) {
                    return Ok(answer);
                }
                if heard.len() > HEARD_MAX {
                    return Err(io::Error::new(ErrorKind::InvalidData, "nothing but noise"));
                }
            }
        };
        timeout(self.patience, listen).await.map_err(|_| late())?
    }

    /// Throws away what came in unasked, as much as has come.
    fn forget(&self) -> io::Result<()> {
        let mut bytes = [0; HEARD_MAX];
        loop {
            match self.stream.try_read(&mut bytes) {
                Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the line was closed")),
                Ok(HEARD_MAX) => {}
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

fn late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "no answer in time")
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_came_late_is_no_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let meter = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"late").await.unwrap();
            let mut asked = [0; 3];
            stream.read_exact(&mut asked).await.unwrap();
            stream.write_all(b"he").await.unwrap();
            stream.write_all(b"re").await.unwrap();
            stream.read_exact(&mut asked).await.unwrap();
            std::future::pending::<()>().await;
        });
        let mut line = TransparentLine::open("127.0.0.1", port, Duration::from_millis(300)).await.unwrap();
        line.stream.readable().await.unwrap();
        let whole = |heard: &[u8]| (heard.len() == 4).then(|| heard.to_vec());
        assert_eq!(line.ask(b"one", whole).await.unwrap(), b"here");
        assert_eq!(line.ask(b"two", whole).await.unwrap_err().kind(), ErrorKind::TimedOut);
        meter.abort();
    }

    #[tokio::test]
    async fn noise_without_end_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let meter = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1];
            stream.read_exact(&mut asked).await.unwrap();
            while stream.write_all(&[0x55; 1000]).await.is_ok() {}
        });
        let mut line = TransparentLine::open("127.0.0.1", port, Duration::from_secs(5)).await.unwrap();
        assert_eq!(line.ask(b"?", |_| None::<()>).await.unwrap_err().kind(), ErrorKind::InvalidData);
        meter.abort();
    }
}
