//! The figure of a search: the mean validation error of every configuration from rung to rung.

use std::collections::BTreeSet;

use indexmap::IndexSet;

use super::Error;
use super::chart::{Colour, Drawn, LegendEntry, Look, PanelGrid, Scale, Weight};
use super::figures::{Figure, tip};
use crate::study::SearchRow;

const QUANTITY: &str = "validation error (%)";

/// The figure as SVG, a panel for each group; `None` if every configuration diverged.
///
/// # Errors
/// It cannot be drawn.
pub fn search_figure(rows: &[SearchRow]) -> Result<Option<Vec<u8>>, Error> {
    let groups: IndexSet<&str> = rows.iter().map(|row| row.group.as_str()).collect();
    let errors: Vec<f64> = rows.iter().filter_map(|row| row.valid_error_mean).collect();
    if errors.is_empty() {
        return Ok(None);
    }
    let chosen = Look::of(0);
    let grid = PanelGrid {
        headings: groups.iter().map(|&group| group.to_owned()).collect(),
        x: Scale::of_counts(rows.iter().map(|row| row.epochs as f64)),
        y: Scale::log(errors),
        x_name: "epochs trained".to_owned(),
        y_name: QUANTITY.to_owned(),
        legend: PanelGrid::legend(vec![
            LegendEntry::Line(chosen.colour, Weight::Mean, "the choice".to_owned()),
            LegendEntry::Line(Colour::Ink, Weight::Seed, "another configuration".to_owned()),
        ]),
    };
    let caption = "Mean validation error of each configuration at the end of each stage. Configurations that are not \
                   promoted end at their rung; those of a widening are single marks at the last one.";
    let figure = Figure::draw("search", "Search", caption, grid.size(), |canvas| {
        grid.draw(canvas, |panel, number| {
            let own = || rows.iter().filter(|row| row.group == groups[number]);
            let paint = |configuration: usize, look: Look, weight: Weight| -> Drawn {
                let rows = own().filter(|row| row.configuration == configuration);
                let points: Vec<(f64, f64)> =
                    rows.filter_map(|row| Some((row.epochs as f64, row.valid_error_mean?))).collect();
                panel.line(&points, 0.0, look, weight)?;
                points.iter().try_for_each(|&(epochs, error)| {
                    let name = format!("configuration {configuration}");
                    let text =
                        tip::text(&[&name, &format!("{epochs} epochs"), &tip::value(QUANTITY, error, None)]);
                    panel.canvas.titled(&text, || panel.mark((epochs, error), 0.0, look, weight))
                })
            };
            let choice = own().find(|row| row.chosen).map(|row| row.configuration);
            let others: BTreeSet<usize> =
                own().map(|row| row.configuration).filter(|it| Some(*it) != choice).collect();
            let grey = Look { colour: Colour::Ink, ..chosen };
            others.into_iter().try_for_each(|it| paint(it, grey, Weight::Seed))?;
            choice.map_or(Ok(()), |it| paint(it, chosen, Weight::Mean))
        })
    })?;
    Ok(Some(figure.svg.into_bytes()))
}
