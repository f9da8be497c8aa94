//! Notes about data sets on standard error, each once in a command.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use super::source;
use super::terminal::print_message;
use crate::data::{Dataset, LABELS};
use crate::engine::DatasetCache;
use crate::plan::Plan;
use crate::threads::lock;

/// Notes that were printed.
static PRINTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn note(text: String) {
    let mut printed = lock(&PRINTED);
    if !printed.contains(&text) {
        print_message(format_args!("note: {text}"));
        printed.insert(text);
    }
}

/// Notes the labels of a plan's data sets that are not their classes.
pub fn of_plan(plan: &Plan) {
    for (config, facts) in &plan.datasets {
        of_labels(&source::name(config), &facts.checksums);
    }
}

fn of_labels(name: &str, checksums: &BTreeMap<String, String>) {
    if let Some(labels) = checksums.get(LABELS) {
        note(format!("{name}: the classes from 0 on are the labels {labels}"));
    }
}

/// Notes such labels of a data set, and its classes without test images.
pub fn of_dataset(name: &str, dataset: &Dataset) {
    of_labels(name, &dataset.checksums);
    if !dataset.test.is_empty() {
        let absent = without_images(&dataset.test.labels, dataset);
        if !absent.is_empty() {
            note(format!("{name}: no test image has the label {}", absent.join(" or ")));
        }
    }
}

/// The same for data sets that trials use.
pub fn of_cache(datasets: &DatasetCache) {
    for (config, dataset) in datasets.all() {
        of_dataset(&source::name(config), dataset);
    }
}

/// Labels of the classes that some images lack.
fn without_images(classes: &[u8], dataset: &Dataset) -> Vec<String> {
    let present: BTreeSet<u8> = classes.iter().copied().collect();
    let absent = (0..).zip(&dataset.labels).filter(|(class, _)| !present.contains(class));
    absent.map(|(_, label)| label.to_string()).collect()
}
