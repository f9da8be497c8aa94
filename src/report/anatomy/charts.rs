//! Charts from the tables: the units, and curves over the iterations.

use super::ReportedAnatomy;
use crate::anatomy::UnitKind;
use crate::anatomy::tables::{CurveRow, Stage};
use crate::report::Error;
use crate::report::chart::{Colour, Drawn, Legend, LegendEntry, Look, Panel, PanelGrid, Scale, Weight};
use crate::report::figures::Figure;
use crate::stats::mean;

/// Styles of categorical-units and of parts, and of the network and ISTA.
const LOOKS: [Look; 2] = [Look::of(0), Look::of(1)];

/// The legend of the two looks, and of the line that divides the panels.
fn legend(series: [&str; 2], line: &str) -> Legend {
    let series = LOOKS.into_iter().zip(series.map(str::to_owned));
    let series = series.map(|(look, name)| LegendEntry::Series(look, name));
    let line = LegendEntry::Line(Colour::Faint, Weight::Mean, line.to_owned());
    PanelGrid::legend(series.chain([line]).collect())
}

/// Angle against selectivity of every live unit of the first network.
pub fn units(source: &ReportedAnatomy<'_>) -> Result<Option<Figure>, Error> {
    let Some(seed) = source.units.first().map(|row| row.seed) else { return Ok(None) };
    let dots = |kind: UnitKind| -> Vec<(f64, f64)> {
        let own = source.units.iter().filter(|row| row.seed == seed && row.kind == kind);
        own.filter_map(|row| Some((row.selectivity?, row.angle?))).collect()
    };
    let kinds = [dots(UnitKind::Categorical), dots(UnitKind::Part)];
    // Otsu's threshold lies in the middle between the two sides.
    let most = kinds[1].iter().map(|dot| dot.0).reduce(f64::max);
    let least = kinds[0].iter().map(|dot| dot.0).reduce(f64::min);
    let threshold = most.zip(least).map(|(most, least)| f64::midpoint(most, least));
    let every = || kinds.iter().flatten();
    let grid = PanelGrid {
        headings: Vec::new(),
        x: Scale::even(every().map(|dot| dot.0).chain([0.0, 1.0])),
        y: Scale::even(every().map(|dot| dot.1)),
        x_name: "selectivity: share of mean activity that belongs to one class".to_owned(),
        y_name: "angle of E and D / degrees".to_owned(),
        legend: legend(["categorical-unit", "part-unit"], "threshold"),
    };
    let caption = format!(
        "Each mark is a unit of the network of seed {seed}: {} categorical-units and {} parts. The angle is between a \
         unit's row of E and its column of D; it is 0 if the two are parallel.",
        kinds[0].len(),
        kinds[1].len()
    );
    Figure::draw("units", "Units: angle against selectivity", caption, grid.size(), |canvas| {
        grid.draw(canvas, |panel, _| {
            threshold.into_iter().try_for_each(|threshold| panel.divide(threshold))?;
            for (look, dots) in LOOKS.into_iter().zip(&kinds) {
                dots.iter().try_for_each(|&dot| panel.canvas.mark(panel.place(dot), look, 3.0, 0.7))?;
            }
            Ok(())
        })
    })
    .map(Some)
}

/// A column of `curves.csv`.
type Column = fn(&CurveRow) -> Option<f64>;

/// One curve for each seed.
struct Curves {
    by_seed: Vec<Vec<(f64, f64)>>,
}

impl Curves {
    /// A column of a stage's rows.
    fn of(source: &ReportedAnatomy<'_>, stage: Stage, column: Column) -> Self {
        let own: Vec<&CurveRow> = source.curves.iter().filter(|row| row.network == stage).collect();
        let curve = |rows: &[&CurveRow]| {
            rows.iter().filter_map(|row| Some((row.iteration as f64, column(row)?))).collect::<Vec<_>>()
        };
        let by_seed = own.chunk_by(|one, other| one.seed == other.seed).map(curve);
        Self { by_seed: by_seed.filter(|curve| !curve.is_empty()).collect() }
    }

    /// Removes values that a logarithmic scale cannot show.
    fn positive(mut self) -> Self {
        self.by_seed.iter_mut().for_each(|curve| curve.retain(|value| value.1 > 0.0));
        self
    }

    fn values(&self) -> impl Iterator<Item = (f64, f64)> {
        self.by_seed.iter().flatten().copied()
    }

