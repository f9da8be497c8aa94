//! What the sweep measured beside the figures of others that its spec names.

use super::Sheet;
use crate::analysis::{Published, Summary, SummaryRow, words};

/// What the rows of the sweep itself give as their source.
const MEASURED: &str = "measured here";

/// The cells and the figures of others, in their orders; `None` where the spec names none.
pub(super) fn sheet(summary: &Summary, published: &[Published]) -> Option<Sheet> {
    let names = words::headings(&summary.axes);
    let ours = |row: &SummaryRow| {
        let settings: Vec<_> =
            names.iter().zip(&row.values).map(|(name, value)| format!("{name} = {value}")).collect();
        vec![
            format!("{}, {} units, T = {}: {}", row.family, row.hidden, row.steps, settings.join(", ")),
            MEASURED.to_owned(),
            words::of_planned(row.n, row.incomplete),
            words::spread(row.test_error),
        ]
    };
    let theirs = |figure: &Published| {
        vec![figure.system.clone(), figure.source.clone(), String::new(), format!("{:.2}", figure.error)]
    };
    (!published.is_empty()).then(|| Sheet {
        name: "published",
        caption: "What each cell reached, mean ± sample standard deviation over n seeds, beside figures of \
                  others as the spec quotes them. How many networks those are of, and how they were selected, is \
                  not known here."
            .to_owned(),
        head: ["system", "source", "n", "test error / %"].map(str::to_owned).to_vec(),
        texts: 2,
        rows: summary.rows.iter().map(ours).chain(published.iter().map(theirs)).collect(),
        file: None,
    })
}
