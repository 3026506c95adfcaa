//! Answers polls over Modbus TCP: the fleet's polled meters, one unit each, by their register map.

use std::future;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use metering::{Obis, Register, Zone};
use protocols::modbus::{Image, builtin};
use rust_decimal::Decimal;
use tokio::net::TcpListener;
use tokio_modbus::prelude::{ExceptionCode, Request, Response, SlaveRequest};
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::Server;

use crate::fleet::Fleet;
use crate::meter::{Door, SimMeter};

/// The register map of the polled meters, a file of `protocols/profiles`.
pub(crate) const PROFILE: &str = "acrel-dtsd1352";

/// Serves until the task is dropped. Unit n is the fleet's nth polled meter; other units are answered with
/// "gateway target failed to respond", as a gateway does.
pub async fn serve_modbus(listener: TcpListener, fleet: Arc<Fleet>, zone: Zone) -> io::Result<()> {
    let server = Server::new(listener);
    let units = Units { fleet, zone };
    server.serve(&|stream, _| future::ready(Ok(Some((units.clone(), stream)))), |_| {}).await
}

#[derive(Clone)]
struct Units {
    fleet: Arc<Fleet>,
    zone: Zone,
}

impl Service for Units {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = future::Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        future::ready(self.answer(&request))
    }
}

impl Units {
    fn answer(&self, request: &SlaveRequest<'_>) -> Result<Response, ExceptionCode> {
        let nth = usize::from(request.slave).checked_sub(1).ok_or(ExceptionCode::GatewayTargetDevice)?;
        let mut polled = self.fleet.meters.iter().filter(|meter| meter.door == Door::Modbus);
        let meter = polled.nth(nth).ok_or(ExceptionCode::GatewayTargetDevice)?;
        let (function, start, count) = match request.request {
            Request::ReadHoldingRegisters(start, count) => (3, start, count),
            Request::ReadInputRegisters(start, count) => (4, start, count),
            _ => return Err(ExceptionCode::IllegalFunction),
        };
        let registers =
            self.registers(meter, function, start, count).ok_or(ExceptionCode::IllegalDataAddress)?;
        Ok(match function {
            3 => Response::ReadHoldingRegisters(registers),
            _ => Response::ReadInputRegisters(registers),
        })
    }

    /// A meter's registers as they are now. A polled meter has no clock of its own.
    fn registers(&self, meter: &SimMeter, function: u8, start: u16, count: u16) -> Option<Vec<u16>> {
        let index = meter.index_at(&self.zone, self.zone.civil(Timestamp::now()));
        let mut image = Image::new(builtin(PROFILE)?);
        let value = Decimal::from_i128_with_scale(i128::from(index), 2);
        image.set(Register::Obis(Obis::ELECTRICITY_IMPORT), value).ok()?;
        image.read(function, start, count)
    }
}
