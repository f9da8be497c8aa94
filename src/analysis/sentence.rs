//! The sentence of a verdict.

use std::collections::BTreeMap;

use super::conclusion::Conclusion;
use super::{Contrast, GridRow, words};
use crate::spec::Matching;
use crate::stats::{Interval, LEVEL, Paired, t_interval};

/// Maximum number of challengers that are named; more are counted.
const MOST_NAMED: usize = 8;

/// States the conclusions on the grid's rows.
pub(super) fn sentence(contrast: &Contrast, grid: &[GridRow], matching: Option<Matching>) -> String {
    let reference = contrast.reference_label();
    if grid.is_empty() {
        return format!("Nothing is compared with {reference}: no other cell has a reference.");
    }
    let budget = match matching {
        Some(Matching::Parameters) => "At equal parameter count ",
        Some(Matching::Operations) => "At equal training operations ",
        None => "",
    };
    let conclusions: Vec<_> = grid.iter().map(Conclusion::of).collect();
    let statement = if grid.len() > MOST_NAMED {
        counted(&conclusions)
    } else {
        named(grid, &conclusions, contrast.margin)
    };
    let how: Vec<_> = [method(grid), averaged(contrast, grid)].into_iter().flatten().collect();
    let how = Some(how.join(", ")).filter(|how| !how.is_empty());
    let notes =
        [how, adjustment(grid), cell_means(grid), identical(contrast, grid), left_out(contrast, grid)];
    let notes: Vec<_> = notes.into_iter().flatten().collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("{budget}{reference} has {statement}{notes}.")
}

/// States the reference's error relative to each challenger. The unit is named once.
fn named(grid: &[GridRow], conclusions: &[Conclusion], margin: Option<f64>) -> String {
    let mut unit = (" percentage points", " test error");
    let mut clauses = Vec::with_capacity(conclusions.len());
    for (row, &conclusion) in grid.iter().zip(conclusions) {
        clauses.push(clause(row, conclusion, unit, margin));
        if !matches!(conclusion, Conclusion::Same | Conclusion::Sealed | Conclusion::Incomplete) {
            unit = ("", "");
        }
    }
    clauses.join("; ")
}

/// States the reference's error relative to one challenger, as a fragment that follows "has".
fn clause(row: &GridRow, conclusion: Conclusion, unit: (&str, &str), margin: Option<f64>) -> String {
    let name = &row.challenger;
    if let (Conclusion::Sealed, Some(valid)) = (conclusion, row.valid) {
        return format!("{}, and the test images are sealed", of_validation(name, valid));
    }
    let Some(paired) = row.test else {
        return format!("no comparison with {name}, since no seed has all its trials complete");
    };
    let more = paired.mean < 0.0;
    let size = format!("{:.2}{} {}", paired.mean.abs(), unit.0, if more { "more" } else { "less" });
    let oriented = |interval: Option<Interval>| {
        interval.map(|interval| if more { interval.negated() } else { interval })
    };
    let interval = words::bounds(oriented(paired.interval));
    let margin = margin.unwrap_or_default();
    let differs = format!("{size}{} than {name}", unit.1);
    match conclusion {
        Conclusion::Less | Conclusion::More if row.tests.equivalent() => {
            format!("{differs}{interval}, a difference within the margin of {margin}")
        }
        Conclusion::Less | Conclusion::More => format!("{differs}{interval}"),
        Conclusion::Equivalent => {
            let known: Vec<f64> = row.differences.iter().copied().flatten().collect();
            // Two one-sided tests at level α correspond to an interval at level 1 − 2α.
            let interval = words::bounds(oriented(t_interval(&known, 1.0 - 2.0 * LEVEL)));
            format!(
                "a test error equivalent to that of {name} within {margin}{}: {size}, 90 %{interval}",
                unit.0
            )
        }
        Conclusion::Open => format!("no demonstrated difference from {name}: {size}{}{interval}", unit.1),
        Conclusion::Same => format!("the test error of {name} in every seed, to the last image"),
        Conclusion::Untested if paired.n == 1 => format!("{differs} in one seed, which allows no interval"),
        Conclusion::Untested => format!("{differs} in each of {} seeds, too alike for a test", paired.n),
        Conclusion::Sealed | Conclusion::Incomplete => String::new(),
    }
}

/// States the reference's validation error relative to that of a challenger.
fn of_validation(name: &str, valid: Paired) -> String {
    let more = valid.mean < 0.0;
    let interval = valid.interval.map(|interval| if more { interval.negated() } else { interval });
    let (size, side) = (valid.mean.abs(), if more { "more" } else { "less" });
    format!("{size:.2} percentage points {side} validation error than {name}{}", words::bounds(interval))
}

