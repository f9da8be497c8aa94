//! Test error against each swept number.

use super::{Figure, left_out, seeds};
use crate::report::Error;
use crate::report::chart::{Drawn, Entry, Grid, Look, Panel, Scale, Weight};
use crate::report::facets::{Facets, title};
use crate::report::material::{Cell, Material};
use crate::stats::{CONFIDENCE, Interval, mean, t_interval};

/// Pixels from the bar of a cell to the left, where its seeds are.
const SEEDS: f64 = 4.5;

/// One figure for each axis whose values are numbers.
pub fn figures(material: &Material) -> Result<Vec<Figure>, Error> {
    let figures = (0..material.axes.len()).map(|at| figure(material, at));
    figures.filter_map(Result::transpose).collect()
}

/// What the trials of one cell reached.
struct Dot {
    x: f64,
    errors: Vec<f64>,
    mean: f64,
    interval: Option<Interval>,
}

fn figure(material: &Material, at: usize) -> Result<Option<Figure>, Error> {
    let axis = &material.axes[at];
    let facets = Facets::of(material, Some(at));
    let dots: Vec<Dot> = facets.cells().filter_map(|cell| Dot::of(cell, at)).collect();
    let Some(values) = axis.numbers().filter(|_| !dots.is_empty()) else { return Ok(None) };
    let grid = Grid {
        headings: facets.headings(),
        x: Scale::of_setting(values),
        y: Scale::log(dots.iter().flat_map(Dot::extent)),
        x_name: title(&axis.column).to_owned(),
        y_name: "test error (%)".to_owned(),
        legend: Grid::legend(entries(&facets, &dots)),
    };
    let step = if several(&dots) { grid.step(facets.series.len()) } else { 0.0 };
    let name = format!("test_error_by_{}", axis.column);
    let heading = format!("Test error by {}", title(&axis.column));
    let figure = Figure::draw(name, heading, caption(&facets, &dots), grid.size(), |sheet| {
        grid.draw(sheet, |panel, number| {
            facets.panels[number].series.iter().try_for_each(|(series, cells)| {
                let dots: Vec<_> = cells.iter().filter_map(|cell| Dot::of(cell, at)).collect();
                paint(panel, &dots, facets.look(*series), facets.dodge(*series, step))
            })
        })
    })?;
    Ok(Some(figure))
}

impl Dot {
    /// `None` where no trial is complete, or the value on the axis at `at` is no number.
    fn of(cell: &Cell, at: usize) -> Option<Self> {
        let errors = cell.test_errors();
        let interval = t_interval(&errors, CONFIDENCE);
        Some(Self { x: cell.values[at].parse().ok()?, mean: mean(&errors)?, errors, interval })
    }

    /// All values that the scale must hold.
    fn extent(&self) -> impl Iterator<Item = f64> {
        let ends = self.interval.into_iter().flat_map(|interval| [interval.low, interval.high]);
        self.errors.iter().copied().chain(ends)
    }
}

fn paint(panel: &Panel<'_, '_>, dots: &[Dot], look: Look, dodge: f64) -> Drawn {
    let mut dots: Vec<&Dot> = dots.iter().collect();
    dots.sort_by(|one, other| one.x.total_cmp(&other.x));
    let means: Vec<_> = dots.iter().map(|dot| (dot.x, dot.mean)).collect();
    panel.line(&means, dodge, look, Weight::Mean)?;
    for dot in dots {
        if dot.errors.len() > 1 {
            dot.errors
                .iter()
                .try_for_each(|&error| panel.mark((dot.x, error), dodge - SEEDS, look, Weight::Seed))?;
        }
        if let Some(interval) = dot.interval {
            panel.upright(dot.x, interval, dodge, look)?;
        }
        panel.mark((dot.x, dot.mean), dodge, look, Weight::Mean)?;
    }
    Ok(())
}

/// Whether there is more than one seed to a place.
fn several(dots: &[Dot]) -> bool {
    dots.iter().any(|dot| dot.interval.is_some())
}

fn entries(facets: &Facets<'_>, dots: &[Dot]) -> Vec<Entry> {
    let mut entries = facets.entries();
    if several(dots) {
        entries.push(Entry::Seed("one seed".to_owned()));
        entries.push(Entry::Interval("mean, 95 % interval".to_owned()));
    }
    entries
}

fn caption(facets: &Facets<'_>, dots: &[Dot]) -> String {
    let marks = if several(dots) {
        format!(
            "Small marks are single seeds, large ones the mean over {}, bars Student's 95 % interval of \
             that mean. Series are drawn side by side where they share a place.",
            seeds(dots.iter().map(|dot| dot.errors.len()))
        )
    } else {
        "Each mark is one trial, of one seed, without an interval.".to_owned()
    };
    format!("Test error of the kept weights, percent. {marks}{}", left_out(facets))
}
