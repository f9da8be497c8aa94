//! Figures and the one page of a finished sweep, from its merged tables alone.
//!
//! Everything is a pure function of the files at the top of a results folder, so equal
//! tables give equal bytes, on every machine and without the trials' folders.

mod chart;
mod error;
mod facets;
mod figures;
mod material;
mod words;

pub use error::Error;
pub use material::Source;

use material::Material;

/// Name of the folder of figures in `analysis/`.
const FIGURES: &str = "figures";

/// The files of a report: path in `analysis/`, and contents.
///
/// # Errors
/// A merged table is absent or not as the sweep writes it.
pub fn files(source: &Source<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let material = Material::read(source)?;
    let figures = figures::all(&material)?;
    let files = figures.iter().map(|figure| {
        (format!("{FIGURES}/{}.svg", figure.name), figure.svg.clone().into_bytes())
    });
    Ok(files.collect())
}
