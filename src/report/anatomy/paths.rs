//! Reconstructions by prototype and parts, and by iteration.

use super::inspected::Inspected;
use crate::anatomy::UnitKind;
use crate::report::Error;
use crate::report::chart::{Anchor, Canvas, Drawn, Font, Rect, tiles};
use crate::report::figures::Figure;

/// Side of a tile and space between tiles, pixels.
const TILE: f64 = 72.0;
const GAP: f64 = 8.0;
const LEFT: f64 = 84.0;
const HEAD: f64 = 34.0;

/// Numbers of parts that are added to the prototype.
const PARTS: [usize; 5] = [1, 2, 4, 8, 16];
/// Number of images whose assembly is shown.
const ASSEMBLED: usize = 5;

/// A table of images with column heads and row names.
struct ImageTable {
    heads: Vec<String>,
    rows: Vec<(String, Vec<Vec<f64>>)>,
}

impl ImageTable {
    fn size(&self) -> (f64, f64) {
        let across = LEFT + self.heads.len() as f64 * (TILE + GAP);
        (across, HEAD + self.rows.len() as f64 * (TILE + GAP))
    }

    fn draw(&self, canvas: &Canvas<'_>, size: (usize, usize)) -> Drawn {
        for (at, head) in self.heads.iter().enumerate() {
            let x = LEFT + at as f64 * (TILE + GAP) + 0.5 * TILE;
            canvas.text((x, 0.5 * HEAD), head, Font::LABEL, Anchor::Middle)?;
        }
        for (row, (name, images)) in self.rows.iter().enumerate() {
            let top = HEAD + row as f64 * (TILE + GAP);
            canvas.text((LEFT - 8.0, top + 0.5 * TILE), name, Font::LABEL, Anchor::End)?;
            for (at, image) in images.iter().enumerate() {
                let left = LEFT + at as f64 * (TILE + GAP);
                let rect = Rect { left, top, width: TILE, height: TILE };
                canvas.picture(rect, &tiles(std::slice::from_ref(image), size, 1))?;
            }
        }
        Ok(())
    }
}

/// Images of some classes as the prototype and an increasing number of parts.
pub fn assembly(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let units = &inspected.anatomy.units;
    let is = |kind: UnitKind| move |unit: usize| units[unit].kind == kind;
    let heads = ["image".to_owned(), "prototype".to_owned()].into_iter();
    let heads = heads.chain(PARTS.map(|count| format!("+ {count}"))).chain(["all units".to_owned()]);
    let rows = shown(inspected).into_iter().map(|(class, index)| {
        let code = inspected.code(index);
        let mut parts: Vec<usize> = (0..code.len()).filter(|&unit| is(UnitKind::Part)(unit)).collect();
        let weight = |unit: usize| {
            let norm: f64 = inspected.column(unit).iter().map(|number| number * number).sum();
            f64::from(code[unit]).powi(2) * norm
        };
        parts.sort_by(|&a, &b| weight(b).total_cmp(&weight(a)).then(a.cmp(&b)));
        let with = |count: usize| {
            inspected.decoded(code, |unit| is(UnitKind::Categorical)(unit) || parts[..count].contains(&unit))
        };
        let steps = [0].into_iter().chain(PARTS).map(|count| with(count.min(parts.len())));
        let images =
            [inspected.image(index)].into_iter().chain(steps).chain([inspected.decoded(code, |_| true)]);
        (format!("class {class}"), images.collect())
    });
    let board = ImageTable { heads: heads.collect(), rows: rows.collect() };
    let caption = "For each class, the image with the largest activity of its categorical-units: its reconstruction by \
                   these units, with the 1, 2, 4, 8 and 16 parts that contribute most in addition, and by all units. Each \
                   tile is scaled to its own largest absolute value: orange is positive, blue negative.";
    Figure::draw("assembly", "An image as prototype and parts", caption, board.size(), |canvas| {
        board.draw(canvas, inspected.size())
    })
}

/// For classes with categorical-units, the image with their largest activity.
fn shown(inspected: &Inspected<'_>) -> Vec<(usize, usize)> {
    let of_class = |class: usize| {
        let own = inspected.anatomy.units.iter().filter(move |unit| unit.class == Some(class));
        let own: Vec<usize> =
            own.filter(|unit| unit.kind == UnitKind::Categorical).map(|unit| unit.unit).collect();
        let answer = |index: usize| own.iter().map(|&unit| inspected.code(index)[unit]).sum::<f32>();
        let images =
            (0..inspected.sample.len()).filter(|&at| usize::from(inspected.sample.labels[at]) == class);
        let best = images.max_by(|&a, &b| answer(a).total_cmp(&answer(b)).then(b.cmp(&a)))?;
        (!own.is_empty()).then_some((class, best))
    };
    (0..inspected.sample.classes).filter_map(of_class).take(ASSEMBLED).collect()
}

/// Number of images of each difficulty that are shown by iteration.
const FOLLOWED: usize = 3;

/// Easy and hard images, decoded at some iterations, to 2T.
pub fn steps(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let last = inspected.network.steps;
    let mut shown: Vec<usize> =
        [1, 2, 3, 4, 6, 8].into_iter().filter(|&t| t < last).chain([last, 2 * last]).collect();
    shown.dedup();
    let hard = &inspected.anatomy.hard;
    let easy = (0..inspected.sample.len()).filter(|index| !hard.contains(index)).take(FOLLOWED);
    let images: Vec<(&str, usize)> = easy
        .map(|index| ("easy", index))
        .chain(hard.iter().take(FOLLOWED).map(|&index| ("hard", index)))
        .collect();
    let row = |&(name, index): &(&str, usize)| {
        let drive = inspected.network.drive(inspected.sample.image(index));
        let codes = inspected.network.codes(&drive, 2 * last);
        let decoded = shown.iter().map(|&t| inspected.decoded(&codes[t - 1], |_| true));
        let images = [inspected.image(index)].into_iter().chain(decoded).collect();
        (format!("{name}, {}", inspected.sample.labels[index]), images)
    };
    let name = |&t: &usize| if t == last { format!("t = T = {t}") } else { format!("t = {t}") };
    let heads = ["image".to_owned()].into_iter().chain(shown.iter().map(name)).collect();
    let board = ImageTable { heads, rows: images.iter().map(row).collect() };
    let caption = "D·z^t at some iterations and at 2T, beyond the trained T: the first test images that are not hard, and \
                   those with the smallest gap between the network's two highest scores. Row names give the true class; \
                   each tile is scaled to its own largest absolute value.";
    Figure::draw("steps", "Reconstructions by iteration", caption, board.size(), |canvas| {
        board.draw(canvas, inspected.size())
    })
}
