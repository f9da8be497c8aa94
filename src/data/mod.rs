//! Labelled images, loaded once and shared by all trials.
//!
//! [`load`] reads or draws a data set; [`facts`] describes it for a plan, without its pixels.

pub mod config;
mod error;
pub mod fetch;
mod files;
pub mod idx;
mod known;
pub mod mnist;
pub mod preprocess;
mod skeletons;
mod split;
pub mod strokes;

pub use config::{Config, Source};
pub use error::{Error, FailedDownload, FailedDownloads, Unusable};
pub use preprocess::{Fitted, Normaliser, Preprocessing, Scale};
pub use split::{Holdout, Split, split};

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Invalid, memory};

/// A set of labelled grey images, row-major, one byte per pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Pixels of an image m, at least 1.
    pub inputs: usize,
    /// `[count, inputs]`, row-major.
    pub pixels: Vec<u8>,
    /// `[count]`, each below the data set's `classes`.
    pub labels: Vec<u8>,
}

impl Images {
    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns true if there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of one image: `[inputs]`.
    #[must_use]
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.inputs..][..self.inputs]
    }

    /// The pixels of each image in turn.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.inputs)
    }

    /// Keeps the first `count` images.
    fn truncate(&mut self, count: usize) {
        self.labels.truncate(count);
        self.pixels.truncate(count * self.inputs);
    }
}

/// A training and a test set of images of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Name for messages: `mnist`, `strokes`, or the folder's name.
    pub name: String,
    /// Image height in pixels.
    pub rows: usize,
    /// Image width in pixels.
    pub columns: usize,
    /// Number of classes l; labels are below it.
    pub classes: usize,
    /// Training images, including the validation images.
    pub train: Images,
    /// Test images.
    pub test: Images,
    /// SHA-256 of the decompressed content by file name; for drawn data the generator's
    /// version and settings.
    pub checksums: BTreeMap<String, String>,
}

impl Dataset {
    fn shape(&self) -> Shape {
        Shape {
            inputs: self.train.inputs,
            classes: self.classes,
            train: self.train.len(),
            test: self.test.len(),
        }
    }
}

/// The description of a data set that a plan needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The sizes of the data set.
    pub shape: Shape,
    /// [`Dataset::checksums`], which are part of every trial's id.
    pub checksums: BTreeMap<String, String>,
}

/// The sizes of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Pixels of an image m.
    pub inputs: usize,
    /// Number of classes l.
    pub classes: usize,
    /// Training images, including the validation images.
    pub train: usize,
    /// Test images.
    pub test: usize,
}

impl Shape {
    /// The part of a source of this shape that a config uses.
    fn limited(self, config: &Config) -> Result<Self, Invalid> {
        let limit = |asked: Option<usize>, there: usize, key| match asked {
            Some(asked) if asked > there => {
                let reason = format!("asks for {asked} images, but the source has {there}");
                Err(Invalid::new(key, reason))
            }
            _ => Ok(asked.unwrap_or(there)),
        };
        let train = limit(config.train, self.train, "data.train")?;
        let test = limit(config.test, self.test, "data.test")?;
        if test == 0 {
            return Err(Invalid::new("data.test", "must be at least 1"));
        }
        if config.validation >= train {
            let reason = format!("must leave training images: it is {} of {train}", config.validation);
            return Err(Invalid::new("data.validation", reason));
        }
        Ok(Self { train, test, ..self })
    }
}

/// The images of a data set that are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Training and test images.
    All,
    /// Training images alone. Of IDX files all are read, since the ids of trials have the checksums of all;
    /// the test images are dropped.
    Training,
}

