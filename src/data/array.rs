//! The numbers of a file's array, after its header.
//!
//! Numbers are converted while they are read, a block at a time: memory grows with what a file has, whatever its header
//! announces.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::labels::Labels;
use super::{Error, Pixels};

/// Maximum size of an array in bytes.
pub(super) const MAX_BYTES: u64 = 1 << 31;

/// Bytes of a block, a multiple of the size of every type.
const BLOCK: usize = 1 << 16;

/// The type of an array's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Number {
    /// Bytes of a number.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// The order of a number's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Big,
    Little,
}

/// The numbers that follow a header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    pub number: Number,
    pub order: ByteOrder,
    /// Bytes of the header.
    pub start: u64,
    /// Numbers in all.
    pub count: u64,
}

impl Body {
    /// Position of a number.
    pub const fn position(&self, index: u64) -> u64 {
        self.start + index * self.number.size() as u64
    }

    /// The numbers as pixels of images with `inputs` pixels each; none are kept unless `keep` is set.
    pub fn pixels(&self, reader: impl Read, inputs: u64, keep: bool) -> Result<Pixels, Fault> {
        let mut floats = Vec::new();
        let mut bytes = Vec::new();
        let order = self.order;
        match self.number {
            Number::U8 => self.blocks(reader, |_, block| {
                bytes.extend_from_slice(if keep { block } else { &[] });
                Ok(())
            })?,
            Number::F32 => self.blocks(reader, |first, block| {
                let numbers = numbers(block, order, f32::from_le_bytes, f32::from_be_bytes);
                self.finite(first, inputs, numbers, keep.then_some(&mut floats))
            })?,
            Number::F64 => self.blocks(reader, |first, block| {
                let numbers = numbers(block, order, f64::from_le_bytes, f64::from_be_bytes);
                self.finite(first, inputs, numbers.map(|number| number as f32), keep.then_some(&mut floats))
            })?,
            other => unreachable!("pixels are not {other:?}"),
        }
        Ok(if self.number == Number::U8 { Pixels::Bytes(bytes) } else { Pixels::Floats(floats) })
    }

    /// Appends pixels, which must be finite.
    fn finite(
        &self,
        first: u64,
        inputs: u64,
        numbers: impl Iterator<Item = f32>,
        mut floats: Option<&mut Vec<f32>>,
    ) -> Result<(), Fault> {
        for (index, number) in (first..).zip(numbers) {
            if !number.is_finite() {
                let (image, pixel) = (index / inputs, index % inputs);
                let reason = format!(
                    "number {pixel} of example {image} is {number} as float32: every number must be finite"
                );
                return malformed(self.position(index), reason);
            }
            if let Some(floats) = &mut floats {
                floats.push(number);
            }
        }
        Ok(())
    }

    /// The numbers as labels, of which the first in each row of `columns` counts.
    pub fn labels(&self, reader: impl Read, columns: u64) -> Result<Labels, Fault> {
        let mut labels = Labels::default();
        let order = self.order;
        macro_rules! read {
            ($type:ty) => {
                self.blocks(reader, |first, block| {
                    let numbers = numbers(block, order, <$type>::from_le_bytes, <$type>::from_be_bytes);
                    for (index, number) in (first..).zip(numbers).filter(|(index, _)| index % columns == 0) {
                        let label =
                            i64::try_from(number).map_err(|_| format!("{number} is too large for a label"));
                        let pushed = label.and_then(|label| labels.push(label));
                        pushed.or_else(|reason| malformed(self.position(index), reason))?;
                    }
                    Ok(())
                })?
            };
        }
        match self.number {
            Number::U8 => read!(u8),
            Number::I8 => read!(i8),
            Number::U16 => read!(u16),
            Number::I16 => read!(i16),
            Number::U32 => read!(u32),
            Number::I32 => read!(i32),
            Number::U64 => read!(u64),
            Number::I64 => read!(i64),
            Number::F32 | Number::F64 => unreachable!("labels are not floats"),
        }
        Ok(labels)
    }

    /// Calls `each` with blocks of whole numbers, and the index of the first; the content must end where the header
    /// says.
    fn blocks(
        &self,
        mut reader: impl Read,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let size = self.number.size() as u64;
        let expected = self.count * size;
        let mut found = 0;
        let mut block = Vec::with_capacity(BLOCK);
        while found < expected {
            block.clear();
            let asked = (expected - found).min(BLOCK as u64);
            reader.by_ref().take(asked).read_to_end(&mut block).map_err(Fault::Io)?;
            let whole = block.len() as u64;
            if whole < asked {
                let found = found + whole;
                return malformed(
                    self.start + found,
                    format!("the file ends after {found} of the {expected} bytes that its header announces"),
                );
            }
            each(found / size, &block)?;
            found += whole;
        }
        if io::copy(&mut reader.take(1), &mut io::sink()).map_err(Fault::Io)? > 0 {
            return malformed(
                self.start + found,
                "the file continues after the last byte that its header announces",
            );
        }
        Ok(())
    }
}

/// The numbers of a block.
fn numbers<const SIZE: usize, N>(
    block: &[u8],
    order: ByteOrder,
    little: fn([u8; SIZE]) -> N,
    big: fn([u8; SIZE]) -> N,
) -> impl Iterator<Item = N> {
    let convert = if order == ByteOrder::Little { little } else { big };
    block.as_chunks().0.iter().map(move |bytes| convert(*bytes))
}

/// A fault of a file whose path is not known yet.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Malformed { position: u64, reason: String },
}

impl Fault {
    pub fn at(self, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Io(source) => Error::Read { path, source },
            Self::Malformed { position, reason } => Error::Malformed { path, position, reason },
        }
    }
}

pub(super) fn malformed<T>(position: u64, reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Malformed { position, reason: reason.into() })
}

/// An array's file, for errors and for the id.
#[derive(Debug)]
pub(super) struct Origin {
    pub path: PathBuf,
    /// Name in the data set.
    pub name: String,
    /// SHA-256 of the content.
    pub checksum: String,
    /// Positions of the number of examples, and of the dimensions of one.
    pub count_at: u64,
    pub dimensions_at: u64,
    /// Its numbers.
    pub body: Body,
}

impl Origin {
    /// An error at a position of the file.
    pub fn malformed(&self, position: u64, reason: String) -> Error {
        Error::Malformed { path: self.path.clone(), position, reason }
    }
}

/// The checksums of some arrays, by name.
pub(super) fn checksums<'a>(origins: impl IntoIterator<Item = &'a Origin>) -> BTreeMap<String, String> {
    origins.into_iter().map(|origin| (origin.name.clone(), origin.checksum.clone())).collect()
}
