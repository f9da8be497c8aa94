//! Figures and the one page of a finished sweep, from its merged tables alone.
//!
//! Everything is a pure function of the files at the top of a results folder, so equal
//! tables give equal bytes, on every machine and without the trials' folders.
//!
//! ```text
//! material ─► facets ─► figures (with chart) ─► page
//! ```

mod anatomy;
mod chart;
mod error;
mod facets;
mod figures;
mod material;
mod page;

pub use anatomy::{
    Inspected, PAGE as ANATOMY_PAGE, Source as AnatomySource, files as anatomy_files, summary_texts,
};
pub use error::Error;
pub use material::Source;

use figures::Figure;
use material::Material;
use page::Part;

/// Name of the page in `analysis/`.
pub const PAGE: &str = "report.html";
/// Name of the folder of figures in `analysis/`.
pub const FIGURES: &str = "figures";

/// The files of a sweep's report: path in `analysis/`, and contents.
///
/// # Errors
/// A merged table is absent or not as the sweep writes it.
pub fn files(source: &Source<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let material = Material::read(source)?;
    let figures = figures::all(&material)?;
    let page = page::render(&[Part { material: &material, figures: &figures }])?;
    let file = |figure: Figure| (format!("{FIGURES}/{}.svg", figure.name), figure.svg.into_bytes());
    let mut files: Vec<_> = figures.into_iter().map(file).collect();
    files.push((PAGE.to_owned(), page.into_bytes()));
    Ok(files)
}

/// The page of two sweeps side by side.
///
/// # Errors
/// As [`files`].
pub fn side_by_side(sources: [&Source<'_>; 2]) -> Result<String, Error> {
    let [one, other] = sources;
    let (one, other) = (Material::read(one)?, Material::read(other)?);
    let figures = [figures::all(&one)?, figures::all(&other)?];
    let part = |(material, figures)| Part { material, figures };
    let parts: Vec<_> = [(&one, &figures[0][..]), (&other, &figures[1][..])].map(part).to_vec();
    page::render(&parts)
}
