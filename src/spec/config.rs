//! The config of a trial: the tables `[data]`, `[model]`, `[objective]` and `[training]`.

use serde::{Deserialize, Serialize};

use crate::model::Encoder;
use crate::text::printable;
use crate::{Invalid, data, model, train};

/// The tables of a spec that describe one trial.
pub(super) const CONFIG_TABLES: [&str; 4] = ["data", "model", "objective", "training"];

/// The config of a cell: that of a trial without its seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellConfig {
    /// The images.
    pub data: data::Config,
    /// The network.
    pub model: model::Config,
    /// Weights of the penalty terms.
    pub objective: train::Objective,
    /// The schedule.
    pub training: train::Config,
}

/// The complete config of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialConfig {
    /// Seed of every random choice.
    pub seed: u64,
    /// The images.
    pub data: data::Config,
    /// The network.
    pub model: model::Config,
    /// Weights of the penalty terms.
    pub objective: train::Objective,
    /// The schedule.
    pub training: train::Config,
}

impl CellConfig {
    /// This cell's trial with the given seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> TrialConfig {
        let Self { data, model, objective, training } = self;
        TrialConfig { seed, data, model, objective, training }
    }

    /// Writes out the defaults of networks and terms of the program, and removes settings that do not concern the cell.
    pub(super) fn resolve(&mut self) -> Result<(), Invalid> {
        self.model.resolve()?;
        self.objective.resolve()
    }

    pub(super) fn validate(&self) -> Result<(), Invalid> {
        validate(&self.data, &self.model, &self.objective, &self.training)
    }
}

/// Checks the tables of a trial.
fn validate(
    data: &data::Config,
    model: &model::Config,
    objective: &train::Objective,
    training: &train::Config,
) -> Result<(), Invalid> {
    data.validate()?;
    model.validate()?;
    Encoder::of(model)?;
    objective.validate()?;
    training.validate()?;
    let silences = |phase: &train::Phase| phase.dropout > 0.0;
    match training.phases.iter().position(silences) {
        Some(phase) if model.wiring().is_none() => Err(Invalid::new(
            format!("training.phases.{phase}.dropout"),
            "silences units of a recursion, and the network is one of the program: it can drop units itself",
        )),
        _ => Ok(()),
    }
}

/// An invalid config of a trial.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is no such TOML.
    #[error("{0}")]
    Syntax(String),
    /// A setting cannot be used.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

impl TrialConfig {
    /// The preprocessing of the trial's images.
    #[must_use]
    pub fn preprocessing(&self) -> data::Preprocessing {
        self.data.preprocessing(self.model.decoder_nonnegative)
    }

    /// That preprocessing, learnt from the trial's training images among `images`.
    #[must_use]
    pub fn fitted(&self, images: &data::Images) -> data::Fitted {
        data::Fitted::to(self.preprocessing(), images, &self.split(images).train)
    }

    /// The images that the trial's initial D of `width` columns takes a share of, see [`train::primer`].
    #[must_use]
    pub fn primer(&self, width: usize, images: &data::Images) -> Vec<f32> {
        let indices = &self.split(images).train;
        let normaliser = &data::Fitted::to(self.preprocessing(), images, indices).normaliser(images);
        let training = train::Selection { images, normaliser, indices };
        train::primer(&self.model, width, training, self.seed)
    }

    fn split(&self, images: &data::Images) -> data::Split {
        data::split(images.len(), self.data.validation, self.data.holdout, self.seed)
    }

    /// Reads what [`TrialConfig::to_toml`] wrote, and checks it as a spec is checked.
    ///
    /// # Errors
    /// The text is no config, or one that no spec can give.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let syntax = |error: toml::de::Error| ConfigError::Syntax(printable(error.message()).into_owned());
        let config: Self = toml::from_str(text).map_err(syntax)?;
        validate(&config.data, &config.model, &config.objective, &config.training)?;
        Ok(config)
    }

    /// The config as TOML, every default written out.
    ///
    /// # Errors
    /// A seed above 2^63 − 1 or a folder that is not UTF-8, which no spec can name.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}
