//! Rows of `search.csv`: every configuration at every stage, in the order of the decisions.

use std::io;

use serde::Serialize;
use toml::Value;

use crate::spec;
use crate::store;

/// One configuration of one group at one stage.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SearchRow {
    /// `rung 1`, `rung 2`, …, `widening 1`, ….
    pub stage: String,
    /// The group of cells.
    pub group: String,
    /// Number of the configuration within its group, from 1.
    pub configuration: usize,
    /// Epochs trained by the end of the stage.
    pub epochs: usize,
    /// Trials: cells of the group times seeds.
    pub trials: usize,
    /// Mean validation error over cells and seeds, percent; absent where a trial diverged.
    pub valid_error_mean: Option<f64>,
    /// Its standard error over the seeds, percentage points.
    pub valid_error_se: Option<f64>,
    /// Rank within group and stage, from 1.
    pub rank: usize,
    /// True if the configuration goes on to the next rung.
    pub promoted: bool,
    /// True if it is the choice for its group.
    pub chosen: bool,
    /// Configurations of the group by the end of the stage.
    pub spent_configurations: usize,
    /// Epochs of all trials of the group by the end of the stage.
    pub spent_epochs: u64,
    /// Training images of these epochs.
    pub spent_images: u64,
    /// Floating-point operations of their matrix products.
    pub spent_operations: u64,
    /// The searched settings.
    #[serde(skip)]
    pub settings: Vec<(String, Value)>,
}

impl SearchRow {
    /// The text of `search.csv`.
    ///
    /// # Errors
    /// A row cannot be written as CSV.
    pub fn csv(rows: &[Self]) -> io::Result<Vec<u8>> {
        let settings = rows.first().into_iter().flat_map(|row| &row.settings).map(|(path, _)| path.clone());
        let header: Vec<String> = store::header_of::<Self>()?.into_iter().chain(settings).collect();
        let values = |row: &Self| row.settings.iter().map(|(_, value)| spec::text(value)).collect::<Vec<_>>();
        store::table(&header, &rows.iter().map(|row| (row, values(row))).collect::<Vec<_>>())
    }
}
