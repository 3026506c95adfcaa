//! Tables for a terminal: columns by the width of characters, and nothing in a cell that the terminal would obey.

use std::borrow::Cow;
use std::fmt::Write as _;

use metering::text::is_hidden;
use unicode_width::UnicodeWidthStr;

/// Which side of its column a text stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

/// A text in which what a person would not see is written as its code, so that it neither moves the cursor nor looks
/// like another text.
///
/// ```
/// use documents::terminal::printable;
/// assert_eq!(printable("张三"), "张三");
/// assert_eq!(printable("zz\u{1b}[31m\u{202e}x"), "zz\\u{1b}[31m\\u{202e}x");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().saturating_add(16));
    for c in text.chars() {
        if is_hidden(c) {
            // Writing into a String cannot fail.
            let _ = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// How many columns a text takes on a terminal: a Chinese character takes two.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text, and blanks to so many columns.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", blanks(text, columns))
}

fn blanks(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)))
}

/// Rows of cells as lines, each column as wide as its widest cell, two blanks between them. A cell wider than `most`
/// does not push all others away: it stands as it is and moves its own row.
pub fn lines<R, C>(rows: &[R], sides: &[Side], most: usize) -> Vec<String>
where
    R: AsRef<[C]>,
    C: AsRef<str>,
{
    let shown: Vec<Vec<Cow<'_, str>>> =
        rows.iter().map(|row| row.as_ref().iter().map(|cell| printable(cell.as_ref())).collect()).collect();
    let widest = |n: usize| {
        let cells = shown.iter().filter_map(|row| row.get(n)).map(|cell| width(cell));
        cells.filter(|width| *width <= most).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..sides.len()).map(widest).collect();
    shown.iter().map(|row| line(row, sides, &widths)).collect()
}

fn line(row: &[Cow<'_, str>], sides: &[Side], widths: &[usize]) -> String {
    let mut line = String::new();
    for (n, ((cell, side), width)) in row.iter().zip(sides).zip(widths).enumerate() {
        if n > 0 {
            line.push_str("  ");
        }
        let blanks = blanks(cell, *width);
        match side {
            Side::Left => line.extend([cell.as_ref(), &blanks]),
            Side::Right => line.extend([blanks.as_str(), cell]),
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// A table with its headings underlined, a line each.
pub fn table(headings: &[&str], sides: &[Side], rows: &[Vec<String>]) -> String {
    let widest = |(n, heading): (usize, &&str)| {
        let cells = rows.iter().filter_map(|row| row.get(n)).map(|cell| width(&printable(cell)));
        cells.fold(width(heading), usize::max)
    };
    let rules = headings.iter().enumerate().map(|at| "-".repeat(widest(at))).collect();
    let head: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let all: Vec<&Vec<String>> = [&head, &rules].into_iter().chain(rows).collect();
    let mut text = lines(&all, sides, usize::MAX).join("\n");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_character_is_two_columns_wide() {
        let rows =
            [vec!["东城".to_owned(), "1,5".to_owned()], vec!["Haidian".to_owned(), "100.25".to_owned()]];
        assert_eq!(
            table(&["片区", "amount"], &[Side::Left, Side::Right], &rows),
            "片区     amount\n-------  ------\n东城        1,5\nHaidian  100.25\n"
        );
    }

    #[test]
    fn no_cell_moves_the_cursor_or_the_direction() {
        let hostile = "\u{1b}[2J\u{9b}31m\r\n\t\u{202e}abc\u{2066}\u{200b}\u{feff}\u{7f}";
        let rows = [vec![hostile.to_owned(), "x".to_owned()]];
        let text = table(&["a", "b"], &[Side::Left, Side::Left], &rows);
        assert_eq!(text.lines().count(), 3, "{text:?}");
        assert!(!text.chars().any(|c| c != '\n' && is_hidden(c)), "{text:?}");
        assert!(text.contains("\\u{1b}[2J") && text.contains("\\u{202e}abc"), "{text:?}");
    }

    #[test]
    fn a_wide_cell_moves_its_own_row_alone() {
        let rows = [["long text", "1"], ["a", "2"]];
        assert_eq!(lines(&rows, &[Side::Left, Side::Left], 5), ["long text  1", "a  2"]);
    }
}
