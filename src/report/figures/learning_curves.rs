//! Validation error by epoch, one line per seed.

use super::{Figure, left_out, tip};
use crate::analysis::CellTrials;
use crate::report::Error;
use crate::report::chart::{Colour, Drawn, LegendEntry, Look, Panel, PanelGrid, Scale, Weight};
use crate::report::data::ReportData;
use crate::report::facets::{Facets, Series, cell_name};
use crate::stats::mean;
use crate::store::TrialRow;

const QUANTITY: &str = "validation error (%)";

/// The figure; `None` if no images are held out.
pub fn figure(data: &ReportData<'_>) -> Result<Option<Figure>, Error> {
    let facets = Facets::of_lines(data);
    let trials = || facets.cells().flat_map(|cell| &cell.trials);
    let values: Vec<_> = trials().flat_map(|trial| points(data, trial)).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let several = facets.cells().any(|cell| cell.trials.len() > 1);
    let grid = PanelGrid {
        headings: facets.headings(),
        x: Scale::of_counts(values.iter().map(|(epoch, _)| *epoch)),
        y: Scale::log(values.iter().map(|(_, error)| *error)),
        x_name: "epoch".to_owned(),
        y_name: QUANTITY.to_owned(),
        legend: PanelGrid::legend(entries(&facets, several)),
    };
    let caption = format!(
        "Validation error after each epoch of the phases that train the classifier, percent. {}{}",
        if several { "Thin lines are single seeds, thick lines their mean." } else { "One seed." },
        left_out(&facets)
    );
    let figure = Figure::draw("learning_curves", "Learning curves", caption, grid.size(), |canvas| {
        grid.draw(canvas, |panel, number| {
            facets.panels[number].iter().try_for_each(|(series, cells)| {
                cells.iter().try_for_each(|cell| paint(panel, data, cell, facets.look(*series)))
            })
        })
    })?;
    Ok(Some(figure))
}

fn entries(facets: &Facets<'_>, several: bool) -> Vec<LegendEntry> {
    let named = facets.series.iter().filter(|series| !series.name.is_empty());
    let line = |series: &Series| LegendEntry::Line(series.look.colour, Weight::Mean, series.name.clone());
    let mut entries: Vec<_> = named.map(line).collect();
    if several {
        entries.push(LegendEntry::Line(Colour::Ink, Weight::Seed, "one seed".to_owned()));
        entries.push(LegendEntry::Line(Colour::Ink, Weight::Mean, "mean".to_owned()));
    }
    entries
}

/// The curve of every seed, and over several their mean.
fn paint(panel: &Panel<'_>, data: &ReportData<'_>, cell: &CellTrials, look: Look) -> Drawn {
    let curves: Vec<_> = cell.trials.iter().map(|trial| points(data, trial)).collect();
    let name = cell_name(&data.dimensions, cell);
    let line = |of: &str, curve: &[(f64, f64)], weight: Weight| {
        let Some(lowest) = lowest(curve) else { return Ok(()) };
        let text = tip::text(&[&name, of, &lowest]);
        panel.canvas.titled(&text, || panel.line(curve, 0.0, look, weight))
    };
    let alone = curves.len() == 1;
    for (trial, curve) in cell.trials.iter().zip(&curves) {
        line(&tip::seed(trial.seed), curve, if alone { Weight::Mean } else { Weight::Seed })?;
    }
    if alone { Ok(()) } else { line(&tip::mean_of(curves.len(), false), &means(&curves), Weight::Mean) }
}

/// The lowest error of a curve, with its epoch; `None` without epochs.
fn lowest(curve: &[(f64, f64)]) -> Option<String> {
    let (epoch, error) = curve.iter().min_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(format!("lowest {} after epoch {epoch}", tip::value(QUANTITY, *error, None)))
}

/// The mean at every epoch that all curves reach.
fn means(curves: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    let length = curves.iter().map(Vec::len).min().unwrap_or_default();
    let at = |epoch: usize| {
        let errors: Vec<_> = curves.iter().map(|curve| curve[epoch].1).collect();
        Some((curves[0][epoch].0, mean(&errors)?))
    };
    (0..length).filter_map(at).collect()
}

/// Epoch and validation error in the phases that train the classifier; before them, all images get the same class.
fn points(data: &ReportData<'_>, trial: &TrialRow) -> Vec<(f64, f64)> {
    let trained = data.curve(trial).iter().filter(|row| row.train_error.is_some());
    trained.filter_map(|row| Some((row.epoch as f64, row.valid_error?))).collect()
}
