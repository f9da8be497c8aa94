//! Test error under conditions that training never saw, one figure for each of them.

use super::{Figure, left_out, seeds, tip};
use crate::analysis::{CellTrials, ConditionCell, ConditionTables};
use crate::report::Error;
use crate::report::chart::{Drawn, LegendEntry, Look, Panel, PanelGrid, Scale, Weight, rounded};
use crate::report::data::ReportData;
use crate::report::facets::{Facets, cell_name};
use crate::stats::{CONFIDENCE, Interval, mean, t_interval};
use crate::store::ConditionRow;

const QUANTITY: &str = "test error (%)";

/// The mean error of a cell at one level.
struct Point {
    level: f64,
    n: usize,
    error: f64,
    interval: Option<Interval>,
}

/// One figure for each name of a condition.
pub fn figures(data: &ReportData<'_>) -> Result<Vec<Figure>, Error> {
    let all = &data.analysis.conditions;
    all.chunk_by(|one, other| one.condition.name == other.condition.name)
        .map(|levels| figure(data, levels))
        .collect()
}

fn figure(data: &ReportData<'_>, levels: &[ConditionTables]) -> Result<Figure, Error> {
    let name = levels[0].condition.name.as_str();
    let is_corruption = name != ConditionRow::ITERATIONS;
    let (facets, points) = (Facets::of(data, None), |cell: &CellTrials| points(levels, cell));
    let all: Vec<Point> = facets.cells().flat_map(points).collect();
    let xs = all.iter().map(|point| point.level);
    let ends = |point: &Point| point.interval.map_or([point.error; 2], |Interval { low, high }| [low, high]);
    let mut entries = facets.entries();
    let has_intervals = all.iter().any(|point| point.interval.is_some());
    entries.extend(has_intervals.then(|| LegendEntry::Interval("mean, 95 % interval".to_owned())));
    let grid = PanelGrid {
        headings: facets.headings(),
        x: if is_corruption { Scale::of_setting(xs) } else { Scale::log(xs) },
        y: Scale::log(all.iter().flat_map(ends)),
        x_name: axis(name).to_owned(),
        y_name: QUANTITY.to_owned(),
        legend: PanelGrid::legend(entries),
    };
    let caption = format!(
        "Test error, percent, against the {}{}. Marks are the mean over {}, bars Student's 95 % intervals of the mean.{}",
        axis(name),
        if is_corruption { "; at 0, of the test images as they are" } else { "" },
        seeds(all.iter().map(|point| point.n)),
        left_out(&facets)
    );
    let title =
        format!("Test error under {}", if is_corruption { name } else { "other numbers of iterations" });
    // Levels of a corruption are few, and their series are drawn next to each other.
    let step = if is_corruption { grid.step(facets.series.len()) } else { 0.0 };
    Figure::draw(format!("condition_{name}"), title, caption, grid.size(), |canvas| {
        grid.draw(canvas, |panel, number| {
            facets.panels[number].iter().try_for_each(|(series, cells)| {
                let (look, dodge) = (facets.look(*series), facets.dodge(*series, step));
                cells.iter().try_for_each(|cell| {
                    paint(panel, (look, dodge), &cell_name(&data.dimensions, cell), &points(cell))
                })
            })
        })
    })
}

/// The levels at which a cell was tested, with the test images as they are before those of a corruption.
fn points(levels: &[ConditionTables], cell: &CellTrials) -> Vec<Point> {
    let of = |(level, found): (f64, &ConditionCell)| Point {
        level,
        n: found.n,
        error: found.error.mean,
        interval: found.interval,
    };
    let tested = levels.iter().filter_map(|it| {
        Some((it.condition.level, it.cells.iter().find(|found| found.values == cell.values)?))
    });
    let mut points: Vec<Point> = tested.map(of).collect();
    let errors = cell.test_errors();
    if let Some(error) = mean(&errors).filter(|_| levels[0].condition.name != ConditionRow::ITERATIONS) {
        let interval = t_interval(&errors, CONFIDENCE).map(Interval::not_negative);
        points.insert(0, Point { level: 0.0, n: errors.len(), error, interval });
    }
    points
}

fn paint(panel: &Panel<'_>, (look, dodge): (Look, f64), cell: &str, points: &[Point]) -> Drawn {
    let means: Vec<_> = points.iter().map(|point| (point.level, point.error)).collect();
    panel.line(&means, dodge, look, Weight::Mean)?;
    points.iter().try_for_each(|point| {
        let of = tip::mean_of(point.n, point.interval.is_some());
        let level = format!("at {}", rounded(point.level));
        let text = tip::text(&[cell, &level, &of, &tip::value(QUANTITY, point.error, point.interval)]);
        panel.canvas.titled(&text, || {
            point.interval.map_or(Ok(()), |interval| panel.upright(point.level, interval, dodge, look))?;
            panel.mark((point.level, point.error), dodge, look, Weight::Mean)
        })
    })
}

/// Title of the scale of levels.
fn axis(name: &str) -> &str {
    match name {
        "masking" => "share of pixels set to 0",
        "noise" => "standard deviation of the noise",
        "blur" => "standard deviation of the blur (pixels)",
        "occlusion" => "side of the occluding square (pixels)",
        "shift" => "shift (pixels)",
        _ => "iterations t after which the class is read",
    }
}
