//! The components of a tariff: one file each, with its formula, a worked example and its keys.
//!
//! **Adding one** is a file, a line in the list below and its cases.

pub(crate) mod blocks;
mod cap;
pub(crate) mod demand;
mod discount;
mod divisor;
mod expression;
mod fixed;
mod formula;
mod loss;
mod minimum;
mod per_attr;
mod percent;
mod power_factor;
mod quota;
pub(crate) mod reduction;
mod round_running;
mod select;
mod settlement;
mod subsidy;
mod tiered;
pub(crate) mod tou;
mod unit;
mod vat;

pub(crate) use select::Select;

use crate::rating::{Run, Trouble};
use crate::tariff::{Compiler, Fields, Key, Kind, Label, Refused, Step, rule};

/// The keys that every component may have.
pub(crate) const COMMON: &[Key] = &[
    Key::must("type", Kind::Text, "which component"),
    Key::may("code", Kind::Text, "the code of its lines"),
    Key::may("name", Kind::Label, "its printed name"),
    Key::may("payee", Kind::Text, "whose money it is, where it is not the utility's own"),
    Key::may("quantum", Kind::Number, "its own money step"),
    Key::may("rounding", Kind::OneOf(crate::rating::Mode::NAMES), "its own rounding"),
    Key::may("round", Kind::Flag, "whether its lines are rounded; default: where round_at is line"),
];

macro_rules! components {
    ($($variant:ident $module:ident $kind:literal;)*) => {
        /// A component of a tariff.
        #[derive(Debug)]
        pub(crate) enum Component { $($variant($module::$variant),)* }

        impl Component {
            /// Every component's kind, as a document names it, in the order of `docs/tariffs.md`.
            pub(crate) const KINDS: &[&str] = &[$($kind),*];

            /// The keys of a kind.
            pub(crate) fn keys(kind: &str) -> Option<&'static [Key]> {
                match kind { $($kind => Some($module::KEYS),)* _ => None }
            }

            /// What each kind means, in one line.
            pub(crate) const MEANINGS: &[(&str, &str)] = &[$(($kind, $module::MEANING)),*];

            /// What a kind means, in one line.
            pub(crate) fn meaning(kind: &str) -> Option<&'static str> {
                Self::MEANINGS.iter().find(|(own, _)| *own == kind).map(|(_, meaning)| *meaning)
            }

            fn read(kind: &str, fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
                match kind {
                    $($kind => $module::$variant::read(fields, compiler).map(Self::$variant),)*
                    _ => Err(fields.refuse("type", format!("unknown; one of {}", Self::KINDS.join(", ")))),
                }
            }

            /// Adds its lines to the bill.
            #[inline]
            pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
                match self {
                    $(Self::$variant(one) => one.rate(step, run),)*
                }
            }
        }
    };
}

components! {
    Fixed fixed "fixed";
    PerAttr per_attr "per_attr";
    Unit unit "unit";
    Tiered tiered "tiered";
    Select select "select";
    Percent percent "percent";
    Formula formula "formula";
    RoundRunning round_running "round_running";
    Tou tou "tou";
    Demand demand "demand";
    PowerFactor power_factor "power_factor";
    Loss loss "loss";
    Quota quota "quota";
    Minimum minimum "minimum";
    Cap cap "cap";
    Discount discount "discount";
    Subsidy subsidy "subsidy";
    Vat vat "vat";
    Settlement settlement "settlement";
}

impl Component {
    /// The name of the quantity or fact that it prices.
    pub(crate) fn prices(&self) -> Option<&str> {
        match self {
            Self::PerAttr(one) => Some(&one.attr),
            Self::Unit(one) => Some(&one.qty),
            Self::Tiered(one) => Some(&one.qty),
            Self::Tou(one) => one.bands.first().map(|band| &*band.qty),
            Self::Demand(one) => Some(&one.name),
            Self::Quota(one) => Some(&one.qty),
            Self::Discount(one) => one.0.prices(),
            Self::Subsidy(one) => one.reduction.prices(),
            _ => None,
        }
    }

