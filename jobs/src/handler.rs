//! Who does what: a handler for each kind of job.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use store::queue::{Job, JobKind};

/// Why an attempt was in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A word, for lists and logs.
    pub kind: &'static str,
    /// A sentence for the operator.
    pub message: String,
}

impl Fault {
    /// A fault of that kind.
    pub fn new(kind: &'static str, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

/// What a job's work came to.
pub type Work = BoxFuture<'static, Result<(), Fault>>;

type Handle = Arc<dyn Fn(Job) -> Work + Send + Sync>;

/// The handlers of a process. It takes no job of another kind.
#[derive(Clone, Default)]
pub struct Handlers(BTreeMap<JobKind, Handle>);

impl Handlers {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one for that kind. It must be safe to run twice: a worker may die between the work and its end.
    #[must_use]
    pub fn with<F, W>(mut self, kind: JobKind, handle: F) -> Self
    where
        F: Fn(Job) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), Fault>> + Send + 'static,
    {
        self.0.insert(kind, Arc::new(move |job| Box::pin(handle(job))));
        self
    }

    /// The kinds that it has, the long or the short ones.
    pub(crate) fn kinds(&self, long: bool) -> Vec<JobKind> {
        self.0.keys().copied().filter(|kind| kind.is_long() == long).collect()
    }

    /// Does a job.
    pub(crate) fn work(&self, job: Job) -> Work {
        match self.0.get(&job.kind) {
            Some(handle) => handle(job),
            None => Box::pin(async move { Err(Fault::new("no_handler", job.kind)) }),
        }
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
