//! The `[data]` table of a spec.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Holdout, Preprocessing, Scale};
use crate::Invalid;

/// Source of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The genuine MNIST digits.
    Mnist,
    /// Pen-stroke glyphs, drawn procedurally; needs no download.
    Strokes,
    /// Any data set in four IDX files with MNIST's names, from `data.folder`.
    Idx,
}

/// The images of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Source of the images.
    pub source: Source,
    /// Training images held out for validation; 0 trains on all of them and keeps the last epoch's weights.
    pub validation: usize,
    /// The choice of these images.
    #[serde(skip_serializing_if = "Holdout::is_default")]
    pub holdout: Holdout,
    /// Number of training images before the split: the first images of the source, or the glyphs to draw. All
    /// (strokes: 20,000) if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<usize>,
    /// Number of test images, as `train`. All (strokes: 5,000) if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<usize>,
    /// Folder of the IDX files; only for `source = "idx"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Seed of the glyphs, shared by all trials; only for `source = "strokes"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glyph_seed: Option<u64>,
    /// Subtract a mean from the pixels; true if absent, but false with `model.decoder_nonnegative`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centre: Option<bool>,
    /// Scaling of the pixels; unit norm if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            source: Source::Strokes,
            validation: 10_000,
            holdout: Holdout::default(),
            train: None,
            test: None,
            folder: None,
            glyph_seed: None,
            centre: None,
            scale: None,
        }
    }
}

impl Config {
    /// The settings without the folder, which is not part of a trial's identity.
    #[must_use]
    pub fn without_folder(&self) -> Self {
        Self { folder: None, ..self.clone() }
    }

    /// The settings that decide the images, without their preprocessing and the choice of held-out images.
    #[must_use]
    pub fn images(&self) -> Self {
        Self { holdout: Holdout::default(), centre: None, scale: None, ..self.clone() }
    }

    /// The preprocessing of images for a network whose decoder is non-negative, or may have any sign.
    #[must_use]
    pub fn preprocessing(&self, decoder_nonnegative: bool) -> Preprocessing {
        Preprocessing {
            centre: self.centre.unwrap_or(!decoder_nonnegative),
            scale: self.scale.unwrap_or_default(),
        }
    }

    /// Rejects contradictory settings.
    ///
    /// # Errors
    /// Names the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), Invalid> {
        match (self.source, &self.folder) {
            (Source::Idx, None) => {
                return Err(Invalid::new("data.folder", "is required for `data.source` = \"idx\""));
            }
            (Source::Mnist | Source::Strokes, Some(_)) => {
                return Err(Invalid::new("data.folder", "is for `data.source` = \"idx\" alone"));
            }
            _ => {}
        }
        if self.source != Source::Strokes && self.glyph_seed.is_some() {
            return Err(Invalid::new("data.glyph_seed", "is for `data.source` = \"strokes\" alone"));
        }
        if self.train.is_some_and(|train| train <= self.validation) {
            let (held_out, train) = (self.validation, self.train.unwrap_or(0));
            let reason = format!("must leave training images: it is {held_out} of {train}");
            return Err(Invalid::new("data.validation", reason));
        }
        if self.test == Some(0) {
            return Err(Invalid::new("data.test", "must be at least 1"));
        }
        Ok(())
    }
}
