//! Lines of a width.

use unicode_width::UnicodeWidthStr;

/// Columns of a line of prose that is read with ease.
pub const READABLE: usize = 100;

/// Columns of a terminal that a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in lines of at most `width` columns, broken between words. Intervals such as `[-0.12, 1.12]` and spreads such
/// as `1.25 ± 0.35` stay whole; a longer word is broken where it must, a longer number never.
#[must_use]
pub fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text).iter().flat_map(|word| pieces(word, width)) {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if self::width(line) + 1 + self::width(&word) <= width => line.extend([" ", &word]),
            _ => lines.push(word),
        }
    }
    lines
}

/// As [`lines`], with `indent` spaces before the first line and `hanging` before the others; one line without a limit.
#[must_use]
pub fn indented(text: &str, (indent, hanging): (usize, usize), columns: Option<usize>) -> Vec<String> {
    let Some(columns) = columns else { return vec![" ".repeat(indent) + text] };
    let lines = lines(text, columns.saturating_sub(hanging)).into_iter().enumerate();
    lines.map(|(at, line)| " ".repeat(if at == 0 { indent } else { hanging }) + &line).collect()
}

/// The parts of a text between which a line may end.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if belong_together(last, word) => last.extend([" ", word]),
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// True between the parts of a number with its name, spread or interval.
fn belong_together(before: &str, word: &str) -> bool {
    let is_open = before.rfind('[').is_some_and(|at| !before[at..].contains(']') && is_number(&before[at..]));
    let is_interval = word.starts_with('[') && before.ends_with(|letter: char| letter.is_ascii_digit());
    is_open || is_interval || before.ends_with('±') || before.ends_with(" =") || word == "±" || word == "="
}

/// A word in pieces of at most `width` columns, those of a path behind a slash; one that is a number in one piece.
fn pieces(word: &str, width: usize) -> Vec<String> {
    if word.width() <= width || is_number(word) {
        return vec![word.to_owned()];
    }
    if let Some((name, value)) = word.rsplit_once("= ") {
        return [pieces(&format!("{name}="), width), pieces(value, width)].concat();
    }
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for letter in word.chars() {
        if piece.width() >= width.max(1) {
            let rest = piece.rfind('/').map(|at| piece.split_off(at + 1)).unwrap_or_default();
            pieces.push(std::mem::replace(&mut piece, rest));
        }
        piece.push(letter);
    }
    pieces.push(piece);
    pieces
}

/// True if a text consists of numbers and their signs.
pub(super) fn is_number(text: &str) -> bool {
    text.contains(|letter: char| letter.is_ascii_digit()) && text.chars().all(is_numeric)
}

fn is_numeric(letter: char) -> bool {
    letter.is_ascii_digit() || " +-−±.,:;/%<>[]()eE–".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("", 7), [""]);
        assert_eq!(lines("indivisible, a b", 4), ["indi", "visi", "ble,", "a b"]);
        assert_eq!(lines("results/depth/summary.csv", 18), ["results/depth/", "summary.csv"]);
        assert_eq!(lines("with steps = 11", 12), ["with", "steps = 11"]);
        assert_eq!(lines("with steps = 11", 8), ["with", "steps =", "11"]);
    }

    #[test]
    fn intervals_and_spreads_stay_whole() {
        assert_eq!(
            lines("less [-0.12, 1.12] than 1.25 ± 0.35.", 8),
            ["less", "[-0.12, 1.12]", "than", "1.25 ± 0.35."]
        );
        assert_eq!(lines("write [sweep grid] or seeds", 12), ["write [sweep", "grid] or", "seeds"]);
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(lines("重い 重い", 5), ["重い", "重い"]);
    }
}
