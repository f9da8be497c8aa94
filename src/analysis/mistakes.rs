//! The test images that each complete trial misclassifies.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{Error, Input};

/// The misclassified test images of each trial, ascending, by position in the plan.
pub(super) struct Mistakes {
    by_trial: HashMap<usize, Vec<usize>>,
}

impl Mistakes {
    /// Groups the rows of `mistakes.csv`; `None` if there is no such table.
    pub fn of(input: &Input) -> Result<Option<Self>, Error> {
        let Some(rows) = &input.mistakes else { return Ok(None) };
        let mut by_trial: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut last = None;
        for (at, row) in rows.iter().enumerate() {
            if last.replace((row.index, row.image)) >= Some((row.index, row.image)) {
                return Err(Error::Order { path: input.mistakes_path(), row: at + 1 });
            }
            by_trial.entry(row.index).or_default().push(row.image);
        }
        Ok(Some(Self { by_trial }))
    }

    /// The images that the trial at a position of the plan misclassifies.
    pub fn of_trial(&self, index: usize) -> &[usize] {
        self.by_trial.get(&index).map_or(&[], Vec::as_slice)
    }
}

/// Counts the common elements of two ascending lists.
pub(super) fn common(mut left: &[usize], mut right: &[usize]) -> usize {
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
    use crate::store::parse_rows;

    fn read(rows: &str) -> Result<Option<Mistakes>, Error> {
        let text = format!("index,image,label,predicted\n{rows}");
        let mistakes = parse_rows("mistakes.csv".as_ref(), text.as_bytes())?;
        Mistakes::of(&Input { mistakes: Some(mistakes), ..Input::default() })
    }

    #[test]
    fn images_are_those_of_each_trial() {
        let mistakes = read("0,3,5,1\n0,7,2,0\n2,1,1,7\n2,3,5,6\n").unwrap().unwrap();
        assert_eq!(mistakes.of_trial(0), [3, 7]);
        assert_eq!(mistakes.of_trial(1), [0; 0]);
        assert_eq!(mistakes.of_trial(2), [1, 3]);
    }

    #[test]
    fn a_table_that_is_not_in_order_is_refused() {
        let problem = |found: Result<Option<Mistakes>, Error>| found.err().unwrap().to_string();
        assert!(problem(read("0,7,2,0\n0,3,5,1\n")).contains("not sorted by `index` and `image` in row 2"));
        assert!(problem(read("0,3,5,1\n0,3,5,2\n")).contains("not sorted"));
        assert!(problem(read("0,,5,1\n")).contains("line 2: `image` is ``"));
    }

    #[test]
    fn common_numbers_are_counted_once_each() {
        assert_eq!(common(&[1, 3, 5, 9], &[0, 3, 4, 5, 6, 9, 10]), 3);
        assert_eq!(common(&[], &[1]), 0);
    }
}
