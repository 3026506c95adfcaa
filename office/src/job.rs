//! Jobs of the queue, as people handle them: tried again, or run now.

pub mod retry;
pub mod run;

pub use retry::retry;
pub use run::run;

use metering::refusal::Refusal;
use store::queue::JobError;

fn refused(error: JobError) -> Refusal {
    match error {
        JobError::Unknown(id) => Refusal::unknown("job", id),
        JobError::State { id, state } => Refusal::state("job", id, state, "retry"),
        JobError::Waits { other, .. } => Refusal::exists("job", other),
        JobError::NoSchedule(kind) => Refusal::state("job", kind, "without_schedule", "run"),
        JobError::Sql(source) => source.into(),
    }
}
