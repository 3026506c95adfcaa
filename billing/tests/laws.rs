//! The laws of rating, as `docs/tariffs.md` numbers them.
#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use billing::rating::{
    Input, Rated, Share, piece_input, pieces, rate, rate_pieces, rate_untold_into, share_usage,
};
use billing::tariff::Tariff;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// Three blocks with prices that leave parts of a cent, on a counter or not, and what may round them.
fn water(basis: &str, rounds: bool) -> Tariff {
    Tariff::from_json(&format!(
        r#"{{"quantum": "0.01", "rounding": "half_up", "components": [
          {{"type": "tiered", "code": "water", "qty": "m3", "basis": "{basis}", "round": {rounds}, "payee": "works",
            "tiers": [{{"upto": "18.5", "price": "2.073"}}, {{"upto": "26", "price": "4.07"}}, {{"upto": null, "price": "6.071"}}]}},
          {{"type": "unit", "code": "sewage", "qty": "m3", "price": "0.957", "round": {rounds}, "payee": "drains"}},
          {{"type": "percent", "code": "levy", "of": ["water", "sewage"], "rate": "0.037", "round": {rounds}}}]}}"#
    ))
    .unwrap()
}

fn input(usage: Decimal, prior: Decimal, days: u32) -> Input {
    Input {
        qty: vec![("m3".into(), usage)],
        prior_cumulative: vec![("m3".into(), prior)],
        days: Some(Decimal::from(days)),
        ..Input::default()
    }
}

/// What a usage comes to from a counter.
fn total(tariff: &Tariff, usage: Decimal, prior: Decimal) -> Decimal {
    rate(tariff, &input(usage, prior, 30)).unwrap().total
}

/// Litres to hundreds of cubic metres.
fn usage() -> impl Strategy<Value = Decimal> {
    (0_i64..500_000).prop_map(|litres| Decimal::new(litres, 3))
}

/// Any decimal, the longest too.
fn any_decimal() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0_u32..=28)
            .prop_map(|(lo, mid, hi, negative, scale)| Decimal::from_parts(lo, mid, hi, negative, scale)),
        (-1000_i64..1000, 0_u32..4).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale)),
    ]
}

/// One of each component, so that whatever is thrown at them meets all of them.
const EVERYTHING: &str = r#"{"quantum": "0.01", "rounding": "half_even", "final": {"quantum": "0.05", "rounding": "floor"}, "components": [
  {"type": "loss", "qty": "kwh", "into": "billed", "fixed_per_day": "4.6", "load_rate": "0.015"},
  {"type": "fixed", "code": "fixed", "amount": "20.61"},
  {"type": "per_attr", "code": "area", "attr": "area", "price": "1.7"},
  {"type": "unit", "code": "unit", "qty": "kwh", "price": "0.333", "free": "15", "factor": "0.9", "cap": "400"},
  {"type": "tiered", "code": "tiered", "qty": "billed", "counter": "annual", "scale": ["days", {"norm_days": "30"}],
   "adders": [{"attr": "persons", "over": "4", "per_extra": ["10", "20"], "prorate": "month"}], "quantity_round": "0.5",
   "tiers": [{"upto": "200", "price": "0.5"}, {"upto": "400", "price": "0.55"}, {"upto": null, "price": "0.8"}]},
  {"type": "tou", "code": "tou", "qty": {"peak": "kp", "valley": "kv"}, "counter": "annual", "tiers": [
   {"upto": "100", "prices": {"peak": "0.6", "valley": "0.3"}}, {"upto": null, "prices": {"peak": "0.7", "valley": "0.4"}}]},
  {"type": "demand", "code": "demand", "basis": "contract", "qty": "kw", "contract_attr": "area", "price": "40"},
  {"type": "power_factor", "code": "pf", "active": "kwh", "reactive": ["kp", "kv"], "standard": "0.90", "of": ["demand"]},
  {"type": "quota", "code": "quota", "qty": "kwh", "quota_attr": "area", "of_price": "3.5",
   "bands": [{"upto_ratio": "0.1", "multiple": "1"}, {"upto_ratio": null, "multiple": "2"}]},
  {"type": "minimum", "code": "minimum", "amount": "10", "of": ["unit"]},
  {"type": "cap", "code": "cap", "of": ["unit", "area"], "at": {"attr": "area", "price": "25"}},
  {"type": "discount", "code": "discount", "if_attr": "persons", "rate": "0.2", "of": ["unit"]},
  {"type": "subsidy", "code": "subsidy", "payer": "bureau", "per_unit": "0.5", "qty": "kwh", "limit": "15", "limit_scale": "days"},
  {"type": "vat", "code": "vat", "rate": "0.09", "of": ["unit", "tiered"], "place": "line"},
  {"type": "vat", "code": "held", "rate": "0.13", "of": ["tou"], "mode": "inclusive"},
  {"type": "select", "code": "select", "by": "kwh", "cases": [
   {"upto": "60", "components": [{"type": "fixed", "code": "band", "amount": "60"}]},
   {"upto": null, "components": [{"type": "formula", "code": "band", "expr": "kwh*days/(365/12)"}]}]},
  {"type": "formula", "code": "formula", "expr": "min(0, 24*area - S_unit) / max(area, kwh) + L_tiered_2"},
  {"type": "round_running", "code": "running", "quantum": "0.1", "rounding": "ceil"},
  {"type": "settlement", "code": "settlement", "of": ["unit"], "less": "area"}]}"#;

