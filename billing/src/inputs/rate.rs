//! Rates frozen inputs: what the segments come to, by whichever version of the tariff prices each part of the period.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::{FrozenPiece, FrozenQuantity, Inputs};
use crate::determinants::{Counted, quantity};
use crate::rating::{Fact, Input, Piece, Rated, Share, piece_input, rate, rate_untold_into, share_usage};
use crate::reason::{NoBill, Reason};
use crate::tariff::{Tariff, plain_decimal};
use metering::days_between;
use series::segment::Segment;

/// A part of a bill, rated.
#[derive(Debug)]
pub struct Part<'t> {
    /// Its first day.
    pub from: Date,
    /// The first day after it.
    pub to: Date,
    /// Its tier year.
    pub tier_year: i16,
    /// What priced it.
    pub tariff: &'t Tariff,
    /// What it was rated from.
    pub input: Input,
    /// What it came to.
    pub rated: Rated<'t>,
}

impl Inputs {
    /// What the engine rates: quantities from the segments, facts, counters.
    pub fn rating_input(&self) -> Result<Input, NoBill> {
        let segments = self.thawed().map_err(|error| NoBill::new(Reason::Overflow, error.to_string()))?;
        self.rating_input_of(&segments)
    }

    /// [`Inputs::rating_input`], where the segments are at hand.
    pub fn rating_input_of(&self, segments: &[Segment]) -> Result<Input, NoBill> {
        let qty = self.counted(segments)?;
        let mut prior = Vec::with_capacity(self.prior.len());
        for (counter, text) in &self.prior {
            prior.push((counter.as_str().into(), number(text)?));
        }
        Ok(Input {
            qty,
            segments: Vec::new(),
            attrs: self.attrs.iter().map(|(name, value)| (name.as_str().into(), Fact::new(value))).collect(),
            attr_months: by_month(&self.attr_months)?,
            days: Some(Decimal::from(self.days)),
            months: Some(Decimal::from(self.months)),
            year_part: self.year_part.as_deref().and_then(Share::parse),
            // Only a part of a bill has one: see `piece_inputs`.
            period_part: None,
            prior_cumulative: prior,
        })
    }

    /// What these segments come to, by quantity.
    fn counted(&self, segments: &[Segment]) -> Result<Usages, NoBill> {
        let mut qty = Vec::with_capacity(self.quantities.len());
        for q in &self.quantities {
            let counted =
                Counted { name: q.name.clone(), register: q.register.clone(), unit: q.unit.clone() };
            let Some(sum) = quantity(&counted, segments, self.index_step) else {
                return Err(NoBill::new(Reason::Overflow, format!("the quantity {}", q.name)));
            };
            qty.push((q.name.as_str().into(), sum));
        }
        Ok(qty)
    }

    /// The versions that price it, by number, with the SHA-256 of their documents.
    pub fn versions(&self) -> impl Iterator<Item = (i32, &str)> {
        let whole = self.pieces.is_empty().then_some((self.tariff, self.tariff_sha256.as_str()));
        whole.into_iter().chain(self.pieces.iter().map(|piece| (piece.tariff, piece.tariff_sha256.as_str())))
    }

