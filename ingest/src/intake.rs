//! The way into the pipeline: a queue whose bound is bytes, not only counts.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::delivery::Delivery;
use crate::ticket::{InFlight, Room, Ticket};
use crate::waiting::Waiting;

/// A permit of the budget is this many bytes.
const UNIT: usize = 64;
/// What a delivery takes besides its payload: its own fields, its entry in the batch, its slot among the
/// acknowledgements.
const FIXED: usize = 768;
/// Bytes in memory for each byte of payload: a JSON document of a megabyte becomes records and readings.
const FACTOR: usize = 8;

/// Hands deliveries to the pipeline. Cloned into each door.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    queue: mpsc::UnboundedSender<InFlight>,
    room: Arc<Semaphore>,
    units: usize,
    waiting: Arc<Waiting>,
    /// Whether the database takes commits.
    pub(crate) database: watch::Receiver<bool>,
}

/// The pipeline has ended: the program stops.
#[derive(Debug)]
pub(crate) struct Closed;

/// Why a delivery was not taken at once.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// There is no room, or the database is away.
    Busy(Box<Delivery>),
    /// The program stops.
    Closed,
}

impl Pipeline {
    /// A pipeline that holds about that many bytes, and the end from which it is read.
    pub(crate) fn new(
        bytes: usize,
        database: watch::Receiver<bool>,
    ) -> (Self, mpsc::UnboundedReceiver<InFlight>) {
        // Unbounded in count: each delivery holds at least FIXED bytes of the budget, and that is the bound.
        let (queue, intake) = mpsc::unbounded_channel();
        let units = bytes / UNIT;
        let room = Arc::new(Semaphore::new(units));
        (Self { queue, room, units, waiting: Arc::default(), database }, intake)
    }

    /// Takes a delivery if there is room and the database is there.
    pub(crate) fn try_hand_on(&self, delivery: Delivery, ticket: Ticket) -> Result<(), NotTaken> {
        if !*self.database.borrow() {
            return Err(NotTaken::Busy(Box::new(delivery)));
        }
        match self.room.clone().try_acquire_many_owned(self.cost(&delivery)) {
            Ok(permit) => self.send(delivery, ticket, permit).map_err(|Closed| NotTaken::Closed),
            Err(_) => Err(NotTaken::Busy(Box::new(delivery))),
        }
    }

    /// Takes a delivery as soon as there is room.
    pub(crate) async fn hand_on(&self, delivery: Delivery, ticket: Ticket) -> Result<(), Closed> {
        let permit = self.room.clone().acquire_many_owned(self.cost(&delivery)).await.map_err(|_| Closed)?;
        self.send(delivery, ticket, permit)
    }

    fn send(&self, delivery: Delivery, ticket: Ticket, permit: OwnedSemaphorePermit) -> Result<(), Closed> {
        let room = Arc::new(Room::new(permit, self.waiting.clone(), delivery.arrival.received));
        self.queue.send(InFlight { delivery, ticket, room }).map_err(|_| Closed)
    }

    fn cost(&self, delivery: &Delivery) -> u32 {
        // A delivery larger than the whole budget waits until it is alone.
        let units = (FIXED + FACTOR * delivery.arrival.bytes.len()).div_ceil(UNIT).min(self.units);
        u32::try_from(units).unwrap_or(u32::MAX)
    }

    /// Bytes in flight, by the budget's reckoning.
    pub(crate) fn bytes(&self) -> usize {
        self.units.saturating_sub(self.room.available_permits()) * UNIT
    }

    /// The bound of [`Self::bytes`].
    pub(crate) fn limit(&self) -> usize {
        self.units * UNIT
    }

    /// Deliveries in flight.
    pub(crate) fn count(&self) -> usize {
        self.waiting.count()
    }

    /// When the oldest delivery came in that is not committed.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.waiting.oldest()
    }

    /// Whether nothing is in flight.
    pub(crate) fn is_empty(&self) -> bool {
        self.room.available_permits() == self.units
    }
}
