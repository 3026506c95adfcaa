//! Why a bill can't be rated: which component, and what it needs.

use std::fmt;

use rust_decimal::Decimal;

/// What a component may ask of the input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// A quantity: `input.qty`, or the segments of a register.
    Quantity(Box<str>),
    /// A number among the facts: `input.attrs`.
    Attribute(Box<str>),
    /// Whether a fact holds; a fact that is not stated does not.
    Condition(Box<str>),
    /// A name in a formula: a quantity, else a fact.
    Name(Box<str>),
    /// A counter's state before this bill; 0 where none is stated, which is how a counter begins.
    Counter(Box<str>),
    /// `input.days`.
    Days,
    /// `input.months`.
    Months,
    /// `input.year_part`, the share of the tier year that the account has: above the line.
    YearPart,
    /// The same share, below the line.
    YearWhole,
    /// How much a household adder raises a bound for one step of `per_extra`: see `components::blocks`.
    Extra {
        /// The fact, such as `persons`.
        attr: Box<str>,
        /// How many are in the bound already.
        over: Decimal,
        /// Whether each month of the tier year counts for itself, as 1/12.
        by_month: bool,
    },
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantity(name) => write!(f, "quantity {name:?} (input.qty, or segments of that register)"),
            Self::Attribute(name) | Self::Condition(name) | Self::Extra { attr: name, .. } => {
                write!(f, "fact {name:?} (input.attrs)")
            }
            Self::Name(name) => write!(f, "{name:?} (input.qty or input.attrs)"),
            Self::Counter(name) => write!(f, "counter {name:?} (input.prior_cumulative)"),
            Self::Days => f.write_str("the days of the period (input.days)"),
            Self::Months => f.write_str("the months of the period (input.months)"),
            Self::YearPart | Self::YearWhole => f.write_str("the part of the tier year (input.year_part)"),
        }
    }
}

/// Where a need's value stands while a bill is rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot(pub(crate) u32);

/// What stopped a component: one word, so that a number comes back from arithmetic in registers. [`RateError`] names
/// the component and the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Missing(Slot),
    Overflow,
    DivisionByZero,
    BeyondLastBlock,
    BoundsCross,
    NoSchedule,
    NoActiveEnergy,
}

/// Why a bill can't be rated. Such a bill is parked with this as its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateError {
    /// A quantity or a fact is not there. Nothing is taken as zero in silence.
    Missing {
        /// The component that needs it.
        component: Box<str>,
        /// What it needs.
        need: Need,
    },
    /// A fact is there, but is no number.
    NotANumber {
        /// The fact.
        need: Need,
        /// What it says.
        text: Box<str>,
    },
    /// A register stands lower at the end than at the start and may not have rolled over.
    Backwards {
        /// The register.
        register: Box<str>,
        /// Its index at the start.
        open: Decimal,
        /// Its index at the end.
        close: Decimal,
    },
    /// A number is beyond 96 bits.
    Overflow {
        /// The component, or what else was being computed.
        component: Box<str>,
    },
    /// A formula divides by zero.
    DivisionByZero {
        /// The component.
        component: Box<str>,
    },
    /// The last block has an upper bound, and the usage is above it.
    BeyondLastBlock {
        /// The component.
        component: Box<str>,
        /// The usage, or the counter after it.
        usage: Decimal,
    },
    /// An adder or a scale brings a block's upper bound below its lower one.
    BoundsCross {
        /// The component.
        component: Box<str>,
    },
    /// The usage is above the last schedule's bound.
    NoSchedule {
        /// The component.
        component: Box<str>,
        /// The usage.
        usage: Decimal,
    },
    /// No active energy was drawn, so there is no power factor.
    NoActiveEnergy {
        /// The component.
        component: Box<str>,
        /// The active energy.
        active: Decimal,
    },
}

impl RateError {
    /// Every kind, as it stands in metrics, in the database and in `docs/tariffs.md`.
    pub const KINDS: &[&str] = &[
        "missing",
        "not_a_number",
        "backwards",
        "overflow",
        "division_by_zero",
        "beyond_last_block",
        "bounds_cross",
        "no_schedule",
        "no_active_energy",
    ];

    /// The kind, from the closed list [`RateError::KINDS`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::NotANumber { .. } => "not_a_number",
            Self::Backwards { .. } => "backwards",
            Self::Overflow { .. } => "overflow",
            Self::DivisionByZero { .. } => "division_by_zero",
            Self::BeyondLastBlock { .. } => "beyond_last_block",
            Self::BoundsCross { .. } => "bounds_cross",
            Self::NoSchedule { .. } => "no_schedule",
            Self::NoActiveEnergy { .. } => "no_active_energy",
        }
    }
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { component, need } => write!(f, "{component}: needs {need}, which is not given"),
            Self::NotANumber { need, text } => write!(f, "{need} is {text:?}, which is no number"),
            Self::Backwards { register, open, close } => {
                write!(
                    f,
                    "register {register}: closes at {close} below its opening {open}, and no rollover is stated"
                )
            }
            Self::Overflow { component } => write!(f, "{component}: a number beyond 96 bits"),
            Self::DivisionByZero { component } => write!(f, "{component}: division by zero"),
            Self::BeyondLastBlock { component, usage } => {
                write!(f, "{component}: {usage} is above the last block, which has an upper bound")
            }
            Self::BoundsCross { component } => write!(f, "{component}: a block's bounds cross"),
            Self::NoSchedule { component, usage } => {
                write!(f, "{component}: no schedule for a usage of {usage}")
            }
            Self::NoActiveEnergy { component, active } => {
                write!(f, "{component}: no power factor at an active energy of {active}")
            }
        }
    }
}

impl std::error::Error for RateError {}

impl Trouble {
    /// The error that names the component, what it needed, and the value that it stumbled over.
    pub(crate) fn at(self, component: &str, needs: &[Need], value: Decimal) -> RateError {
        let component = Box::from(component);
        match self {
            Self::Missing(Slot(slot)) => match needs.get(slot as usize) {
                Some(need) => RateError::Missing { component, need: need.clone() },
                None => RateError::Overflow { component },
            },
            Self::Overflow => RateError::Overflow { component },
            Self::DivisionByZero => RateError::DivisionByZero { component },
            Self::BeyondLastBlock => RateError::BeyondLastBlock { component, usage: value },
            Self::BoundsCross => RateError::BoundsCross { component },
            Self::NoSchedule => RateError::NoSchedule { component, usage: value },
            Self::NoActiveEnergy => RateError::NoActiveEnergy { component, active: value },
        }
    }
}
