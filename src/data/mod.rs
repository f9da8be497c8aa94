//! Labelled images, loaded once and shared by all trials.
//!
//! [`load`] reads or draws a data set; [`facts`] describes it for a plan, without its pixels.

mod array;
mod assembly;
pub mod config;
mod corruption;
mod error;
mod expected;
pub mod fetch;
mod files;
pub mod idx;
pub mod known;
mod labels;
pub mod layout;
pub mod mnist;
mod npy;
pub mod npz;
mod pixels;
pub mod preprocess;
pub mod published;
mod skeletons;
mod split;
pub mod strokes;

pub use config::{Config, Source};
pub use corruption::Corruption;
pub use error::{Error, FailedDownload, FailedDownloads, Unusable};
pub use labels::LABELS;
pub use layout::Layout;
pub use pixels::{PixelSlice, Pixels};
pub use preprocess::{Fitted, Normaliser, Preprocessing, Scale};
pub use split::{Holdout, Split, split};

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Invalid, memory};

/// A set of labelled images.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// Numbers of an image m, at least 1.
    pub inputs: usize,
    /// `[count, inputs]`, row-major.
    pub pixels: Pixels,
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
    pub fn image(&self, index: usize) -> PixelSlice<'_> {
        self.pixels.slice(index * self.inputs, self.inputs)
    }

    /// The pixels of each image in turn.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = PixelSlice<'_>> {
        (0..self.len()).map(|index| self.image(index))
    }

    /// The first `count` images, or all if there are fewer.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.len());
        Self {
            inputs: self.inputs,
            pixels: self.pixels.slice(0, count * self.inputs).to_pixels(),
            labels: self.labels[..count].to_vec(),
        }
    }

    /// Keeps the first `count` images.
    fn truncate(&mut self, count: usize) {
        self.labels.truncate(count);
        self.pixels.truncate(count * self.inputs);
    }
}

/// A training and a test set of images of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Name for messages: that of a known source, or of the folder or file.
    pub name: String,
    /// Shape of an image.
    pub layout: Layout,
    /// Number of classes l; [`Images::labels`] are below it.
    pub classes: usize,
    /// The label that each class has in the source: `[classes]`, ascending.
    pub labels: Vec<i64>,
    /// Training images, including the validation images.
    pub train: Images,
    /// Test images.
    pub test: Images,
    /// SHA-256 of the decompressed content by file name; for drawn data the generator's
    /// version and settings. Labels that are not the classes themselves are listed under [`LABELS`].
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
    /// Shape of an image.
    pub layout: Layout,
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
    /// Training images alone. Where the ids of trials have checksums that are computed, all files are read, and the
    /// test images are dropped.
    Training,
}

