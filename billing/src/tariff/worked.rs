//! A worked example in one line of source: what the components' documentation runs.

use serde_json::{Value, json};

use super::document::Tariff;
use crate::rating::{Input, rate};

/// Rates one component, or a list of them, to cents by half-up, and prints the lines; one line with the reason,
/// where that can't be done.
///
/// ```
/// use billing::tariff::worked;
/// let rent = r#"{"type": "fixed", "code": "rent", "amount": "6"}"#;
/// assert_eq!(worked(rent, "{}"), ["rent 1 x 6 = 6.00"]);
/// let capacity = r#"{"type": "per_attr", "code": "capacity", "attr": "kva", "price": "30"}"#;
/// assert_eq!(worked(capacity, "{}"), [r#"capacity: needs fact "kva" (input.attrs), which is not given"#]);
/// ```
pub fn worked(components: &str, input: &str) -> Vec<String> {
    print(components, input).unwrap_or_else(|reason| vec![reason])
}

fn print(components: &str, input: &str) -> Result<Vec<String>, String> {
    let components: Value = serde_json::from_str(components).map_err(|e| e.to_string())?;
    let components = if components.is_array() { components } else { json!([components]) };
    let document = json!({ "quantum": "0.01", "rounding": "half_up", "components": components });
    let tariff = Tariff::from_value(&document).map_err(|e| e.to_string())?;
    let input = Input::from_json(input).map_err(|e| e.to_string())?;
    let rated = rate(&tariff, &input).map_err(|e| e.to_string())?;
    Ok(rated.lines.iter().map(ToString::to_string).collect())
}
