//! What every page has at hand.

use std::sync::Arc;

use metering::Zone;
use store::Pool;
use tokio::sync::Semaphore;

use crate::forms::Seal;
use crate::hosts::Hosts;
use metering::Language;

/// Says what a frame holds in the reader's language: format and bytes in, lines of label and value out. The program passes
/// it in, because formats are none of this crate's business.
pub type FrameReader = fn(language: Language, format: &str, bytes: &[u8]) -> Vec<(String, String)>;

/// What the program gives the console.
#[derive(Clone)]
pub struct App {
    /// Connections that may only read.
    pub pool: Pool,
    /// The utility's zone.
    pub zone: Zone,
    /// The language of whoever asks for none.
    pub language: Language,
    /// Says what a frame holds.
    pub frame_reader: FrameReader,
    /// The names under which it may be asked.
    pub hosts: Hosts,
}

/// Requests that are worked on at once; a further one is answered 503.
const REQUESTS: usize = 64;

/// Pages that count through all there is (arrears) at once: they may not take both cores from everybody else.
const LONG: usize = 2;

/// What every request shares.
pub(crate) struct State {
    pub(crate) app: App,
    /// One permit for each request that is worked on.
    pub(crate) requests: Semaphore,
    /// One permit for each page that counts through all there is.
    pub(crate) long: Semaphore,
    /// What forms are sealed with.
    pub(crate) seal: Seal,
}

pub(crate) type Shared = Arc<State>;

impl State {
    pub(crate) fn new(app: App, seal: Seal) -> Shared {
        Arc::new(Self { app, requests: Semaphore::new(REQUESTS), long: Semaphore::new(LONG), seal })
    }
}
