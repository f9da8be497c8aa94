//! The data sets of a sweep, each loaded once.

use std::path::Path;

use crate::data::{self, Dataset, Part};

/// Data sets in memory, shared by all trials, whatever their preprocessing.
pub struct DatasetCache(Vec<(data::Config, Dataset)>);

impl DatasetCache {
    /// Loads a part of each distinct data set of `configs`; `data_dir` is the folder of published sets.
    ///
    /// # Errors
    /// A data set cannot be read.
    pub fn load<'a>(
        configs: impl IntoIterator<Item = &'a data::Config>,
        data_dir: Option<&Path>,
        part: Part,
    ) -> Result<Self, data::Error> {
        let mut cache = Self(Vec::new());
        for config in configs {
            if cache.find(config).is_none() {
                cache.0.push((config.images(), data::load(config, data_dir, part)?));
            }
        }
        Ok(cache)
    }

    /// The data set of `config`.
    ///
    /// # Panics
    /// `config` was not among those that were loaded.
    #[must_use]
    pub fn get(&self, config: &data::Config) -> &Dataset {
        self.find(config).expect("the cache was loaded with every config of the plan")
    }

    /// The data set of `config`, if it was loaded.
    #[must_use]
    pub fn find(&self, config: &data::Config) -> Option<&Dataset> {
        let images = config.images();
        self.0.iter().find(|(known, _)| *known == images).map(|(_, dataset)| dataset)
    }

    /// The data sets, each with its settings.
    pub fn all(&self) -> impl Iterator<Item = (&data::Config, &Dataset)> {
        self.0.iter().map(|(config, dataset)| (config, dataset))
    }

    /// The number of data sets.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}
