//! People's side: web pages, rendered on the server, in Chinese and English, and an API for programs.
//!
//! **Owns** what clerks and operators see in a browser. Every number opens the documents that it counts.
//!
//! ```text
//! connection (server) -> guard: host, origin, turn, time -> visit: who, language, what is asked -> page or API
//!                                  every refusal and fault: problem, in the reader's language and form
//! ```
//!
//! **Promises** that nothing here changes anything: each page reads, in the database role that may only read;
//! every list is bounded; no script, no font and no style from elsewhere; every connection, request and query has an end.
//!
//! **Lacks** log-in so far, and so it refuses any address but loopback's.

mod api;
mod chart;
mod forms;
mod guard;
mod hosts;
mod metrics;
mod page;
mod pages;
mod problem;
mod reader;
mod router;
mod server;
mod settings;
mod state;
mod visit;

pub use hosts::{Hosts, NoHost};
pub use metrics::register as register_metrics;
pub use router::serve;
pub use settings::{Exposed, Settings, refuse_exposure};
pub use state::{App, FrameReader};
