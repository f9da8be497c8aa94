//! The V diagram: weights from parts to categorical-units by the product of their columns of D.

use super::inspected::Inspected;
use crate::anatomy::measure::Measure;
use crate::anatomy::recurrent::to_categorical;
use crate::report::Error;
use crate::report::chart::{Colour, LegendEntry, Look, PanelGrid, Scale, Weight};
use crate::report::figures::Figure;
use crate::stats::mean;

/// Bins of D_i·D_j, as many as the author's.
const BINS: usize = 100;

/// Mean S_ij in each bin, and the line of ISTA; `None` without pairs.
pub fn figure(inspected: &Inspected<'_>) -> Result<Option<Figure>, Error> {
    let pairs = to_categorical(inspected.network, &inspected.anatomy.units);
    let ends = |of: fn(f64, f64) -> f64| pairs.iter().map(|pair| pair.0).reduce(of);
    let Some((low, high)) = ends(f64::min).zip(ends(f64::max)) else { return Ok(None) };
    let width = ((high - low) / BINS as f64).max(f64::MIN_POSITIVE);
    let mut bins = vec![Vec::new(); BINS];
    for &(product, weight) in &pairs {
        bins[(((product - low) / width) as usize).min(BINS - 1)].push(weight);
    }
    let middle = |bin: usize| low + (bin as f64 + 0.5) * width;
    let dots: Vec<(f64, f64)> =
        bins.iter().enumerate().filter_map(|(bin, weights)| Some((middle(bin), mean(weights)?))).collect();
    let alpha = inspected.measured(Measure::Alpha).unwrap_or(0.0);
    let ista = [low, high].map(|product| (product, -alpha * product));
    let grid = PanelGrid {
        headings: Vec::new(),
        x: Scale::even([low, high, 0.0]),
        y: Scale::even(dots.iter().chain(&ista).map(|dot| dot.1).chain([0.0])),
        x_name: "D_i·D_j of a categorical-unit and a part".to_owned(),
        y_name: "mean S from part to categorical".to_owned(),
        legend: PanelGrid::legend(vec![
            LegendEntry::Series(Look::of(0), "mean S of a bin".to_owned()),
            LegendEntry::Line(Colour::Faint, Weight::Mean, "ISTA, −αD_i·D_j".to_owned()),
        ]),
    };
    let slope = inspected.measured(Measure::AlignedSlope);
    let slope = slope.map(|slope| format!(" The slope right of 0 is {slope:+.4}.")).unwrap_or_default();
    let caption = format!(
        "Mean weight S_ij from part j to categorical-unit i in {BINS} bins of D_i·D_j, over {} pairs, and the line of ISTA \
         with the α = {alpha:.3} that fits the parts. Units of ISTA compete for what they share; in a V, parts excite the \
         prototypes that they are aligned with.{slope}",
        pairs.len()
    )
    .replace('-', "−");
    Figure::draw("v_diagram", "Weights from parts by alignment", caption, grid.size(), |canvas| {
        grid.draw(canvas, |panel, _| {
            let ends = ista.map(|end| panel.place(end));
            panel.canvas.line(&ends, Colour::Faint, 1.6, 1.0)?;
            dots.iter().try_for_each(|&dot| panel.canvas.mark(panel.place(dot), Look::of(0), 3.0, 0.8))
        })
    })
    .map(Some)
}
