//! Figures and page of an anatomy: charts from its tables, and pictures from a network where one is at
//! hand.

mod cards;
mod charts;
mod columns;
mod matrix;
mod page;
mod paths;
mod portrait;

pub use page::finding_texts;
pub use portrait::Portrait;

use super::Error;
use crate::anatomy::claims::Finding;
use crate::anatomy::tables::Rows;

/// Name of the page.
pub const PAGE: &str = "anatomy.html";

/// Name of the table of claims for a page in Markdown.
const CLAIMS_MD: &str = "claims.md";

/// What a page is made of.
pub struct Source<'a> {
    /// Name of the results.
    pub name: &'a str,
    /// Every measure over the seeds.
    pub findings: &'a [Finding],
    /// Rows of `units.csv`.
    pub units: &'a Rows,
    /// Rows of `curves.csv`.
    pub curves: &'a Rows,
    /// The network that pictures are drawn of.
    pub portrait: Option<Portrait<'a>>,
}

/// The page and its figures: name of the file, and contents.
///
/// # Errors
/// One cannot be drawn or filled in.
pub fn files(source: &Source<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut figures = charts::all(source)?;
    if let Some(portrait) = &source.portrait {
        figures.push(columns::figure(portrait)?);
        figures.push(matrix::figure(portrait)?);
        figures.push(paths::assembly(portrait)?);
        figures.push(paths::steps(portrait)?);
        figures.push(cards::figure(portrait)?);
    }
    let page = page::render(source, &figures)?;
    let mut files: Vec<_> = figures
        .into_iter()
        .map(|figure| (format!("{}/{}.svg", super::FIGURES, figure.name), figure.svg.into_bytes()))
        .collect();
    files.push((PAGE.to_owned(), page.into_bytes()));
    files.push((CLAIMS_MD.to_owned(), page::markdown(source).into_bytes()));
    Ok(files)
}
