//! Modbus over a TCP connection, by `tokio-modbus`: with the TCP header, or RTU frames as they are.
//!
//! What is handed on is what stood on the wire, byte for byte: the client speaks through a stream that keeps what went out
//! and came in during one call. One request is under way at a time. After a time-out, or an answer that is not exactly the
//! one asked for, the connection is given up: a late answer would be taken for the next one's (RTU has no transaction
//! number at all). An exception is the device's word; the connection stays.

use std::fmt;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use protocols::Format;
use protocols::modbus::{
    Request, encode_answer, encode_exception, encode_request, encode_tcp_answer, encode_tcp_exception,
    encode_tcp_request,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_modbus::Response;
use tokio_modbus::client::{self, Client as _};
use tokio_modbus::slave::{Slave, SlaveContext as _};

/// More than a request and the longest answer.
const BYTES_MAX: usize = 1024;

/// How requests and answers are framed on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A header with a transaction number (Modbus TCP).
    Tcp,
    /// Unit and CRC around the content (RTU over TCP).
    Rtu,
}

impl Framing {
    /// The format of what stands on the wire.
    pub(crate) const fn format(self) -> Format {
        match self {
            Self::Tcp => Format::ModbusTcp,
            Self::Rtu => Format::ModbusRtu,
        }
    }
}

/// Why a request brought no registers.
#[derive(Debug)]
pub(crate) enum NoRegisters {
    /// The device, or the gateway before it, has refused. What it said is as good a frame as any; the next may be asked.
    Refused {
        /// The exception's code: 1 illegal function, 2 illegal address, … 11 no answer from behind the gateway.
        code: u8,
        /// The request and the exception as they stood on the wire.
        exchange: Vec<u8>,
    },
    /// The connection is of no use any more.
    Broken(String),
}

impl fmt::Display for NoRegisters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, .. } => write!(f, "refused with exception {code:02}"),
            Self::Broken(reason) => f.write_str(reason),
        }
    }
}

/// A connection to a line.
pub(crate) struct ModbusLine {
    client: client::Context,
    wire: Wire,
    framing: Framing,
    patience: Duration,
}

impl ModbusLine {
    pub(crate) async fn open(
        host: &str,
        port: u16,
        framing: Framing,
        patience: Duration,
    ) -> io::Result<Self> {
        let late = |_| io::Error::new(ErrorKind::TimedOut, "no connection in time");
        let stream = timeout(patience, TcpStream::connect((host, port))).await.map_err(late)??;
        stream.set_nodelay(true)?;
        let wire = Wire::default();
        let stream = Recorded { stream, wire: wire.clone() };
        let client = match framing {
            Framing::Tcp => client::tcp::attach(stream),
            Framing::Rtu => client::rtu::attach(stream),
        };
        Ok(Self { client, wire, framing, patience })
    }

    /// Asks, and returns the request and the answer as they stood on the wire. After [`NoRegisters::Broken`] the connection
    /// must be dropped.
    pub(crate) async fn ask(&mut self, unit: u8, request: Request) -> Result<Vec<u8>, NoRegisters> {
        let asked = match request.function {
            3 => tokio_modbus::Request::ReadHoldingRegisters(request.start, request.count),
            4 => tokio_modbus::Request::ReadInputRegisters(request.start, request.count),
            other => return Err(NoRegisters::Broken(format!("function {other} does not read registers"))),
        };
        drop(self.wire.take());
        self.client.set_slave(Slave(unit));
        let answer = match timeout(self.patience, self.client.call(asked)).await {
            Err(_) => return Err(NoRegisters::Broken("no answer in time".to_owned())),
            Ok(Err(error)) => return Err(NoRegisters::Broken(error.to_string())),
            Ok(Ok(answer)) => answer,
        };
        let exchange = self.wire.take();
        let answer = match answer {
            Ok(Response::ReadHoldingRegisters(registers) | Response::ReadInputRegisters(registers)) => {
                if registers.len() != usize::from(request.count) {
                    return Err(NoRegisters::Broken("another number of registers is answered".to_owned()));
                }
                Ok(registers)
            }
            Ok(_) => return Err(NoRegisters::Broken("another function is answered".to_owned())),
            Err(exception) => Err(u8::from(exception)),
        };
        // The client passes over bytes before an RTU frame and behind a frame: nobody has asked for them.
        if exchange != whole(self.framing, unit, request, &answer, &exchange) {
            return Err(NoRegisters::Broken("more came in than the answer".to_owned()));
        }
        match answer {
            Ok(_) => Ok(exchange),
            Err(code) => Err(NoRegisters::Refused { code, exchange }),
        }
    }
}

/// What stands on the wire when a request is answered with these registers or this exception, and with nothing else.
fn whole(
    framing: Framing,
    unit: u8,
    request: Request,
    answer: &Result<Vec<u16>, u8>,
    exchange: &[u8],
) -> Vec<u8> {
    let function = request.function;
    let transaction = exchange.first_chunk::<2>().map_or(0, |number| u16::from_be_bytes(*number));
    let (asked, answered) = match (framing, answer) {
        (Framing::Rtu, Ok(registers)) => {
            (encode_request(unit, request), encode_answer(unit, function, registers))
        }
        (Framing::Rtu, Err(code)) => (encode_request(unit, request), encode_exception(unit, function, *code)),
        (Framing::Tcp, Ok(registers)) => (
            encode_tcp_request(transaction, unit, request),
            encode_tcp_answer(transaction, unit, function, registers),
        ),
        (Framing::Tcp, Err(code)) => (
            encode_tcp_request(transaction, unit, request),
            encode_tcp_exception(transaction, unit, function, *code),
        ),
    };
    [asked, answered].concat()
}

/// What stood on the wire during one call, in the order of time.
#[derive(Clone, Debug, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>);

impl Wire {
    /// What was kept so far; nothing is kept any more.
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, bytes: &[u8]) -> io::Result<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() + bytes.len() > BYTES_MAX {
            return Err(odd("noise without end"));
        }
        kept.extend(bytes);
        Ok(())
    }
}

/// A stream that keeps what goes out and comes in.
#[derive(Debug)]
struct Recorded {
    stream: TcpStream,
    wire: Wire,
}

impl AsyncRead for Recorded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        std::task::ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        Poll::Ready(self.wire.keep(buffer.filled().get(before..).unwrap_or_default()))
    }
}

impl AsyncWrite for Recorded {
    /// A request. What came in before it answers nothing: it is a late answer, or another's.
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.stream.try_read(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Poll::Ready(Err(error)),
            Ok(0) => return Poll::Ready(Err(ErrorKind::UnexpectedEof.into())),
            Ok(_) => return Poll::Ready(Err(odd("bytes came in that nobody has asked for"))),
        }
        let written = std::task::ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        Poll::Ready(self.wire.keep(bytes.get(..written).unwrap_or_default()).map(|()| written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn odd(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests;
