//! Units as images: their least-squares columns over the iterations, and the prototypes of each class.

use super::image_table::ImageTable;
use super::inspected::Inspected;
use crate::anatomy::evolution::evolution;
use crate::anatomy::sharpness::{LARGEST, largest};
use crate::anatomy::{Unit, UnitKind};
use crate::report::Error;
use crate::report::figures::Figure;

/// Units of each kind whose evolution is shown.
const SHOWN: usize = 8;
/// Most iterations that are shown.
const MOST: usize = 7;

/// The least-squares dictionaries of some iterations, for the most active units of each kind.
pub fn evolving(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let iterations = inspected.iterations(MOST);
    let dictionaries = evolution(inspected.network, inspected.sample, &iterations);
    let kinds = [UnitKind::Categorical, UnitKind::Part].map(|kind| inspected.most_active(kind));
    let units: Vec<&Unit> = kinds.into_iter().flat_map(|units| units.into_iter().take(SHOWN)).collect();
    let row = |unit: &&Unit| {
        let columns = dictionaries.iter().map(|columns| columns[unit.unit].clone());
        let name = match (unit.kind, unit.class) {
            (UnitKind::Categorical, Some(class)) => format!("{}, class {class}", unit.unit),
            _ => format!("{}, part", unit.unit),
        };
        (name, columns.chain([Some(inspected.column(unit.unit))]).collect())
    };
    let heads = iterations.iter().map(|t| format!("t = {t}")).chain(["D".to_owned()]).collect();
    let table = ImageTable { tile: 72.0, heads, rows: units.iter().map(row).collect() };
    let caption = "For each iteration, the columns of the matrix that best reconstructs the test images from z^t by least \
                   squares, beside the column of D, for the most active units of each kind. A place is empty where a unit \
                   is hardly active. Each tile is scaled to its own largest absolute value: orange is positive, blue \
                   negative.";
    table.figure("evolution", "Units over the iterations", caption, inspected.size())
}

/// For each class, its mean image and the columns of D of the units with the largest columns of C.
pub fn prototypes(inspected: &Inspected<'_>) -> Result<Figure, Error> {
    let sample = inspected.sample;
    let units = largest(&inspected.anatomy.units, sample.classes);
    let row = |(class, mean): (usize, Vec<f64>)| {
        let own = units.iter().filter(|(other, _)| *other == class);
        let columns = own.map(|&(_, unit)| Some(inspected.column(unit)));
        (format!("class {class}"), [Some(mean)].into_iter().chain(columns).collect())
    };
    let heads = ["mean".to_owned()].into_iter().chain((1..=LARGEST).map(|place| place.to_string())).collect();
    let rows = sample.class_means().into_iter().enumerate().map(row).collect();
    let caption = "For each class, the mean of its test images, and the columns of D of the four units with the largest \
                   columns of C among those whose largest weight of C is this class. Each tile is scaled to its own \
                   largest absolute value: orange is positive, blue negative.";
    ImageTable { tile: 72.0, heads, rows }.figure(
        "prototypes",
        "Prototypes and class means",
        caption,
        inspected.size(),
    )
}
