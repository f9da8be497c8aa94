//! Numbers that a template states itself: decimals, percentages and counts outside expressions, code and the targets of links.

use super::markdown::{blank, without_code};
use super::words::NUMBERS;

/// Things whose number a stored table or spec holds. A count is a number or its word with one of them behind it, or behind
/// one more word: "five seeds", "10,000 validation images".
const COUNTED: [&str; 17] = [
    "seed",
    "seeds",
    "image",
    "images",
    "epochs",
    "iterations",
    "units",
    "configurations",
    "comparisons",
    "contrasts",
    "groups",
    "rows",
    "trials",
    "networks",
    "points",
    "minutes",
    "min",
];

/// Phrases with numbers that no stored table holds, each with its reason.
const ALLOWED: [(&str, &str); 4] = [
    ("arXiv 1301.3775", "the number of the paper"),
    ("arXiv 1908.01242", "the number of the paper on the Kannada digits"),
    ("Apache 2.0", "the version of the licence"),
    ("less than 0.80 %", "the aim of study/headline, stated in its spec"),
];

/// The decimals, percentages and counts that are not allowed, each with its line.
pub fn of(template: &str) -> Vec<(usize, String)> {
    let mut text = prose(template);
    for (phrase, _) in ALLOWED {
        text = text.replace(phrase, &" ".repeat(phrase.len()));
    }
    let mut found = counts(&text);
    let mut rest = 0;
    while let Some(begin) = text[rest..].find(|letter: char| letter.is_ascii_digit()).map(|at| rest + at) {
        let (number, is_refused) = number(&text[begin..]);
        rest = begin + number.len();
        if is_refused {
            found.push((
                1 + text[..begin].matches('\n').count(),
                number.split_whitespace().collect::<Vec<_>>().join(" "),
            ));
        }
    }
    found.sort_by_key(|(line, _)| *line);
    found
}

/// The allowed phrases that no template has.
pub fn unused(templates: &[String]) -> impl Iterator<Item = &'static str> {
    let phrases = ALLOWED.iter().map(|(phrase, _)| *phrase);
    phrases.filter(|phrase| !templates.iter().any(|template| prose(template).contains(phrase)))
}

/// The number at the start of a text, with the % behind it; and whether it is a decimal or a percentage.
fn number(text: &str) -> (&str, bool) {
    let is_part = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == ',';
    let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    let digits = text[..end].trim_end_matches(['.', ',']);
    let behind = text[digits.len()..].trim_start();
    if let Some(after) = behind.strip_prefix('%') {
        return (&text[..text.len() - after.len()], true);
    }
    (digits, digits.contains('.'))
}

/// The marks around a word.
const MARKS: [char; 6] = ['(', ')', '.', ',', ';', ':'];

/// The counts of a text, each with its line. A heading is a name, and may have one.
fn counts(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#'));
    let words: Vec<_> =
        lines.flat_map(|(line, at)| line.split_whitespace().map(move |word| (at, word))).collect();
    let is_counted = |word: &str| COUNTED.contains(&word.trim_end_matches(MARKS));
    let is_word = |word: &str| !word.ends_with(MARKS) && word.starts_with(char::is_alphabetic);
    let count = |at: usize| {
        let (line, number) = words[at];
        let behind = words[at + 1..].iter().map(|(_, word)| *word).take(2).collect::<Vec<_>>();
        let length = match behind[..] {
            [noun, ..] if is_counted(noun) => 1,
            [word, noun] if is_word(word) && is_counted(noun) => 2,
            _ => return None,
        };
        let phrase = || format!("{number} {}", behind[..length].join(" "));
        is_number(number).then(|| (line, phrase().trim_matches(MARKS).to_owned()))
    };
    (0..words.len()).filter_map(count).collect()
}

/// Digits, or the word of a number above 1.
fn is_number(word: &str) -> bool {
    let word = word.trim_start_matches('(');
    let is_digits = word.starts_with(|letter: char| letter.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b',')
        && !word.ends_with(',');
    is_digits || NUMBERS[2..].contains(&word.to_lowercase().as_str())
}

/// The text without expressions, code and targets of links, in the same lines. An expression that begins with a number or a
/// quoted text stays: it reads no table.
fn prose(template: &str) -> String {
    let mut text = template.to_owned();
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("{#", "#}")] {
        text = without(&text, open, close);
    }
    without(&without_code(&text), "](", ")")
}

/// The text with blanks for each part from `open` to `close`; a letter stands for it, so that what surrounds it stays apart.
fn without(text: &str, open: &str, close: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(begin) = rest.find(open) {
        let length = rest[begin..].find(close).map_or(rest.len() - begin, |at| at + close.len());
        kept += &rest[..begin];
        kept.push('x');
        let part = &rest[begin + 1..begin + length];
        if is_literal(part) {
            kept += part;
        } else {
            blank(part, &mut kept);
        }
        rest = &rest[begin + length..];
    }
    kept + rest
}

/// An expression, behind its first brace, that begins with a number or a quoted text.
fn is_literal(part: &str) -> bool {
    let begins = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '"' | '\'');
    part.strip_prefix('{').is_some_and(|expression| expression.trim_start().starts_with(begins))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn literal_decimals_and_percentages_are_refused() {
        let page = "1.59 ± 0.11, −0.10\nat T = 11 with 10,000 images, 30\n% of them, 95 % in 1.\n";
        let numbers = of(page).into_iter().map(|(line, number)| format!("{line}: {number}"));
        assert_eq!(
            numbers.collect::<Vec<_>>(),
            ["1: 1.59", "1: 0.11", "1: 0.10", "2: 10,000 images", "2: 30 %", "3: 95 %"]
        );
    }

    #[test]
    fn literal_counts_are_refused() {
        let page = "## Depth: 100 units\nOver five\nseeds (10,000 validation images), one image; T = 2. Images of\n2 and of {{ n }} seeds, Twenty fresh seeds.\n";
        let counts: Vec<_> = of(page).into_iter().map(|(line, count)| format!("{line}: {count}")).collect();
        assert_eq!(counts, ["2: five seeds", "3: 10,000 validation images", "4: Twenty fresh seeds"]);
    }

    #[test]
    fn expressions_code_and_links_are_not_literals() {
        let page = "{{ row(x=1.5) | fixed }} % of [five](a-1.5.md#b-1.5), `margin = 0.2` {% if x > 0.5 %}{# 1.5 #}\n```\n0.2\n```\n";
        assert_eq!(of(page), []);
        assert_eq!(of("(arXiv 1301.3775)"), []);
        assert_eq!(of("{{ x }} 0.5 {{ y }}").len(), 1);
        assert_eq!(of("{{ 0.5 }} {{ \"+0.28 [0.15]\" }} {{ '30 %' if x }}").len(), 4);
    }
}
