//! What system tests share. Each test file is a program of its own and uses a part of it.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "no test program uses all of it")]
#![allow(clippy::allow_attributes, reason = "whether an expectation would be fulfilled differs by program")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

pub(crate) mod cases;
pub mod database;
pub mod deeds;
pub mod front_door;
pub mod http;
pub mod imports;
pub mod program;
pub mod proxy;
pub mod random;
pub mod utility;

pub use database::Database;
pub use front_door::FrontDoor;
pub use program::{Ended, Program};
pub use random::Random;
pub use utility::Utility;

use std::time::{Duration, Instant};

/// Asks again until the answer is yes, instead of sleeping for a guessed time. Panics with `what` after `limit`.
pub async fn eventually(what: &str, limit: Duration, mut question: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + limit;
    while !question().await {
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
