//! A Rust source taken apart into code, literals and comments: as much of the lexer as a search needs.

/// A piece of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Neither of the others.
    Code,
    /// What stands between quotes.
    Literal,
    /// After `//`, or between `/*` and `*/`.
    Comment,
}

/// The pieces of a source, each with the line on which it begins, from 1.
pub(crate) fn pieces(source: &str) -> Vec<(Piece, usize, String)> {
    let mut pieces = Vec::new();
    let (mut rest, mut line) = (source, 1);
    let mut code = String::new();
    let mut code_line = 1;
    while let Some(first) = rest.chars().next() {
        let Some((piece, length, text)) = next(rest, code.chars().last()) else {
            code.push(first);
            line += usize::from(first == '\n');
            rest = &rest[first.len_utf8()..];
            continue;
        };
        pieces.push((Piece::Code, code_line, std::mem::take(&mut code)));
        pieces.push((piece, line, text.to_owned()));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
        code_line = line;
    }
    pieces.push((Piece::Code, code_line, code));
    pieces
}

/// The comment or literal that begins here: how long it is with its marks, and what stands in it.
fn next(rest: &str, before: Option<char>) -> Option<(Piece, usize, &str)> {
    if rest.starts_with("//") {
        let end = rest.find('\n').unwrap_or(rest.len());
        return Some((Piece::Comment, end, &rest[2..end]));
    }
    if rest.starts_with("/*") {
        let end = rest.find("*/").map_or(rest.len(), |at| at + 2);
        return Some((Piece::Comment, end, &rest[2..end]));
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with('r') && (!in_word || before == Some('b')) {
        let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
        if rest[1 + hashes..].starts_with('"') {
            let start = 2 + hashes;
            let mark = format!("\"{}", "#".repeat(hashes));
            let end = rest[start..].find(&mark).map_or(rest.len(), |at| start + at);
            return Some((Piece::Literal, (end + mark.len()).min(rest.len()), &rest[start..end]));
        }
    }
    if let Some(inside) = rest.strip_prefix('"') {
        let end = 1 + unescaped(inside, '"')?;
        return Some((Piece::Literal, end + 1, &rest[1..end]));
    }
    // A lifetime has no second quote near it; a character has one right behind it.
    if let Some(after) = rest.strip_prefix('\'') {
        let end = 1 + unescaped(after, '\'')?;
        let inside = &rest[1..end];
        let is_character = inside.starts_with('\\') || inside.chars().count() == 1;
        return is_character.then_some((Piece::Literal, end + 1, inside));
    }
    None
}

/// Where the mark stands that no backslash takes its meaning from.
fn unescaped(text: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return Some(at),
            _ => {}
        }
    }
    None
}
