//! Descriptions of the differences between two files.

use similar::{ChangeTag, TextDiff};

/// Maximum number of changed lines that are listed.
const MOST: usize = 8;

/// Describes how a CSV file differs from the expected one; `None` if it does not.
pub(super) fn of_tables(actual: &[u8], expected: &[u8]) -> Option<String> {
    if actual == expected {
        return None;
    }
    let (actual, expected) = (String::from_utf8_lossy(actual), String::from_utf8_lossy(expected));
    let (actual, expected): (Vec<_>, Vec<_>) = (actual.split('\n').collect(), expected.split('\n').collect());
    let lines = actual.len().max(expected.len());
    let differs = |at: &usize| actual.get(*at) != expected.get(*at);
    let differing: Vec<usize> = (0..lines).filter(differs).collect();
    let Some(&first) = differing.first() else { return Some("is not UTF-8".to_owned()) };
    let what = match (actual.get(first), expected.get(first)) {
        (Some(actual), Some(wanted)) => of_rows(actual, wanted, expected[0]),
        (None, _) => "is missing".to_owned(),
        (_, None) => "is superfluous".to_owned(),
    };
    let others = match differing.len() - 1 {
        0 => String::new(),
        1 => ", and another line differs".to_owned(),
        others => format!(", and {others} other lines differ"),
    };
    Some(format!("differs: line {} {what}{others}", first + 1))
}

/// Describes how two lines of one table differ: by column if they have the same number of columns.
fn of_rows(actual: &str, expected: &str, header: &str) -> String {
    let split = |line| str::split(line, ',').collect::<Vec<_>>();
    let (fields, wanted, names) = (split(actual), split(expected), split(header));
    if fields.len() != wanted.len() || names.len() != wanted.len() {
        return format!("is `{}`, not `{}`", actual.escape_debug(), expected.escape_debug());
    }
    let columns = names.iter().zip(fields.iter().zip(&wanted)).filter(|(_, (field, wanted))| field != wanted);
    let shown = columns
        .map(|(name, (field, wanted))| format!("has `{name}` = `{}`, not `{wanted}`", field.escape_debug()));
    shown.take(MOST).collect::<Vec<_>>().join(" and ")
}

/// The changed lines of a text, found (-) and expected (+); `None` if there are none.
pub(super) fn of_texts(actual: &[u8], expected: &[u8]) -> Option<String> {
    if actual == expected {
        return None;
    }
    let (actual, expected) = (String::from_utf8_lossy(actual), String::from_utf8_lossy(expected));
    let diff = TextDiff::from_lines(&*actual, &*expected);
    let lines = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        Some(format!("`{sign} {}`", change.value().trim_end().escape_debug()))
    });
    let lines: Vec<_> = lines.collect();
    let more = lines.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = lines[..lines.len().min(MOST)].join(", ");
    Some(format!("differs, found (-) and expected (+): {shown}{more}"))
}

/// Describes where binary contents differ; `None` if they do not.
pub(super) fn of_bytes(actual: &[u8], expected: &[u8]) -> Option<String> {
    if actual == expected {
        return None;
    }
    let first = actual.iter().zip(expected).take_while(|(actual, expected)| actual == expected).count();
    let (have, want) = (actual.len(), expected.len());
    Some(format!("differs from byte {first} on: it has {have} bytes, expected {want}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_do_not_differ() {
        assert_eq!(of_tables(b"a,b\n", b"a,b\n"), None);
        assert_eq!(of_texts(b"a = 1\n", b"a = 1\n"), None);
        assert_eq!(of_bytes(b"\xff", b"\xff"), None);
    }

    #[test]
    fn tables_differ_by_line_and_column() {
        let of = |actual: &[u8], expected: &[u8]| of_tables(actual, expected).unwrap();
        let table = b"trial,error\na,1.0\nb,2.0\n";
        assert_eq!(
            of(b"trial,error\na,1.5\nc,2.0\n", table),
            "differs: line 2 has `error` = `1.5`, not `1.0`, and another line differs"
        );
        assert_eq!(of(b"trial,error\na,1.0\nb\n", table), "differs: line 3 is `b`, not `b,2.0`");
        assert_eq!(of(b"trial,error\na,1.0\nb,2.0", table), "differs: line 4 is missing");
        assert_eq!(of(b"trial,error\na,1.0\nb,2.0\n\n", table), "differs: line 5 is superfluous");
    }

    #[test]
    fn bytes_that_only_look_the_same_differ() {
        assert_eq!(of_tables(b"\xff", "\u{fffd}".as_bytes()).unwrap(), "is not UTF-8");
    }

    #[test]
    fn texts_differ_by_changed_lines() {
        let shown = of_texts(b"a = 1\nb = 2\n", b"a = 1\nb = 3\n").unwrap();
        assert_eq!(shown, "differs, found (-) and expected (+): `- b = 2`, `+ b = 3`");
    }

    #[test]
    fn other_bytes_differ_by_position() {
        assert_eq!(of_bytes(b"abcd", b"abX").unwrap(), "differs from byte 2 on: it has 4 bytes, expected 3");
    }
}