proptest! {
    /// Law 1: the total is the sum of the lines, whatever is rounded where.
    #[test]
    fn the_total_is_the_sum_of_the_lines(kwh in usage(), area in usage(), days in 1_u32..70, at_total: bool) {
        let document = EVERYTHING.replacen(r#""components""#, if at_total { r#""round_at": "total", "components""# } else { r#""components""# }, 1);
        let tariff = Tariff::from_json(&document).unwrap();
        let bill = Input {
            qty: [("kwh", kwh + Decimal::ONE), ("kp", kwh), ("kv", area), ("kw", area)].map(|(n, v)| (n.into(), v)).into(),
            attrs: [("area", area + Decimal::ONE), ("persons", Decimal::from(6))].map(|(n, v)| (n.into(), v.into())).into(),
            ..input(kwh, Decimal::ZERO, days)
        };
        let rated = rate(&tariff, &bill).unwrap();
        prop_assert_eq!(rated.lines.iter().map(|line| line.amount).sum::<Decimal>(), rated.total);
        prop_assert!((rated.total % Decimal::new(5, 2)).is_zero(), "{} is at the last step", rated.total);
    }

    /// Law 2: cutting a period with equal prices changes nothing beyond rounding.
    #[test]
    fn a_cut_with_equal_prices_changes_nothing(m3 in usage(), cut in 1_i8..28) {
        let from = jiff::civil::date(2026, 1, 1);
        let day = jiff::civil::date(2026, 1, cut + 1);
        let version = |validity: String| Tariff::from_json(&format!(
            r#"{{{validity}, "quantum": "0.01", "rounding": "half_up", "components": [
                {{"type": "fixed", "code": "base", "amount": "31", "round": false}},
                {{"type": "unit", "code": "sewage", "qty": "m3", "price": "0.957", "free": "7", "round": false}},
                {{"type": "tiered", "code": "water", "qty": "m3", "round": false, "tiers": [
                    {{"upto": "18.5", "price": "2.073"}}, {{"upto": null, "price": "6.071"}}]}}]}}"#)).unwrap();
        let versions = [
            version(format!(r#""valid_from": "2020-01-01", "valid_to": "{day}""#)),
            version(format!(r#""valid_from": "{day}""#)),
        ];
        let dates = billing::rating::Dates {
            from, to: jiff::civil::date(2026, 2, 1), read_on: from, billed_on: from, readings: &[], new_year: None,
        };
        let cut = pieces(&versions.each_ref(), &dates).unwrap();
        prop_assert_eq!(cut.len(), 2);
        let whole = input(m3, Decimal::ZERO, 31);
        let shares: Vec<Share> = cut.iter().map(|piece| piece.share).collect();
        let parts = share_usage(m3, &shares, None).unwrap();
        let inputs: Vec<_> = cut.iter().zip(parts).map(|(piece, part)| {
            (&versions[piece.version], piece_input(&whole, piece, vec![("m3".into(), part)]).unwrap(), false)
        }).collect();
        let sum: Decimal = rate_pieces(&inputs).unwrap().iter().map(|bill| bill.total).sum();
        let once = rate(&versions[0], &whole).unwrap().total;
        // The usage is shared to a millionth.
        prop_assert!((sum - once).abs() < Decimal::new(1, 5), "{sum} in two pieces, {once} in one");
    }

    /// Law 3: blocks are monotone and continuous: more never costs less, and no bound makes a jump.
    #[test]
    fn blocks_are_monotone_and_continuous(u in usage(), more in 1_i64..50, prior in usage()) {
        let tariff = water("annual_cumulative", false);
        let (step, dearest) = (Decimal::new(more, 3), Decimal::new(8, 0));
        let (less, more) = (total(&tariff, u, prior), total(&tariff, u + step, prior));
        prop_assert!(less <= more, "{less} for {u}, {more} for more");
        prop_assert!(more - less <= step * dearest, "a jump of {} for {step}", more - less);
    }

    /// Law 4: rating u from counter a, then v from a + u, is rating u + v from a.
    #[test]
    fn two_bills_are_one(u in usage(), v in usage(), a in usage(), back: bool) {
        let tariff = water("annual_cumulative", false);
        let v = if back { -v } else { v };
        prop_assert_eq!(total(&tariff, u, a) + total(&tariff, v, a + u), total(&tariff, u + v, a));
    }

    /// Law 5: rating -u from a + u undoes rating u from a, to the cent.
    #[test]
    fn a_correction_undoes_its_bill(u in usage(), a in usage()) {
        let tariff = water("annual_cumulative", true);
        let (there, back) = (input(u, a, 30), input(-u, a + u, 30));
        let (there, back) = (rate(&tariff, &there).unwrap(), rate(&tariff, &back).unwrap());
        prop_assert_eq!(there.total + back.total, Decimal::ZERO);
        prop_assert_eq!(there.lines.len(), back.lines.len());
        for (one, other) in there.lines.iter().zip(&back.lines) {
            prop_assert_eq!((one.code, one.amount), (other.code, -other.amount));
        }
        prop_assert_eq!(back.counters[0].to, a);
    }

    /// Law 6: usage and bounds scaled together scale the bill.
    #[test]
    fn days_scale_usage_and_bounds_alike(u in usage(), days in 1_u32..40, times in 1_u32..9) {
        let tariff = water("per_day", false);
        let bill = |usage, days| rate(&tariff, &input(usage, Decimal::ZERO, days)).unwrap().total;
        let k = Decimal::from(times);
        prop_assert_eq!(bill(u * k, days * times), bill(u, days) * k);
    }

    /// Law 7: the payees' parts add up to the total.
    #[test]
    fn payees_add_up(u in usage(), a in usage()) {
        let tariff = water("annual_cumulative", true);
        let bill = input(u, a, 30);
        let rated = rate(&tariff, &bill).unwrap();
        let parts = [None, Some("works"), Some("drains")].map(|payee| rated.sum_of(payee).unwrap());
        prop_assert_eq!(parts.iter().sum::<Decimal>(), rated.total);
    }

    /// Law 8: re-rating is identical, into used memory and without telling.
    #[test]
    fn rating_again_is_identical(bills in prop::collection::vec((usage(), usage()), 1..5)) {
        let tariff = water("annual_cumulative", true);
        let mut used = Rated::new();
        for (u, a) in bills {
            let bill = input(u, a, 30);
            let fresh = rate(&tariff, &bill).unwrap();
            rate_untold_into(&tariff, &bill, &mut used).unwrap();
            prop_assert_eq!(fresh.to_json(), used.to_json());
            prop_assert_eq!(fresh.to_json(), rate(&tariff, &bill).unwrap().to_json());
        }
    }

    /// Law 10: the parts of a usage that a change of price makes add up to it exactly.
    #[test]
    fn shares_add_up(u in usage(), days in prop::collection::vec(1_i64..90, 1..6), whole: bool) {
        let all: i64 = days.iter().sum();
        let shares: Vec<Share> = days.iter().map(|n| Share::new((*n).into(), all.into()).unwrap()).collect();
        let parts = share_usage(u, &shares, whole.then_some(Decimal::ONE)).unwrap();
        prop_assert_eq!(parts.iter().sum::<Decimal>(), u);
    }

    /// Law 11: no input makes it panic or overflow unnoticed: it rates, or says which component could not.
    #[test]
    fn no_input_panics(numbers in prop::collection::vec(any_decimal(), 9), leave_out in 0_usize..12) {
        let tariff = Tariff::from_json(EVERYTHING).unwrap();
        let names = ["kwh", "kp", "kv", "kw", "area", "persons", "billed", "tou", "days"];
        let given = || names.iter().zip(&numbers).enumerate().filter(|(n, _)| *n != leave_out).map(|(_, pair)| pair);
        let bill = Input {
            qty: given().filter(|(name, _)| name.starts_with('k')).map(|(name, n)| ((*name).into(), *n)).collect(),
            attrs: given().filter(|(name, _)| matches!(**name, "area" | "persons")).map(|(name, n)| ((*name).into(), (*n).into())).collect(),
            prior_cumulative: given().filter(|(name, _)| matches!(**name, "billed" | "tou")).map(|(name, n)| ((*name).into(), *n)).collect(),
            days: given().find(|(name, _)| **name == "days").map(|(_, n)| *n),
            ..Input::default()
        };
        match rate(&tariff, &bill) {
            Ok(rated) => prop_assert_eq!(rated.lines.iter().map(|line| line.amount).sum::<Decimal>(), rated.total),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    /// Law 11, of documents: a mangled one is refused, or it is a tariff.
    #[test]
    fn no_document_panics(at in 0_usize..EVERYTHING.len(), with in "[0-9a-z\"{}\\[\\],:.*/()-]{0,6}", cut in 0_usize..40) {
        let end = (at + cut).min(EVERYTHING.len());
        let mangled = format!("{}{with}{}", &EVERYTHING[..at], &EVERYTHING[end..]);
        if let Err(refused) = Tariff::from_json(&mangled) {
            prop_assert!(!refused.rule.is_empty());
        }
    }
}

#[test]
fn a_missing_need_names_the_component_and_what_it_needs() {
    let tariff = water("per_day", true);
    let nothing = Input::default();
    let error = rate(&tariff, &nothing).unwrap_err();
    assert_eq!(
        error.to_string(),
        "water: needs quantity \"m3\" (input.qty, or segments of that register), which is not given"
    );
    let no_days = Input { qty: vec![("m3".into(), Decimal::ONE)], ..Input::default() };
    assert_eq!(
        rate(&tariff, &no_days).unwrap_err().to_string(),
        "water: needs the days of the period (input.days), which is not given"
    );
}
