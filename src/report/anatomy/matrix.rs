//! The matrix S with its units ordered by kind and class, next to that of ISTA.

use super::inspected::Inspected;
use crate::anatomy::measure::Measure;
use crate::anatomy::{Unit, UnitKind};
use crate::report::Error;
use crate::report::chart::{Anchor, Canvas, Colour, Drawn, Font, Picture, Rect};
use crate::report::figures::Figure;

const SIDE: f64 = 420.0;
const LEFT: f64 = 52.0;
const GAP: f64 = 44.0;
const TOP: f64 = 42.0;
/// Share of the entries below full colour.
const QUANTILE: f64 = 0.995;

/// S, and I − αDᵀD with the α that fits the parts; whole, and the categorical-units alone.
pub fn figure(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let (categorical, parts) = (inspected.sorted(UnitKind::Categorical), inspected.sorted(UnitKind::Part));
    let network = inspected.network;
    let gram = network.gram();
    let step = inspected.measured(Measure::Alpha).unwrap_or(0.0);
    // The diagonal is much larger than the other entries.
    let learnt = |to: usize, from: usize| if to == from { 0.0 } else { network.connection(to, from) };
    let ista = |to: usize, from: usize| {
        if to == from { 0.0 } else { -step * f64::from(gram[to * network.hidden + from]) }
    };
    let whole: Vec<&Unit> = categorical.iter().chain(&parts).copied().collect();
    let scale = full(&whole, learnt);
    let narrow = full(&categorical, learnt);
    let caption = format!(
        "Left: S without its diagonal; rows are receiving units. Right: −αDᵀD, the matrix of ISTA on the same dictionary, \
         with the α = {step:.3} that fits the block of parts best. Top: all live units, categorical-units first (up to \
         the line), each kind sorted by class. Bottom: only the categorical-units. Orange is positive, blue negative; \
         full colour at ±{scale:.3} in the top row and ±{narrow:.3} in the bottom row."
    );
    let size = (LEFT + 2.0 * SIDE + GAP + 12.0, 2.0 * (TOP + SIDE) + 20.0);
    Figure::draw("recurrent", "Recurrent connections", caption, size, |canvas| {
        for (at, (name, of)) in
            [("S", &learnt as &dyn Fn(usize, usize) -> f64), ("−αDᵀD", &ista)].into_iter().enumerate()
        {
            let left = LEFT + at as f64 * (SIDE + GAP);
            let frame = Rect { left, top: TOP, width: SIDE, height: SIDE };
            canvas.text((left + 0.5 * SIDE, 12.0), name, Font::HEADING, Anchor::Middle)?;
            draw(canvas, frame, &whole, of, scale)?;
            let line = SIDE * categorical.len() as f64 / whole.len().max(1) as f64;
            canvas.line(&[(left + line, TOP - 8.0), (left + line, TOP)], Colour::Ink, 1.4, 1.0)?;
            canvas.line(&[(left - 8.0, TOP + line), (left, TOP + line)], Colour::Ink, 1.4, 1.0)?;
            canvas.text((left + line, TOP - 15.0), "parts →", Font::TICK, Anchor::Start)?;
            let frame = Rect { top: 2.0 * TOP + SIDE, ..frame };
            draw(canvas, frame, &categorical, of, narrow)?;
            classes(canvas, frame, &categorical)?;
        }
        Ok(())
    })
}

/// Magnitude of the entries in full colour.
fn full(units: &[&Unit], of: impl Fn(usize, usize) -> f64) -> f64 {
    let entries = units.iter().flat_map(|to| units.iter().map(|from| of(to.unit, from.unit).abs()));
    let mut sizes: Vec<f64> = entries.collect();
    sizes.sort_by(f64::total_cmp);
    let at = (QUANTILE * sizes.len().saturating_sub(1) as f64) as usize;
    sizes.get(at).copied().unwrap_or(0.0)
}

fn draw(
    canvas: &Canvas,
    frame: Rect,
    units: &[&Unit],
    of: impl Fn(usize, usize) -> f64,
    scale: f64,
) -> Drawn {
    if units.is_empty() {
        return Ok(());
    }
    let entries = units.iter().flat_map(|to| units.iter().map(|from| of(to.unit, from.unit)));
    let picture = Picture::of(&entries.collect::<Vec<_>>(), units.len(), scale);
    canvas.picture(frame, &picture)?;
    let (right, bottom) = (frame.right(), frame.bottom());
    let corners = [(frame.left, frame.top), (right, frame.top), (right, bottom), (frame.left, bottom)];
    let around: Vec<_> = corners.into_iter().chain([corners[0]]).collect();
    canvas.line(&around, Colour::Faint, 1.0, 1.0)
}

/// The classes of the units along the upper and the left side.
fn classes(canvas: &Canvas, frame: Rect, units: &[&Unit]) -> Drawn {
    let step = frame.width / units.len().max(1) as f64;
    let mut from = 0;
    while from < units.len() {
        let class = units[from].class;
        let to = from + units[from..].iter().take_while(|unit| unit.class == class).count();
        let name = class.map(|class| class.to_string()).unwrap_or_default();
        let middle = 0.5 * step * (from + to) as f64;
        canvas.text((frame.left + middle, frame.top - 9.0), &name, Font::TICK, Anchor::Middle)?;
        canvas.text((frame.left - 6.0, frame.top + middle), &name, Font::TICK, Anchor::End)?;
        if to < units.len() {
            let edge = step * to as f64;
            let (x, y) = (frame.left + edge, frame.top + edge);
            canvas.line(&[(x, frame.top - 14.0), (x, frame.top)], Colour::Faint, 1.0, 1.0)?;
            canvas.line(&[(frame.left - 14.0, y), (frame.left, y)], Colour::Faint, 1.0, 1.0)?;
        }
        from = to;
    }
    Ok(())
}
