//! The `[data]` table of a spec.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::known::{self, KnownSet};
use super::{Holdout, Preprocessing, Scale};
use crate::Invalid;

/// Source of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The genuine MNIST digits.
    Mnist,
    /// Fashion-MNIST's articles of clothing.
    FashionMnist,
    /// Kuzushiji-MNIST's cursive Japanese characters.
    Kmnist,
    /// QMNIST: MNIST's digits with all 60,000 test images.
    Qmnist,
    /// Pen-stroke glyphs, drawn procedurally; needs no download.
    Strokes,
    /// Any data set in four IDX files with MNIST's names, from `data.folder`.
    Idx,
    /// Any data set that NumPy wrote: `data.file`, an `.npz` file, or `data.folder`, with `.npy` files.
    Npz,
}

impl Source {
    /// The name in specs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::FashionMnist => "fashion-mnist",
            Self::Kmnist => "kmnist",
            Self::Qmnist => "qmnist",
            Self::Strokes => "strokes",
            Self::Idx => "idx",
            Self::Npz => "npz",
        }
    }

    /// The published set, if this is one.
    #[must_use]
    pub fn known(self) -> Option<&'static KnownSet> {
        match self {
            Self::Mnist => Some(&known::MNIST),
            Self::FashionMnist => Some(&known::FASHION_MNIST),
            Self::Kmnist => Some(&known::KMNIST),
            Self::Qmnist => Some(&known::QMNIST),
            Self::Strokes | Self::Idx | Self::Npz => None,
        }
    }
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
    /// Folder of the IDX or the `.npy` files; only for `source = "idx"` or `"npz"`. In a spec it is relative to the
    /// spec's own folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// The `.npz` file; only for `source = "npz"`. Relative as `folder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Seed of the glyphs, shared by all trials, 0 if absent; only for `source = "strokes"`.
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
            file: None,
            glyph_seed: None,
            centre: None,
            scale: None,
        }
    }
}

impl Config {
    /// The settings without the location of the data, which is not part of a trial's identity.
    #[must_use]
    pub fn without_paths(&self) -> Self {
        Self { folder: None, file: None, ..self.clone() }
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
        self.validate_paths()?;
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

    /// Arrays have one place, IDX files a folder, and other sources none.
    fn validate_paths(&self) -> Result<(), Invalid> {
        let (has_folder, has_file) = (self.folder.is_some(), self.file.is_some());
        let refuse = |key: &str, reason: &str| Err(Invalid::new(key, reason));
        match self.source {
            Source::Idx if !has_folder => refuse("data.folder", "is required for `data.source` = \"idx\""),
            Source::Npz if has_folder && has_file => {
                refuse("data.file", "cannot be given with `data.folder`: the arrays are in one of them")
            }
            Source::Npz if !has_folder && !has_file => {
                refuse("data.file", "or `data.folder` is required for `data.source` = \"npz\"")
            }
            Source::Npz => Ok(()),
            _ if has_file => refuse("data.file", "is for `data.source` = \"npz\" alone"),
            Source::Idx => Ok(()),
            _ if has_folder => refuse("data.folder", "is for `data.source` = \"idx\" or \"npz\" alone"),
            _ => Ok(()),
        }
    }
}
