//! The client against a server of the library, and against devices that do what devices on bad lines do.

use std::future;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_modbus::server::{Service, rtu_over_tcp, tcp};
use tokio_modbus::{ExceptionCode, SlaveRequest};

use super::*;

const UNIT: u8 = 7;
const REQUEST: Request = Request { function: 3, start: 0x10, count: 2 };
const REGISTERS: [u16; 2] = [0x0001, 0xE240];
const BOTH: [Framing; 2] = [Framing::Tcp, Framing::Rtu];
/// Long enough for an answer of this machine.
const PATIENCE: Duration = Duration::from_secs(5);
/// For what never comes.
const SHORT: Duration = Duration::from_millis(100);

/// Has two holding registers and refuses all else.
struct Meter;

impl Service for Meter {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = future::Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        future::ready(match request.request {
            tokio_modbus::Request::ReadHoldingRegisters(0x10, 2) => {
                Ok(Response::ReadHoldingRegisters(REGISTERS.to_vec()))
            }
            _ => Err(ExceptionCode::IllegalDataAddress),
        })
    }
}

async fn bound() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn served(framing: Framing) -> u16 {
    let (listener, port) = bound().await;
    tokio::spawn(async move {
        let no_error = |_| ();
        match framing {
            Framing::Tcp => {
                let accept = |stream, _| future::ready(Ok(Some((Meter, stream))));
                tcp::Server::new(listener).serve(&accept, no_error).await
            }
            Framing::Rtu => {
                let accept = |stream, _| future::ready(Ok(Some((Meter, stream))));
                rtu_over_tcp::Server::new(listener).serve(&accept, no_error).await
            }
        }
    });
    port
}

/// A device that answers each request with pieces, each after a pause.
async fn device(answer: impl Fn(&[u8]) -> Vec<(Duration, Vec<u8>)> + Send + 'static) -> u16 {
    let (listener, port) = bound().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut heard = [0; 64];
            while let Ok(count @ 1..) = stream.read(&mut heard).await {
                for (pause, piece) in answer(&heard[..count]) {
                    sleep(pause).await;
                    if stream.write_all(&piece).await.is_err() {
                        break;
                    }
                }
            }
        }
    });
    port
}

async fn open(port: u16, framing: Framing, patience: Duration) -> ModbusLine {
    ModbusLine::open("127.0.0.1", port, framing, patience).await.unwrap()
}

/// The answer to the request that was heard.
fn right(framing: Framing, heard: &[u8]) -> Vec<u8> {
    match framing {
        Framing::Tcp => encode_tcp_answer(u16::from_be_bytes([heard[0], heard[1]]), UNIT, 3, &REGISTERS),
        Framing::Rtu => encode_answer(UNIT, 3, &REGISTERS),
    }
}

/// Asks a device whose answer is the right one, changed.
async fn asked(framing: Framing, change: fn(Vec<u8>) -> Vec<u8>) -> Result<Vec<u8>, NoRegisters> {
    let port = device(move |heard| vec![(Duration::ZERO, change(right(framing, heard)))]).await;
    open(port, framing, SHORT).await.ask(UNIT, REQUEST).await
}

#[track_caller]
fn broken(answer: &Result<Vec<u8>, NoRegisters>, reason: &str) {
    match answer {
        Err(NoRegisters::Broken(found)) if found.contains(reason) => {}
        other => panic!("{reason:?} is expected, not {other:?}"),
    }
}

#[tokio::test]
async fn what_stood_on_the_wire_is_handed_on() {
    for framing in BOTH {
        let mut line = open(served(framing).await, framing, PATIENCE).await;
        for transaction in 0..3 {
            let expected = match framing {
                Framing::Tcp => [
                    encode_tcp_request(transaction, UNIT, REQUEST),
                    encode_tcp_answer(transaction, UNIT, 3, &REGISTERS),
                ],
                Framing::Rtu => [encode_request(UNIT, REQUEST), encode_answer(UNIT, 3, &REGISTERS)],
            };
            assert_eq!(line.ask(UNIT, REQUEST).await.unwrap(), expected.concat(), "{framing:?}");
        }
    }
}

#[tokio::test]
async fn an_exception_is_a_refusal_and_the_connection_stays() {
    for framing in BOTH {
        let mut line = open(served(framing).await, framing, PATIENCE).await;
        let elsewhere = Request { start: 0x4000, ..REQUEST };
        match line.ask(UNIT, elsewhere).await {
            Err(NoRegisters::Refused { code: 2, exchange }) => {
                assert_eq!(exchange, whole(framing, UNIT, elsewhere, &Err(2), &exchange));
            }
            other => panic!("{other:?}"),
        }
        assert!(line.ask(UNIT, REQUEST).await.is_ok(), "{framing:?}");
    }
}

