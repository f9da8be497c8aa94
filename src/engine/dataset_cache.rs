//! The data sets of a sweep, each loaded once.

use std::path::Path;

use crate::data::{self, Dataset, Part};
use crate::plan::Plan;

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

    /// As [`load`](Self::load) for trials of a plan, whose ids have the checksums of the images.
    ///
    /// # Errors
    /// A data set cannot be read, or is not the one that was planned.
    pub fn of_plan<'a>(
        plan: &Plan,
        configs: impl IntoIterator<Item = &'a data::Config>,
        data_dir: Option<&Path>,
        part: Part,
    ) -> Result<Self, data::Error> {
        let cache = Self::load(configs, data_dir, part)?;
        for (config, facts) in &plan.datasets {
            if let Some(dataset) = cache.find(config)
                && dataset.checksums != facts.checksums
            {
                return Err(data::Error::Changed { name: dataset.name.clone() });
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Kind;
    use crate::spec::Sweep;

    const SPEC: &str = "\
name = \"tiny\"
seeds = 1
data = { train = 40, test = 10, validation = 10 }
model = { steps = 2, hidden = 3 }
training.phases = [{ epochs = 1, rate = 1e-2 }]
";

    #[test]
    fn images_that_changed_since_the_plan_was_made_are_refused() {
        let sweep = Sweep::parse(SPEC, "tiny.toml", &[]).unwrap();
        let mut plan =
            Plan::of(&sweep, Kind::Cpu, |config: &data::Config| data::facts(config, None)).unwrap();
        let load = |plan: &Plan| {
            let configs = plan.trials.iter().map(|trial| &trial.config.data);
            DatasetCache::of_plan(plan, configs, None, Part::All).map(|cache| cache.all().count())
        };
        assert_eq!(load(&plan).unwrap(), 1);
        for (_, facts) in &mut plan.datasets {
            facts.checksums.values_mut().for_each(|checksum| checksum.push('0'));
        }
        let error = load(&plan).unwrap_err().to_string();
        let expected =
            "the images of strokes changed since the plan was made: restore them, or run the command again";
        assert_eq!(error, expected);
    }
}
