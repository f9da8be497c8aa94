//! The rows of a table of texts that satisfy conditions, such as the trials of a plan.

use polars::prelude::*;

use super::{Error, Filter, frame};
use crate::value;

/// The positions of the rows that satisfy every condition. A column has the narrowest type that holds its values.
///
/// # Errors
/// A condition names no column, or does not fit the values of its column.
pub fn rows_where(header: &[String], rows: &[Vec<String>], filters: &[Filter]) -> Result<Vec<usize>, Error> {
    let column = |(at, name): (usize, &String)| {
        value::column(name, &rows.iter().map(|row| row[at].as_str()).collect::<Vec<_>>())
    };
    let frame = DataFrame::new(rows.len(), header.iter().enumerate().map(column).collect())?;
    let masks = filters.iter().map(|filter| frame::mask(&frame, filter));
    let masks: Vec<BooleanChunked> = masks.collect::<Result<_, _>>()?;
    let satisfies = |row: &usize| masks.iter().all(|mask| mask.get(*row) == Some(true));
    Ok((0..rows.len()).filter(satisfies).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(conditions: &[&str]) -> Result<Vec<usize>, String> {
        let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let header = text(&["index", "model.family", "model.steps", "model.tie.recurrent"]);
        let rows = [["0", "drsae", "2", ""], ["1", "mlp", "2", "false"], ["2", "drsae", "11", "true"]]
            .map(|row| text(&row));
        let filters: Vec<_> = conditions.iter().map(|text| Filter::parse(text).unwrap()).collect();
        rows_where(&header, &rows, &filters).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_satisfy_every_condition() {
        assert_eq!(positions(&[]), Ok(vec![0, 1, 2]));
        assert_eq!(positions(&["model.steps > 2"]), Ok(vec![2]));
        assert_eq!(positions(&["model.family = drsae", "model.steps = 2"]), Ok(vec![0]));
        assert_eq!(positions(&["model.family = drsae", "model.steps = 5"]), Ok(vec![]));
        // An absent value is unequal to every other.
        assert_eq!(positions(&["model.tie.recurrent != true"]), Ok(vec![0, 1]));
    }

    #[test]
    fn columns_that_are_not_there_are_refused() {
        let error = positions(&["model.stpes = 2"]).unwrap_err();
        assert!(error.ends_with("there is no column `model.stpes`; did you mean `model.steps`?"), "{error}");
    }
}
