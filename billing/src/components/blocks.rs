//! Blocks (阶梯): graduated prices with inclusive, fractional upper bounds and one open end; the counter that they
//! start from, and what raises their bounds. Shared by `tiered` and `tou`.
//!
//! bound = `upto` x scale + adders, rounded to whole units where `limit_rounding` says so
//!
//! Usage u from counter s lies in (s, s + u]; each block takes the part of it between its bounds. A negative u gives
//! back what (s + u, s] would have cost. The first block has no lower end: what a correction takes below zero, it
//! takes at the first block's price.

use rust_decimal::Decimal;

use crate::rating::{Mode, Need, Rule, Run, Slot, Trouble, number};
use crate::tariff::{ADDERS_MAX, Compiler, Fields, Key, Kind, Refused, check_list, positive};

/// The keys of everything that has blocks, beside its tiers.
pub(crate) const KEYS: &[Key] = &[
    Key::may("basis", Kind::OneOf(BASES), "short for a counter or a scale; default period"),
    Key::may("norm_days", Kind::Number, "the days that the bounds are made for"),
    Key::may("scale_attr", Kind::Text, "the fact that multiplies the bounds, such as persons"),
    Key::may("persons_over", Kind::Number, "persons that the bounds are made for; short for an adder"),
    Key::may("limit_per_extra_person", Kind::NumberOrList, "units for each person over, by block or for all"),
    Key::may("limit_rounding", Kind::OneOf(Mode::NAMES), "bounds come to whole units after scaling"),
    Key::may(
        "counter",
        Kind::OneOf(&["period", "annual"]),
        "blocks start anew in each bill, or each tier year",
    ),
    Key::may("scale", Kind::Scale, "what multiplies the bounds: days, norm_days, months, attr, year_part"),
    Key::may(
        "adders",
        Kind::List(ADDER_KEYS),
        "what is added to every bound but the open one, after scaling",
    ),
    Key::may("keep_zero", Kind::Flag, "an empty first block is printed"),
    Key::may("quantity_round", Kind::Number, "the step of the blocks' quantities; the last takes the rest"),
];

const ADDER_KEYS: &[Key] = &[
    Key::must("attr", Kind::Text, "the fact, such as persons"),
    Key::must("over", Kind::Number, "how many the bounds are made for"),
    Key::must("per_extra", Kind::NumberOrList, "units for each one over, by block or for all"),
    Key::may("prorate", Kind::OneOf(&["month", "none"]), "month: 1/12 for each month of the tier year"),
];

const BASES: &[&str] = &["period", "annual_cumulative", "per_day", "per_norm_days", "months", "per_unit"];

/// Blocks that carry a price, or prices by band.
#[derive(Debug)]
pub(crate) struct Blocks<T> {
    pub(crate) tiers: Vec<Tier<T>>,
    pub(crate) annual: bool,
    counter: Option<Slot>,
    pub(crate) scale: Vec<Factor>,
    pub(crate) adders: Vec<Adder>,
    pub(crate) limit_rounding: Option<Rule>,
    keep_zero: bool,
    quantity_round: Option<Rule>,
}

/// One block: its upper bound before scaling, and what it carries.
#[derive(Debug)]
pub(crate) struct Tier<T> {
    pub(crate) number: u16,
    pub(crate) upto: Option<Decimal>,
    pub(crate) held: T,
}

/// What multiplies the bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Factor {
    /// The days of the period.
    Days(Slot),
    /// The days of the period, of so many.
    NormDays(Slot, Decimal),
    /// The months of the period.
    Months(Slot),
    /// A fact.
    Attr(Slot),
    /// The part of the tier year: above and below the line.
    YearPart(Slot, Slot),
}

/// What is added to the bounds.
#[derive(Debug)]
pub(crate) struct Adder {
    extra: Slot,
    pub(crate) attr: Box<str>,
    pub(crate) over: Decimal,
    pub(crate) per_extra: Vec<Decimal>,
    pub(crate) by_month: bool,
}

/// The part of a usage that lies in one block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) qty: Decimal,
    pub(crate) lower: Decimal,
    pub(crate) upper: Option<Decimal>,
    pub(crate) from: Decimal,
    pub(crate) usage: Decimal,
}

