//! Properties of a data set that was read from files.

use drsae::data::{Config, Dataset, Facts, Part, PixelSlice, Shape, facts, load};

/// Reads a data set; an error must have one of the names. Returns true if it is accepted.
///
/// # Panics
/// A property is violated.
#[must_use]
pub fn read(config: &Config, names: &[&str]) -> bool {
    let (facts, data) = (facts(config, None), load(config, None, Part::All));
    let is_accepted = data.is_ok();
    match data {
        Ok(data) => {
            check(&data);
            let (inputs, classes) = (data.train.inputs, data.classes);
            let shape = Shape { inputs, classes, train: data.train.len(), test: data.test.len() };
            assert_eq!(facts.ok(), Some(Facts { shape, layout: data.layout, checksums: data.checksums }));
        }
        Err(error) => {
            let text = error.to_string();
            assert!(names.iter().any(|name| text.contains(name)), "{text}");
            assert_eq!(facts.expect_err("the same error").to_string(), text);
        }
    }
    is_accepted
}

fn check(data: &Dataset) {
    assert!(
        data.labels.len() == data.classes && data.labels.is_sorted() && (2..=256).contains(&data.classes)
    );
    for images in [&data.train, &data.test] {
        assert_eq!(images.inputs, data.layout.inputs());
        assert_eq!(images.pixels.len(), images.len() * images.inputs);
        assert!(images.labels.iter().all(|&label| usize::from(label) < data.classes));
        let is_finite = |image: PixelSlice<'_>| image.numbers().iter().all(|number| number.is_finite());
        assert!(images.iter().all(is_finite));
    }
}
