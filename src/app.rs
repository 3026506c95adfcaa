//! What a subcommand that works on the utility gets besides its own arguments.

use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::Result;

use crate::settings::Settings;
use metering::Language;

/// The settings, and the language of the person who asks.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) language: Language,
    /// The language that the command line names; none where the locale decided.
    pub(crate) asked: Option<Language>,
}

impl App {
    /// Reads the settings.
    pub(crate) fn new(config: Option<&Path>, asked: Option<Language>, locale: Language) -> Result<Self> {
        Ok(Self { settings: Settings::load(config)?, language: asked.unwrap_or(locale), asked })
    }

    /// Runs a subcommand to its end on a runtime of its own. Warnings, and what long-running parts tell, or what RUST_LOG asks
    /// for, go to standard error.
    pub(crate) fn block_on<T>(&self, command: impl AsyncFnOnce(&Self) -> Result<T>) -> Result<T> {
        let filter = tracing_subscriber::EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,ingest=info,jobs=info"));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            // Whoever reads the log may be gone: that ends no page and no frame.
            .log_internal_errors(false)
            .init();
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command(self))
    }
}
