//! How large a document may be. Each published version is read, checked and rated by whoever bills with it, so that one
//! that is too large would stop them all.

use super::read::Refused;

/// The most bytes of a document's text. The longest published notice takes about 10,000.
pub const BYTES_MAX: usize = 256 * 1024;

/// The most components, those of all schedules together.
pub const COMPONENTS_MAX: usize = 500;

/// The most lines that a bill of the document may have, before the line that rounds its total.
pub const LINES_MAX: usize = 1_000;

/// The most worked bills.
pub const EXAMPLES_MAX: usize = 200;

/// The most adders of one component. Each works on each of its blocks.
pub(crate) const ADDERS_MAX: usize = 20;

/// Refuses a text that is too long, before it is parsed.
pub(crate) fn check_text(text: &str) -> Result<(), Refused> {
    if text.len() <= BYTES_MAX {
        return Ok(());
    }
    let rule = format!("a document has at most {BYTES_MAX} bytes, this one {}", text.len());
    Err(Refused::too_large("", rule))
}

/// Refuses a list that is too long, at its first item too many.
pub(crate) fn check_list(path: &str, of: &str, count: usize, most: usize) -> Result<(), Refused> {
    if count <= most {
        return Ok(());
    }
    Err(Refused::too_large(format!("{path}[{most}]"), format!("at most {most} {of}, these are {count}")))
}

/// What was compiled so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    components: usize,
    /// Where schedules exclude each other, the most that one of them can make.
    lines: usize,
}

impl Size {
    /// Counts a component, before it is read.
    pub(crate) fn component(&mut self, path: &str) -> Result<(), Refused> {
        self.components = self.components.saturating_add(1);
        if self.components <= COMPONENTS_MAX {
            return Ok(());
        }
        Err(Refused::too_large(path, format!("a document has at most {COMPONENTS_MAX} components")))
    }

    /// Counts the lines that a component can make.
    pub(crate) fn lines(&mut self, path: &str, count: usize) -> Result<(), Refused> {
        self.lines = self.lines.saturating_add(count);
        if self.lines <= LINES_MAX {
            return Ok(());
        }
        Err(Refused::too_large(path, format!("a bill has at most {LINES_MAX} lines")))
    }

    /// Begins a schedule that excludes the ones before it: its lines are counted from `start`.
    pub(crate) fn begin_case(&mut self, start: Self) {
        self.lines = start.lines;
    }

    /// After a schedule: the most lines of it and of those before.
    pub(crate) fn most(self, other: Self) -> Self {
        Self { components: self.components, lines: self.lines.max(other.lines) }
    }
}
