//! How long what is in flight has been waiting.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// The receive times of what is in flight, to the second.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<BTreeMap<i64, usize>>);

impl Waiting {
    pub(crate) fn enter(&self, second: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(second).or_default() += 1;
    }

    pub(crate) fn leave(&self, second: i64) {
        let mut seconds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = seconds.get_mut(&second) {
            *count -= 1;
            if *count == 0 {
                seconds.remove(&second);
            }
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        let seconds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (&second, _) = seconds.first_key_value()?;
        Timestamp::from_second(second).ok()
    }
}
