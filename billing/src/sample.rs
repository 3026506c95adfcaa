//! The sample that rating is measured on: one water tariff of three blocks and four items, and bills that lie in one,
//! two and three of the blocks. The benchmark of this crate and `meterline bench rate` share it.

use rust_decimal::Decimal;

use crate::rating::Input;
use crate::tariff::Tariff;

/// Beijing's bounds through the tier year, and three items a cubic metre, two of them other payees'.
const WATER: &str = r#"{
  "code": "SAMPLE-WATER", "name": {"zh": "居民用水", "en": "residential water"}, "medium": "water", "currency": "CNY",
  "valid_from": "2014-05-01", "quantum": "0.01", "rounding": "half_up", "round_at": "line",
  "components": [
    {"type": "tiered", "code": "water", "qty": "usage", "basis": "annual_cumulative", "tiers": [
      {"upto": "180", "price": "2.07"}, {"upto": "260", "price": "4.07"}, {"upto": null, "price": "6.07"}]},
    {"type": "unit", "code": "resource", "qty": "usage", "price": "1.57", "payee": "water_bureau"},
    {"type": "unit", "code": "sewage", "qty": "usage", "price": "1.36", "payee": "drainage_company"},
    {"type": "unit", "code": "garbage", "qty": "usage", "price": "0.59", "payee": "sanitation"}]}"#;

/// The tariff.
///
/// # Panics
///
/// Never: the document above is this crate's own, and a test rates it.
#[expect(clippy::expect_used, reason = "the document is a constant")]
pub fn water_tariff() -> Tariff {
    Tariff::from_json(WATER).expect("the sample is a tariff")
}

/// `n` bills: usages of 3 to 47 m3 at counters of 0 to 299, so that about one in seven crosses a bound.
pub fn water_inputs(n: u32) -> Vec<Input> {
    let bill = |i: u32| {
        let usage = i.wrapping_mul(7).checked_rem(45).unwrap_or_default().saturating_add(3);
        let prior = i.wrapping_mul(113).checked_rem(300).unwrap_or_default();
        Input {
            qty: vec![("usage".into(), Decimal::from(usage))],
            prior_cumulative: vec![("usage".into(), Decimal::from(prior))],
            ..Input::default()
        }
    };
    (0..n).map(bill).collect()
}
