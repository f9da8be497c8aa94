//! The figures of a report, one file each: a function from the merged tables to an SVG.
//!
//! A figure that does not apply to a sweep is omitted.

mod conditions;
mod effects;
mod error_by;
mod error_by_label;
mod learning_curves;
mod matched_parameters;
mod paired_differences;
mod pareto;
mod scatter;
mod seed_row;
mod sparsity;
mod test_error;
pub mod tip;

use serde::Serialize;

use super::Error;
use super::chart::{Canvas, Drawn, LegendEntry, draw};
use super::data::ReportData;
use super::facets::{Facets, PANELS};

/// Name of the folder of figures, next to the page.
pub const FIGURES: &str = "figures";

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// Name of its file, without the ending.
    pub name: String,
    /// Title.
    pub title: String,
    /// Caption, which explains every mark and interval.
    pub caption: String,
    /// The figure as SVG.
    pub svg: String,
    /// True if it shows the answer, which the page has before the tables.
    pub leads: bool,
}

/// All figures that apply to the sweep.
///
/// # Errors
/// One cannot be drawn.
pub fn all(data: &ReportData<'_>) -> Result<Vec<Figure>, Error> {
    let mut leading: Vec<Figure> = effects::figure(data)?.into_iter().collect();
    leading.extend(paired_differences::figure(data)?);
    leading.extend(error_by_label::figure(data)?);
    leading.extend(test_error::figures(data)?);
    let mut figures: Vec<_> = leading.into_iter().map(|figure| Figure { leads: true, ..figure }).collect();
    figures.extend(conditions::figures(data)?);
    figures.extend(error_by::figures(data)?);
    figures.extend(learning_curves::figure(data)?);
    figures.extend(sparsity::figure(data)?);
    figures.extend(matched_parameters::figure(data)?);
    Ok(figures)
}

impl Figure {
    /// Path of the figure's file below its page, and the contents.
    pub fn into_file(self) -> (String, Vec<u8>) {
        (format!("{FIGURES}/{}.svg", self.name), self.svg.into_bytes())
    }

    /// Draws a figure of this `size`, pixels.
    pub fn draw(
        name: impl Into<String>,
        title: impl Into<String>,
        caption: impl Into<String>,
        size: (f64, f64),
        paint: impl FnOnce(&Canvas) -> Drawn,
    ) -> Result<Self, Error> {
        let (title, caption) = (title.into(), caption.into());
        let svg = draw(size, &title, &caption, paint)?;
        Ok(Self { name: name.into(), title, caption, svg, leads: false })
    }
}

/// Legend entries of single seeds and of their mean.
fn seed_entries() -> [LegendEntry; 2] {
    [LegendEntry::Seed("one seed".to_owned()), LegendEntry::Interval("mean, 95 % interval".to_owned())]
}

/// `one seed`, or `5 seeds`.
fn seeds(counts: impl Iterator<Item = usize>) -> String {
    match counts.max() {
        Some(1) | None => "one seed".to_owned(),
        Some(count) => format!("{count} seeds"),
    }
}

/// States the number of panels that are not shown.
fn left_out(facets: &Facets<'_>) -> String {
    match facets.left_out {
        0 => String::new(),
        more => format!(" The first {PANELS} panels are shown, {more} are omitted."),
    }
}
