//! The queue's worker and what its jobs do: any number of workers, each job safe to run twice.
//!
//! **Owns** the order of the steps and what is claimed by whom. A job's work is claimed row by row, so that workers
//! on any number of machines share it, and whatever one has claimed is free again when it dies.
//!
//! **Promises** that a job that was killed at any instant and is started again does each thing once.
//!
//! **Lacks** rules of the trade (`billing`) and SQL (`store`).

pub mod bill_issue;
pub mod bill_jobs;
pub mod bill_run;
pub mod bill_trial;
pub mod handler;
pub mod housekeeping;
pub mod metrics;
pub mod worker;
