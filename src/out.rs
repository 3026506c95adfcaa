//! Standard output: the one way by which commands print.
//!
//! A reader that went away (`| head`) is no failure: what is printed after that is dropped in silence, and the command
//! carries on what it does, since half a deed is worse than an unread line. Any other fault of writing, as a full disk,
//! is kept until the end, where it becomes the exit status.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

/// The first fault of writing.
static FAULT: OnceLock<io::Error> = OnceLock::new();

/// Prints a line.
macro_rules! outln {
    () => { $crate::out::text(format_args!("\n")) };
    ($($text:tt)*) => { $crate::out::line(format_args!($($text)*)) };
}

/// Prints a text as it is.
macro_rules! out {
    ($($text:tt)*) => { $crate::out::text(format_args!($($text)*)) };
}

pub(crate) fn line(text: fmt::Arguments<'_>) {
    text_to(&mut io::stdout().lock(), format_args!("{text}\n"));
}

pub(crate) fn text(text: fmt::Arguments<'_>) {
    text_to(&mut io::stdout().lock(), text);
}

fn text_to(out: &mut dyn Write, text: fmt::Arguments<'_>) {
    if FAULT.get().is_none()
        && let Err(error) = out.write_fmt(text)
    {
        // A second fault has the same cause as the first.
        let _ = FAULT.set(error);
    }
}

/// Whether the reader went away.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// The result of writing, where a reader that went away is no fault.
pub(crate) fn unless_gone(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if is_gone(&error) { Ok(()) } else { Err(error) })
}

/// Writes what is still held back. The fault of the command's output, if it had one that is nobody's leaving.
pub(crate) fn finish() -> io::Result<()> {
    unless_gone(io::stdout().lock().flush())?;
    match FAULT.get() {
        Some(error) if !is_gone(error) => {
            Err(io::Error::new(error.kind(), format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
