//! Sizes and classes of a data set, for people and for scripts.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::data::{Dataset, Images};
use crate::text::printable;

/// Sizes and classes of a data set.
#[derive(Debug, Serialize)]
pub struct Described {
    source: String,
    rows: usize,
    columns: usize,
    classes: usize,
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

    fn print(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        let counts = self.by_class.iter().enumerate().map(|(class, count)| format!("{class}: {count}"));
        writeln!(
            out,
            "{name:<9}{:>7} images; by class {}",
            self.images,
            counts.collect::<Vec<_>>().join(", ")
        )
    }
}

impl Described {
    pub fn of(dataset: &Dataset) -> Self {
        let Dataset { name, rows, columns, classes, train, test, checksums } = dataset;
        Self {
            source: name.clone(),
            rows: *rows,
            columns: *columns,
            classes: *classes,
            train: Part::of(train, *classes),
            test: Part::of(test, *classes),
            checksums: checksums.clone(),
        }
    }

    /// Prints a few lines; classes without images are named.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { source, rows, columns, classes, .. } = self;
        writeln!(out, "{}: images of {rows} × {columns} pixels in {classes} classes", printable(source))?;
        for (name, part) in [("training", &self.train), ("test", &self.test)] {
            part.print(name, out)?;
            let empty = part.by_class.iter().enumerate().filter(|(_, count)| **count == 0);
            for (class, _) in empty {
                writeln!(out, "note: class {class} has no {name} image")?;
            }
        }
        Ok(())
    }

    /// Prints JSON.
    pub fn print_json(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        writeln!(out, "{}", serde_json::to_string_pretty(self)?)?;
        Ok(())
    }
}