    /// Whether it makes lines of its own: a choice of schedules and a transformer's loss don't.
    pub(crate) fn makes_lines(&self) -> bool {
        !matches!(self, Self::Select(_) | Self::Loss(_))
    }

    /// The key of a document, and the name of the quantity or fact, of all that it prices.
    pub(crate) fn priced(&self) -> Vec<(String, &str)> {
        let key = match self {
            Self::Tou(tou) => {
                return tou.bands.iter().map(|band| (format!("qty.{}", band.name), &*band.qty)).collect();
            }
            Self::PerAttr(_) => "attr",
            Self::Demand(demand) if demand.by_capacity => "attr",
            _ => "qty",
        };
        self.prices().map(|name| (key.to_owned(), name)).into_iter().collect()
    }

    /// The lines that it names, as one text.
    pub(crate) fn of_codes(&self) -> Option<&str> {
        match self {
            Self::Percent(one) => Some(&one.of_codes),
            Self::PowerFactor(one) => Some(&one.of_codes),
            Self::Minimum(one) => Some(&one.of_codes),
            Self::Cap(one) => Some(&one.of_codes),
            Self::Vat(one) => Some(&one.of_codes),
            Self::Settlement(one) => Some(&one.of_codes),
            Self::Discount(one) => one.0.of_codes(),
            Self::Subsidy(one) => one.reduction.of_codes(),
            _ => None,
        }
    }

    /// Who pays its lines in the account's place.
    pub(crate) fn payer(&self) -> Option<&str> {
        match self {
            Self::Subsidy(subsidy) => subsidy.payer.as_deref(),
            _ => None,
        }
    }
}

/// The keys that a kind shares with another.
pub(crate) fn shared_keys(kind: &str) -> &'static [Key] {
    match kind {
        "tiered" | "tou" => blocks::KEYS,
        "subsidy" => reduction::KEYS,
        _ => &[],
    }
}

/// Reads the components of a list.
pub(crate) fn read_all(
    fields: &Fields<'_>,
    key: &str,
    compiler: &mut Compiler,
) -> Result<Vec<Step>, Refused> {
    fields.items(key).into_iter().map(|(path, value)| read_one(path, value, compiler)).collect()
}

fn read_one(path: String, value: &serde_json::Value, compiler: &mut Compiler) -> Result<Step, Refused> {
    compiler.size.component(&path)?;
    let at_type = format!("{path}.type");
    let Some(kind) = value.get("type").and_then(serde_json::Value::as_str) else {
        return Err(Refused::new(at_type, "is required"));
    };
    let Some(keys) = Component::keys(kind) else {
        let known = Component::KINDS.join(", ");
        return Err(Refused::new(at_type, format!("unknown component {kind:?}; one of {known}")));
    };
    let fields = Fields::open(path, value, &[COMMON, keys, shared_keys(kind)])?;
    let code = match fields.text("code") {
        Some(code) if code.contains('#') => {
            return Err(fields.refuse("code", "must not contain '#', which numbers its blocks"));
        }
        Some(code) => code,
        None if matches!(kind, "select" | "loss") => kind,
        None => return Err(fields.refuse("code", "is required")),
    };
    let lines_before = compiler.lines.len();
    let component = Component::read(kind, &fields, compiler)?;
    if component.makes_lines() {
        let own = compiler.lines.len().saturating_sub(lines_before).max(1);
        compiler.size.lines(fields.path(), own)?;
    }
    let unit = component.prices().and_then(|name| compiler.units.of(name));
    // Registered only now: a component can't name its own lines.
    let base = if component.makes_lines() { compiler.base(code) } else { compiler.lineless(code) };
    Ok(Step {
        code: code.into(),
        base,
        name: Label::read(&fields, "name"),
        payee: fields.text("payee").map(Box::from),
        unit,
        rule: rule(&fields, Some(compiler.rule))?,
        rounds: fields.flag("round").unwrap_or(compiler.rounds_lines),
        component,
    })
}
