//! Expansion of axes into cells: every combination of the groups' values, in a fixed order.

use std::collections::{BTreeMap, HashMap};

use toml::{Table, Value};

use super::axes::LocatedAxis;
use super::cells::{BuiltCell, CellBuilder, settings, value_path};
use super::document::Document;
use super::error::{Error, Problem};
use super::path;
use super::sweep::{Cell, label};

/// Maximum number of trials of a sweep.
pub(super) const MAX_TRIALS: usize = 1_000_000;

/// Maximum size of the configs of all cells as text: enough for a million with short schedules.
const MAX_TEXT: usize = 1 << 30;

/// All cells that are not excluded, the first axis varying slowest.
pub(super) fn cells(
    doc: &Document,
    base: &Table,
    axes: &[LocatedAxis],
    excluded: &[BTreeMap<String, Value>],
    seeds: usize,
) -> Result<Vec<Cell>, Error> {
    let lengths = group_lengths(axes);
    let count = count(&lengths, seeds).map_err(|problem| doc.error(&path::split("sweep"), problem))?;
    let mut cells = Vec::new();
    let mut seen = HashMap::new();
    let mut builder = CellBuilder::new(doc, base, axes);
    let mut size = Size::default();
    for index in 0..count {
        let picks = picks(&lengths, index);
        let settings = settings(axes, &picks);
        if excluded.iter().any(|entries| matches(entries, &settings)) {
            continue;
        }
        let BuiltCell { config, identity, length } = builder.cell(&picks)?;
        size.add(length).map_err(|problem| doc.error(&path::split("sweep"), problem))?;
        if let Some(earlier) = seen.insert(identity, index) {
            return Err(duplicate(doc, axes, (&self::picks(&lengths, earlier), &picks)));
        }
        cells.push(Cell { settings, config });
    }
    if cells.is_empty() {
        return Err(doc.error(&path::split("sweep.exclude"), Problem::AllExcluded));
    }
    Ok(cells)
}

/// Number of values of each group of axes.
fn group_lengths(axes: &[LocatedAxis]) -> Vec<usize> {
    let mut lengths = Vec::new();
    for LocatedAxis { axis, .. } in axes {
        if axis.group == lengths.len() {
            lengths.push(axis.values.len());
        }
    }
    lengths
}

/// The number of cells; refuses too many trials.
fn count(lengths: &[usize], seeds: usize) -> Result<usize, Problem> {
    let cells = lengths.iter().try_fold(1_usize, |product, &length| product.checked_mul(length));
    let trials = cells.and_then(|cells| cells.checked_mul(seeds));
    match (cells, trials) {
        (Some(cells), Some(trials)) if trials <= MAX_TRIALS => Ok(cells),
        _ => {
            let cells = cells.map_or_else(|| "countless".to_owned(), |cells| cells.to_string());
            Err(Problem::TooMany { cells, seeds, max: MAX_TRIALS })
        }
    }
}

/// Position of the value of each group in the cell of this index.
fn picks(lengths: &[usize], mut index: usize) -> Vec<usize> {
    let mut picks = vec![0; lengths.len()];
    for (pick, length) in picks.iter_mut().zip(lengths).rev() {
        *pick = index % length;
        index /= length;
    }
    picks
}

fn matches(entries: &BTreeMap<String, Value>, settings: &[(String, Value)]) -> bool {
    let has = |(path, value): (&String, &Value)| {
        settings.iter().any(|(axis, setting)| axis == path && path::same(setting, value))
    };
    entries.iter().all(has)
}

/// Total size of the configs. A limit keeps many cells of long schedules from filling the memory, of which a cell
/// takes some multiple of its text.
#[derive(Default)]
struct Size {
    bytes: usize,
    cells: usize,
}

impl Size {
    fn add(&mut self, bytes: usize) -> Result<(), Problem> {
        self.bytes += bytes;
        self.cells += 1;
        if self.bytes > MAX_TEXT {
            return Err(Problem::TooLong { cells: self.cells, mebibytes: MAX_TEXT >> 20 });
        }
        Ok(())
    }
}

fn duplicate(doc: &Document, axes: &[LocatedAxis], (earlier, later): (&[usize], &[usize])) -> Error {
    let differs = |found: &&LocatedAxis| earlier[found.axis.group] != later[found.axis.group];
    let at = axes.iter().rev().find(differs).map(|found| value_path(found, later)).unwrap_or_default();
    let problem =
        Problem::Duplicate { first: label(&settings(axes, earlier)), second: label(&settings(axes, later)) };
    doc.error(&at, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_memory_would_not_hold_are_refused() {
        let mut size = Size::default();
        assert!(size.add(MAX_TEXT).is_ok());
        assert_eq!(
            size.add(1).unwrap_err().to_string(),
            "the settings of the first 2 cells alone fill 1024 MiB; sweep less, or shorten the schedule"
        );
    }
}
