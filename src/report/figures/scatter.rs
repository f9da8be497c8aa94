//! Two numbers of every trial against each other, with a line through the cells' means for each
//! series.

use super::{Figure, left_out, pareto, seed_entries, seeds, tip};
use crate::analysis::CellTrials;
use crate::report::Error;
use crate::report::chart::{Anchor, Colour, Drawn, Font, LegendEntry, Look, Panel, PanelGrid, Scale, Weight};
use crate::report::data::{FacetAxis, ReportData};
use crate::report::facets::{Facets, cell_name, title};
use crate::stats::{CONFIDENCE, Interval, mean, t_interval};
use crate::store::TrialRow;

/// Distance in pixels from a mean to its seeds on the left if series are drawn next to each other.
const SEEDS: f64 = 4.5;

/// A number of every trial.
pub struct Quantity<'m> {
    /// Its name, with the unit.
    pub name: &'m str,
    /// Its value for a complete trial, which is not negative; `None` if the tables lack it.
    pub of: &'m dyn Fn(&TrialRow) -> Option<f64>,
    /// Its scale over some values.
    pub scale: &'m dyn Fn(Vec<f64>) -> Scale,
}

/// A figure of two measures.
pub struct Scatter<'m> {
    pub name: String,
    pub title: String,
    /// Caption, without marks and intervals.
    pub caption: &'m str,
    pub x: Quantity<'m>,
    pub y: Quantity<'m>,
    /// Dimension that the lines run along.
    pub along: Option<usize>,
    /// True if x is the value on this dimension: series are then drawn next to each other, and marks have no labels.
    pub is_setting: bool,
}

/// The measurements of one cell.
struct Dot {
    /// Name of the cell.
    cell: String,
    /// Value on the dimension that the line runs along.
    label: String,
    /// Each seed with its values.
    seeds: Vec<(u64, (f64, f64))>,
    mean: (f64, f64),
    x: Option<Interval>,
    y: Option<Interval>,
}

/// The dimension that lines run along: of those with numbers the first that is not compared.
pub fn along(dimensions: &[FacetAxis]) -> Option<usize> {
    let numeric = || (0..dimensions.len()).filter(|&at| dimensions[at].numbers().is_some());
    numeric().find(|&at| !dimensions[at].compared).or_else(|| numeric().next())
}

