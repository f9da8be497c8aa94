//! The figures of a report, one file each: a function from the merged tables to an SVG.
//!
//! A figure that does not apply to a sweep is left out.

mod error_by;
mod learning_curves;
mod matched_parameters;
mod paired_differences;
mod sparsity;
mod test_error;
mod trails;

use super::Error;
use super::chart::{About, Drawn, Sheet, draw};
use super::facets::{Facets, PANELS};
use super::material::Material;

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Name of its file, without the ending.
    pub name: String,
    /// What it shows, in a few words.
    pub title: String,
    /// How it is to be read: what every mark and interval is.
    pub caption: String,
    /// The picture.
    pub svg: String,
}

/// All figures that apply to the sweep.
///
/// # Errors
/// One cannot be drawn.
pub fn all(material: &Material) -> Result<Vec<Figure>, Error> {
    let mut figures = Vec::new();
    figures.extend(paired_differences::figure(material)?);
    figures.extend(test_error::figures(material)?);
    figures.extend(error_by::parameters(material)?);
    figures.extend(error_by::flops(material)?);
    figures.extend(error_by::seconds(material)?);
    figures.extend(learning_curves::figure(material)?);
    figures.extend(sparsity::figure(material)?);
    figures.extend(matched_parameters::figure(material)?);
    Ok(figures)
}

impl Figure {
    /// Draws a figure of this `size`, pixels.
    pub fn draw(
        name: impl Into<String>,
        title: impl Into<String>,
        caption: impl Into<String>,
        size: (f64, f64),
        paint: impl FnOnce(&Sheet<'_>) -> Drawn,
    ) -> Result<Self, Error> {
        let (title, caption) = (title.into(), caption.into());
        let svg = draw(size, &About { title: &title, description: &caption }, paint)?;
        Ok(Self { name: name.into(), title, caption, svg })
    }
}

/// `one seed`, or `5 seeds`.
fn seeds(counts: impl Iterator<Item = usize>) -> String {
    match counts.max() {
        Some(1) | None => "one seed".to_owned(),
        Some(count) => format!("{count} seeds"),
    }
}

/// What a caption says of panels that are not shown.
fn left_out(facets: &Facets<'_>) -> String {
    match facets.left_out {
        0 => String::new(),
        more => format!(" The first {PANELS} panels are shown, {more} are left out."),
    }
}
