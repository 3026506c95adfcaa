//! `round_running`: the total so far, rounded; the difference is a line of its own.
//!
//! line = round(sum of all lines so far) - sum
//!
//! ```
//! # use billing::tariff::worked;
//! assert_eq!(worked(
//!     r#"[{"type": "fixed", "code": "base", "amount": "2453.4"},
//!         {"type": "round_running", "code": "to_the_yen", "quantum": "1", "rounding": "floor"}]"#,
//!     "{}",
//! ), ["base 1 x 2453.4 = 2453.40", "to_the_yen 1 = -0.40"]);
//! ```

use crate::rating::{Mode, Rule, Run, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step, rule};

pub(crate) const MEANING: &str = "rounds the total so far; the difference is a line";

pub(crate) const KEYS: &[Key] = &[
    Key::must("quantum", Kind::Number, "the step"),
    Key::must("rounding", Kind::OneOf(Mode::NAMES), "how the total so far comes to it"),
];

#[derive(Debug)]
pub(crate) struct RoundRunning {
    pub(crate) rule: Rule,
}

impl RoundRunning {
    pub(crate) fn read(fields: &Fields<'_>, _: &mut Compiler) -> Result<Self, Refused> {
        Ok(Self { rule: rule(fields, None)? })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        run.round_running(Some(step), &step.code, self.rule)
    }
}
