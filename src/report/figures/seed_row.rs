//! A row of a chart: every seed of a quantity, its mean and its interval.

use indexmap::IndexSet;

use super::tip;
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
    /// Name of the quantity, with its unit.
    pub quantity: &'static str,
    /// Each seed that has a value, with it.
    pub seeds: Vec<(u64, f64)>,
    pub mean: Option<f64>,
    pub interval: Option<Interval>,
    /// The numbers.
    pub text: String,
}

impl SeedRow {
    /// The rows of a chart, those of one group together; the groups are in the order of their first rows.
    pub fn grouped(mut rows: Vec<Self>) -> Vec<Self> {
        let groups: IndexSet<String> = rows.iter().map(|row| row.group.clone()).collect();
        rows.sort_by_key(|row| groups.get_index_of(&row.group));
        rows
    }

    /// The differences that there are, each with its seed.
    pub fn by_seed(seeds: &[u64], differences: &[Option<f64>]) -> Vec<(u64, f64)> {
        let known = |(seed, difference): (&u64, &Option<f64>)| Some((*seed, (*difference)?));
        seeds.iter().zip(differences).filter_map(known).collect()
    }

    /// Values that the scale must hold.
    pub fn extent(&self) -> impl Iterator<Item = f64> {
        let ends = self.interval.into_iter().flat_map(|interval| [interval.low, interval.high]);
        self.seeds.iter().map(|seed| seed.1).chain(self.mean).chain(ends)
    }

    /// Its texts.
    pub fn row(&self) -> ChartRow {
        ChartRow { group: self.group.clone(), label: self.label.clone(), text: self.text.clone() }
    }

    /// Draws its marks at the place `y`.
    pub fn paint(&self, panel: &Panel<'_>, y: f64) -> Drawn {
        let look = self.look;
        if self.seeds.len() > 1 {
            self.seeds.iter().try_for_each(|&(seed, value)| {
                let text = self.tip(&tip::seed(seed), value, None);
                panel.canvas.titled(&text, || panel.mark((value, y + SEEDS), 0.0, look, Weight::Seed))
            })?;
        }
        let Some(mean) = self.mean else { return Ok(()) };
        let of = match self.seeds[..] {
            [(seed, _)] => tip::seed(seed),
            _ => tip::mean_of(self.seeds.len(), self.interval.is_some()),
        };
        let text = self.tip(&of, mean, self.interval);
        panel.canvas.titled(&text, || {
            self.interval.map_or(Ok(()), |interval| panel.level(interval, y + INTERVAL, look))?;
            panel.mark((mean, y + INTERVAL), 0.0, look, Weight::Mean)
        })
    }

    /// The text of a mark.
    fn tip(&self, of: &str, value: f64, interval: Option<Interval>) -> String {
        tip::text(&[&self.group, &self.label, of, &tip::value(self.quantity, value, interval)])
    }
}
