//! Cards of single units: column of D and row of E, strongest connections, and images with the largest
//! activity.

use super::inspected::Inspected;
use crate::anatomy::{Unit, UnitKind};
use crate::report::Error;
use crate::report::chart::{Anchor, Canvas, Colour, Drawn, Font, Rect, tiles};
use crate::report::figures::Figure;

const CARDS: usize = 4;
const PARTNERS: usize = 3;
const EXCITING: usize = 4;
const TILE: f64 = 62.0;
const GAP: f64 = 6.0;
const SEPARATION: f64 = 18.0;
const LEFT: f64 = 12.0;
const HEAD: f64 = 24.0;
const ROW: f64 = TILE + 58.0;

/// Cards of the most active categorical-units, of different classes, and parts.
pub fn figure(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let mut classes = Vec::new();
    let mut categorical = inspected.most_active(UnitKind::Categorical);
    categorical.retain(|unit| {
        let fresh = !classes.contains(&unit.class);
        classes.push(unit.class);
        fresh
    });
    let parts = inspected.most_active(UnitKind::Part);
    let units: Vec<&Unit> =
        categorical.into_iter().take(CARDS).chain(parts.into_iter().take(CARDS)).collect();
    let tiles = (2 + 2 * PARTNERS + EXCITING) as f64;
    let size = (2.0 * LEFT + tiles * (TILE + GAP) + 3.0 * SEPARATION, HEAD + ROW * units.len() as f64);
    let caption = "The most active categorical-units of different classes, and the most active parts. From left to right: \
                   the unit's column of D and row of E; the columns of D of the units with the largest and the smallest \
                   weights S to it, each with its weight; the images with its largest activity. Each tile is scaled to \
                   its own largest absolute value: orange is positive, blue negative.";
    Figure::draw("cards", "Cards of units", caption, size, |canvas| {
        for (place, name) in [(0, "D and E"), (2, "supported by"), (2 + PARTNERS, "inhibited by")] {
            canvas.text((left(place), 0.5 * HEAD), name, Font::LABEL, Anchor::Start)?;
        }
        canvas.text((left(2 + 2 * PARTNERS), 0.5 * HEAD), "excited most by", Font::LABEL, Anchor::Start)?;
        units
            .iter()
            .enumerate()
            .try_for_each(|(at, unit)| card(canvas, inspected, unit, HEAD + ROW * at as f64))
    })
}

/// Left edge of the tile at `place`; groups of tiles are separated.
fn left(place: usize) -> f64 {
    let groups = [2, 2 + PARTNERS, 2 + 2 * PARTNERS].iter().filter(|&&start| place >= start).count();
    LEFT + place as f64 * (TILE + GAP) + groups as f64 * SEPARATION
}

fn card(canvas: &Canvas, inspected: &Inspected<'_>, unit: &Unit, top: f64) -> Drawn {
    let whole = left(2 + 2 * PARTNERS + EXCITING);
    canvas.line(&[(LEFT, top), (whole, top)], Colour::Grid, 1.0, 1.0)?;
    canvas.text((LEFT, top + 13.0), &title(unit), Font::HEADING, Anchor::Start)?;
    let top = top + 24.0;
    let tile = |place: usize, image: Vec<f64>, below: &str| {
        let rect = Rect { left: left(place), top, width: TILE, height: TILE };
        canvas.picture(rect, &tiles(&[image], inspected.size(), 1))?;
        canvas.text((rect.left + 0.5 * TILE, rect.bottom() + 10.0), below, Font::TICK, Anchor::Middle)
    };
    tile(0, inspected.column(unit.unit), "D")?;
    tile(1, inspected.row(unit.unit), "E")?;
    let partners = partners(inspected, unit.unit);
    for (at, &(other, weight)) in partners.iter().take(PARTNERS).enumerate() {
        tile(2 + at, inspected.column(other), &signed(weight))?;
    }
    for (at, &(other, weight)) in partners.iter().rev().take(PARTNERS).enumerate() {
        tile(2 + PARTNERS + at, inspected.column(other), &signed(weight))?;
    }
    for (at, &index) in exciting(inspected, unit.unit).iter().enumerate() {
        tile(2 + 2 * PARTNERS + at, inspected.image(index), &inspected.sample.labels[index].to_string())?;
    }
    Ok(())
}

fn title(unit: &Unit) -> String {
    let class = unit.class.map(|class| format!(" of class {class}")).unwrap_or_default();
    let of = if unit.kind == UnitKind::Categorical { class } else { String::new() };
    let selectivity = unit.selectivity.map(|value| format!(", selectivity {value:.2}")).unwrap_or_default();
    let angle = unit.wiring.angle.map(|value| format!(", angle {value:.0}°")).unwrap_or_default();
    let share = 100.0 * unit.frequency;
    format!(
        "Unit {}: {}{of}{selectivity}{angle}, active for {share:.0} % of the images",
        unit.unit,
        unit.kind.name()
    )
}

/// The other live units by their weights to a unit, the largest first.
fn partners(inspected: &Inspected<'_>, unit: usize) -> Vec<(usize, f64)> {
    let live =
        inspected.anatomy.units.iter().filter(|other| other.kind != UnitKind::Silent && other.unit != unit);
    let mut partners: Vec<(usize, f64)> =
        live.map(|other| (other.unit, inspected.network.connection(unit, other.unit))).collect();
    partners.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    partners
}

/// The images with the highest z^T of a unit.
fn exciting(inspected: &Inspected<'_>, unit: usize) -> Vec<usize> {
    let answer = |index: &usize| inspected.code(*index)[unit];
    let mut images: Vec<usize> = (0..inspected.sample.len()).filter(|index| answer(index) > 0.0).collect();
    images.sort_by(|a, b| answer(b).total_cmp(&answer(a)).then(a.cmp(b)));
    images.truncate(EXCITING);
    images
}

fn signed(weight: f64) -> String {
    format!("{weight:+.3}").replace('-', "−")
}
