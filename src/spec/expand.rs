//! From axes to cells: every combination of the groups' values, in a fixed order.

use std::collections::{BTreeMap, HashMap};

use toml::{Table, Value};

use super::axes::Located;
use super::document::Document;
use super::error::{Error, Problem};
use super::parts::{Parts, Whole, settings, value_at};
use super::path;
use super::{Cell, MAX_TRIALS, label};

/// The configs of all cells may be so many bytes of text: enough for a million of short schedules.
const MAX_TEXT: usize = 1 << 30;

/// All cells that are not excluded, the first axis varying slowest.
pub(super) fn cells(
    doc: &Document,
    base: &Table,
    axes: &[Located],
    excluded: &[BTreeMap<String, Value>],
    seeds: usize,
) -> Result<Vec<Cell>, Error> {
    let lengths = group_lengths(axes);
    let count = count(&lengths, seeds).map_err(|problem| doc.error(&path::split("sweep"), problem))?;
    let mut cells = Vec::new();
    let mut seen = HashMap::new();
    let mut parts = Parts::new(doc, base, axes);
    let mut room = Room::default();
    for index in 0..count {
        let picks = picks(&lengths, index);
        let settings = settings(axes, &picks);
        if excluded.iter().any(|entries| matches(entries, &settings)) {
            continue;
        }
        let Whole { config, identity, length } = parts.cell(&picks)?;
        room.take(length).map_err(|problem| doc.error(&path::split("sweep"), problem))?;
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

/// How many values each group of axes has.
fn group_lengths(axes: &[Located]) -> Vec<usize> {
    let mut lengths = Vec::new();
    for Located { axis, .. } in axes {
        if axis.group == lengths.len() {
            lengths.push(axis.values.len());
        }
    }
    lengths
}

/// The number of cells, once it is known that their trials are not too many.
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

/// Which value of each group the cell of this index has.
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

/// Keeps many cells of long schedules from filling the memory, of which a cell takes some multiple of
/// its text.
#[derive(Default)]
struct Room {
    bytes: usize,
    cells: usize,
}

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), Problem> {
        self.bytes += bytes;
        self.cells += 1;
        if self.bytes > MAX_TEXT {
            return Err(Problem::TooLong { cells: self.cells, mebibytes: MAX_TEXT >> 20 });
        }
        Ok(())
    }
}

fn duplicate(doc: &Document, axes: &[Located], (earlier, later): (&[usize], &[usize])) -> Error {
    let differs = |found: &&Located| earlier[found.axis.group] != later[found.axis.group];
    let at = axes.iter().rev().find(differs).map(|found| value_at(found, later)).unwrap_or_default();
    let problem =
        Problem::Duplicate { first: label(&settings(axes, earlier)), second: label(&settings(axes, later)) };
    doc.error(&at, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_memory_would_not_hold_are_refused() {
        let mut room = Room::default();
        assert!(room.take(MAX_TEXT).is_ok());
        assert_eq!(
            room.take(1).unwrap_err().to_string(),
            "the settings of the first 2 cells alone fill 1024 MiB; sweep less, or shorten the schedule"
        );
    }
}