    /// Rates, with all that the lines need to explain themselves: the parts of the bill in their order, nearly always
    /// one. `tariff` finds a version by its number.
    pub fn rate<'t>(&self, tariff: impl Fn(i32) -> Option<&'t Tariff>) -> Result<Vec<Part<'t>>, NoBill> {
        let find = |id| {
            tariff(id).ok_or_else(|| {
                NoBill::new(Reason::NoTariff, format!("version {id} of the tariff is not there"))
            })
        };
        let input = self.rating_input()?;
        if self.pieces.is_empty() {
            let tariff = find(self.tariff)?;
            let rated = rate(tariff, &input).map_err(not_rated)?;
            return Ok(vec![Part {
                from: self.from,
                to: self.to,
                tier_year: self.tier_year,
                tariff,
                input,
                rated,
            }]);
        }
        let overflow = || NoBill::new(Reason::Overflow, "the parts of the period");
        let usages = self.piece_usages()?.ok_or_else(overflow)?;
        let inputs = self.piece_inputs(&input, usages).ok_or_else(overflow)?;
        let mut parts: Vec<Part<'t>> = Vec::with_capacity(inputs.len());
        for (piece, mut input) in self.pieces.iter().zip(inputs) {
            let tariff = find(piece.tariff)?;
            let mut tier_year = self.tier_year;
            if let Some(before) = parts.last() {
                let step = i16::from(piece.new_year);
                tier_year = before.tier_year.checked_add(step).ok_or_else(overflow)?;
                if !piece.new_year {
                    go_on(&mut input, before);
                }
            }
            if !piece.attr_months.is_empty() {
                input.attr_months = by_month(&piece.attr_months)?;
            }
            if let Some(part) = &piece.year_part {
                input.year_part = Share::parse(part);
            }
            let rated = rate(tariff, &input).map_err(not_rated)?;
            parts.push(Part { from: piece.from, to: piece.to, tier_year, tariff, input, rated });
        }
        Ok(parts)
    }

    /// The usage of the parts: what a reading says where one parts them, else shared by days, so that it adds up. A maximum is
    /// that of the whole period in each part: `demand` charges the part's days of it, and compares it whole with the contract.
    fn piece_usages(&self) -> Result<Option<Vec<Usages>>, NoBill> {
        let segments = self.thawed().map_err(|error| NoBill::new(Reason::Overflow, error.to_string()))?;
        let maxima: Vec<&str> =
            segments.iter().filter(|s| s.greatest.is_some()).map(|s| s.name.as_str()).collect();
        let is_maximum = |name: &str| {
            let of = |q: &&FrozenQuantity| q.name == name;
            self.quantities.iter().find(of).is_some_and(|q| maxima.contains(&q.register.as_str()))
        };
        let mut usages = Vec::with_capacity(self.pieces.len());
        let mut rest = self.pieces.as_slice();
        while let Some(first) = rest.first() {
            let next = rest.iter().skip(1).position(|piece| piece.first_segment.is_some());
            let (between, after) = rest.split_at(next.map_or(rest.len(), |place| place.saturating_add(1)));
            let ends = after.first().and_then(|piece| piece.first_segment).unwrap_or(segments.len());
            let own = segments.get(first.first_segment.unwrap_or(0)..ends).unwrap_or_default();
            match self.shared_by_days(between, &self.counted(own)?) {
                Some(shared) => usages.extend(shared),
                None => return Ok(None),
            }
            rest = after;
        }
        if maxima.is_empty() {
            return Ok(Some(usages));
        }
        let whole = self.counted(&segments)?;
        for usage in &mut usages {
            for (of_part, of_whole) in usage.iter_mut().zip(&whole).filter(|((name, _), _)| is_maximum(name))
            {
                of_part.1 = of_whole.1;
            }
        }
        Ok(Some(usages))
    }

    /// The usage of parts in a row, by days.
    fn shared_by_days(&self, pieces: &[FrozenPiece], qty: &Usages) -> Option<Vec<Usages>> {
        let days = |piece: &FrozenPiece| Decimal::from(days_between(piece.from, piece.to));
        let whole = pieces.iter().try_fold(Decimal::ZERO, |sum, piece| sum.checked_add(days(piece)))?;
        let shares: Vec<Share> =
            pieces.iter().map(|piece| Share::new(days(piece), whole)).collect::<Option<_>>()?;
        let mut usages: Vec<Usages> = vec![Vec::new(); shares.len()];
        for (name, quantity) in qty {
            for (usage, part) in usages.iter_mut().zip(share_usage(*quantity, &shares, self.index_step)?) {
                usage.push((name.clone(), part));
            }
        }
        Some(usages)
    }

    /// The inputs of the parts.
    fn piece_inputs(&self, input: &Input, usages: Vec<Usages>) -> Option<Vec<Input>> {
        let whole = Decimal::from(days_between(self.from, self.to));
        let cut = |(piece, usage): (&FrozenPiece, Usages)| {
            let share = Share::new(Decimal::from(days_between(piece.from, piece.to)), whole)?;
            let cut = Piece { from: piece.from, to: piece.to, version: 0, new_year: piece.new_year, share };
            piece_input(input, &cut, usage)
        };
        self.pieces.iter().zip(usages).map(cut).collect()
    }

    /// Rates a bill of one part for a run: the same lines, not told, into memory that is used anew.
    pub fn rate_into<'t>(
        &self,
        segments: &[Segment],
        tariff: &'t Tariff,
        rated: &mut Rated<'t>,
    ) -> Result<(), NoBill> {
        rate_untold_into(tariff, &self.rating_input_of(segments)?, rated).map_err(not_rated)
    }
}

fn number(text: &SmolStr) -> Result<Decimal, NoBill> {
    plain_decimal(text).ok_or_else(|| NoBill::new(Reason::Rating, format!("{text:?} is no number")))
}

/// Quantities by name.
type Usages = Vec<(Box<str>, Decimal)>;

/// Facts by month, by name.
type ByMonth = Vec<(Box<str>, Vec<Option<Decimal>>)>;

fn by_month(frozen: &BTreeMap<SmolStr, Vec<Option<SmolStr>>>) -> Result<ByMonth, NoBill> {
    let read = |months: &[Option<SmolStr>]| -> Result<Vec<_>, NoBill> {
        months.iter().map(|month| month.as_ref().map(number).transpose()).collect()
    };
    frozen.iter().map(|(name, months)| Ok((name.as_str().into(), read(months)?))).collect()
}

/// A part's counters begin where those of the part before it end.
fn go_on(input: &mut Input, before: &Part<'_>) {
    input.prior_cumulative.clone_from(&before.input.prior_cumulative);
    for moved in &before.rated.counters {
        match input.prior_cumulative.iter_mut().find(|(name, _)| &**name == moved.counter) {
            Some((_, state)) => *state = moved.to,
            None => input.prior_cumulative.push((moved.counter.into(), moved.to)),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is the argument of map_err")]
fn not_rated(error: crate::rating::RateError) -> NoBill {
    NoBill::new(Reason::Rating, error.to_string())
}
