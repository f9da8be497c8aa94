//! Published errors, listed with the errors that the sweep measured.

use super::TableView;
use crate::analysis::{Summary, SummaryRow, words};
use crate::spec::Published;

/// Source of the sweep's own rows.
const MEASURED: &str = "measured here";

/// The cells and the figures of others, in their orders; `None` if the spec names none.
pub(super) fn view(summary: &Summary, published: &[Published]) -> Option<TableView> {
    let telling = telling(summary);
    let axes: Vec<_> = telling.iter().map(|&axis| summary.axes[axis].clone()).collect();
    let names = words::headings(&axes);
    let ours = |row: &SummaryRow| {
        let network = [row.family.clone(), format!("{} units", row.hidden), format!("T = {}", row.steps)];
        let settings =
            names.iter().zip(&telling).map(|(name, &axis)| format!("{name} = {}", row.values[axis]));
        vec![
            network.into_iter().chain(settings).collect::<Vec<_>>().join(", "),
            MEASURED.to_owned(),
            words::of_planned(row.n, row.incomplete),
            words::spread(row.test_error),
        ]
    };
    let theirs = |figure: &Published| {
        vec![figure.system.clone(), figure.source.clone(), String::new(), format!("{:.2}", figure.error)]
    };
    (!published.is_empty()).then(|| TableView {
        name: "published",
        caption: "Test errors of the cells, mean ± sample standard deviation over n seeds, and published errors as \
                  quoted in the spec. The number and the selection of the networks of published errors are not known \
                  here."
            .to_owned(),
        head: ["system", "source", "n", "test error / %"].map(str::to_owned).to_vec(),
        texts: 2,
        rows: summary.rows.iter().map(ours).chain(published.iter().map(theirs)).collect(),
        file: None,
    })
}

/// The axes by which the cells differ beyond family, width and T: of those that move together the
/// first.
fn telling(summary: &Summary) -> Vec<usize> {
    let mut known = vec![
        pattern(summary, |row| row.family.clone()),
        pattern(summary, |row| row.hidden.to_string()),
        pattern(summary, |row| row.steps.to_string()),
        pattern(summary, |_| String::new()),
    ];
    let mut telling = Vec::new();
    for axis in 0..summary.axes.len() {
        let pattern = pattern(summary, |row| row.values[axis].to_string());
        if !known.contains(&pattern) {
            known.push(pattern);
            telling.push(axis);
        }
    }
    telling
}

/// For each row the first row that has the same text.
fn pattern(summary: &Summary, text: impl Fn(&SummaryRow) -> String) -> Vec<usize> {
    let texts: Vec<_> = summary.rows.iter().map(text).collect();
    texts.iter().map(|text| texts.iter().position(|other| other == text).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::value::Value;

    #[test]
    fn cells_are_distinguished_by_the_first_of_the_axes_that_move_together() {
        let axes = ["steps", "training.phases.0.masking", "training.phases.1.masking", "training.batch"];
        let row = |steps: usize, masking: &str| SummaryRow {
            values: [steps.to_string().as_str(), masking, masking, "100"].map(Value::parse).to_vec(),
            family: "drsae".to_owned(),
            steps,
            hidden: 400,
            parameters: 1,
            n: 0,
            incomplete: 1,
            endings: BTreeMap::new(),
            test_error: None,
            valid_error: None,
            images: None,
            image_error: None,
            errors: Vec::new(),
        };
        let rows = vec![row(2, "0"), row(2, "0.3"), row(11, "0.3")];
        let summary = Summary { axes: axes.map(str::to_owned).to_vec(), seeds: vec![1], rows };
        let published = [Published { system: "other".to_owned(), error: 1.0, source: "a table".to_owned() }];
        let rows = view(&summary, &published).unwrap().rows;
        let systems: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(
            systems,
            [
                "drsae, 400 units, T = 2, masking = 0",
                "drsae, 400 units, T = 2, masking = 0.3",
                "drsae, 400 units, T = 11, masking = 0.3",
                "other"
            ]
        );
    }
}
