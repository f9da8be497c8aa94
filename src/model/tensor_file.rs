//! Files of f32 tensors in the safetensors format, with one text in their metadata.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, Metadata, TensorInfo, TensorView};
use safetensors::{SafeTensorError, SafeTensors};

/// Bytes that hold the header's length.
const LENGTH_BYTES: usize = 8;

/// A file whose header has been parsed and checked against its length.
pub(crate) struct TensorFile<'a> {
    metadata: Metadata,
    data: &'a [u8],
}

impl<'a> TensorFile<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SafeTensorError> {
        let (header, metadata) = SafeTensors::read_metadata(bytes)?;
        Ok(Self { metadata, data: &bytes[LENGTH_BYTES + header..] })
    }

    /// The text of that key in the metadata.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// Type and shape of a tensor, and its bytes.
    pub fn tensor(&self, name: &str) -> Option<(&TensorInfo, &'a [u8])> {
        let info = self.metadata.info(name)?;
        Some((info, &self.data[info.data_offsets.0..info.data_offsets.1]))
    }
}

/// The bytes of a file of f32 tensors, given by name, shape and [`to_bytes`], with one text in the metadata. More than
/// one text would have no fixed order in the format.
pub(crate) fn serialize(
    tensors: &[(String, Vec<usize>, Vec<u8>)],
    key: &str,
    text: String,
) -> Result<Vec<u8>, SafeTensorError> {
    let mut views = Vec::with_capacity(tensors.len());
    for (name, shape, bytes) in tensors {
        views.push((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?));
    }
    safetensors::serialize(views, Some(HashMap::from([(key.to_owned(), text)])))
}

/// Little-endian bytes of f32 numbers.
pub(crate) fn to_bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The f32 numbers in little-endian bytes.
pub(crate) fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
}
