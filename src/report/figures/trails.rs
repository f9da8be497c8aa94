//! What was measured against what was measured: two numbers of every trial, and for each
//! series a trail through its cells' means.

use super::{Figure, left_out, seeds};
use crate::report::Error;
use crate::report::chart::{Anchor, Drawn, Entry, Font, Grid, Look, Panel, Scale, Weight};
use crate::report::facets::{Facets, title};
use crate::report::material::{Axis, Cell, Material, Trial};
use crate::stats::{CONFIDENCE, Interval, mean, t_interval};

/// A number of every trial.
pub struct Measure {
    /// What it is, with its unit.
    pub name: &'static str,
    /// Of a complete trial; `None` where the tables do not tell.
    pub of: fn(&Cell, &Trial) -> Option<f64>,
    /// Its scale over some values.
    pub scale: fn(Vec<f64>) -> Scale,
}

/// A figure of two measures.
pub struct Trails<'t> {
    pub name: &'t str,
    pub title: &'t str,
    /// What is shown, without marks and intervals.
    pub caption: &'t str,
    pub x: Measure,
    pub y: Measure,
    /// Factor between the largest and the smallest x below which there is nothing to see.
    pub least_spread: f64,
}

/// What was measured of one cell.
struct Dot {
    /// Value of the axis that the trail runs along.
    label: String,
    seeds: Vec<(f64, f64)>,
    mean: (f64, f64),
    x: Option<Interval>,
    y: Option<Interval>,
}

impl Trails<'_> {
    /// The figure; `None` where no trial has both numbers.
    pub fn figure(&self, material: &Material) -> Result<Option<Figure>, Error> {
        let along = along(&material.axes);
        let facets = Facets::of(material, along);
        let dots: Vec<Dot> = facets.cells().filter_map(|cell| self.dot(cell, along)).collect();
        let x = || dots.iter().map(|dot| dot.mean.0);
        let (least, most) = (x().fold(f64::INFINITY, f64::min), x().fold(0.0, f64::max));
        if dots.is_empty() || most < self.least_spread * least {
            return Ok(None);
        }
        let several = dots.iter().any(|dot| dot.y.is_some());
        let mut entries = facets.entries();
        if several {
            entries.push(Entry::Seed("one seed".to_owned()));
            entries.push(Entry::Interval("mean, 95 % interval".to_owned()));
        }
        let grid = Grid {
            headings: facets.headings(),
            x: (self.x.scale)(dots.iter().flat_map(Dot::across).collect()),
            y: (self.y.scale)(dots.iter().flat_map(Dot::up).collect()),
            x_name: self.x.name.to_owned(),
            y_name: self.y.name.to_owned(),
            legend: Grid::legend(entries),
        };
        let labelled = along.map(|at| title(&material.axes[at].column));
        let caption = self.caption(&facets, &dots, labelled);
        Figure::draw(self.name, self.title, caption, grid.size(), |sheet| {
            grid.draw(sheet, |panel, number| {
                facets.panels[number].series.iter().try_for_each(|(series, cells)| {
                    let dots: Vec<_> = cells.iter().filter_map(|cell| self.dot(cell, along)).collect();
                    paint(panel, &dots, facets.look(*series))
                })
            })
        })
        .map(Some)
    }

    fn dot(&self, cell: &Cell, along: Option<usize>) -> Option<Dot> {
        let both = |trial: &Trial| Some(((self.x.of)(cell, trial)?, (self.y.of)(cell, trial)?));
        let seeds: Vec<_> = cell.trials.iter().filter(|trial| trial.is_complete()).filter_map(both).collect();
        let (x, y): (Vec<_>, Vec<_>) = seeds.iter().copied().unzip();
        Some(Dot {
            label: along.map(|at| cell.values[at].trim_end_matches(".0").to_owned()).unwrap_or_default(),
            mean: (mean(&x)?, mean(&y)?),
            x: t_interval(&x, CONFIDENCE).filter(|interval| interval.low < interval.high),
            y: t_interval(&y, CONFIDENCE),
            seeds,
        })
    }

    fn caption(&self, facets: &Facets<'_>, dots: &[Dot], labelled: Option<&str>) -> String {
        let marks = if dots.iter().any(|dot| dot.y.is_some()) {
            format!(
                "Small marks are single seeds, large ones the mean over {}, bars Student's 95 % intervals of \
                 that mean.",
                seeds(dots.iter().map(|dot| dot.seeds.len()))
            )
        } else {
            "Each mark is one trial, of one seed, without an interval.".to_owned()
        };
        let labels =
            labelled.map(|axis| format!(" Numbers beside the marks are {axis}.")).unwrap_or_default();
        format!("{} {marks}{labels}{}", self.caption, left_out(facets))
    }
}

/// The axis that trails run along: of those with numbers the first that is not compared.
fn along(axes: &[Axis]) -> Option<usize> {
    let numeric = || (0..axes.len()).filter(|&at| axes[at].numbers().is_some());
    numeric().find(|&at| !axes[at].compared).or_else(|| numeric().next())
}

impl Dot {
    fn across(&self) -> Vec<f64> {
        extent(self.seeds.iter().map(|seed| seed.0), self.x)
    }

    fn up(&self) -> Vec<f64> {
        extent(self.seeds.iter().map(|seed| seed.1), self.y)
    }
}

/// Values that a scale must hold.
fn extent(seeds: impl Iterator<Item = f64>, interval: Option<Interval>) -> Vec<f64> {
    seeds.chain(interval.into_iter().flat_map(|interval| [interval.low, interval.high])).collect()
}

fn paint(panel: &Panel<'_, '_>, dots: &[Dot], look: Look) -> Drawn {
    let means: Vec<_> = dots.iter().map(|dot| dot.mean).collect();
    panel.line(&means, 0.0, look, Weight::Mean)?;
    for dot in dots {
        if dot.y.is_some() {
            dot.seeds.iter().try_for_each(|&seed| panel.mark(seed, 0.0, look, Weight::Seed))?;
        }
        if let Some(interval) = dot.y {
            panel.upright(dot.mean.0, interval, 0.0, look)?;
        }
        if let Some(interval) = dot.x {
            panel.level(interval, dot.mean.1, look)?;
        }
        panel.mark(dot.mean, 0.0, look, Weight::Mean)?;
        let (x, y) = panel.place(dot.mean);
        panel.sheet.text((x + 6.0, y - 8.0), &dot.label, Font { size: 9.5, ..Font::TICK }, Anchor::Start)?;
    }
    Ok(())
}
