//! A network's weights as the bytes of a safetensors file.

use std::collections::HashMap;

use candle_core::{Device, Result, Tensor, bail};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::{Config, Model};

/// The one entry of the file's metadata; one, because a map's order is not fixed.
const METADATA_KEY: &str = "config";

/// The bytes of `model.safetensors`: every parameter as little-endian f32 under its name,
/// and `config`, a text that says how the network was made, in the metadata.
///
/// # Errors
/// When the weights cannot be read as f32.
pub fn to_bytes(model: &Model, config: &str) -> Result<Vec<u8>> {
    let mut buffers = Vec::new();
    for parameter in model.parameters().iter() {
        let numbers = parameter.value.flatten_all()?.to_vec1::<f32>()?;
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        buffers.push((parameter.name.clone(), parameter.value.dims().to_vec(), bytes));
    }
    let views = buffers
        .iter()
        .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(candle_core::Error::wrap)?;
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), config.to_owned())]);
    safetensors::serialize(views, Some(metadata)).map_err(candle_core::Error::wrap)
}

/// The config text in the metadata of `model.safetensors`.
///
/// # Errors
/// When the bytes are not such a file.
pub fn config_text(bytes: &[u8]) -> Result<String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(candle_core::Error::wrap)?;
    match metadata.metadata().as_ref().and_then(|entries| entries.get(METADATA_KEY)) {
        Some(text) => Ok(text.clone()),
        None => bail!("the file's metadata has no `{METADATA_KEY}`"),
    }
}

/// The network of `config` with the weights in the bytes of `model.safetensors`.
///
/// # Errors
/// When the bytes are not such a file, or are those of another network.
pub fn from_bytes(config: &Config, bytes: &[u8]) -> Result<Model> {
    let file = SafeTensors::deserialize(bytes).map_err(candle_core::Error::wrap)?;
    let mut tensors = HashMap::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            bail!("`{name}` holds {:?}, not f32", view.dtype());
        }
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let numbers: Vec<f32> = view.data().chunks_exact(4).map(number).collect();
        tensors.insert(name.to_owned(), Tensor::from_vec(numbers, view.shape(), &Device::Cpu)?);
    }
    Model::from_tensors(config, &tensors)
}
