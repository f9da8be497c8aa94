//! A data set from four arrays: the images and the labels of training and test.

use super::array::{Origin, checksums};
use super::labels::{LABELS, Labels, listed, mapped};
use super::{Dataset, Error, Images, Layout, Pixels};

/// The images of one part.
#[derive(Debug)]
pub(super) struct ImageArray {
    pub origin: Origin,
    pub count: u64,
    pub layout: Layout,
    pub pixels: Pixels,
}

/// The labels of one part.
#[derive(Debug)]
pub(super) struct LabelArray {
    pub origin: Origin,
    pub labels: Labels,
}

/// The training or the test arrays.
#[derive(Debug)]
pub(super) struct PartArrays {
    pub images: ImageArray,
    pub labels: LabelArray,
}

/// Checks that the parts belong together, and maps labels to classes.
pub(super) fn assemble(name: String, train: PartArrays, test: PartArrays) -> Result<Dataset, Error> {
    check_counts(&train)?;
    check_counts(&test)?;
    check_layout(&train.images, &test.images)?;
    let labels = train.labels.labels.of_classes();
    if labels.len() < 2 {
        let reason = format!("every training label is {}: at least two classes are needed", listed(&labels));
        return Err(train.labels.origin.malformed(train.labels.origin.body.start, reason));
    }
    let origins = [&train.images.origin, &train.labels.origin, &test.images.origin, &test.labels.origin];
    let mut checksums = checksums(origins);
    checksums.extend(mapped(&labels).map(|text| (LABELS.to_owned(), text)));
    Ok(Dataset {
        name,
        layout: train.images.layout,
        classes: labels.len(),
        train: images(train, &labels)?,
        test: images(test, &labels)?,
        labels,
        checksums,
    })
}

fn check_counts(part: &PartArrays) -> Result<(), Error> {
    let (images, labels) = (part.images.count, part.labels.labels.len());
    if images == labels as u64 {
        return Ok(());
    }
    let origin = &part.labels.origin;
    Err(origin.malformed(origin.count_at, format!("{labels} labels for {images} images")))
}

fn check_layout(train: &ImageArray, test: &ImageArray) -> Result<(), Error> {
    let [one, other] = [test, train].map(|images| (images.layout, images.pixels.type_name()));
    let reason = if one.0 != other.0 {
        format!("the test set has {}, the training set {}", one.0, other.0)
    } else if one.1 != other.1 {
        format!("the test set has numbers of type {}, the training set {}", one.1, other.1)
    } else {
        return Ok(());
    };
    Err(test.origin.malformed(test.origin.dimensions_at, reason))
}

fn images(part: PartArrays, of_classes: &[i64]) -> Result<Images, Error> {
    let PartArrays { images, labels: LabelArray { origin, labels } } = part;
    let columns = origin.body.count / labels.len().max(1) as u64;
    let labels = labels.classes(of_classes).map_err(|(index, label)| {
        let reason = format!("label {label} does not occur in training, which has {}", listed(of_classes));
        origin.malformed(origin.body.position(index as u64 * columns), reason)
    })?;
    Ok(Images { inputs: images.layout.inputs(), pixels: images.pixels, labels })
}