/// Reads or draws the data set that a config asks for, or a part of it.
///
/// `data_dir` is the folder of MNIST's files, see [`mnist::folder`]; missing files are downloaded. Other sources do not
/// use it.
///
/// # Errors
/// Names the file that is missing, malformed or not genuine, or the setting that exceeds the number of images.
pub fn load(config: &Config, data_dir: Option<&Path>, part: Part) -> Result<Dataset, Error> {
    let (mut data, shape) = match config.source {
        Source::Mnist => (mnist::load(&mnist::folder(data_dir)?, part)?, mnist::SHAPE),
        Source::Strokes => {
            let recipe = strokes::Recipe::of(config)?;
            let shape = recipe.shape();
            let Shape { train, test, inputs, .. } = shape.limited(config)?;
            memory::check(((train + test) * (inputs + 1)) as u64)?;
            (recipe.draw(part), shape)
        }
        Source::Idx => {
            let data = idx::load(folder(config)?)?;
            let shape = data.shape();
            (data, shape)
        }
    };
    let Shape { train, test, .. } = shape.limited(config)?;
    data.train.truncate(train);
    data.test.truncate(if part == Part::All { test } else { 0 });
    Ok(data)
}

/// The facts about [`load`]'s data set, without its pixels.
///
/// Cheap except for `source = "idx"`, whose four files are read.
///
/// # Errors
/// As [`load`].
pub fn facts(config: &Config) -> Result<Facts, Error> {
    let (shape, checksums) = match config.source {
        Source::Mnist => (mnist::SHAPE, mnist::checksums()),
        Source::Strokes => {
            let recipe = strokes::Recipe::of(config)?;
            (recipe.shape(), recipe.checksums())
        }
        Source::Idx => idx::facts(folder(config)?)?,
    };
    Ok(Facts { shape: shape.limited(config)?, checksums })
}

fn folder(config: &Config) -> Result<&Path, Invalid> {
    let missing = || Invalid::new("data.folder", "is required for `data.source` = \"idx\"");
    config.folder.as_deref().ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    fn refused(text: &str) -> String {
        let refused = load(&config(text), None, Part::All).unwrap_err().to_string();
        assert_eq!(facts(&config(text)).unwrap_err().to_string(), refused);
        refused
    }

    #[test]
    fn facts_are_those_of_the_loaded_data() {
        let config = config("train = 30\ntest = 20\nvalidation = 10\nglyph_seed = 4");
        let data = load(&config, None, Part::All).unwrap();
        assert_eq!(data.checksums["strokes"], "version 1, seed 4, train 30, test 20");
        let shape = Shape { inputs: 784, classes: 10, train: 30, test: 20 };
        assert_eq!(facts(&config).unwrap(), Facts { shape, checksums: data.checksums.clone() });
        assert_eq!((data.train.len(), data.test.len(), data.train.image(29).len()), (30, 20, 784));
        let sealed = load(&config, None, Part::Training).unwrap();
        assert_eq!((sealed.train, sealed.test.len(), sealed.checksums), (data.train, 0, data.checksums));
    }

    #[test]
    fn an_idx_folder_is_limited_and_no_more_is_asked_than_it_has() {
        let folder = idx::tests::folder();
        let base = format!("source = \"idx\"\nfolder = {:?}\n", folder.path());
        let some = config(&format!("{base}train = 2\ntest = 1\nvalidation = 1"));
        let data = load(&some, None, Part::All).unwrap();
        assert_eq!((data.train.pixels.len(), data.test.labels.as_slice()), (8, &[1][..]));
        let shape = Shape { inputs: 4, classes: 3, train: 2, test: 1 };
        assert_eq!(facts(&some).unwrap(), Facts { shape, checksums: data.checksums });

        let more = refused(&format!("{base}train = 4\nvalidation = 1"));
        assert_eq!(more, "`data.train` asks for 4 images, but the source has 3");
        let more = refused(&format!("{base}test = 3\nvalidation = 1"));
        assert_eq!(more, "`data.test` asks for 3 images, but the source has 2");
        let held_out = refused(&format!("{base}validation = 3"));
        assert_eq!(held_out, "`data.validation` must leave training images: it is 3 of 3");
    }
}
