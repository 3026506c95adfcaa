//! Everything that measures. Each benchmark answers with one JSON object: subject, baseline, and their ratio, taken in turn in
//! one run, as medians.
//!
//! **Owns** the yardsticks: what a good engineer writes in an afternoon, frozen, so that a faster product cannot move its own
//! measure. The decoder's yardstick is another crate and lives in `decode`.
//!
//! **Lacks** the command line (`meterline bench` parses and prints) and any claim about other machines.

mod bare;
pub mod bill;
mod database;
pub mod mqtt;
pub mod rate;
pub mod sink;
mod yardstick;

/// The middle one.
fn median(mut of: Vec<u128>) -> u128 {
    of.sort_unstable();
    of.get(of.len() / 2).copied().unwrap_or_default()
}

/// `a / b` with two decimals, as a JSON number.
fn ratio(a: u128, b: u128) -> anyhow::Result<serde_json::Number> {
    let hundredths = a * 100 / b.max(1);
    Ok(serde_json::from_str(&format!("{}.{:02}", hundredths / 100, hundredths % 100))?)
}