impl<T> Blocks<T> {
    /// Reads the blocks of a component whose counter goes by `counter`.
    pub(crate) fn read(
        fields: &Fields<'_>,
        compiler: &mut Compiler,
        counter: &str,
        tier_keys: &[Key],
        mut hold: impl FnMut(&Fields<'_>, u16) -> Result<T, Refused>,
    ) -> Result<Self, Refused> {
        let mut tiers: Vec<Tier<T>> = Vec::new();
        for (n, (path, item)) in fields.items("tiers").into_iter().enumerate() {
            let tier = Fields::open(path, item, &[tier_keys])?;
            let number =
                u16::try_from(n.saturating_add(1)).map_err(|_| fields.refuse("tiers", "too many"))?;
            let upto = tier.number("upto");
            let before = tiers.last().map_or(Some(Decimal::ZERO), |before| before.upto);
            match (before, upto) {
                (None, _) => {
                    return Err(tier.refuse("upto", "comes after the open end, which is the last block"));
                }
                (Some(before), Some(upto)) if upto <= before => {
                    let rule = format!(
                        "must be above {before}, the bound before it: blocks neither overlap nor are empty"
                    );
                    return Err(tier.refuse("upto", rule));
                }
                _ => {}
            }
            tiers.push(Tier { number, upto, held: hold(&tier, number)? });
        }
        let annual = is_annual(fields)?;
        Ok(Self {
            annual,
            counter: annual.then(|| compiler.slot(Need::Counter(counter.into()))),
            scale: read_scale(fields, compiler)?,
            adders: read_adders(fields, compiler, tiers.iter().filter(|tier| tier.upto.is_some()).count())?,
            limit_rounding: whole(fields, "limit_rounding"),
            keep_zero: fields.flag("keep_zero").unwrap_or(false),
            quantity_round: positive(fields, "quantity_round")?
                .and_then(|step| Rule::new(step, Mode::HalfUp)),
            tiers,
        })
    }

    /// The counter before this bill.
    #[inline]
    pub(crate) fn start(&self, run: &Run<'_, '_>) -> Result<Decimal, Trouble> {
        self.counter.map_or(Ok(Decimal::ZERO), |slot| run.value(slot))
    }

    /// Hands each block that `usage` from `start` touches to `take`, lowest first.
    #[inline]
    pub(crate) fn split<'t>(
        &'t self,
        run: &mut Run<'_, 't>,
        start: Decimal,
        usage: Decimal,
        mut take: impl FnMut(&mut Run<'_, 't>, &'t Tier<T>, Part) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let back = usage.is_sign_negative() && !usage.is_zero();
        let end = number::add(start, usage)?;
        let (low, high) = if back { (end, start) } else { (start, end) };
        let scale = self.factor(run)?;
        let mut taken = Decimal::ZERO;
        let mut lower = None;
        for tier in &self.tiers {
            let upper = self.bound(run, tier, scale)?;
            let is_last = upper.is_none_or(|upper| number::cmp(high, upper).is_le());
            let from = match lower {
                Some(lower) if !number::cmp(lower, low).is_lt() => lower,
                _ => low,
            };
            let to = if is_last { high } else { upper.unwrap_or(high) };
            let touched = number::cmp(to, from).is_gt();
            if touched || (self.keep_zero && lower.is_none()) {
                let qty = if touched { number::sub(to, from)? } else { Decimal::ZERO };
                let qty = if self.quantity_round.is_some() {
                    self.step(qty, is_last, (low, high), taken)?
                } else {
                    qty
                };
                let part = Part {
                    qty: if back { number::neg(qty) } else { qty },
                    lower: lower.unwrap_or_default(),
                    upper,
                    from: start,
                    usage,
                };
                take(run, tier, part)?;
                if self.quantity_round.is_some() {
                    taken = number::add(taken, qty)?;
                }
            }
            if is_last {
                return Ok(());
            }
            if let (Some(upper), Some(lower)) = (upper, lower)
                && number::cmp(upper, lower).is_lt()
            {
                return Err(Trouble::BoundsCross);
            }
            lower = upper;
        }
        Err(run.over(high, Trouble::BeyondLastBlock))
    }

    /// Whether the bounds are those of the document in every bill, and the blocks start anew in each.
    pub(crate) fn is_plain(&self) -> bool {
        !self.annual && self.scale.is_empty() && self.adders.is_empty()
    }

    /// The first block, or the one in which a counter stands.
    pub(crate) fn standing<'t>(
        &'t self,
        run: &Run<'_, 't>,
        at: Decimal,
    ) -> Result<Option<&'t Tier<T>>, Trouble> {
        let scale = self.factor(run)?;
        for tier in &self.tiers {
            if self.bound(run, tier, scale)?.is_none_or(|upper| at <= upper) {
                return Ok(Some(tier));
            }
        }
        Ok(None)
    }

    /// A block's quantity at its step. The last takes what the others have left, so that the parts add up.
    fn step(
        &self,
        qty: Decimal,
        is_last: bool,
        (low, high): (Decimal, Decimal),
        taken: Decimal,
    ) -> Result<Decimal, Trouble> {
        match self.quantity_round {
            None => Ok(qty),
            Some(rule) if is_last => number::sub(rule.apply(number::sub(high, low)?)?, taken),
            Some(rule) => rule.apply(qty),
        }
    }

    /// What the bounds are multiplied by: above and below the line, so that the division comes last.
    fn factor(&self, run: &Run<'_, '_>) -> Result<Option<(Decimal, Decimal)>, Trouble> {
        if self.scale.is_empty() {
            // Bounds of a whole period are shared in the ratio of its parts; those of a year are not.
            let part = if self.annual { None } else { run.part() };
            return Ok(part.map(|part| (part.num, part.den)));
        }
        let (mut num, mut den) = (Decimal::ONE, Decimal::ONE);
        for factor in &self.scale {
            match *factor {
                Factor::Days(slot) | Factor::Months(slot) | Factor::Attr(slot) => {
                    num = number::mul(num, run.value(slot)?)?;
                }
                Factor::NormDays(slot, norm) => {
                    num = number::mul(num, run.value(slot)?)?;
                    den = number::mul(den, norm)?;
                }
                Factor::YearPart(above, below) => {
                    num = number::mul(num, run.value(above)?)?;
                    den = number::mul(den, run.value(below)?)?;
                }
            }
        }
        Ok(Some((num, den)))
    }

    /// A block's upper bound after scaling.
    #[inline]
    fn bound(
        &self,
        run: &Run<'_, '_>,
        tier: &Tier<T>,
        scale: Option<(Decimal, Decimal)>,
    ) -> Result<Option<Decimal>, Trouble> {
        let Some(mut bound) = tier.upto else { return Ok(None) };
        if let Some((num, den)) = scale {
            bound = number::mul(bound, num)?;
            if den != Decimal::ONE {
                bound = number::div(bound, den)?;
            }
        }
        for adder in &self.adders {
            bound = number::add(bound, adder.raise(run, tier.number)?)?;
        }
        match self.limit_rounding {
            Some(rule) => rule.apply(bound).map(Some),
            None => Ok(Some(bound)),
        }
    }
}

