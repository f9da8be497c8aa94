//! Sizes and classes of a data set, for people and for scripts.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::data::{Dataset, Images, Layout};
use crate::text::printable;

/// Sizes and classes of a data set.
#[derive(Debug, Serialize)]
pub struct Described {
    source: String,
    /// Dimensions of an example.
    shape: Vec<usize>,
    #[serde(skip)]
    layout: Layout,
    /// Type of the numbers.
    r#type: &'static str,
    classes: usize,
    /// The label of each class.
    labels: Vec<i64>,
    train: Part,
    test: Part,
    /// As in the ids of trials.
    checksums: BTreeMap<String, String>,
}

/// The training or the test images.
#[derive(Debug, Serialize)]
struct Part {
    images: usize,
    /// Images of each class.
    by_class: Vec<usize>,
}

impl Part {
    fn of(images: &Images, classes: usize) -> Self {
        let mut by_class = vec![0; classes];
        for &label in &images.labels {
            by_class[usize::from(label)] += 1;
        }
        Self { images: images.len(), by_class }
    }

    fn print(&self, name: &str, labels: &[i64], out: &mut dyn Write) -> io::Result<()> {
        let counts = labels.iter().zip(&self.by_class).map(|(label, count)| format!("{label}: {count}"));
        writeln!(
            out,
            "{name:<9}{:>7} images; by label {}",
            self.images,
            counts.collect::<Vec<_>>().join(", ")
        )
    }
}

impl Described {
    pub fn of(dataset: &Dataset) -> Self {
        let Dataset { name, layout, classes, labels, train, test, checksums } = dataset;
        Self {
            source: name.clone(),
            shape: layout.dimensions(),
            layout: *layout,
            r#type: train.pixels.type_name(),
            classes: *classes,
            labels: labels.clone(),
            train: Part::of(train, *classes),
            test: Part::of(test, *classes),
            checksums: checksums.clone(),
        }
    }

    /// Prints a few lines.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { source, layout, r#type, classes, labels, .. } = self;
        writeln!(out, "{}: {layout}, {type}, in {classes} classes", printable(source))?;
        self.train.print("training", labels, out)?;
        self.test.print("test", labels, out)
    }

    /// Prints JSON.
    pub fn print_json(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        writeln!(out, "{}", serde_json::to_string_pretty(self)?)?;
        Ok(())
    }
}