#[tokio::test]
async fn an_answer_in_pieces_is_one_answer() {
    for framing in BOTH {
        let port = device(move |heard| {
            right(framing, heard).chunks(3).map(|piece| (Duration::from_millis(2), piece.to_vec())).collect()
        })
        .await;
        let exchange = open(port, framing, PATIENCE).await.ask(UNIT, REQUEST).await.unwrap();
        assert_eq!(exchange, whole(framing, UNIT, REQUEST, &Ok(REGISTERS.to_vec()), &exchange));
    }
}

#[tokio::test]
async fn a_silent_meter_is_given_up_in_time() {
    for framing in BOTH {
        let port = device(|_| Vec::new()).await;
        broken(&open(port, framing, SHORT).await.ask(UNIT, REQUEST).await, "no answer in time");
    }
}

#[tokio::test]
async fn half_a_frame_is_none() {
    for framing in BOTH {
        broken(&asked(framing, |answer| answer[..answer.len() - 3].to_vec()).await, "no answer in time");
    }
}

#[tokio::test]
async fn a_connection_that_ends_within_a_frame_is_broken() {
    for framing in BOTH {
        let (listener, port) = bound().await;
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 64];
            let count = stream.read(&mut heard).await.unwrap();
            let answer = right(framing, &heard[..count]);
            stream.write_all(&answer[..5]).await.unwrap();
        });
        broken(&open(port, framing, PATIENCE).await.ask(UNIT, REQUEST).await, "");
    }
}

/// The answer to the first request comes when nobody waits for it any more. It must never be taken for the answer to the
/// second, whose registers have the same number.
#[tokio::test]
async fn a_late_answer_is_not_the_next_ones() {
    for framing in BOTH {
        let port = device(move |heard| vec![(SHORT * 2, right(framing, heard))]).await;
        let mut line = open(port, framing, SHORT).await;
        broken(&line.ask(UNIT, REQUEST).await, "no answer in time");
        // The poll gives the connection up here; whoever went on would meet the late answer.
        sleep(SHORT * 3).await;
        let next = Request { start: 0x20, ..REQUEST };
        broken(&line.ask(UNIT, next).await, "nobody has asked for");
    }
}

#[tokio::test]
async fn another_transaction_is_another_answer() {
    let change = |mut answer: Vec<u8>| {
        answer[1] ^= 1;
        answer
    };
    broken(&asked(Framing::Tcp, change).await, "transaction_id");
}

#[tokio::test]
async fn another_unit_is_another_meter() {
    broken(&asked(Framing::Rtu, |_| encode_answer(UNIT + 1, 3, &REGISTERS)).await, "slave_id");
    let change = |mut answer: Vec<u8>| {
        answer[6] += 1;
        answer
    };
    broken(&asked(Framing::Tcp, change).await, "unit_id");
}

#[tokio::test]
async fn another_protocol_and_another_function_are_no_answers() {
    let protocol = |mut answer: Vec<u8>| {
        answer[2] = 1;
        answer
    };
    broken(&asked(Framing::Tcp, protocol).await, "protocol");
    broken(&asked(Framing::Rtu, |_| encode_answer(UNIT, 4, &REGISTERS)).await, "function");
}

#[tokio::test]
async fn another_number_of_registers_is_no_answer() {
    broken(&asked(Framing::Rtu, |_| encode_answer(UNIT, 3, &[1])).await, "number of registers");
    broken(&asked(Framing::Tcp, |_| encode_tcp_answer(0, UNIT, 3, &[1, 2, 3])).await, "number of registers");
}

/// The library looks for a frame behind what has a wrong check; what came before it stays unexplained.
#[tokio::test]
async fn a_check_that_does_not_come_out_gives_the_connection_up() {
    let damaged = |mut answer: Vec<u8>| {
        answer[4] ^= 1;
        answer
    };
    broken(&asked(Framing::Rtu, damaged).await, "");
    broken(&asked(Framing::Rtu, |answer| [vec![0x00, 0xFF], answer].concat()).await, "more came in");
    broken(&asked(Framing::Rtu, |answer| [encode_request(UNIT, REQUEST), answer].concat()).await, "");
}

#[tokio::test]
async fn what_comes_with_the_answer_is_not_passed_over() {
    for framing in BOTH {
        broken(&asked(framing, |answer| [answer, vec![0]].concat()).await, "more came in");
    }
    // Behind the registers, within the frame.
    let longer = |mut answer: Vec<u8>| {
        answer[5] += 1;
        answer.push(0);
        answer
    };
    broken(&asked(Framing::Tcp, longer).await, "undecoded");
}

#[tokio::test]
async fn noise_without_end_is_given_up() {
    for framing in BOTH {
        let port = device(|_| (0..64).map(|_| (Duration::ZERO, vec![0x55; 1000])).collect()).await;
        broken(&open(port, framing, PATIENCE).await.ask(UNIT, REQUEST).await, "");
    }
}