impl Adder {
    /// How much a block's bound is raised.
    fn raise(&self, run: &Run<'_, '_>, tier: u16) -> Result<Decimal, Trouble> {
        let place = usize::from(tier.saturating_sub(1));
        let per_extra = self.per_extra.get(place).or(self.per_extra.last()).copied().unwrap_or_default();
        let raised = number::mul(per_extra, run.value(self.extra)?)?;
        if self.by_month { number::div(raised, Decimal::from(12)) } else { Ok(raised) }
    }
}

/// Whether the counter runs through the tier year.
fn is_annual(fields: &Fields<'_>) -> Result<bool, Refused> {
    match (fields.text("counter"), fields.text("basis")) {
        (Some("period"), Some("annual_cumulative")) => {
            Err(fields.refuse("counter", "is period, but basis is annual_cumulative"))
        }
        (Some("annual"), _) | (_, Some("annual_cumulative")) => Ok(true),
        _ => Ok(false),
    }
}

/// What the short form and the long form together multiply the bounds by.
fn read_scale(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Vec<Factor>, Refused> {
    let mut scale = Vec::new();
    match fields.text("basis") {
        Some("per_day") => scale.push(read_factor(fields, fields, "basis", "days", compiler)?),
        Some("per_norm_days") => scale.push(read_factor(fields, fields, "basis", "norm_days", compiler)?),
        Some("months") => scale.push(read_factor(fields, fields, "basis", "months", compiler)?),
        Some("per_unit") => scale.push(read_factor(fields, fields, "basis", "attr", compiler)?),
        _ => {}
    }
    for (path, item) in fields.items("scale") {
        if let Some(by) = item.as_str() {
            scale.push(read_factor(fields, fields, "scale", by, compiler)?);
            continue;
        }
        let own = Fields::open(path, item, &[FACTOR_KEYS])?;
        let by = ["by", "type"].into_iter().find_map(|key| own.text(key));
        let by = by.or_else(|| FACTORS.iter().copied().find(|name| own.has(name)));
        let by = by.ok_or_else(|| own.refuse("by", format!("must be one of {}", FACTORS.join(", "))))?;
        scale.push(read_factor(&own, fields, "by", by, compiler)?);
    }
    for (key, needs) in [("norm_days", "norm_days"), ("scale_attr", "attr")] {
        let used = scale.iter().any(|factor| factor.name() == needs);
        if fields.has(key) && !used {
            return Err(fields.refuse(key, "is given, but nothing scales the bounds by it"));
        }
    }
    Ok(scale)
}

const FACTORS: &[&str] = &["days", "norm_days", "months", "attr", "year_part"];

const FACTOR_KEYS: &[Key] = &[
    Key::may("by", Kind::OneOf(FACTORS), "which"),
    Key::may("type", Kind::OneOf(FACTORS), "which"),
    Key::may("days", Kind::Any, "by the days of the period"),
    Key::may("months", Kind::Any, "by the months of the period"),
    Key::may("year_part", Kind::Any, "by the part of the tier year"),
    Key::may("norm_days", Kind::Number, "the days that the bounds are made for"),
    Key::may("attr", Kind::Text, "the fact that multiplies the bounds"),
    Key::may("scale_attr", Kind::Text, "the same"),
];

/// One factor; its number or fact stands with it, or with the component.
fn read_factor(
    own: &Fields<'_>,
    component: &Fields<'_>,
    key: &str,
    by: &str,
    compiler: &mut Compiler,
) -> Result<Factor, Refused> {
    Ok(match by {
        "days" => Factor::Days(compiler.slot(Need::Days)),
        "months" => Factor::Months(compiler.slot(Need::Months)),
        "year_part" => Factor::YearPart(compiler.slot(Need::YearPart), compiler.slot(Need::YearWhole)),
        "norm_days" => {
            let norm = positive(own, "norm_days")?.or(positive(component, "norm_days")?);
            let norm = norm.ok_or_else(|| component.refuse("norm_days", "is required by this scale"))?;
            Factor::NormDays(compiler.slot(Need::Days), norm)
        }
        "attr" => {
            let attr = own.text("attr").or(own.text("scale_attr")).or(component.text("scale_attr"));
            let attr = attr.ok_or_else(|| component.refuse("scale_attr", "is required by this scale"))?;
            Factor::Attr(compiler.attr(attr))
        }
        other => {
            let rule = format!("{other:?} is unknown; one of {}", FACTORS.join(", "));
            return Err(own.refuse(key, rule));
        }
    })
}

impl Factor {
    /// Its name in a document.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Days(_) => "days",
            Self::NormDays(..) => "norm_days",
            Self::Months(_) => "months",
            Self::Attr(_) => "attr",
            Self::YearPart(..) => "year_part",
        }
    }
}