impl Scatter<'_> {
    /// The figure; `None` if no trial has both numbers, or the means of x differ by less than the
    /// factor `least_ratio`.
    pub fn figure(&self, data: &ReportData<'_>, least_ratio: f64) -> Result<Option<Figure>, Error> {
        let facets = Facets::of(data, self.along);
        let dots: Vec<Dot> = facets.cells().filter_map(|cell| self.dot(data, cell)).collect();
        let x = || dots.iter().map(|dot| dot.mean.0);
        let (least, most) = (x().fold(f64::INFINITY, f64::min), x().fold(0.0, f64::max));
        if dots.is_empty() || most < least_ratio * least {
            return Ok(None);
        }
        let several = dots.iter().any(|dot| dot.y.is_some());
        let mut entries = facets.entries();
        entries.extend(several.then(seed_entries).into_iter().flatten());
        let front = LegendEntry::Line(Colour::Faint, Weight::Mean, "Pareto front".to_owned());
        entries.extend((!self.is_setting).then_some(front));
        let grid = PanelGrid {
            headings: facets.headings(),
            x: (self.x.scale)(
                dots.iter().flat_map(|dot| extent(dot.seeds.iter().map(|seed| seed.1.0), dot.x)).collect(),
            ),
            y: (self.y.scale)(
                dots.iter().flat_map(|dot| extent(dot.seeds.iter().map(|seed| seed.1.1), dot.y)).collect(),
            ),
            x_name: self.x.name.to_owned(),
            y_name: self.y.name.to_owned(),
            legend: PanelGrid::legend(entries),
        };
        let step = if self.is_setting && several { grid.step(facets.series.len()) } else { 0.0 };
        let caption = self.caption(data, &facets, &dots);
        Figure::draw(&self.name, &self.title, caption, grid.size(), |canvas| {
            grid.draw(canvas, |panel, number| {
                let dots = |cells: &[&CellTrials]| {
                    cells.iter().filter_map(|cell| self.dot(data, cell)).collect::<Vec<_>>()
                };
                let series = &facets.panels[number];
                if !self.is_setting {
                    let means = series.values().flat_map(|cells| dots(cells)).map(|dot| dot.mean);
                    panel.line_in(Colour::Faint, &pareto::front(means), 0.0, Weight::Mean)?;
                }
                series.iter().try_for_each(|(series, cells)| {
                    self.paint(panel, dots(cells), facets.look(*series), facets.dodge(*series, step))
                })
            })
        })
        .map(Some)
    }

    fn dot(&self, data: &ReportData<'_>, cell: &CellTrials) -> Option<Dot> {
        let both = |trial: &TrialRow| Some((trial.seed, ((self.x.of)(trial)?, (self.y.of)(trial)?)));
        let seeds: Vec<_> = cell.trials.iter().filter(|trial| trial.is_complete()).filter_map(both).collect();
        let (x, y): (Vec<_>, Vec<_>) = seeds.iter().map(|seed| seed.1).unzip();
        let interval = |values: &[f64]| t_interval(values, CONFIDENCE).map(Interval::not_negative);
        let x_interval = interval(&x).filter(|interval| interval.low < interval.high);
        Some(Dot {
            cell: cell_name(&data.dimensions, cell),
            label: self
                .along
                .map(|at| data.dimensions[at].value(cell).short().to_owned())
                .unwrap_or_default(),
            mean: (if self.is_setting { *x.first()? } else { mean(&x)? }, mean(&y)?),
            x: x_interval.filter(|_| !self.is_setting),
            y: interval(&y),
            seeds,
        })
    }

    fn paint(&self, panel: &Panel<'_>, mut dots: Vec<Dot>, look: Look, dodge: f64) -> Drawn {
        if self.is_setting {
            dots.sort_by(|one, other| one.mean.0.total_cmp(&other.mean.0));
        }
        let means: Vec<_> = dots.iter().map(|dot| dot.mean).collect();
        panel.line(&means, dodge, look, Weight::Mean)?;
        let beside = if self.is_setting { dodge - SEEDS } else { dodge };
        for dot in dots {
            if dot.y.is_some() {
                dot.seeds.iter().try_for_each(|(seed, value)| {
                    let text = self.text(&dot.cell, &tip::seed(*seed), *value, (None, None));
                    panel.canvas.titled(&text, || panel.mark(*value, beside, look, Weight::Seed))
                })?;
            }
            let of = match &dot.seeds[..] {
                [(seed, _)] => tip::seed(*seed),
                seeds => tip::mean_of(seeds.len(), dot.y.is_some()),
            };
            let text = self.text(&dot.cell, &of, dot.mean, (dot.x, dot.y));
            panel.canvas.titled(&text, || {
                dot.y.map_or(Ok(()), |interval| panel.upright(dot.mean.0, interval, dodge, look))?;
                dot.x.map_or(Ok(()), |interval| panel.level(interval, dot.mean.1, look))?;
                panel.mark(dot.mean, dodge, look, Weight::Mean)
            })?;
            if !self.is_setting {
                let (x, y) = panel.place(dot.mean);
                let font = Font { size: 11.0, ..Font::TICK };
                panel.canvas.text((x + 6.0, y - 8.0), &dot.label, font, Anchor::Start)?;
            }
        }
        Ok(())
    }

    /// The text of a mark. A setting is in the name of the cell.
    fn text(
        &self,
        cell: &str,
        of: &str,
        (x, y): (f64, f64),
        intervals: (Option<Interval>, Option<Interval>),
    ) -> String {
        let x = if self.is_setting { String::new() } else { tip::value(self.x.name, x, intervals.0) };
        tip::text(&[cell, of, &tip::value(self.y.name, y, intervals.1), &x])
    }

    fn caption(&self, data: &ReportData<'_>, facets: &Facets<'_>, dots: &[Dot]) -> String {
        let several = dots.iter().any(|dot| dot.y.is_some());
        let marks = if several {
            format!(
                "Small marks are single seeds, large marks the mean over {}, bars Student's 95 % intervals of \
                 the mean.",
                seeds(dots.iter().map(|dot| dot.seeds.len()))
            )
        } else {
            "Each mark is one trial, of one seed, without an interval.".to_owned()
        };
        let labels = match self.along {
            Some(_) if self.is_setting && several => {
                " Series at the same position are drawn next to each other.".to_owned()
            }
            Some(at) if !self.is_setting => {
                format!(" Numbers next to the marks are {}.", title(&data.dimensions[at].column))
            }
            _ => String::new(),
        };
        let front = if self.is_setting {
            ""
        } else {
            " The Pareto front joins the means of which no other in the panel has less of both."
        };
        format!("{} {marks}{labels}{front}{}", self.caption, left_out(facets))
    }
}

/// Values that a scale must hold.
fn extent(seeds: impl Iterator<Item = f64>, interval: Option<Interval>) -> Vec<f64> {
    seeds.chain(interval.into_iter().flat_map(|interval| [interval.low, interval.high])).collect()
}