/// Counts the challengers of each conclusion.
fn counted(conclusions: &[Conclusion]) -> String {
    let mut counts: BTreeMap<Conclusion, usize> = BTreeMap::new();
    for &conclusion in conclusions {
        *counts.entry(conclusion).or_default() += 1;
    }
    let each = |(conclusion, count): (&Conclusion, &usize)| {
        let what = match conclusion {
            Conclusion::Less => "less test error than",
            Conclusion::More => "more test error than",
            Conclusion::Equivalent => "a test error equivalent within the margin to that of",
            Conclusion::Open => "no demonstrated difference in test error from",
            Conclusion::Same => "the same test error, to the last image, as",
            Conclusion::Untested => "a difference that cannot be tested from",
            Conclusion::Sealed => {
                "validation errors alone, since the test images are sealed, to compare with"
            }
            Conclusion::Incomplete => "no comparison, since no seed has all its trials complete, with",
        };
        format!("{what} {count} of {} challengers", conclusions.len())
    };
    counts.iter().map(each).collect::<Vec<_>>().join("; ")
}

/// Names the method of the intervals; `None` if there are none.
fn method(grid: &[GridRow]) -> Option<String> {
    let tested = grid.iter().filter(|row| row.tests.p.is_some());
    let seeds = range(tested.filter_map(|row| Some(row.test?.n)))?;
    Some(format!("95 % paired-t over {seeds} seeds"))
}

fn averaged(contrast: &Contrast, grid: &[GridRow]) -> Option<String> {
    let compared = grid.iter().filter(|row| row.test.is_some());
    let cells = range(compared.map(|row| row.cells)).filter(|cells| cells != "1")?;
    Some(match &words::headings(&contrast.axes)[..] {
        [axis] => format!("averaged over {cells} values of {axis}"),
        axes => format!("averaged over {cells} cells of {}", axes.join(" × ")),
    })
}

fn adjustment(grid: &[GridRow]) -> Option<String> {
    let tested = grid.iter().any(|row| row.tests.p.is_some());
    let challengers = grid.len();
    (tested && challengers > 1).then(|| format!("Holm's adjustment over {challengers} challengers"))
}

/// What an average hides: the least and the greatest mean of a cell, where they differ in sign.
fn cell_means(grid: &[GridRow]) -> Option<String> {
    // A difference that is printed as 0.00 has no sign.
    let shown = |size: f64| size >= 0.005;
    let differ = |row: &&GridRow| row.range.is_some_and(|(least, greatest)| shown(-least) && shown(greatest));
    let found: Vec<_> = grid.iter().filter(differ).collect();
    if found.is_empty() {
        return None;
    }
    if grid.len() > MOST_NAMED {
        let (some, all) = (found.len(), grid.len());
        return Some(format!("with {some} of {all} challengers, the means of the cells are of both signs"));
    }
    let each = found.iter().filter_map(|row| {
        let (least, greatest) = row.range?;
        Some(format!("from {:.2} more to {greatest:.2} less than {}", -least, row.challenger))
    });
    Some(format!("the means of the cells are {}", each.collect::<Vec<_>>().join(", and ")))
}

fn identical(contrast: &Contrast, grid: &[GridRow]) -> Option<String> {
    let some = |row: &&GridRow| (1..row.cells).contains(&row.identical);
    let of_each = grid.iter().filter(some);
    let of_each: Vec<_> =
        of_each.map(|row| format!("{} of {} of {}", row.identical, row.cells, row.challenger)).collect();
    let reference = contrast.reference_label();
    (!of_each.is_empty()).then(|| {
        format!("the average includes cells with exactly the errors of {reference}: {}", of_each.join(", "))
    })
}

fn left_out(contrast: &Contrast, grid: &[GridRow]) -> Option<String> {
    let planned = contrast.seeds.len();
    let missing = grid.iter().filter(|row| row.missing > 0);
    let missing: Vec<_> =
        missing.map(|row| format!("{} of {planned} of {}", row.missing, row.challenger)).collect();
    let mut left = Vec::new();
    if !missing.is_empty() {
        left.push(format!("seeds in which a trial is not complete: {}", missing.join(", ")));
    }
    if !contrast.unmatched.is_empty() {
        left.push(format!("cells without a reference: {}", contrast.unmatched.len()));
    }
    (!left.is_empty()).then(|| format!("omitted: {}", left.join("; ")))
}

