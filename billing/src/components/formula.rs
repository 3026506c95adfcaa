//! `formula`: safe arithmetic for subsidies and local oddities: + - * /, brackets, min, max, over quantities, facts,
//! `days`, `months`, `S_<code>` (the sum of an earlier component) and `L_<code>_<n>` (one of its blocks).
//!
//! line = the value of `expr`; the division comes last
//!
//! ```
//! # use billing::tariff::worked;
//! assert_eq!(
//!     worked(
//!         r#"[{"type": "per_attr", "code": "basic", "attr": "area_m2", "price": "12"},
//!             {"type": "unit", "code": "metered", "qty": "kwh", "price": "0.16"},
//!             {"type": "formula", "code": "cap", "expr": "min(0, 24*area_m2 - S_basic - S_metered)"}]"#,
//!         r#"{"attrs": {"area_m2": "100"}, "qty": {"kwh": "9000"}}"#,
//!     ),
//!     ["basic 100 m2 x 12 = 1200.00", "metered 9000 kWh x 0.16 = 1440.00", "cap 1 = -240.00"],
//! );
//! ```

use rust_decimal::Decimal;

use super::divisor::may_be_zero;
use super::expression::{Expression, Name};
use crate::rating::{Made, Need, Run, Slot, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Of, Refused, Step};

pub(crate) const MEANING: &str = "safe arithmetic over facts, quantities and earlier sums";

pub(crate) const KEYS: &[Key] =
    &[Key::must("expr", Kind::Text, "+ - * / min max over names, days, months, S_<code>, L_<code>_<n>")];

#[derive(Debug)]
pub(crate) struct Formula {
    pub(crate) expr: Box<str>,
    expression: Expression,
}

impl Formula {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let expr = fields.need_text("expr")?;
        let expression = Expression::parse(expr, |name| name_in(name, compiler))
            .map_err(|reason| fields.refuse("expr", reason))?;
        Ok(Self { expr: expr.into(), expression })
    }

    /// Whether it may divide by zero.
    pub(crate) fn may_divide_by_zero(&self, needs: &[Need]) -> bool {
        let is_positive = |name: &Name| match name {
            Name::Slot(Slot(slot)) => matches!(needs.get(*slot as usize), Some(Need::Days | Need::Months)),
            Name::Sum(_) => false,
        };
        may_be_zero(&self.expression, &is_positive)
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let value = self.expression.value(&|name| match name {
            Name::Slot(slot) => run.value(*slot),
            Name::Sum(of) => run.sum(of),
        })?;
        run.line(step, &step.code, (Decimal::ONE, None), value, || Made::Formula { expr: &self.expr })
    }
}

/// What a name stands for: an earlier sum, else the period, else a quantity or a fact.
fn name_in(name: &str, compiler: &mut Compiler) -> Result<Name, String> {
    if let Some(code) = name.strip_prefix("S_") {
        let base = compiler.base_of(code);
        return base
            .map(|base| Name::Sum(Of::all(base)))
            .ok_or(format!("{code:?} is the code of no earlier component"));
    }
    if let Some(line) = name.strip_prefix("L_") {
        if let Some(base) = compiler.base_of(line) {
            return Ok(Name::Sum(Of::all(base)));
        }
        // `water#1` is written `L_water_1`.
        let is_line = |code: &str| code.chars().map(|c| if c == '#' { '_' } else { c }).eq(line.chars());
        let code = compiler.lines.iter().find(|code| is_line(code));
        return code
            .map(|code| Name::Sum(Of::one(code)))
            .ok_or(format!("{line:?} is no line of an earlier component"));
    }
    Ok(Name::Slot(match name {
        "days" => compiler.slot(Need::Days),
        "months" => compiler.slot(Need::Months),
        name => compiler.slot(Need::Name(name.into())),
    }))
}
