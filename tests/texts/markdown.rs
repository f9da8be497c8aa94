//! Pages in Markdown: prose without code, headings and tables.

/// The text with code spans and fenced code as blanks of the same length, so that offsets and lines stay.
pub fn without_code(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut is_fenced, mut is_span) = (false, false);
    for line in text.split_inclusive('\n') {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        // A paragraph ends every code span.
        is_span &= !line.trim().is_empty();
        if is_fenced || is_fence {
            blank(line, &mut kept);
            continue;
        }
        for (at, part) in line.split('`').enumerate() {
            if at > 0 {
                is_span = !is_span;
                kept.push(' ');
            }
            if is_span { blank(part, &mut kept) } else { kept += part }
        }
    }
    kept
}

/// Appends a blank for each byte of `text`, and its line ends.
pub fn blank(text: &str, kept: &mut String) {
    kept.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// The anchors of the headings, as GitHub forms them.
pub fn anchors(text: &str) -> impl Iterator<Item = String> {
    let prose = without_fences(text);
    let headings = prose.into_iter().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#')))
}

/// The anchor of a heading: its letters, digits and hyphens in lower case, with hyphens for spaces.
fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

fn without_fences(text: &str) -> Vec<&str> {
    let mut is_fenced = false;
    let is_prose = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fence && !is_fenced
    };
    text.lines().filter(is_prose).collect()
}

/// The cells of the first table behind the heading with an anchor, or of the page; the head is the first row.
pub fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let is_heading = |line: &&str| line.starts_with('#') && anchor(line.trim_start_matches('#')) == heading;
    let lines = without_fences(text).into_iter().skip_while(|line| !heading.is_empty() && !is_heading(line));
    let rows = lines.skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    // The second line separates the head.
    rows.enumerate().filter(|&(at, _)| at != 1).map(|(_, row)| cells(row)).collect()
}

fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('\\', "")).collect()
}

#[test]
fn code_is_blank_and_everything_stays_in_its_line() {
    let text = "a `1.5` b `2.5\n3.5` c\n```\n4.5\n```\nd – `no end\n\ne\n";
    let kept = without_code(text);
    assert_eq!(kept.len(), text.len());
    assert_eq!(kept.split_whitespace().collect::<Vec<_>>(), ["a", "b", "c", "d", "–", "e"]);
    assert_eq!(kept.lines().nth(5).unwrap().trim(), "d –");
}

#[test]
fn a_heading_has_the_anchor_of_github() {
    let page = "# Study: four `families`, searched alike\n```\n# no heading\n```\n## Depth\n";
    assert_eq!(anchors(page).collect::<Vec<_>>(), ["study-four-families-searched-alike", "depth"]);
}

#[test]
fn a_table_is_that_of_its_heading() {
    let page = "| a |\n|---|\n| 1 |\n\n## The speed\n\n| b | c d |\n|---|---|\n| 2 | \\[3\\] |\n\n| e |\n";
    assert_eq!(table(page, ""), [["a"], ["1"]]);
    assert_eq!(table(page, "the-speed"), [["b", "c d"], ["2", "[3]"]]);
}
