//! Labels of a file, and their classes.

use std::collections::HashMap;

/// Maximum number of classes.
pub(super) const MAX_CLASSES: usize = 256;

/// The entry of [`Dataset::checksums`](super::Dataset) that lists the labels of classes 0, 1, …, where these differ.
pub const LABELS: &str = "labels";

/// Labels in order, of at most 256 values.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// The different labels, in the order in which they appear.
    values: Vec<i64>,
    codes: HashMap<i64, u8>,
    /// Position of each label in `values`.
    positions: Vec<u8>,
}

impl Labels {
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Appends a label; refuses the first that is one too many.
    pub fn push(&mut self, label: i64) -> Result<(), String> {
        let next = self.values.len();
        let code = match self.codes.get(&label) {
            Some(&code) => code,
            None if next == MAX_CLASSES => {
                return Err(format!("label {label} is one more than {MAX_CLASSES} different ones"));
            }
            None => {
                self.values.push(label);
                self.codes.insert(label, next as u8);
                next as u8
            }
        };
        self.positions.push(code);
        Ok(())
    }

    /// The different labels, ascending: the label of each class.
    pub fn of_classes(&self) -> Vec<i64> {
        let mut labels = self.values.clone();
        labels.sort_unstable();
        labels
    }

    /// The class of each label, or the index of the first label that has none.
    pub fn classes(&self, of_classes: &[i64]) -> Result<Vec<u8>, (usize, i64)> {
        let class = |label: &i64| of_classes.binary_search(label).ok();
        let classes: Vec<_> = self.values.iter().map(class).collect();
        let class = |(index, &position): (usize, &u8)| {
            let position = usize::from(position);
            classes[position].map(|class| class as u8).ok_or((index, self.values[position]))
        };
        self.positions.iter().enumerate().map(class).collect()
    }
}

/// The labels as a text, if they are not the classes themselves.
pub(super) fn mapped(of_classes: &[i64]) -> Option<String> {
    let is_class = |(class, &label): (i64, &i64)| class == label;
    if (0..).zip(of_classes).all(is_class) {
        return None;
    }
    Some(listed(of_classes))
}

/// Labels with commas between them.
pub(super) fn listed(labels: &[i64]) -> String {
    labels.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[i64]) -> Labels {
        let mut labels = Labels::default();
        for &value in values {
            labels.push(value).unwrap();
        }
        labels
    }

    #[test]
    fn classes_are_in_the_order_of_the_labels() {
        let found = labels(&[7, -1, 7, 300, -1]);
        let of_classes = found.of_classes();
        assert_eq!(of_classes, [-1, 7, 300]);
        assert_eq!(found.classes(&of_classes), Ok(vec![1, 0, 1, 2, 0]));
        assert_eq!(labels(&[300, 300, 8]).classes(&of_classes), Err((2, 8)));
        assert_eq!(mapped(&of_classes).as_deref(), Some("-1, 7, 300"));
        assert_eq!(mapped(&[0, 1, 2]), None);
    }

    #[test]
    fn there_are_256_classes_at_most() {
        let mut all = labels(&(1000..1256).collect::<Vec<_>>());
        assert_eq!(all.classes(&all.of_classes()).unwrap()[255], 255);
        assert!(all.push(1255).is_ok());
        assert_eq!(all.push(0).unwrap_err(), "label 0 is one more than 256 different ones");
    }
}
