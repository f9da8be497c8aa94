//! Columns of D and rows of E of the units.

use super::inspected::Inspected;
use crate::anatomy::{Unit, UnitKind};
use crate::report::Error;
use crate::report::chart::{Anchor, Font, Rect, tiles};
use crate::report::figures::Figure;

/// Units in a row, and most units of a kind.
const ACROSS: usize = 16;
const MOST: usize = 64;
const WIDTH: f64 = 960.0;
const MARGIN: f64 = 8.0;
const HEADING: f64 = 26.0;

/// Categorical-units by class and the most active parts: columns of D on the left, rows of E on the
/// right.
pub fn figure(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let categorical: Vec<&Unit> = inspected.sorted(UnitKind::Categorical);
    let parts: Vec<&Unit> = inspected.most_active(UnitKind::Part);
    let shown = |units: &[&Unit]| units.iter().take(MOST).map(|unit| unit.unit).collect::<Vec<_>>();
    let kept = fair(&categorical);
    let groups = [
        (format!("{} of {} categorical-units, by class", kept.len(), categorical.len()), shown(&kept)),
        (format!("the {} most active of {} parts", parts.len().min(MOST), parts.len()), shown(&parts)),
    ];
    let (rows, columns) = inspected.size();
    let half = 0.5 * WIDTH - 2.0 * MARGIN;
    let pixel = half / (ACROSS * (columns + 1) - 1) as f64;
    let height = |count: usize| pixel * (count.div_ceil(ACROSS) * (rows + 1)) as f64;
    let total: f64 = groups.iter().map(|(_, units)| HEADING + height(units.len()) + MARGIN).sum();
    let caption = "Left: columns of D. Right: rows of E of the same units at the same positions. Each is scaled to its own \
                   largest absolute value: orange is positive, blue negative, white zero. The most active \
                   categorical-units are shown, sorted by class and mean activity.";
    let size = (WIDTH, total + HEADING);
    Figure::draw("columns", "Decoder columns and encoder rows", caption, size, |canvas| {
        let mut top = 0.5 * HEADING;
        for (left, name) in [(MARGIN, "Columns of D"), (0.5 * WIDTH + MARGIN, "Rows of E")] {
            canvas.text((left, top), name, Font::HEADING, Anchor::Start)?;
        }
        top += 0.5 * HEADING;
        for (heading, units) in &groups {
            canvas.text((MARGIN, top + 0.5 * HEADING), heading, Font::LABEL, Anchor::Start)?;
            top += HEADING;
            let drawn: Vec<_> = units.iter().map(|&unit| inspected.column(unit)).collect();
            let seen: Vec<_> = units.iter().map(|&unit| inspected.row(unit)).collect();
            for (left, images) in [(MARGIN, drawn), (0.5 * WIDTH + MARGIN, seen)] {
                if !images.is_empty() {
                    let rect = Rect { left, top, width: half, height: height(images.len()) };
                    canvas.picture(rect, &tiles(&images, (rows, columns), ACROSS))?;
                }
            }
            top += height(units.len()) + MARGIN;
        }
        Ok(())
    })
}

/// The most active units of each class, equally many of each if not all can be shown.
fn fair<'a>(units: &[&'a Unit]) -> Vec<&'a Unit> {
    let mut each = units.len();
    loop {
        let of_class =
            |unit: &Unit, at: usize| units[..at].iter().filter(|other| other.class == unit.class).count();
        let kept: Vec<&Unit> = units
            .iter()
            .enumerate()
            .filter(|(at, unit)| of_class(unit, *at) < each)
            .map(|(_, unit)| *unit)
            .collect();
        if kept.len() <= MOST || each <= 1 {
            return kept;
        }
        each -= 1;
    }
}
