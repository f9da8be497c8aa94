//! The arrays that a data set needs, and the line of NumPy that makes them of others.

use super::Layout;
use super::array::{ByteOrder, Number};
use super::npy::{Header, listed};

/// Maximum numbers of an example.
const MAX_INPUTS: u64 = 1 << 20;

/// The type of an array of pixels.
pub(super) fn pixels(header: &Header, variable: &str) -> Result<(Number, ByteOrder), String> {
    const EXPECTED: &str = "expected uint8, float32 or float64";
    let found = &header.type_name;
    let write = |line: String| format!("{found}; {EXPECTED}: write {line}");
    let (number, order) = match header.number {
        Ok(found) => found,
        Err(_) if found.starts_with("Python objects") => {
            return Err(write(format!("np.stack({variable}).astype(np.float32)")));
        }
        Err(_) => return Err(write(format!("{variable}.astype(np.float32)"))),
    };
    let size = number.size();
    match number {
        Number::U8 | Number::F32 | Number::F64 if order == ByteOrder::Big && size > 1 => {
            Err(write(format!("{variable}.astype('<f{size}')"))
                .replace(EXPECTED, "expected little-endian numbers"))
        }
        Number::U8 | Number::F32 | Number::F64 => in_order(header, variable).map(|()| (number, order)),
        _ => Err(write(format!(
            "{variable}.astype(np.uint8) if all are from 0 to 255, else {variable}.astype(np.float32)"
        ))),
    }
}

fn in_order(header: &Header, variable: &str) -> Result<(), String> {
    if header.is_fortran {
        return Err(format!("Fortran order; expected C order: write np.ascontiguousarray({variable})"));
    }
    Ok(())
}

/// The layout of an array of examples.
pub(super) fn layout(shape: &[u64], variable: &str) -> Result<Layout, String> {
    let found = listed(shape);
    let Some((&count, example)) = shape.split_first() else {
        return Err(format!("a single number; expected {}", shapes()));
    };
    if count == 0 {
        return Err(format!("no examples {found}; expected {}", shapes()));
    }
    let inputs = example.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
    match inputs {
        Some(1..=MAX_INPUTS) => {}
        _ => return Err(format!("examples {found}; expected 1 to {MAX_INPUTS} numbers in each")),
    }
    let size = |axis: usize| example[axis] as usize;
    match *example {
        [features] => Ok(Layout::Features(features as usize)),
        [_, _] | [_, _, 1] => Ok(Layout::Grey { rows: size(0), columns: size(1) }),
        [_, _, 3] => Ok(Layout::Colour { rows: size(0), columns: size(1) }),
        [3, rows, columns] => Err(format!(
            "colour images {found}; expected {}: write {variable}.transpose(0, 2, 3, 1)",
            listed(&[count, rows, columns, 3])
        )),
        [1, rows, columns] => Err(format!(
            "grey images {found}; expected {}: write {variable}[:, 0]",
            listed(&[count, rows, columns])
        )),
        [rows, columns, 4] => Err(format!(
            "images of four channels {found}; expected {}: write {variable}[..., :3]",
            listed(&[count, rows, columns, 3])
        )),
        [] => Err(format!(
            "one number an example {found}; expected {}: write {variable}[:, None]",
            listed(&[count, 1])
        )),
        _ => Err(format!(
            "examples {found}; expected {}: write {variable}.reshape(len({variable}), -1) for plain features",
            shapes()
        )),
    }
}

const fn shapes() -> &'static str {
    "[N, features], [N, height, width] or [N, height, width, 3]"
}

/// The type of an array of labels for `images` images.
pub(super) fn labels(header: &Header, variable: &str, images: u64) -> Result<(Number, ByteOrder), String> {
    let found = &header.type_name;
    let (number, order) = match header.number {
        Ok((Number::F32 | Number::F64, _)) => {
            return Err(format!("{found}; expected integers: write {variable}.astype(np.int64)"));
        }
        Ok(found) => found,
        Err(_) => {
            return Err(format!(
                "{found}; expected integers: write np.unique({variable}, return_inverse=True)[1], with training and \
                 test labels in one array"
            ));
        }
    };
    if order == ByteOrder::Big && number.size() > 1 {
        return Err(format!("{found}; expected little-endian numbers: write {variable}.astype('<i8')"));
    }
    in_order(header, variable)?;
    match *header.shape {
        [count] | [count, 1] if count == images => Ok((number, order)),
        [count] | [count, 1] => Err(format!("{count} labels for {images} images")),
        [_, classes] if classes > 1 => Err(format!(
            "labels {}; expected [{images}]: write {variable}.argmax(axis=1) if a 1 marks the class",
            header.shape_text()
        )),
        _ => Err(format!("labels {}; expected [{images}]", header.shape_text())),
    }
}
