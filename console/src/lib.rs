//! People's side: web pages, rendered on the server, in Chinese and English.
//!
//! **Owns** what clerks and operators see in a browser. Every number opens the documents that it counts.
//!
//! **Promises** that nothing here changes anything: each page reads, in the database role that may only read;
//! every list is bounded; no script, no font and no style from elsewhere.
//!
//! **Lacks** log-in and forms so far, and so it is bound to loopback unless the settings say otherwise.

mod app;
mod chart;
mod metrics;
mod pages;
mod render;
mod settings;
mod text;

pub use app::{App, FrameReader, serve};
pub use metrics::register as register_metrics;
pub use settings::Settings;
pub use text::Language;
