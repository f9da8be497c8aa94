//! Tables at every width of a terminal.

use proptest::prelude::*;

use super::*;
use crate::text::wrap::is_number;

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| strings(row)).collect()
}

fn shown(table: &TextTable<'_>, columns: usize) -> String {
    table.lines(Space::of_columns(columns)).join("\n")
}

/// Two families, with columns that are the same in every row, absent, or repeated.
fn families() -> (Vec<String>, Vec<Vec<String>>) {
    let head = strings(&[
        "family",
        "steps",
        "masking",
        "model.hidden",
        "hidden",
        "parameters",
        "n",
        "valid error",
        "test error",
    ]);
    let rows = rows(&[
        &["drsae", "2", "0.3", "100", "100", "167900", "5", "–", "0.93 ± 0.05"],
        &["untied-recurrent", "2", "0.3", "99", "99", "166221", "5", "–", "0.98 ± 0.06"],
        &["drsae", "11", "0.2", "100", "100", "167900", "5", "–", "0.94 ± 0.15"],
    ]);
    (head, rows)
}

#[test]
fn what_all_rows_share_is_in_the_caption_and_the_least_important_columns_go_first() {
    let (head, rows) = families();
    let table = TextTable {
        title: "Errors in percent",
        dispensable: &["parameters", "hidden", "n", "valid error"],
        source: "results/paper/analysis/summary.csv",
        ..TextTable::new(&head, &rows, 4)
    };
    insta::assert_snapshot!(shown(&table, 100), @r"
    Errors in percent; all with n = 5; in every row hidden = model.hidden; without valid error
    family            steps  masking  model.hidden  parameters   test error
    ───────────────────────────────────────────────────────────────────────
    drsae                 2      0.3           100      167900  0.93 ± 0.05
    untied-recurrent      2      0.3            99      166221  0.98 ± 0.06
    drsae                11      0.2           100      167900  0.94 ± 0.15
    ");
    insta::assert_snapshot!(shown(&table, 50), @r"
    Errors in percent; all with n = 5; in every row
    hidden = model.hidden; without valid error
    family            steps  masking   test error
    ─────────────────────────────────────────────
    drsae                 2      0.3  0.93 ± 0.05
    untied-recurrent      2      0.3  0.98 ± 0.06
    drsae                11      0.2  0.94 ± 0.15
    … also model.hidden, parameters:
    results/paper/analysis/summary.csv
    ");
    insta::assert_snapshot!(shown(&table, 40), @r"
    Errors in percent; all with n = 5; in
    every row hidden = model.hidden; without
    valid error
    family            steps   test error
    ────────────────────────────────────
    drsae                 2  0.93 ± 0.05
    untied-recurrent      2  0.98 ± 0.06
    drsae                11  0.94 ± 0.15
    … also masking, model.hidden,
    parameters:
    results/paper/analysis/summary.csv
    ");
    insta::assert_snapshot!(shown(&table, 24), @r"
    Errors in percent; all
    with n = 5; in every row
    hidden = model.hidden;
    without valid error
    family drsae, steps 2,
    masking 0.3,
    model.hidden 100
      test error
                 0.93 ± 0.05
    family untied-recurrent,
    steps 2, masking 0.3,
    model.hidden 99
      test error
                 0.98 ± 0.06
    family drsae, steps 11,
    masking 0.2,
    model.hidden 100
      test error
                 0.94 ± 0.15
    … also parameters:
    results/paper/analysis/
    summary.csv
    ");
}

#[test]
fn a_long_table_ends_with_what_shows_all_and_another_program_gets_it_as_it_is() {
    let head = strings(&["index", "trial", "folder"]);
    let all: Vec<Vec<String>> =
        (0..100).map(|at| vec![at.to_string(), format!("seed {at}"), format!("id-{at}")]).collect();
    let table = TextTable { source: "`drsae plan depth | less`", ..TextTable::new(&head, &all, 2) };
    let lines = table.lines(Space { columns: Some(60), rows: Some(2) });
    insta::assert_snapshot!(lines.join("\n"), @r"
    index  trial   folder
    ─────────────────────
        0  seed 0  id-0
        1  seed 1  id-1
    … 98 more rows: `drsae plan depth | less`
    ");
    let lines = table.lines(Space::UNLIMITED);
    assert_eq!((lines.len(), lines[0].as_str()), (101, "index  trial    folder"));
    assert_eq!(lines[1], "    0  seed 0   id-0");
}

#[test]
fn a_live_table_keeps_its_columns_and_is_cut_where_it_must() {
    let head = strings(&["running", "epoch", "left"]);
    let rows = rows(&[
        &["λ=0.005 T=11 seed 1", "7/35", "14 min 0 s"],
        &["λ=0.005 T=2 seed 1", "7/35", "14 min 0 s"],
    ]);
    let table = TextTable { is_live: true, ..TextTable::new(&head, &rows, 1) };
    insta::assert_snapshot!(shown(&table, 80), @r"
    running              epoch        left
    λ=0.005 T=11 seed 1   7/35  14 min 0 s
    λ=0.005 T=2 seed 1    7/35  14 min 0 s
    ");
    insta::assert_snapshot!(shown(&table, 20), @r"
    running            …
    λ=0.005 T=11 seed 1…
    λ=0.005 T=2 seed 1 …
    ");
}

/// Cells of a column: numbers, spreads, differences with intervals, or words.
fn cells(rows: usize) -> impl Strategy<Value = Vec<String>> {
    let number = -1e5..1e5_f64;
    let count = proptest::collection::vec((0..1_000_000_u32).prop_map(|n| n.to_string()), rows);
    let spread = (number.clone(), 0.0..10.0_f64).prop_map(|(mean, sd)| format!("{mean:.2} ± {sd:.2}"));
    let interval = (number.clone(), number.clone(), number)
        .prop_map(|(mean, low, high)| format!("{mean:+.2} [{low:.2}, {high:.2}]"));
    let same = interval.clone().prop_map(move |cell| vec![cell; rows]);
    let absent = Just(vec!["–".to_owned(); rows]);
    prop_oneof![
        count,
        proptest::collection::vec(spread, rows),
        proptest::collection::vec(interval, rows),
        same,
        absent
    ]
}

fn names(rows: usize) -> impl Strategy<Value = Vec<String>> {
    let name =
        prop_oneof!["[a-z]{1,60}", "[a-z+]{1,9}( [a-z]{1,9}){0,6}", (0..40_u32).prop_map(|n| n.to_string())];
    proptest::collection::vec(name, rows)
}

type Columns = Vec<Vec<String>>;

fn tables() -> impl Strategy<Value = (Vec<String>, Columns, Columns)> {
    (1..8_usize, 1..4_usize, 0..9_usize).prop_flat_map(|(rows, texts, numbers)| {
        let head = "[a-z]{1,12}( [a-z/%]{1,9}){0,3}";
        (
            proptest::collection::vec(head, texts + numbers),
            proptest::collection::vec(names(rows), texts),
            proptest::collection::vec(cells(rows), numbers),
        )
    })
}

proptest! {
    #[test]
    fn no_line_is_too_long_and_every_number_is_whole((head, texts, numbers) in tables(), columns in 40..=240_usize) {
        let all: Columns = texts.iter().chain(&numbers).cloned().collect();
        let rows: Vec<Vec<String>> =
            (0..all[0].len()).map(|row| all.iter().map(|cells| cells[row].clone()).collect()).collect();
        let table = TextTable { title: "A title", source: "results/a/analysis/summary.csv", ..TextTable::new(&head, &rows, texts.len()) };
        let lines = table.lines(Space::of_columns(columns));
        for line in &lines {
            prop_assert!(width(line) <= columns || is_number(line.trim()), "{line}\n{}", lines.join("\n"));
        }
        let text = lines.join("\n");
        // The last of the numbers is never lost.
        for cell in numbers.last().into_iter().flatten().filter(|cell| *cell != "–") {
            prop_assert!(text.contains(cell.as_str()), "{cell} is broken or absent:\n{text}");
        }
        // No digits but those of whole cells.
        for word in text.split_whitespace().filter(|word| word.chars().all(|letter| letter.is_ascii_digit() || "+-.".contains(letter))) {
            let is_part = rows.iter().flatten().any(|cell| cell.split([' ', '[', ']', ',']).any(|part| part == word));
            prop_assert!(is_part || !word.contains(|letter: char| letter.is_ascii_digit()), "{word}:\n{text}");
        }
    }
}
