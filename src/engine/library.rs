//! The data sets of a sweep, in memory once.

use std::path::Path;

use crate::data::{self, Dataset};

/// Every data set that a plan's trials use, shared by all of them.
pub struct Library {
    datasets: Vec<(data::Config, Dataset)>,
}

impl Library {
    /// Loads each distinct data set of `configs` once.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn load<'a>(
        configs: impl IntoIterator<Item = &'a data::Config>,
        data_dir: Option<&Path>,
    ) -> Result<Self, data::Error> {
        let mut library = Self { datasets: Vec::new() };
        for config in configs {
            if library.find(config).is_none() {
                library.datasets.push((config.clone(), data::load(config, data_dir)?));
            }
        }
        Ok(library)
    }

    /// The data set of `config`.
    ///
    /// # Panics
    /// When `config` was not among those that were loaded.
    #[must_use]
    pub fn get(&self, config: &data::Config) -> &Dataset {
        self.find(config).expect("the library was loaded with every config of the plan")
    }

    /// All data sets.
    pub fn datasets(&self) -> impl Iterator<Item = &Dataset> {
        self.datasets.iter().map(|(_, dataset)| dataset)
    }

    /// The data set of `config`, if it was loaded.
    #[must_use]
    pub fn find(&self, config: &data::Config) -> Option<&Dataset> {
        self.datasets.iter().find(|(known, _)| known == config).map(|(_, dataset)| dataset)
    }
}