/// Reads or draws the data set that a config asks for, or a part of it.
///
/// `data_dir` is the folder of known sets, see [`known::KnownSet::folder`]; missing files are downloaded. Other sources do
/// not use it.
///
/// # Errors
/// Names the file that is missing, malformed or not genuine, or the setting that the images cannot satisfy.
pub fn load(config: &Config, data_dir: Option<&Path>, part: Part) -> Result<Dataset, Error> {
    let (mut data, shape) = match config.source {
        Source::Mnist => (mnist::load(&known::MNIST.folder(data_dir)?, part)?, mnist::SHAPE),
        Source::Strokes => {
            let recipe = strokes::Recipe::of(config)?;
            let shape = recipe.shape();
            let Shape { train, test, inputs, .. } = shape.limited(config)?;
            memory::check(((train + test) * (inputs + 1)) as u64)?;
            (recipe.draw(part), shape)
        }
        _ => {
            let data = read(config, data_dir, true)?;
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
/// Cheap for MNIST and strokes; the files of other sources are read.
///
/// # Errors
/// As [`load`].
pub fn facts(config: &Config, data_dir: Option<&Path>) -> Result<Facts, Error> {
    let (shape, layout, checksums) = match config.source {
        Source::Mnist => (mnist::SHAPE, mnist::LAYOUT, mnist::checksums()),
        Source::Strokes => {
            let recipe = strokes::Recipe::of(config)?;
            (recipe.shape(), strokes::LAYOUT, recipe.checksums())
        }
        _ => {
            let data = read(config, data_dir, false)?;
            (data.shape(), data.layout, data.checksums)
        }
    };
    Ok(Facts { shape: shape.limited(config)?, layout, checksums })
}

/// All images of a source whose checksums follow from its files; unless `keep` is set, no pixel is kept.
fn read(config: &Config, data_dir: Option<&Path>, keep: bool) -> Result<Dataset, Error> {
    config.validate()?;
    let data = match (config.source.known(), config.source, &config.folder, &config.file) {
        (Some(set), ..) => published::load(set, &set.folder(data_dir)?, keep),
        (None, Source::Npz, None, Some(file)) => npz::load_file(file, keep),
        (None, Source::Npz, Some(folder), None) => npz::load_folder(folder, keep),
        (None, _, Some(folder), _) => idx::load(folder, keep),
        (None, ..) => unreachable!("a source without files is drawn"),
    }?;
    every_class_is_trained(config, &data)?;
    Ok(data)
}

/// Refuses a limit of training images that leaves a class without any.
fn every_class_is_trained(config: &Config, data: &Dataset) -> Result<(), Invalid> {
    let Some(limit) = config.train.filter(|limit| *limit < data.train.len()) else { return Ok(()) };
    let mut has_images = vec![false; data.classes];
    data.train.labels[..limit].iter().for_each(|&class| has_images[usize::from(class)] = true);
    match has_images.iter().position(|has_images| !has_images) {
        None => Ok(()),
        Some(class) => {
            let reason = format!(
                "leaves no image of label {} among the first {limit}: raise it, or shuffle the images in the files",
                data.labels[class]
            );
            Err(Invalid::new("data.train", reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    fn refused(text: &str) -> String {
        let refused = load(&config(text), None, Part::All).unwrap_err().to_string();
        assert_eq!(facts(&config(text), None).unwrap_err().to_string(), refused);
        refused
    }

    #[test]
    fn facts_are_those_of_the_loaded_data() {
        let config = config("train = 30\ntest = 20\nvalidation = 10\nglyph_seed = 4");
        let data = load(&config, None, Part::All).unwrap();
        assert_eq!(data.checksums["strokes"], "version 1, seed 4, train 30, test 20");
        let shape = Shape { inputs: 784, classes: 10, train: 30, test: 20 };
        assert_eq!(
            facts(&config, None).unwrap(),
            Facts { shape, layout: data.layout, checksums: data.checksums.clone() }
        );
        assert_eq!((data.train.len(), data.test.len(), data.train.pixels.len()), (30, 20, 30 * 784));
        let sealed = load(&config, None, Part::Training).unwrap();
        assert_eq!((sealed.train, sealed.test.len(), sealed.checksums), (data.train, 0, data.checksums));
    }

    #[test]
    fn an_idx_folder_is_limited_and_no_more_is_asked_than_it_has() {
        let folder = idx::tests::folder();
        let base = format!("source = \"idx\"\nfolder = {:?}\n", folder.path());
        let some = config(&format!("{base}test = 1\nvalidation = 1"));
        let data = load(&some, None, Part::All).unwrap();
        assert_eq!((data.train.pixels.len(), data.test.labels.as_slice()), (12, &[1][..]));
        let shape = Shape { inputs: 4, classes: 3, train: 3, test: 1 };
        assert_eq!(
            facts(&some, None).unwrap(),
            Facts { shape, layout: data.layout, checksums: data.checksums }
        );

        let less = refused(&format!("{base}train = 2\nvalidation = 1"));
        assert_eq!(
            less,
            "`data.train` leaves no image of label 1 among the first 2: raise it, or shuffle the images in the files"
        );
        let more = refused(&format!("{base}train = 4\nvalidation = 1"));
        assert_eq!(more, "`data.train` asks for 4 images, but the source has 3");
        let more = refused(&format!("{base}test = 3\nvalidation = 1"));
        assert_eq!(more, "`data.test` asks for 3 images, but the source has 2");
        let held_out = refused(&format!("{base}validation = 3"));
        assert_eq!(held_out, "`data.validation` must leave training images: it is 3 of 3");
    }
}
