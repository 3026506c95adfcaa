//! Characters that a person does not see, or that move what they see: where two texts differ by these alone, they look
//! the same, and a terminal that gets them does what they command.

/// Whether a character is a control character (C0, DEL, C1), moves the direction of writing, has no width, or breaks a
/// line. A joiner or a mark that changes how its neighbour is drawn is not among them.
///
/// ```
/// use metering::text::is_hidden;
/// assert!(['\u{1b}', '\u{9b}', '\n', '\u{202e}', '\u{200b}', '\u{feff}'].into_iter().all(is_hidden));
/// assert!(!['a', '户', ' ', '\u{3000}', '\u{301}'].into_iter().any(is_hidden));
/// ```
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'                        // soft hyphen
            | '\u{61c}' | '\u{200e}' | '\u{200f}' // marks of direction
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' // no width
            | '\u{2028}' | '\u{2029}'       // ends of lines and paragraphs
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' // embeddings, overrides, isolates
            | '\u{180e}' | '\u{3164}' | '\u{115f}' | '\u{1160}' | '\u{ffa0}' // blanks that look like nothing
            | '\u{e0000}'..='\u{e007f}') // tags
}
