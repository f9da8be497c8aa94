//! What a sweep shows, in one sentence with its intervals.
//!
//! Judged are the rows of the grid: each seed's average over all cells. A difference is
//! called shown, or equivalent to none, by p as Holm adjusts them over the challengers.

use std::fmt;

use super::{Grid, GridRow, words};
use crate::stats::Paired;

/// What may be said of every challenger over the whole grid. Its text is one sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// One for each row of the grid, in its order.
    pub findings: Vec<Finding>,
    sentence: String,
}

/// What may be said of one challenger.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The challenger: its value on each compared axis.
    pub challenger: String,
    /// What is shown of it.
    pub conclusion: Conclusion,
}

/// What is shown of the reference's test error against a challenger's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// The reference has less.
    Less,
    /// The reference has more.
    More,
    /// They differ by less than the margin, and no difference is shown.
    Equivalent,
    /// Neither a difference nor its absence is shown.
    Open,
    /// They are equal in every cell and seed, to the last image.
    Same,
    /// There is a difference that cannot be tested: of one seed, or the same in every seed.
    Untested,
    /// No seed has all trials of all cells, so there is no difference.
    Incomplete,
}

impl Conclusion {
    fn of(row: &GridRow) -> Self {
        match row.test {
            None => Self::Incomplete,
            Some(_) if row.missing == 0 && row.identical == row.cells => Self::Same,
            Some(Paired { p: None, .. }) => Self::Untested,
            Some(Paired { mean, .. }) if row.tests.differ() => {
                if mean > 0.0 {
                    Self::Less
                } else {
                    Self::More
                }
            }
            Some(_) if row.tests.equivalent() => Self::Equivalent,
            Some(_) => Self::Open,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentence)
    }
}

impl Verdict {
    pub(super) fn of(grid: &Grid, matched: bool) -> Self {
        let finding =
            |row: &GridRow| Finding { challenger: row.challenger.clone(), conclusion: Conclusion::of(row) };
        Self { findings: grid.rows.iter().map(finding).collect(), sentence: sentence(grid, matched) }
    }
}

fn sentence(grid: &Grid, matched: bool) -> String {
    if grid.rows.is_empty() {
        return format!("Nothing is compared with {}: no other cell has a reference.", grid.reference);
    }
    let budget = if matched { "At equal parameter count " } else { "" };
    let clauses: Vec<_> = grid.rows.iter().map(|row| clause(row, grid.margin)).collect();
    let notes: Vec<_> =
        [method(grid), adjustment(grid), identical(grid), left_out(grid)].into_iter().flatten().collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("{budget}{} has {}{notes}.", grid.reference, clauses.join("; "))
}

/// What the reference has, held against one challenger: reads on after "has".
fn clause(row: &GridRow, margin: Option<f64>) -> String {
    let name = &row.challenger;
    let margin = margin.unwrap_or_default();
    let Some(paired) = row.test else {
        return format!("no seed to be compared with {name} in, for none has all trials complete");
    };
    let (size, interval) = (directed(paired), less_interval(paired));
    match Conclusion::of(row) {
        Conclusion::Same => format!("the test error of {name} in every seed, to the last image"),
        Conclusion::Less | Conclusion::More if row.tests.equivalent() => {
            format!("{size} test error than {name}{interval}, which is within the margin of {margin}")
        }
        Conclusion::Less | Conclusion::More => format!("{size} test error than {name}{interval}"),
        Conclusion::Equivalent => {
            format!(
                "a test error equivalent to that of {name} within {margin} percentage points, {size}{interval}"
            )
        }
        Conclusion::Untested if paired.n == 1 => {
            format!("{size} test error than {name} in one seed, which allows no interval")
        }
        Conclusion::Untested => {
            format!("{size} test error than {name} in each of {} seeds, too alike for a test", paired.n)
        }
        Conclusion::Open | Conclusion::Incomplete => {
            format!("no demonstrated difference in test error from {name}, {size}{interval}")
        }
    }
}

/// "0.42 percentage points less", of the reference.
fn directed(Paired { mean, .. }: Paired) -> String {
    format!("{:.2} percentage points {}", mean.abs(), if mean < 0.0 { "more" } else { "less" })
}

/// The interval of what is directed so.
fn less_interval(Paired { mean, interval, .. }: Paired) -> String {
    let turned = interval.map(|interval| if mean < 0.0 { interval.negated() } else { interval });
    words::bounds(turned)
}

/// How the intervals are made; nothing where there are none.
fn method(grid: &Grid) -> Option<String> {
    let tested = grid.rows.iter().filter(|row| row.test.is_some_and(|test| test.interval.is_some()));
    let seeds = range(tested.clone().filter_map(|row| Some(row.test?.n)))?;
    let cells = range(tested.map(|row| row.cells))?;
    let over = match &words::headings(&grid.axes)[..] {
        _ if cells == "1" => String::new(),
        [axis] => format!(", averaged over {cells} values of {axis}"),
        axes => format!(", averaged over {cells} cells of {}", axes.join(", ")),
    };
    Some(format!("95 % paired-t over {seeds} seeds{over}"))
}

fn adjustment(grid: &Grid) -> Option<String> {
    let challengers = grid.rows.len();
    (challengers > 1).then(|| format!("judged by Holm's adjustment over {challengers} challengers"))
}

fn identical(grid: &Grid) -> Option<String> {
    let some = |row: &&GridRow| (1..row.cells).contains(&row.identical);
    let of_each: Vec<_> = grid
        .rows
        .iter()
        .filter(some)
        .map(|row| format!("{} of {}'s {} cells", row.identical, row.challenger, row.cells))
        .collect();
    let reference = &grid.reference;
    (!of_each.is_empty())
        .then(|| format!("the averages include {} with exactly {reference}'s errors", of_each.join(", ")))
}

fn left_out(grid: &Grid) -> Option<String> {
    let planned = grid.seeds.len();
    let seeds = |row: &GridRow| format!("{} of {}'s {planned} seeds", row.missing, row.challenger);
    let mut left: Vec<_> = grid.rows.iter().filter(|row| row.missing > 0).map(seeds).collect();
    if let Some(last) = left.last_mut() {
        last.push_str(", where a trial is not complete");
    }
    left.extend((grid.unmatched > 0).then(|| format!("{} cells without a reference", grid.unmatched)));
    (!left.is_empty()).then(|| format!("left out: {}", left.join(", ")))
}

/// `5`, or `3 to 5` where they differ.
fn range(counts: impl Iterator<Item = usize> + Clone) -> Option<String> {
    let (least, most) = (counts.clone().min()?, counts.max()?);
    Some(if least == most { most.to_string() } else { format!("{least} to {most}") })
}
