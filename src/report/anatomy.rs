//! Figures and page of an anatomy: charts from its tables, and images of one of its networks.

mod angles;
mod cards;
mod charts;
mod columns;
mod dictionaries;
mod image_table;
mod inspected;
mod matrix;
mod page;
mod paths;
mod v_diagram;

pub use inspected::Inspected;
pub use page::{summary_texts, verdict_text};

use super::Error;
use super::figures::Figure;
use crate::anatomy::summary::MeasureSummary;
use crate::anatomy::tables::{CurveRow, UnitRow};

/// Name of the page.
pub const PAGE: &str = "anatomy.html";

/// Name of the table of claims for a page in Markdown.
const CLAIMS_MD: &str = "claims.md";

/// Data of the page and its figures.
pub struct ReportedAnatomy<'a> {
    /// Name of the results.
    pub name: &'a str,
    /// Every measure over the seeds.
    pub summaries: &'a [MeasureSummary],
    /// Rows of `units.csv`.
    pub units: &'a [UnitRow],
    /// Rows of `curves.csv`.
    pub curves: &'a [CurveRow],
    /// The network of the figures with images.
    pub inspected: Option<Inspected<'a>>,
}

/// The page and its figures: name of the file, and contents.
///
/// # Errors
/// A figure cannot be drawn, or the template not be filled in.
pub fn files(source: &ReportedAnatomy<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let charts = [charts::units, charts::activity, charts::decoded, angles::figure];
    let drawn = charts.into_iter().map(|chart| chart(source)).collect::<Result<Vec<_>, _>>()?;
    let mut figures: Vec<Figure> = drawn.into_iter().flatten().collect();
    if let Some(inspected) = &source.inspected {
        figures.push(columns::figure(inspected)?);
        figures.push(dictionaries::prototypes(inspected)?);
        figures.push(dictionaries::evolving(inspected)?);
        figures.push(matrix::figure(inspected)?);
        figures.extend(v_diagram::figure(inspected)?);
        figures.push(paths::assembly(inspected)?);
        figures.push(paths::progressive(inspected)?);
        figures.push(paths::steps(inspected)?);
        figures.push(cards::figure(inspected)?);
    }
    let page = page::render(source, &figures)?;
    let mut files: Vec<_> = figures.into_iter().map(Figure::into_file).collect();
    files.push((PAGE.to_owned(), page.into_bytes()));
    files.push((CLAIMS_MD.to_owned(), page::markdown(source).into_bytes()));
    Ok(files)
}
