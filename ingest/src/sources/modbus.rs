//! Modbus over a TCP connection: with the TCP header, or RTU frames as they are.
//!
//! One request under way at a time. After a time-out, or an answer that does not fit, the connection is given up: a
//! late answer would be taken for the next one's (RTU has no transaction number at all).

use std::io::{self, ErrorKind};
use std::time::Duration;

use protocols::modbus::{Request, encode_exception, encode_request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How requests and answers are framed on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A header with a transaction number (Modbus TCP).
    Tcp,
    /// Unit and CRC around the content (RTU over TCP).
    Rtu,
}

/// A connection to a line.
pub(crate) struct Connection {
    stream: TcpStream,
    framing: Framing,
    patience: Duration,
    transaction: u16,
}

impl Connection {
    pub(crate) async fn open(
        host: &str,
        port: u16,
        framing: Framing,
        patience: Duration,
    ) -> io::Result<Self> {
        let stream = timeout(patience, TcpStream::connect((host, port))).await.map_err(|_| late())??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, framing, patience, transaction: 0 })
    }

    /// Asks, and returns the request and the answer as RTU frames. An exception is an answer. After an `Err` the
    /// connection is of no use.
    pub(crate) async fn ask(&mut self, unit: u8, request: Request) -> io::Result<Vec<u8>> {
        let mut exchange = encode_request(unit, request);
        let patience = self.patience;
        let answer = match self.framing {
            Framing::Tcp => timeout(patience, self.ask_tcp(unit, request)).await,
            Framing::Rtu => timeout(patience, self.ask_rtu(unit, request)).await,
        };
        exchange.extend(answer.map_err(|_| late())??);
        Ok(exchange)
    }

    /// `transaction 2 │ 0 0 │ length 2 │ unit │ content`, where the length counts the unit and the content.
    async fn ask_tcp(&mut self, unit: u8, request: Request) -> io::Result<Vec<u8>> {
        self.transaction = self.transaction.wrapping_add(1);
        let rtu = encode_request(unit, request);
        let content = rtu.get(..6).ok_or_else(|| odd("no request"))?;
        let mut out = Vec::with_capacity(12);
        out.extend(self.transaction.to_be_bytes());
        out.extend([0, 0, 0, 6]);
        out.extend(content);
        self.stream.write_all(&out).await?;

        let mut head = [0; 7];
        self.stream.read_exact(&mut head).await?;
        let [t1, t2, p1, p2, l1, l2, answered] = head;
        let length = usize::from(u16::from_be_bytes([l1, l2]));
        if [t1, t2] != self.transaction.to_be_bytes() || [p1, p2] != [0, 0] || !(3..=254).contains(&length) {
            return Err(odd("the answer's header is another one's"));
        }
        if answered != unit {
            return Err(odd("another unit answers"));
        }
        let mut content = vec![0; length - 1];
        self.stream.read_exact(&mut content).await?;
        as_rtu(unit, request, &content)
    }

    async fn ask_rtu(&mut self, unit: u8, request: Request) -> io::Result<Vec<u8>> {
        self.stream.write_all(&encode_request(unit, request)).await?;
        let mut answer = vec![0; 5];
        self.stream.read_exact(&mut answer).await?;
        let (answered, function, count) = (answer[0], answer[1], answer[2]);
        if answered != unit {
            return Err(odd("another unit answers"));
        }
        if function == request.function {
            if u16::from(count) != request.count.wrapping_mul(2) {
                return Err(odd("another number of registers"));
            }
            let rest = usize::from(count);
            answer.resize(5 + rest, 0);
            self.stream.read_exact(&mut answer[5..]).await?;
        } else if function != request.function | 0x80 {
            return Err(odd("another function is answered"));
        }
        // The CRC is the decoder's to check: a frame that fails it is kept with its bytes.
        Ok(answer)
    }
}

/// The content of an answer with the TCP header, as an RTU frame.
fn as_rtu(unit: u8, request: Request, content: &[u8]) -> io::Result<Vec<u8>> {
    match *content {
        [function, code] if function == request.function | 0x80 => {
            Ok(encode_exception(unit, request.function, code))
        }
        [function, count, ref registers @ ..]
            if function == request.function
                && usize::from(count) == registers.len()
                && registers.len() == usize::from(request.count) * 2 =>
        {
            let registers: Vec<u16> =
                registers.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            Ok(protocols::modbus::encode_answer(unit, function, &registers))
        }
        _ => Err(odd("the answer does not fit the request")),
    }
}

fn late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "no answer in time")
}

fn odd(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Request = Request { function: 3, start: 0, count: 2 };

    #[test]
    fn an_answer_that_does_not_fit_is_none() {
        let fits = |content: &[u8]| as_rtu(1, REQUEST, content).is_ok();
        assert!(fits(&[3, 4, 0, 1, 0, 2]));
        assert!(fits(&[0x83, 2]));
        for content in [&[][..], &[3], &[3, 4, 0, 1], &[3, 2, 0, 1], &[4, 4, 0, 1, 0, 2], &[0x84, 2], &[0x83]]
        {
            assert!(!fits(content), "{content:?}");
        }
    }

    #[tokio::test]
    async fn a_silent_meter_is_given_up_in_time() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let patience = Duration::from_millis(50);
        let mut line = Connection::open("127.0.0.1", port, Framing::Tcp, patience).await.unwrap();
        assert_eq!(line.ask(1, REQUEST).await.unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