/// What the short form and the long form together add to the bounds.
fn read_adders(fields: &Fields<'_>, compiler: &mut Compiler, bounds: usize) -> Result<Vec<Adder>, Refused> {
    let mut adders = Vec::new();
    match (fields.number("persons_over"), fields.has("limit_per_extra_person")) {
        (Some(over), true) => {
            let per_extra = read_per_extra(fields, "limit_per_extra_person", bounds)?;
            adders.push(Adder::new("persons", over, per_extra, false, compiler));
        }
        (None, false) => {}
        (Some(_), false) => {
            return Err(fields.refuse("limit_per_extra_person", "is required by persons_over"));
        }
        (None, true) => return Err(fields.refuse("persons_over", "is required by limit_per_extra_person")),
    }
    let items = fields.items("adders");
    check_list(&fields.at("adders"), "adders", items.len(), ADDERS_MAX)?;
    for (path, item) in items {
        let own = Fields::open(path, item, &[ADDER_KEYS])?;
        let per_extra = read_per_extra(&own, "per_extra", bounds)?;
        let by_month = own.text("prorate") == Some("month");
        adders.push(Adder::new(
            own.need_text("attr")?,
            own.need_number("over")?,
            per_extra,
            by_month,
            compiler,
        ));
    }
    Ok(adders)
}

impl Adder {
    fn new(
        attr: &str,
        over: Decimal,
        per_extra: Vec<Decimal>,
        by_month: bool,
        compiler: &mut Compiler,
    ) -> Self {
        let extra = compiler.slot(Need::Extra { attr: attr.into(), over, by_month });
        Self { extra, attr: attr.into(), over, per_extra, by_month }
    }
}

/// Units for each one over: one number for all blocks, or one for each that has a bound.
fn read_per_extra(fields: &Fields<'_>, key: &str, bounds: usize) -> Result<Vec<Decimal>, Refused> {
    let Some(one) = fields.number(key) else {
        let list = fields.items(key);
        let list: Vec<Decimal> = list.iter().filter_map(|(_, item)| crate::tariff::decimal(item)).collect();
        return match list.len() {
            n if n == bounds => Ok(list),
            n => Err(fields.refuse(key, format!("has {n} numbers for {bounds} bounds"))),
        };
    };
    Ok(vec![one])
}

/// To whole units, by the mode that a key names.
fn whole(fields: &Fields<'_>, key: &str) -> Option<Rule> {
    fields.text(key).and_then(|mode| mode.parse().ok()).map(Rule::whole)
}
