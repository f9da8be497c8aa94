//! `mistakes.csv`: which test images each complete trial gets wrong.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{Error, Source, frame};

/// The test images that each trial gets wrong, in ascending order, by position in the plan.
pub(super) struct Mistakes {
    by_trial: HashMap<u64, Vec<u64>>,
}

impl Mistakes {
    pub fn read(source: Source) -> Result<Self, Error> {
        let Source { path, text } = source;
        let table = frame::read(&path, text)?;
        let column = |name: &str| {
            let absent = |_| Error::Column { path: path.clone(), column: name.to_owned() };
            Ok::<_, Error>(table.column(name).map_err(absent)?.u64()?.clone())
        };
        let (trials, images) = (column("index")?, column("image")?);
        let mut by_trial: HashMap<u64, Vec<u64>> = HashMap::new();
        let mut last = None;
        for (row, mistake) in trials.iter().zip(images.iter()).enumerate() {
            let (Some(trial), Some(image)) = mistake else {
                let column = if mistake.0.is_none() { "index" } else { "image" };
                return Err(Error::Empty { path, column: column.to_owned(), row: row + 1 });
            };
            if last.replace((trial, image)) >= Some((trial, image)) {
                return Err(Error::Order { path, row: row + 1 });
            }
            by_trial.entry(trial).or_default().push(image);
        }
        Ok(Self { by_trial })
    }

    /// The images that the trial at a position of the plan gets wrong.
    pub fn of(&self, trial: u64) -> &[u64] {
        self.by_trial.get(&trial).map_or(&[], Vec::as_slice)
    }
}

/// How many numbers two ascending lists have in common.
pub(super) fn common(mut left: &[u64], mut right: &[u64]) -> usize {
    let mut found = 0;
    while let (Some((a, after)), Some((b, rest))) = (left.split_first(), right.split_first()) {
        let order = a.cmp(b);
        found += usize::from(order == Ordering::Equal);
        left = if order == Ordering::Greater { left } else { after };
        right = if order == Ordering::Less { right } else { rest };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str) -> Result<Mistakes, Error> {
        let text = format!("index,image,label,predicted\n{rows}").into_bytes();
        Mistakes::read(Source { path: "mistakes.csv".into(), text })
    }

    #[test]
    fn images_are_those_of_each_trial() {
        let mistakes = read("0,3,5,1\n0,7,2,0\n2,1,1,7\n2,3,5,6\n").unwrap();
        assert_eq!(mistakes.of(0), [3, 7]);
        assert_eq!(mistakes.of(1), [0; 0]);
        assert_eq!(mistakes.of(2), [1, 3]);
    }

    #[test]
    fn a_table_that_is_not_in_order_is_refused() {
        let problem = |found: Result<Mistakes, Error>| found.err().unwrap().to_string();
        assert!(problem(read("0,7,2,0\n0,3,5,1\n")).contains("not sorted by `index` and `image` in row 2"));
        assert!(problem(read("0,3,5,1\n0,3,5,2\n")).contains("not sorted"));
        assert!(problem(read("0,,5,1\n")).contains("no `image` in row 1"));
    }

    #[test]
    fn common_numbers_are_counted_once_each() {
        assert_eq!(common(&[1, 3, 5, 9], &[0, 3, 4, 5, 6, 9, 10]), 3);
        assert_eq!(common(&[], &[1]), 0);
    }
}
