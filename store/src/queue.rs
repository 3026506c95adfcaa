//! The queue: what is to be done by whichever worker comes first. (What a job does is its handler's.)
//!
//! ```text
//! enqueue -> waiting --claim--> running --finish--> done
//!               ^                  |
//!               |--back-off--------+--the last attempt--> failed --retry--> waiting
//!               '--the lease ran out
//! ```
//!
//! What is true if a worker dies: its job is running until the lease runs out, then it waits again with one attempt
//! spent, so that a job that kills its workers ends as failed. Whatever it did stands or is undone by its own
//! transactions; handlers must be safe to run twice.
//!
//! One job of a kind waits or runs under a key. Who wishes for it again while it waits has their wish; while it runs it
//! is run once more afterwards, because it may have looked already. Enqueueing holds the job's row until the caller's
//! transaction ends: a key belongs to one thing (a run, a destination), never to all deeds of a kind.

mod figures;
mod job;
mod keep;
mod lease;
mod presence;
mod wish;

pub use figures::{Depth, depths};
pub use job::{Job, JobKind, JobState, Listed};
pub use keep::{Asked, JobError, list, retry, run_now, sweep};
pub use lease::{claim, expire, extend, fail, finish, give_back};
pub use presence::{is_worked, stand_by};
pub use wish::{Enqueued, Wish, enqueue, schedule, stands};

/// The channel that wakes workers when a job has been committed.
pub const CHANNEL: &str = "meterline_jobs";