    fn draw(&self, panel: &Panel<'_>, look: Look) -> Drawn {
        let Some(first) = self.by_seed.first() else { return Ok(()) };
        if self.by_seed.len() > 1 {
            for curve in &self.by_seed {
                panel.line(curve, 0.0, look, Weight::Seed)?;
            }
        }
        let middle = |&(x, _): &(f64, f64)| {
            let at: Vec<f64> = self.values().filter(|value| value.0 == x).map(|value| value.1).collect();
            Some((x, mean(&at)?))
        };
        let means: Vec<_> = first.iter().filter_map(middle).collect();
        panel.line(&means, 0.0, look, Weight::Mean)?;
        means.iter().try_for_each(|&value| panel.canvas.mark(panel.place(value), look, 2.6, 1.0))
    }
}

/// Panels of two curves each over the iterations.
struct Over<'o> {
    name: &'o str,
    title: &'o str,
    caption: String,
    y_name: &'o str,
    series: [&'o str; 2],
    panels: Vec<(String, [Curves; 2])>,
    /// A value that a linear scale must include; `None` for a logarithmic scale.
    linear_with: Option<f64>,
}

impl Over<'_> {
    fn figure(self) -> Result<Option<Figure>, Error> {
        let panels: Vec<_> = self.panels.iter().filter(|(_, curves)| !curves[0].by_seed.is_empty()).collect();
        let values: Vec<_> =
            panels.iter().flat_map(|(_, curves)| curves.iter().flat_map(Curves::values)).collect();
        if values.is_empty() {
            return Ok(None);
        }
        let last = values.iter().fold(0.0, |last: f64, value| last.max(value.0));
        let grid = PanelGrid {
            headings: panels.iter().map(|(heading, _)| heading.clone()).collect(),
            x: Scale::of_counts([1.0, last]),
            y: match self.linear_with {
                Some(value) => Scale::even(values.iter().map(|value| value.1).chain([value])),
                None => Scale::log(values.iter().map(|value| value.1)),
            },
            x_name: "iteration t".to_owned(),
            y_name: self.y_name.to_owned(),
            legend: legend(self.series, "T, as trained"),
        };
        Figure::draw(self.name, self.title, self.caption, grid.size(), |canvas| {
            grid.draw(canvas, |panel, at| {
                panel.divide(0.5 * last)?;
                LOOKS.into_iter().zip(&panels[at].1).try_for_each(|(look, curves)| curves.draw(panel, look))
            })
        })
        .map(Some)
    }
}

const SEEDS: &str = "Thin lines are single seeds, thick lines their mean";

/// Mean activity of both kinds at every iteration, in the trained network and its controls.
pub fn activity(source: &ReportedAnatomy<'_>) -> Result<Option<Figure>, Error> {
    let panel = |stage: Stage| {
        let columns: [Column; 2] = [|row| row.categorical, |row| row.part];
        let curves = columns.map(|column| Curves::of(source, stage, column).positive());
        (stage.name().to_owned(), curves)
    };
    let over = Over {
        name: "activity",
        title: "Activity over the iterations",
        caption: format!(
            "Mean z^t of a unit, over all images, up to 2T, on a logarithmic scale: the same units in the trained network, \
             after phase 1 and before training. {SEEDS}."
        ),
        y_name: "mean activity of a unit",
        series: ["categorical-units", "parts"],
        panels: Stage::ALL.into_iter().map(panel).collect(),
        linear_with: None,
    };
    over.figure()
}

/// Share of the images whose decoded code an independent classifier recognises.
pub fn decoded(source: &ReportedAnatomy<'_>) -> Result<Option<Figure>, Error> {
    let panel = |(name, columns): (&str, [Column; 2])| {
        let curves = columns.map(|column| Curves::of(source, Stage::Trained, column));
        (name.to_owned(), curves)
    };
    let over = Over {
        name: "classes_on_the_way",
        title: "Class of the reconstruction at every iteration",
        caption: format!(
            "Share of the images whose D·z^t an independent classifier assigns to the true class, compared with ISTA \
             on the same D and fewer images at T moments on its way to convergence. {SEEDS}."
        ),
        y_name: "share in the true class",
        series: ["network", "ISTA"],
        panels: vec![
            panel(("all images", [|row| row.right, |row| row.right_ista])),
            panel(("the hardest 5 %", [|row| row.right_hard, |row| row.right_hard_ista])),
        ],
        linear_with: Some(1.0),
    };
    over.figure()
}
