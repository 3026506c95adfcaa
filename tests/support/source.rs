//! A Rust source taken apart into code, literals and comments, and its functions measured: as much of the lexer as a search
//! needs.

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

/// The lines of a file's own code, without comments, literals and what is compiled for tests alone: the item behind each
/// `#[cfg(test)]`, not the rest of the file.
pub(crate) fn code_lines(text: &str) -> Vec<(usize, String)> {
    const TEST: &str = "#[cfg(test)]";
    let mut own = Vec::new();
    // How deep in brackets we are in an item for tests.
    let mut inside: Option<usize> = None;
    for (n, line) in every_code_line(text) {
        let mut kept = String::new();
        let mut at = 0;
        while let Some(c) = line[at..].chars().next() {
            match (inside, c) {
                (None, _) if line[at..].starts_with(TEST) => {
                    inside = Some(0);
                    at += TEST.len();
                    continue;
                }
                (None, c) => kept.push(c),
                (Some(0), ';') | (Some(1), '}') => inside = None,
                (Some(depth), '(' | '[' | '{') => inside = Some(depth + 1),
                (Some(depth), ')' | ']' | '}') => inside = Some(depth.saturating_sub(1)),
                (Some(_), _) => {}
            }
            at += c.len_utf8();
        }
        own.push((n, kept));
    }
    own
}

/// Each function's first line and how many lines it has.
pub(crate) fn functions(text: &str) -> Vec<(usize, usize)> {
    let code: Vec<(usize, char)> = every_code_line(text)
        .into_iter()
        .flat_map(|(n, line)| line.chars().chain(['\n']).map(|c| (n, c)).collect::<Vec<_>>())
        .collect();
    let mut found = Vec::new();
    // Functions whose body has begun: the first line, and how many braces were open before.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let (mut declared, mut braces, mut brackets) = (None, 0_usize, 0_usize);
    for (at, (line, c)) in code.iter().enumerate() {
        match c {
            'f' if begins_function(&code, at) => (declared, brackets) = (Some(*line), 0),
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            ';' if brackets == 0 => declared = None,
            '{' => {
                open.extend(declared.take().map(|line| (line, braces)));
                braces += 1;
            }
            '}' => {
                braces = braces.saturating_sub(1);
                if let Some((first, _)) = open.pop_if(|(_, before)| *before == braces) {
                    found.push((first, line - first + 1));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether `fn name` stands here; `fn(…)` is a type.
fn begins_function(code: &[(usize, char)], at: usize) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let text: String = code[at..].iter().take(4).map(|(_, c)| *c).collect();
    text.strip_prefix("fn ").is_some_and(|rest| rest.starts_with(is_word))
        && !at.checked_sub(1).is_some_and(|before| is_word(code[before].1))
}

/// The lines of code, numbered from 1, without comments and literals.
pub(crate) fn every_code_line(text: &str) -> Vec<(usize, String)> {
    let code = pieces(text).into_iter().filter(|(piece, ..)| *piece == Piece::Code);
    code.flat_map(|(_, start, code)| {
        code.lines().enumerate().map(|(n, line)| (start + n, line.to_owned())).collect::<Vec<_>>()
    })
    .collect()
}

/// The string literals, with the line on which each begins.
pub(crate) fn literals(text: &str) -> impl Iterator<Item = (usize, String)> {
    pieces(text)
        .into_iter()
        .filter(|(piece, ..)| *piece == Piece::Literal)
        .map(|(_, line, text)| (line, text))
}

/// What stands between signs.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[test]
fn the_searches_find_what_they_look_for() {
    let source = "let a = \"//\"; // f64\nlet b: &'a str = r#\"x \"customer\" y\"#;\nlet c = '\"'; f32\n#[cfg(test)]\nf64";
    let code: Vec<String> = code_lines(source).into_iter().map(|(_, line)| line).collect();
    assert!(code.iter().flat_map(|line| words(line)).any(|word| word == "f32"), "{code:?}");
    assert!(!code.iter().any(|line| line.contains("f64") || line.contains("customer")), "{code:?}");
    let literals: Vec<(usize, String)> = literals(source).collect();
    assert_eq!(literals, [(1, "//".into()), (2, "x \"customer\" y".into()), (3, "\"".into())]);
}

#[test]
fn what_is_for_tests_alone_ends_with_its_item() {
    let source = "#[cfg(test)]\nuse a::{b, c};\nlet d: f32;\n#[cfg(test)]\nfn e(f: [u8; 2]) {\n  { f64 }\n}\nlet g: f32; #[cfg(test)] mod h;\nlet i: f32;";
    let code: Vec<String> = code_lines(source).into_iter().map(|(_, line)| line).collect();
    let found =
        |wanted: &str| code.iter().flat_map(|line| words(line)).filter(|word| *word == wanted).count();
    assert_eq!((found("f32"), found("f64"), found("h")), (3, 0, 0), "{code:?}");
}

#[test]
fn functions_are_measured() {
    let source = "trait A { fn a(&self) -> [u8; 2]; }\nstruct B { c: fn(u8) -> u8 }\nfn d() {\n  let e = '{';\n  fn f() {}\n}\nimpl G {\n  fn h()\n  where\n    I: J,\n  {\n  }\n}\n";
    assert_eq!(functions(source), [(5, 1), (3, 4), (8, 5)]);
}
