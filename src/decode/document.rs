//! A JSON document for people: its own characters, a value a line.

use std::fmt::Write as _;

/// The lines that are shown of a document; the rest is counted.
const LINES_MAX: usize = 400;

/// The document, indented; no number or name is written otherwise than it came.
pub(super) fn indented(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().saturating_mul(2));
    let (mut depth, mut lines) = (0_usize, 1_usize);
    let (mut in_text, mut is_escaped) = (false, false);
    for (at, c) in text.char_indices() {
        if lines > LINES_MAX {
            let _ = write!(shown, "… (+{} B)", text.len() - at);
            break;
        }
        let mut line = |shown: &mut String, depth: usize| {
            lines += 1;
            shown.push('\n');
            shown.extend(std::iter::repeat_n("  ", depth.min(20)));
        };
        if in_text {
            in_text = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
            shown.push(if c.is_control() { '.' } else { c });
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                shown.push(c);
                line(&mut shown, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut shown, depth);
                shown.push(c);
            }
            ',' => {
                shown.push(c);
                line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            c if c.is_whitespace() || c.is_control() => {}
            c => {
                in_text = c == '"';
                shown.push(c);
            }
        }
    }
    shown.push('\n');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_keeps_its_characters() {
        let shown = indented(r#"{"a":12.50, "b":["x,\"}",null]}"#);
        let expected = "{\n  \"a\": 12.50,\n  \"b\": [\n    \"x,\\\"}\",\n    null\n  ]\n}\n";
        assert_eq!(shown, expected);
        assert!(indented(&"[1,".repeat(1000)).lines().count() <= LINES_MAX + 1);
    }
}
