//! `meterline bench rate`: bills a second on one core, with and without what explains their lines, against a loop written
//! by hand for this one tariff in the general decimal arithmetic.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use billing::rating::{Input, Rated, rate_into, rate_untold_into};
use billing::sample::{water_inputs, water_tariff};
use billing::tariff::Tariff;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use crate::{median, ratio};

/// The arguments of `meterline bench rate`.
#[derive(Debug, clap::Args)]
pub struct Rate {
    /// Slices of each, in turn; the middle one counts
    #[arg(long, default_value_t = 4_001)]
    slices: usize,
    /// A look, not a measurement
    #[arg(long)]
    quick: bool,
}

/// Bills in a slice: a tenth of a millisecond, so that being interrupted spoils few of them.
const BILLS: u32 = 300;

/// Measures.
pub fn run(args: &Rate) -> Result<Value> {
    let slices = if args.quick { 101 } else { args.slices.max(5) };
    let (tariff, inputs) = (water_tariff(), water_inputs(BILLS));
    let bare: Vec<Bare> = inputs.iter().map(Bare::of).collect();
    agree(&tariff, &inputs, &bare)?;
    let mut rated = Rated::new();
    let (mut told, mut untold, mut by_hand) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..slices {
        told.push(timed(|| {
            inputs.iter().try_for_each(|input| {
                rate_into(&tariff, black_box(input), &mut rated)?;
                black_box(rated.total);
                anyhow::Ok(())
            })
        })?);
        untold.push(timed(|| {
            inputs.iter().try_for_each(|input| {
                rate_untold_into(&tariff, black_box(input), &mut rated)?;
                black_box(rated.total);
                anyhow::Ok(())
            })
        })?);
        by_hand.push(timed(|| {
            for bill in &bare {
                black_box(black_box(bill).total());
            }
            Ok(())
        })?);
    }
    let (told, untold, by_hand) = (median(told), median(untold), median(by_hand));
    let per_second = |ns: u128| u128::from(BILLS) * 1_000_000_000 / ns.max(1);
    Ok(json!({
        "bench": "rate",
        "subject": {"what": "one water tariff, three blocks, four items, one core",
                    "bills_per_s_explained": per_second(told), "bills_per_s": per_second(untold)},
        "baseline": {"what": "the same amounts, a loop by hand, no lines", "bills_per_s": per_second(by_hand)},
        "bills": BILLS, "slices": slices,
        "ratio": ratio(by_hand, told)?,
    }))
}

/// Nanoseconds of one slice.
fn timed(slice: impl FnOnce() -> Result<()>) -> Result<u128> {
    let start = Instant::now();
    slice()?;
    Ok(start.elapsed().as_nanos())
}

/// The two must come to the same, or there is nothing to compare.
fn agree(tariff: &Tariff, inputs: &[Input], bare: &[Bare]) -> Result<()> {
    let mut rated = Rated::new();
    for (input, bare) in inputs.iter().zip(bare) {
        rate_into(tariff, input, &mut rated)?;
        ensure!(rated.total == bare.total(), "{} by the engine, {} by hand", rated.total, bare.total());
    }
    Ok(())
}

/// The numbers of one bill.
struct Bare {
    usage: Decimal,
    prior: Decimal,
}

impl Bare {
    fn of(input: &Input) -> Self {
        let first = |list: &[(Box<str>, Decimal)]| list.first().map(|(_, n)| *n).unwrap_or_default();
        Self { usage: first(&input.qty), prior: first(&input.prior_cumulative) }
    }

    /// The sample's blocks of 180 and 260, and its three items.
    fn total(&self) -> Decimal {
        let round = |x: Decimal| x.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        let (low, high) = (self.prior, self.prior + self.usage);
        let mut total = Decimal::ZERO;
        let mut lower = Decimal::ZERO;
        for (upper, price) in [(180, 207), (260, 407), (i64::MAX, 607)] {
            let upper = Decimal::from(upper);
            let part = upper.min(high) - lower.max(low);
            if part > Decimal::ZERO {
                total += round(part * Decimal::new(price, 2));
            }
            lower = upper;
        }
        for price in [157, 136, 59] {
            total += round(self.usage * Decimal::new(price, 2));
        }
        total
    }
}