/// `5`, or `3 to 5` where they differ.
fn range(counts: impl Iterator<Item = usize> + Clone) -> Option<String> {
    let (least, most) = (counts.clone().min()?, counts.max()?);
    Some(if least == most { most.to_string() } else { format!("{least} to {most}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Tests;
    use crate::stats::{CONFIDENCE, Paired, holm};

    /// A grid of one row for each challenger, of these differences by seed.
    fn grid(challengers: &[(&str, &[Option<f64>])], margin: Option<f64>) -> (Contrast, Vec<GridRow>) {
        let row = |(name, differences): &(&str, &[Option<f64>])| {
            let known: Vec<f64> = differences.iter().copied().flatten().collect();
            let test = Paired::of(&known, CONFIDENCE);
            let tests = Tests::of(&known, test.and_then(|test| test.p), margin);
            GridRow {
                challenger: (*name).to_owned(),
                cells: 6,
                identical: 0,
                range: None,
                missing: differences.len() - known.len(),
                differences: differences.to_vec(),
                test,
                valid: None,
                tests: Tests { p_holm: tests.p, p_equivalence_holm: tests.p_equivalence, ..tests },
                iqm_reference: None,
                iqm_challenger: None,
                probability_of_improvement: None,
            }
        };
        let contrast = Contrast {
            axes: vec!["steps".to_owned()],
            compared: vec!["family".to_owned()],
            reference: "drsae".to_owned(),
            seeds: (1..=challengers[0].1.len() as u64).collect(),
            margin,
            ..Contrast::default()
        };
        (contrast, challengers.iter().map(row).collect())
    }

    fn of((contrast, rows): &(Contrast, Vec<GridRow>)) -> String {
        sentence(contrast, rows, Some(Matching::Parameters))
    }

    const BETTER: &[Option<f64>] = &[Some(0.31), Some(0.44), Some(0.18), Some(0.27), Some(0.45)];
    const WORSE: &[Option<f64>] = &[Some(-0.31), Some(-0.44), Some(-0.18), Some(-0.27), Some(-0.45)];
    const ALIKE: &[Option<f64>] = &[Some(0.03), Some(-0.05), Some(0.02), Some(0.04), Some(-0.06)];

    #[test]
    fn a_difference_is_stated_with_its_interval_from_the_side_of_the_reference() {
        insta::assert_snapshot!(of(&grid(&[("mlp", BETTER)], None)), @"At equal parameter count drsae has 0.33 percentage points less test error than mlp [0.19, 0.47] (95 % paired-t over 5 seeds, averaged over 6 values of steps).");
        insta::assert_snapshot!(of(&grid(&[("mlp", WORSE), ("untied", BETTER)], None)), @"At equal parameter count drsae has 0.33 percentage points more test error than mlp [0.19, 0.47]; 0.33 less than untied [0.19, 0.47] (95 % paired-t over 5 seeds, averaged over 6 values of steps; Holm's adjustment over 2 challengers).");
        insta::assert_snapshot!(of(&grid(&[("mlp", BETTER)], Some(0.6))), @"At equal parameter count drsae has 0.33 percentage points less test error than mlp [0.19, 0.47], a difference within the margin of 0.6 (95 % paired-t over 5 seeds, averaged over 6 values of steps).");
    }

    #[test]
    fn without_a_margin_no_difference_is_never_claimed() {
        insta::assert_snapshot!(of(&grid(&[("mlp", ALIKE)], None)), @"At equal parameter count drsae has no demonstrated difference from mlp: 0.00 percentage points more test error [-0.05, 0.06] (95 % paired-t over 5 seeds, averaged over 6 values of steps).");
        insta::assert_snapshot!(of(&grid(&[("mlp", ALIKE)], Some(0.1))), @"At equal parameter count drsae has a test error equivalent to that of mlp within 0.1 percentage points: 0.00 percentage points more, 90 % [-0.04, 0.05] (95 % paired-t over 5 seeds, averaged over 6 values of steps).");
        insta::assert_snapshot!(of(&grid(&[("mlp", ALIKE)], Some(0.03))), @"At equal parameter count drsae has no demonstrated difference from mlp: 0.00 percentage points more test error [-0.05, 0.06] (95 % paired-t over 5 seeds, averaged over 6 values of steps).");
    }

    #[test]
    fn what_is_missing_or_cannot_be_tested_is_said() {
        insta::assert_snapshot!(of(&grid(&[("mlp", &[Some(0.5), None, Some(0.7), Some(0.6)])], None)), @"At equal parameter count drsae has 0.60 percentage points less test error than mlp [0.35, 0.85] (95 % paired-t over 3 seeds, averaged over 6 values of steps; omitted: seeds in which a trial is not complete: 1 of 4 of mlp).");
        insta::assert_snapshot!(of(&grid(&[("mlp", &[None, None])], None)), @"At equal parameter count drsae has no comparison with mlp, since no seed has all its trials complete (omitted: seeds in which a trial is not complete: 2 of 2 of mlp).");
        insta::assert_snapshot!(of(&grid(&[("mlp", &[Some(-0.5)])], None)), @"At equal parameter count drsae has 0.50 percentage points more test error than mlp in one seed, which allows no interval (averaged over 6 values of steps).");
        insta::assert_snapshot!(of(&grid(&[("mlp", &[Some(0.5), Some(0.5)])], None)), @"At equal parameter count drsae has 0.50 percentage points less test error than mlp in each of 2 seeds, too alike for a test (averaged over 6 values of steps).");
        let nothing = (grid(&[("mlp", &[None])], None).0, Vec::new());
        insta::assert_snapshot!(of(&nothing), @"Nothing is compared with drsae: no other cell has a reference.");
        let mut unmatched = grid(&[("mlp", &[None, Some(0.5), Some(0.75)])], None);
        unmatched.0.unmatched = ["a", "b"].map(str::to_owned).to_vec();
        insta::assert_snapshot!(of(&unmatched), @"At equal parameter count drsae has no demonstrated difference from mlp: 0.62 percentage points less test error [-0.96, 2.21] (95 % paired-t over 2 seeds, averaged over 6 values of steps; omitted: seeds in which a trial is not complete: 1 of 3 of mlp; cells without a reference: 2).");
    }

    #[test]
    fn the_verdict_states_identical_cells_in_the_average() {
        let mut grid = grid(&[("untied", BETTER), ("untied-recurrent", &[Some(0.0); 5])], None);
        (grid.1[0].identical, grid.1[1].identical) = (1, 6);
        insta::assert_snapshot!(of(&grid), @"At equal parameter count drsae has 0.33 percentage points less test error than untied [0.19, 0.47]; the test error of untied-recurrent in every seed, to the last image (95 % paired-t over 5 seeds, averaged over 6 values of steps; Holm's adjustment over 2 challengers; the average includes cells with exactly the errors of drsae: 1 of 6 of untied).");
    }

    #[test]
    fn an_average_of_cells_that_differ_in_sign_says_so() {
        let mut grid = grid(&[("mlp", ALIKE), ("untied", BETTER)], Some(0.1));
        (grid.1[0].range, grid.1[1].range) = (Some((-0.21, 0.18)), Some((-0.004, 0.61)));
        insta::assert_snapshot!(of(&grid), @"At equal parameter count drsae has a test error equivalent to that of mlp within 0.1 percentage points: 0.00 percentage points more, 90 % [-0.04, 0.05]; 0.33 less than untied [0.19, 0.47] (95 % paired-t over 5 seeds, averaged over 6 values of steps; Holm's adjustment over 2 challengers; the means of the cells are from 0.21 more to 0.18 less than mlp).");
    }

    #[test]
    fn axes_other_than_the_family_are_named() {
        let (contrast, mut rows) = grid(&[("0.01", BETTER)], None);
        rows[0].cells = 1;
        let contrast = Contrast {
            compared: vec!["discriminative_weight".to_owned()],
            reference: "1.0".to_owned(),
            axes: Vec::new(),
            ..contrast
        };
        insta::assert_snapshot!(sentence(&contrast, &rows, None), @"discriminative_weight = 1.0 has 0.33 percentage points less test error than 0.01 [0.19, 0.47] (95 % paired-t over 5 seeds).");
    }

    #[test]
    fn an_interval_without_zero_shows_nothing_where_holm_does_not() {
        let (_, mut rows) = grid(&[("a", &[Some(0.3), Some(0.4), Some(0.6)]), ("b", ALIKE)], None);
        assert_eq!(Conclusion::of(&rows[0]), Conclusion::Less);
        rows[0].tests.p_holm = holm(&[rows[0].tests.p, rows[1].tests.p])[0];
        assert_eq!(Conclusion::of(&rows[0]), Conclusion::Open, "{:?}", rows[0].tests);
    }

    #[test]
    fn many_challengers_are_counted() {
        let names: Vec<String> = (0..9).map(|at| format!("rate {at}")).collect();
        let cycle = [BETTER, ALIKE, WORSE].into_iter().cycle();
        let rows: Vec<_> = names.iter().map(String::as_str).zip(cycle).collect();
        let (contrast, mut rows) = grid(&rows, Some(0.1));
        rows[1].range = Some((-0.02, 0.03));
        insta::assert_snapshot!(of(&(contrast, rows)), @"At equal parameter count drsae has less test error than 3 of 9 challengers; more test error than 3 of 9 challengers; a test error equivalent within the margin to that of 3 of 9 challengers (95 % paired-t over 5 seeds, averaged over 6 values of steps; Holm's adjustment over 9 challengers; with 1 of 9 challengers, the means of the cells are of both signs).");
    }
}
