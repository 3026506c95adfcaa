//! What a rate comes out as: lines, their sum, the counters that they move, and what each line was made of.

use std::fmt;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::rounding::Rule;
use crate::tariff::{Label, Step};

/// The code of the line that a rounded total leaves: the difference between the total and what was added up.
pub const ROUNDING: &str = "rounding";

/// One line of a bill. It borrows its words from the tariff, so that making one allocates nothing.
#[derive(Clone, Debug)]
pub struct Line<'t> {
    /// The component's code; of a block `code#1`, of a band `code#peak`, of a band of a block `code#1.peak`.
    pub code: &'t str,
    /// How much of what is priced.
    pub qty: Decimal,
    /// Money per unit, or a rate; `None` where a formula knows no price.
    pub price: Option<Decimal>,
    /// The amount before it was rounded.
    pub exact: Decimal,
    /// The amount as printed.
    pub amount: Decimal,
    /// What the line was made of; [`Made::Untold`] where nobody asked.
    pub made: Made<'t>,
    /// The component that made it; `None` for the rounding of the total.
    pub(crate) step: Option<&'t Step>,
}

impl<'t> Line<'t> {
    /// The component's code.
    pub fn component(&self) -> &'t str {
        self.step.map_or(self.code, |step| &step.code)
    }

    /// The unit of the quantity, where it has one: `m3`, `kWh`, `m2`.
    pub fn unit(&self) -> Option<&'t str> {
        self.step.and_then(|step| step.unit.as_deref())
    }

    /// Whose money it is, where it is not the utility's own: sewage, resource fee, sanitation.
    pub fn payee(&self) -> Option<&'t str> {
        self.step.and_then(|step| step.payee.as_deref())
    }

    /// Who pays it in the account's place: the payer of a subsidy, whose receivable it is.
    pub fn payer(&self) -> Option<&'t str> {
        self.step.and_then(|step| step.component.payer())
    }

    /// The component's printed name.
    pub fn name(&self) -> Option<&'t Label> {
        self.step.and_then(|step| step.name.as_ref())
    }

    /// The rule that it was rounded by; `None` where the total is rounded instead.
    pub fn rule(&self) -> Option<Rule> {
        self.step.and_then(|step| step.rounds.then_some(step.rule))
    }

    /// The line as JSON, numbers as plain decimal strings.
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code,
            "qty": self.qty.normalize().to_string(),
            "unit": self.unit(),
            "price": self.price.map(|price| price.to_string()),
            "amount": self.amount.to_string(),
            "exact": self.exact.normalize().to_string(),
            "payee": self.payee(),
            "payer": self.payer(),
        })
    }
}

/// What a line was made of: enough to tell it in one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made<'t> {
    /// Nobody asked.
    Untold,
    /// A fixed amount.
    Fixed,
    /// A fact times its price.
    Attribute {
        /// The fact.
        attr: &'t str,
    },
    /// A usage, less what is free, times a factor, up to a cap.
    Usage {
        /// The usage.
        usage: Decimal,
        /// Free units.
        free: Decimal,
        /// Factor.
        factor: Decimal,
        /// The cap, where it was met.
        capped: Option<Decimal>,
    },
    /// A block of graduated prices, or of an over-quota surcharge.
    Block {
        /// Which, from 1.
        number: u16,
        /// Its lower bound, after scaling.
        lower: Decimal,
        /// Its upper bound, after scaling, inclusive; `None` for the open end.
        upper: Option<Decimal>,
        /// The counter before this bill.
        from: Decimal,
        /// The usage of this bill.
        usage: Decimal,
        /// The band of a time-of-use block.
        band: Option<&'t str>,
    },
    /// A band of a time-of-use price.
    Band {
        /// The band.
        band: &'t str,
    },
    /// A demand, by contract where one is given.
    Demand {
        /// What was measured, or the installed capacity.
        measured: Decimal,
        /// The contract.
        contract: Option<Decimal>,
    },
    /// A power factor's surcharge or reward.
    PowerFactor {
        /// Active energy.
        active: Decimal,
        /// Reactive energy, the absolute registers added.
        reactive: Decimal,
        /// The sum of the lines that it is charged on.
        base: Decimal,
    },
    /// Topped up.
    Minimum {
        /// The sum of the named lines.
        sum: Decimal,
        /// The amount that it is topped up to.
        to: Decimal,
    },
    /// Cut.
    Cap {
        /// The sum of the named lines.
        sum: Decimal,
        /// The amount that it is cut to.
        at: Decimal,
    },
    /// A rate of the sum of named lines.
    Rate {
        /// The sum.
        base: Decimal,
    },
    /// A tax taken of each named line, rounded, and added.
    TaxByLine {
        /// The sum of the lines.
        base: Decimal,
    },
    /// So much for each unit, up to a limit.
    PerUnit {
        /// The usage.
        usage: Decimal,
        /// The limit.
        limit: Option<Decimal>,
    },
    /// A tax that the prices hold already.
    TaxIncluded {
        /// The sum of the named lines.
        gross: Decimal,
        /// The tax in it.
        tax: Decimal,
    },
    /// What was prepaid for the season.
    Prepaid {
        /// The sum of the named lines.
        due: Decimal,
    },
    /// A formula.
    Formula {
        /// As it stands in the document.
        expr: &'t str,
    },
    /// The running total, rounded.
    Running {
        /// Before it was rounded.
        sum: Decimal,
        /// The rule.
        rule: Rule,
    },
}

/// A counter that this bill moves: the usage of the tier year under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move<'t> {
    /// The counter's name in `prior_cumulative`.
    pub counter: &'t str,
    /// Before the bill.
    pub from: Decimal,
    /// After it.
    pub to: Decimal,
}

/// A rated bill. Keep one and rate into it again: its memory is used anew.
#[derive(Clone, Debug, Default)]
pub struct Rated<'t> {
    /// The lines in the order of the components. A rounded total has its difference as the last.
    pub lines: Vec<Line<'t>>,
    /// The sum of the lines.
    pub total: Decimal,
    /// The counters that it moves, each once.
    pub counters: Vec<Move<'t>>,
    /// The needs' values while it is rated.
    pub(crate) values: Vec<Option<Decimal>>,
}

impl<'t> Rated<'t> {
    /// An empty one, to rate into.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first line of that code.
    pub fn line(&self, code: &str) -> Option<&Line<'t>> {
        self.lines.iter().find(|line| line.code == code)
    }

    /// The sum of the lines of one payee; of the utility's own with `None`. Law 7: the payees' sums add up to the
    /// total.
    pub fn sum_of(&self, payee: Option<&str>) -> Option<Decimal> {
        self.lines
            .iter()
            .filter(|line| line.payee() == payee)
            .try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line.amount))
    }

    /// The bill as JSON, numbers as plain decimal strings.
    pub fn to_json(&self) -> Value {
        json!({
            "lines": self.lines.iter().map(Line::to_json).collect::<Vec<_>>(),
            "total": self.total.to_string(),
            "counters": self.counters.iter().map(|moved| json!({
                "counter": moved.counter,
                "from": moved.from.normalize().to_string(),
                "to": moved.to.normalize().to_string(),
            })).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Line<'_> {
    /// `water#2 80 m3 x 4.07 = 325.60`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.qty.normalize())?;
        if let Some(unit) = self.unit() {
            write!(f, " {unit}")?;
        }
        if let Some(price) = self.price {
            write!(f, " x {price}")?;
        }
        write!(f, " = {}", self.amount)
    }
}
