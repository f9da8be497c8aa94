//! Labelled images, in memory once and shared by all trials.

pub mod config;

pub use config::{Config, Source};

use std::collections::BTreeMap;

/// A set of labelled grey images, row-major, one byte a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// `[count, inputs]`, row-major.
    pub pixels: Vec<u8>,
    /// `[count]`, each below the data set's `classes`.
    pub labels: Vec<u8>,
}

/// A training and a test set of images of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Name for people: `mnist`, `strokes`, or the folder's name.
    pub name: String,
    /// Image height in pixels.
    pub rows: usize,
    /// Image width in pixels.
    pub columns: usize,
    /// Number of classes l; labels are below it.
    pub classes: usize,
    /// Training images, validation images among them.
    pub train: Images,
    /// Test images.
    pub test: Images,
    /// SHA-256 of the decompressed content by file name; for drawn data the generator's
    /// version and settings.
    pub checksums: BTreeMap<String, String>,
}
