//! Reconstructions by prototype and parts, and by iteration.

use super::image_table::ImageTable;
use super::inspected::Inspected;
use crate::anatomy::UnitKind;
use crate::report::Error;
use crate::report::figures::Figure;

/// Side of a tile, pixels.
const TILE: f64 = 72.0;

/// Numbers of parts that are added to the prototype.
const PARTS: [usize; 5] = [1, 2, 4, 8, 16];
/// Number of images whose assembly is shown.
const ASSEMBLED: usize = 5;

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
        (format!("class {class}"), images.map(Some).collect())
    });
    let table = ImageTable { tile: TILE, heads: heads.collect(), rows: rows.collect() };
    let caption = "For each class, the image with the largest activity of its categorical-units: its reconstruction by \
                   these units, with the 1, 2, 4, 8 and 16 parts that contribute most in addition, and by all units. Each \
                   tile is scaled to its own largest absolute value: orange is positive, blue negative.";
    table.figure("assembly", "An image as prototype and parts", caption, inspected.size())
}

/// Number of entries of z^T that are added one after the other.
const ENTRIES: usize = 18;

/// Images of some classes as the sum of more and more entries of z^T, the largest first.
pub fn progressive(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let heads = (1..=ENTRIES).map(|count| count.to_string());
    let heads = heads.chain(["all".to_owned(), "image".to_owned()]).collect();
    let rows = shown(inspected).into_iter().flat_map(|(class, index)| {
        let code = inspected.code(index);
        let mut units: Vec<usize> = (0..code.len()).filter(|&unit| code[unit] > 0.0).collect();
        units.sort_by(|&a, &b| code[b].total_cmp(&code[a]).then(a.cmp(&b)));
        units.truncate(ENTRIES);
        let empty = || (units.len()..ENTRIES).map(|_| None);
        let added = units.iter().map(|&unit| Some(inspected.column(unit))).chain(empty());
        let sums = (1..=units.len())
            .map(|count| Some(inspected.decoded(code, |unit| units[..count].contains(&unit))));
        let whole = [Some(inspected.decoded(code, |_| true)), Some(inspected.image(index))];
        [
            (format!("class {class}: +"), added.collect()),
            ("sum".to_owned(), sums.chain(empty()).chain(whole).collect()),
        ]
    });
    let table = ImageTable { tile: 40.0, heads, rows: rows.collect() };
    let caption = "For each class, the image with the largest activity of its categorical-units, reconstructed from the 18 \
                   largest entries of z^T one after another: the column of D that is added, and below it the sum so far. At \
                   the right, the reconstruction by all units and the image. Each tile is scaled to its own largest \
                   absolute value: orange is positive, blue negative.";
    table.figure("progressive", "An image from its largest entries", caption, inspected.size())
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

/// Number of iterations up to T that are shown.
const FIRST: usize = 7;
/// Number of images of each difficulty that are shown by iteration.
const FOLLOWED: usize = 3;

/// Easy and hard images, decoded at some iterations, to 2T.
pub fn steps(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let last = inspected.network.steps;
    let shown: Vec<usize> = inspected.iterations(FIRST).into_iter().chain([2 * last]).collect();
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
        let images = [inspected.image(index)].into_iter().chain(decoded).map(Some).collect();
        (format!("{name}, {}", inspected.sample.labels[index]), images)
    };
    let name = |&t: &usize| if t == last { format!("t = T = {t}") } else { format!("t = {t}") };
    let heads = ["image".to_owned()].into_iter().chain(shown.iter().map(name)).collect();
    let table = ImageTable { tile: TILE, heads, rows: images.iter().map(row).collect() };
    let caption = "D·z^t at some iterations and at 2T, beyond the trained T: the first test images that are not hard, and \
                   those with the smallest gap between the network's two highest scores. Row names give the true class; \
                   each tile is scaled to its own largest absolute value.";
    table.figure("steps", "Reconstructions by iteration", caption, inspected.size())
}
