//! Figures and the page of a finished sweep, from its merged tables.
//!
//! A report is a pure function of the files at the top of a results folder, so equal tables give equal bytes on every
//! machine, with or without the trials' folders.
//!
//! ```text
//! data ─► facets ─► figures (with chart) ─► page
//! ```

mod anatomy;
mod chart;
mod data;
mod error;
mod facets;
mod figures;
mod index;
mod live;
mod page;
mod search;
mod tables;

pub use anatomy::{
    Inspected, PAGE as ANATOMY_PAGE, ReportedAnatomy, files as anatomy_files, summary_texts, verdict_text,
};
pub use data::ReportedSweep;
pub use error::Error;
pub use figures::FIGURES;
pub use index::{Anatomy, IndexedSweep, PAGE as INDEX_PAGE, index_page};
pub use live::{LivePage, live_page};
pub use search::search_figure;
pub use tables::comparison_page;

use data::ReportData;
use figures::Figure;
use page::Part;

/// Name of the page in `analysis/`.
pub const PAGE: &str = "report.html";

/// The files of a sweep's report: path in `analysis/`, and contents.
///
/// # Errors
/// A merged table is absent or not as the sweep writes it.
pub fn files(source: &ReportedSweep<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let data = ReportData::read(source)?;
    let figures = figures::all(&data)?;
    let page = page::render(&[Part { data: &data, figures: &figures }])?;
    let mut files: Vec<_> = figures.into_iter().map(Figure::into_file).collect();
    files.push((PAGE.to_owned(), page.into_bytes()));
    Ok(files)
}

/// One page of two sweeps.
///
/// # Errors
/// As [`files`].
pub fn side_by_side(sources: [&ReportedSweep<'_>; 2]) -> Result<String, Error> {
    let [one, other] = sources;
    let (one, other) = (ReportData::read(one)?, ReportData::read(other)?);
    let figures = [figures::all(&one)?, figures::all(&other)?];
    let part = |data, figures| Part { data, figures };
    page::render(&[part(&one, &figures[0]), part(&other, &figures[1])])
}
