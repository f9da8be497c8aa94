//! A row of a chart: every seed of a quantity, its mean and its interval.

use crate::report::chart::{ChartRow, Drawn, Look, Panel, Weight};
use crate::stats::Interval;

/// Pixels from the middle of a row up to its interval, and down to its seeds.
const INTERVAL: f64 = -2.0;
const SEEDS: f64 = 5.0;

/// A quantity of one cell, or of one challenger over all cells.
pub struct SeedRow {
    /// Heading of the row and its neighbours.
    pub group: String,
    pub label: String,
    pub look: Look,
    /// Value of each seed that has one.
    pub seeds: Vec<f64>,
    pub mean: Option<f64>,
    pub interval: Option<Interval>,
    /// The numbers.
    pub text: String,
}

impl SeedRow {
    /// The rows of a chart, those of one group together; the groups are in the order of their first rows.
    pub fn grouped(mut rows: Vec<Self>) -> Vec<Self> {
        let mut groups: Vec<String> = Vec::new();
        for row in &rows {
            if !groups.contains(&row.group) {
                groups.push(row.group.clone());
            }
        }
        rows.sort_by_key(|row| groups.iter().position(|group| *group == row.group));
        rows
    }

    /// Values that the scale must hold.
    pub fn extent(&self) -> impl Iterator<Item = f64> {
        let ends = self.interval.into_iter().flat_map(|interval| [interval.low, interval.high]);
        self.seeds.iter().copied().chain(self.mean).chain(ends)
    }

    /// Its texts.
    pub fn row(&self) -> ChartRow {
        ChartRow { group: self.group.clone(), label: self.label.clone(), text: self.text.clone() }
    }

    /// Draws its marks at the place `y`.
    pub fn paint(&self, panel: &Panel<'_, '_>, y: f64) -> Drawn {
        let look = self.look;
        if self.seeds.len() > 1 {
            self.seeds.iter().try_for_each(|&seed| panel.mark((seed, y + SEEDS), 0.0, look, Weight::Seed))?;
        }
        if let Some(interval) = self.interval {
            panel.level(interval, y + INTERVAL, look)?;
        }
        let mut mean = self.mean.into_iter();
        mean.try_for_each(|mean| panel.mark((mean, y + INTERVAL), 0.0, look, Weight::Mean))
    }
}
