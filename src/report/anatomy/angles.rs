//! Properties of the units against the angle between their rows of E and columns of D, as in the author's figures.

use super::ReportedAnatomy;
use crate::anatomy::UnitKind;
use crate::anatomy::tables::UnitRow;
use crate::anatomy::wiring::{CATEGORICAL_ANGLE, PART_ANGLE};
use crate::report::Error;
use crate::report::chart::{
    Anchor, Canvas, Colour, Drawn, Font, Legend, LegendEntry, Look, Panel, Rect, Scale, Weight,
};
use crate::report::figures::Figure;

const WIDTH: f64 = 960.0;
const ACROSS: usize = 4;
const PANEL: (f64, f64) = (180.0, 150.0);
const LEFT: f64 = 46.0;
const GAP: (f64, f64) = (52.0, 50.0);
const BELOW: f64 = 44.0;

/// A property with its name.
type Property = (&'static str, fn(&UnitRow) -> Option<f64>);

const PROPERTIES: [Property; 8] = [
    ("selectivity", |row| row.selectivity),
    ("norm of the row of S − I", |row| Some(row.recurrent_norm)),
    ("norm of the column of C", |row| Some(row.classifier_norm)),
    ("mean of the column of D", |row| Some(row.decoder_mean)),
    ("mean z^T where positive", |row| row.active_mean),
    ("share activated at t = 2", |row| row.second_iteration),
    ("angle of afferents / degrees", |row| row.afferent_angle),
    ("angle of S − I, −DᵀD / degrees", |row| row.ista_angle),
];

/// Every property of the live units of the first network.
pub fn figure(source: &ReportedAnatomy<'_>) -> Result<Option<Figure>, Error> {
    let Some(seed) = source.units.first().map(|row| row.seed) else { return Ok(None) };
    let units: Vec<&UnitRow> =
        source.units.iter().filter(|row| row.seed == seed && row.kind != UnitKind::Silent).collect();
    let angles = || units.iter().filter_map(|row| row.angle);
    let x = Scale::even(angles().chain([0.0]));
    let legend = legend();
    let top = legend.height() + 30.0;
    let rows = PROPERTIES.len().div_ceil(ACROSS) as f64;
    let height = top + rows * PANEL.1 + (rows - 1.0) * GAP.1 + BELOW;
    let count = |is: &dyn Fn(f64) -> bool| angles().filter(|&angle| is(angle)).count();
    let caption = format!(
        "Each mark is a live unit of the network of seed {seed}. The lines are the author's limits: {} units below 0.5 rad \
         are parts, {} above 0.7 rad are categorical-units. Marks show the division by selectivity.",
        count(&|angle| angle < PART_ANGLE),
        count(&|angle| angle > CATEGORICAL_ANGLE)
    );
    Figure::draw("angles", "Units against the angle of E and D", caption, (WIDTH, height), |canvas| {
        legend.draw(canvas, LEFT, 2.0)?;
        for (at, property) in PROPERTIES.iter().enumerate() {
            let (row, column) = ((at / ACROSS) as f64, (at % ACROSS) as f64);
            let (left, top) = (LEFT + column * (PANEL.0 + GAP.0), top + row * (PANEL.1 + GAP.1));
            panel(canvas, Rect { left, top, width: PANEL.0, height: PANEL.1 }, &x, &units, *property)?;
        }
        let middle = (0.5 * WIDTH, height - 12.0);
        canvas.text(middle, "angle of E and D / degrees", Font::LABEL, Anchor::Middle)
    })
    .map(Some)
}

/// Looks of the kinds of units.
const KINDS: [(UnitKind, Look, &str); 2] =
    [(UnitKind::Categorical, Look::of(0), "categorical-unit"), (UnitKind::Part, Look::of(1), "part-unit")];

fn legend() -> Legend {
    let kinds = KINDS.map(|(_, look, name)| LegendEntry::Series(look, name.to_owned()));
    let limits = LegendEntry::Line(Colour::Faint, Weight::Mean, "0.5 and 0.7 rad".to_owned());
    Legend::new(kinds.into_iter().chain([limits]).collect(), WIDTH - LEFT)
}

fn panel(canvas: &Canvas, frame: Rect, x: &Scale, units: &[&UnitRow], (name, of): Property) -> Drawn {
    let y = Scale::even(units.iter().filter_map(|row| of(row)).chain([0.0]));
    let panel = Panel { canvas, frame, x, y: &y };
    panel.rules()?;
    panel.side()?;
    panel.labels_left()?;
    panel.labels_below()?;
    let heading = (frame.left + 0.5 * frame.width, frame.top - 10.0);
    canvas.text(heading, name, Font::HEADING, Anchor::Middle)?;
    [PART_ANGLE, CATEGORICAL_ANGLE].into_iter().try_for_each(|limit| panel.divide(limit))?;
    for (kind, look, _) in KINDS {
        let own = units.iter().filter(|row| row.kind == kind);
        let dots = own.filter_map(|row| Some((row.angle?, of(row)?)));
        dots.into_iter().try_for_each(|dot| canvas.mark(panel.place(dot), look, 2.4, 0.6))?;
    }
    Ok(())
}
