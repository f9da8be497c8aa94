//! Rows of `search.csv`: every configuration at every stage, in the order of the decisions.

use std::io;

use serde::Serialize;
use toml::Value;

use crate::spec;
use crate::store;

/// One configuration of one group at one stage.
#[derive(Debug, Clone, PartialEq, Default)]
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
    pub settings: Vec<(String, Value)>,
}

/// The columns before the settings.
#[derive(Serialize)]
struct Fixed<'r>(
    &'r str,
    &'r str,
    usize,
    usize,
    usize,
    Option<f64>,
    Option<f64>,
    usize,
    bool,
    bool,
    usize,
    u64,
    u64,
    u64,
);

const COLUMNS: [&str; 14] = [
    "stage",
    "group",
    "configuration",
    "epochs",
    "trials",
    "valid_error_mean",
    "valid_error_se",
    "rank",
    "promoted",
    "chosen",
    "spent_configurations",
    "spent_epochs",
    "spent_images",
    "spent_operations",
];

impl SearchRow {
    /// The text of `search.csv`.
    ///
    /// # Errors
    /// A row cannot be written as CSV.
    pub fn csv(rows: &[Self]) -> io::Result<Vec<u8>> {
        let settings = rows.first().into_iter().flat_map(|row| &row.settings).map(|(path, _)| path.as_str());
        let header: Vec<String> = COLUMNS.into_iter().chain(settings).map(str::to_owned).collect();
        store::table(&header, &rows.iter().map(Self::fields).collect::<Vec<_>>())
    }

    fn fields(&self) -> (Fixed<'_>, Vec<String>) {
        let fixed = Fixed(
            &self.stage,
            &self.group,
            self.configuration,
            self.epochs,
            self.trials,
            self.valid_error_mean,
            self.valid_error_se,
            self.rank,
            self.promoted,
            self.chosen,
            self.spent_configurations,
            self.spent_epochs,
            self.spent_images,
            self.spent_operations,
        );
        (fixed, self.settings.iter().map(|(_, value)| spec::text(value)).collect())
    }
}
