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
/// When the bytes are not such a file, are those of another network, or hold a number that is not finite.
pub fn from_bytes(config: &Config, bytes: &[u8]) -> Result<Model> {
    let file = SafeTensors::deserialize(bytes).map_err(candle_core::Error::wrap)?;
    let mut tensors = HashMap::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            bail!("`{name}` holds {:?}, not f32", view.dtype());
        }
        // The other sizes of such a tensor may be any numbers, and their product more than any.
        if view.shape().contains(&0) {
            bail!("`{name}` has shape {:?}, which holds no number", view.shape());
        }
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let numbers: Vec<f32> = view.data().chunks_exact(4).map(number).collect();
        if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
            bail!("`{name}` holds {} as its number {at}, counted from 0", numbers[at]);
        }
        tensors.insert(name.to_owned(), Tensor::from_vec(numbers, view.shape(), &Device::Cpu)?);
    }
    Model::from_tensors(config, &tensors)
}

#[cfg(test)]
mod tests {
    use candle_core::DType;
    use proptest::prelude::*;

    use super::*;
    use crate::model::Family;

    const CONFIG_TEXT: &str = "seed = 1\n\n[model]\nhidden = 5 # \"γ\"\n";

    fn model(family: Family) -> Model {
        let config = Config { family, steps: 3, hidden: 5, ..Config::default() };
        Model::new(&config, 7, 4, 0.1, 9, DType::F32, &Device::Cpu).unwrap()
    }

    fn bits(model: &Model) -> Vec<(String, Vec<usize>, Vec<u32>)> {
        let numbers = model.parameters().snapshot().unwrap();
        let parameters = model.parameters().iter().zip(numbers);
        let bits = |numbers: Vec<f32>| numbers.into_iter().map(f32::to_bits).collect();
        parameters
            .map(|(parameter, numbers)| {
                (parameter.name.clone(), parameter.value.dims().to_vec(), bits(numbers))
            })
            .collect()
    }

    #[test]
    fn every_family_comes_back_to_the_bit_with_its_config() {
        for family in Family::ALL {
            let model = model(family);
            let bytes = to_bytes(&model, CONFIG_TEXT).unwrap();
            let back = from_bytes(model.config(), &bytes).unwrap();
            assert_eq!(bits(&back), bits(&model), "{}", family.name());
            assert_eq!(back.classes(), 4);
            assert_eq!(config_text(&bytes).unwrap(), CONFIG_TEXT);
            assert_eq!(bytes, to_bytes(&back, CONFIG_TEXT).unwrap());
        }
    }

    #[test]
    fn numbers_of_every_kind_come_back() {
        let model = model(Family::Drsae);
        let odd = [-0.0, f32::MIN_POSITIVE / 2.0, f32::MAX, f32::MIN, 1.0 / 3.0];
        let threshold = model.parameters().iter().find(|parameter| parameter.name == "threshold").unwrap();
        threshold.value.set(&Tensor::from_slice(&odd, 5, &Device::Cpu).unwrap()).unwrap();
        let back = from_bytes(model.config(), &to_bytes(&model, "").unwrap()).unwrap();
        assert_eq!(bits(&back), bits(&model));
    }

    #[test]
    fn a_weight_that_is_not_finite_is_named() {
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let model = model(Family::Drsae);
            let threshold =
                model.parameters().iter().find(|parameter| parameter.name == "threshold").unwrap();
            threshold
                .value
                .set(&Tensor::from_slice(&[0.0, 0.0, odd, 0.0, 0.0], 5, &Device::Cpu).unwrap())
                .unwrap();
            let error = from_bytes(model.config(), &to_bytes(&model, "").unwrap()).unwrap_err().to_string();
            assert!(error.contains(&format!("`threshold` holds {odd} as its number 2")), "{error}");
        }
    }

    #[test]
    fn the_weights_of_another_network_are_named() {
        let bytes = to_bytes(&model(Family::Drsae), "").unwrap();
        let refused = |family, hidden| {
            let config = Config { family, steps: 3, hidden, ..Config::default() };
            from_bytes(&config, &bytes).unwrap_err().to_string()
        };
        let wider = refused(Family::Drsae, 6);
        assert!(wider.contains("`encoder` has shape [5, 7], not [6, 7]"), "{wider}");
        let untied = refused(Family::Untied, 5);
        assert!(untied.contains("there is no tensor `encoder_"), "{untied}");
    }

    #[test]
    fn a_file_without_a_config_or_without_floats_is_named() {
        let half = [0u8; 4];
        let view = TensorView::new(Dtype::F16, vec![2], &half).unwrap();
        let bytes = safetensors::serialize([("classifier", view)], None).unwrap();
        let error = from_bytes(&Config::default(), &bytes).unwrap_err().to_string();
        assert!(error.contains("`classifier` holds F16, not f32"), "{error}");
        let error = config_text(&bytes).unwrap_err().to_string();
        assert!(error.contains("no `config`"), "{error}");
    }

    #[test]
    fn sizes_without_numbers_are_refused() {
        let shape = vec![0, 1 << 62, 1 << 62];
        let view = TensorView::new(Dtype::F32, shape, &[]).unwrap();
        let bytes = safetensors::serialize([("classifier", view)], None).unwrap();
        let error = from_bytes(&Config::default(), &bytes).unwrap_err().to_string();
        assert!(error.contains("`classifier` has shape [0, "), "{error}");
    }

    /// A header that announces terabytes: no file has them, so nothing is allocated.
    #[test]
    fn sizes_beyond_the_file_are_refused() {
        let header = |shape: &str, end: u64| {
            let text =
                format!(r#"{{"classifier":{{"dtype":"F32","shape":{shape},"data_offsets":[0,{end}]}}}}"#);
            [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &[0; 16]].concat()
        };
        let lengths = [u64::MAX, 1 << 40, 99_999_999].map(|length| length.to_le_bytes().to_vec());
        let shapes = [header("[1048576,1048576]", 1 << 42), header("[4294967296,4294967296]", 16)];
        for bytes in lengths.into_iter().chain(shapes) {
            assert!(from_bytes(&Config::default(), &bytes).is_err(), "{bytes:?}");
            assert!(config_text(&bytes).is_err(), "{bytes:?}");
        }
        assert!(
            from_bytes(&Config::default(), &header("[4]", 16)).unwrap_err().to_string().contains("decoder")
        );
    }

    #[test]
    fn every_truncation_is_an_error() {
        let model = model(Family::Drsae);
        let bytes = to_bytes(&model, CONFIG_TEXT).unwrap();
        for length in 0..bytes.len() {
            assert!(from_bytes(model.config(), &bytes[..length]).is_err(), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(from_bytes(&Config::default(), &bytes).is_err());
            prop_assert!(config_text(&bytes).is_err());
        }

        #[test]
        fn a_damaged_header_never_panics(at in 0usize..400, byte: u8) {
            let model = model(Family::Drsae);
            let mut bytes = to_bytes(&model, CONFIG_TEXT).unwrap();
            bytes[at] = byte;
            let _ = (from_bytes(model.config(), &bytes), config_text(&bytes));
        }
    }
}
