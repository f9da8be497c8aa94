//! The weights of a network as a `model.safetensors` file.

use candle_core::{Device, Error, Result, Var, bail};
use safetensors::tensor::Dtype;

use super::definition::slots;
use super::registry::Encoder;
use super::tensor_file::{self, TensorFile};
use super::{Config, Model};

/// Key of the config in the file's metadata.
const METADATA_KEY: &str = "config";

/// The bytes of `model.safetensors`: every parameter as little-endian f32 under its name, and the text
/// `config`, which describes how the network was made, in the metadata.
///
/// # Errors
/// When the weights cannot be read as f32.
pub fn to_bytes(model: &Model, config: &str) -> Result<Vec<u8>> {
    let tensors = model.parameters().iter().zip(model.parameters().snapshot()?);
    let tensors = tensors.map(|(parameter, numbers)| {
        (parameter.name.clone(), parameter.value.dims().to_vec(), tensor_file::to_bytes(&numbers))
    });
    let tensors: Vec<_> = tensors.collect();
    tensor_file::serialize(&tensors, METADATA_KEY, config.to_owned()).map_err(Error::wrap)
}

/// A `model.safetensors` file whose header has been parsed.
pub struct Checkpoint<'a>(TensorFile<'a>);

impl<'a> Checkpoint<'a> {
    /// Parses the header; no tensor is read.
    ///
    /// # Errors
    /// When the bytes are no safetensors file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        TensorFile::parse(bytes).map(Self).map_err(Error::wrap)
    }

    /// The config text in the metadata.
    ///
    /// # Errors
    /// When there is none.
    pub fn config(&self) -> Result<&str> {
        match self.0.text(METADATA_KEY) {
            Some(text) => Ok(text),
            None => bail!("the file's metadata has no `{METADATA_KEY}`"),
        }
    }

    /// The network of `config` with these weights.
    ///
    /// # Errors
    /// When a tensor is missing, has another shape or type, or holds a number that is not finite.
    pub fn model(&self, config: &Config) -> Result<Model> {
        let (classes, inputs) = (self.tensor("classifier")?.0[0], self.tensor("decoder")?.0[0]);
        let encoder = Encoder::of(config).map_err(Error::wrap)?;
        encoder.validate(inputs).map_err(Error::wrap)?;
        let slots = slots(&*encoder, config, inputs, classes)?;
        let mut values = Vec::with_capacity(slots.len());
        for slot in &slots {
            let (shape, bytes) = self.tensor(&slot.name)?;
            if shape != slot.shape {
                bail!("`{}` has shape {shape:?}, not {:?}", slot.name, slot.shape);
            }
            let numbers = tensor_file::from_bytes(bytes);
            if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
                bail!("`{}` holds {} as its number {at}, counted from 0", slot.name, numbers[at]);
            }
            values.push(Var::from_vec(numbers, shape, &Device::Cpu)?);
        }
        Ok(Model::from_values(config, encoder, (inputs, classes), slots, values))
    }

    /// Shape and bytes of a tensor of f32 numbers.
    fn tensor(&self, name: &str) -> Result<(&[usize], &[u8])> {
        let Some((info, bytes)) = self.0.tensor(name) else { bail!("there is no tensor `{name}`") };
        if info.dtype != Dtype::F32 {
            bail!("`{name}` holds {:?}, not f32", info.dtype);
        }
        // The other sizes of such a tensor may be arbitrary, and their product may overflow.
        if info.shape.is_empty() || info.shape.contains(&0) {
            bail!("`{name}` has shape {:?}, which holds no row", info.shape);
        }
        Ok((&info.shape, bytes))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Tensor};
    use proptest::prelude::*;
    use safetensors::tensor::TensorView;

    use super::*;
    use crate::model::Family;

    const CONFIG_TEXT: &str = "seed = 1\n\n[model]\nhidden = 5 # \"γ\"\n";

    fn model(family: Family) -> Model {
        let config = Config { family, steps: 3, hidden: 5, ..Config::default() };
        Model::new(&config, 7, 4, 0.1, 9, DType::F32, &Device::Cpu).unwrap()
    }

    fn read(config: &Config, bytes: &[u8]) -> Result<Model> {
        Checkpoint::parse(bytes)?.model(config)
    }

    fn config_text(bytes: &[u8]) -> Result<String> {
        Checkpoint::parse(bytes)?.config().map(str::to_owned)
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
            let back = read(model.config(), &bytes).unwrap();
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
        let back = read(model.config(), &to_bytes(&model, "").unwrap()).unwrap();
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
            let error = read(model.config(), &to_bytes(&model, "").unwrap()).unwrap_err().to_string();
            assert!(error.contains(&format!("`threshold` holds {odd} as its number 2")), "{error}");
        }
    }

    #[test]
    fn the_weights_of_another_network_are_named() {
        let bytes = to_bytes(&model(Family::Drsae), "").unwrap();
        let refused = |family, hidden| {
            let config = Config { family, steps: 3, hidden, ..Config::default() };
            read(&config, &bytes).unwrap_err().to_string()
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
        let error = read(&Config::default(), &bytes).unwrap_err().to_string();
        assert!(error.contains("`classifier` holds F16, not f32"), "{error}");
        let error = config_text(&bytes).unwrap_err().to_string();
        assert!(error.contains("no `config`"), "{error}");
    }

    #[test]
    fn sizes_without_numbers_are_refused() {
        let shape = vec![0, 1 << 62, 1 << 62];
        let view = TensorView::new(Dtype::F32, shape, &[]).unwrap();
        let bytes = safetensors::serialize([("classifier", view)], None).unwrap();
        let error = read(&Config::default(), &bytes).unwrap_err().to_string();
        assert!(error.contains("`classifier` has shape [0, "), "{error}");
    }

    /// A header that announces terabytes, for which nothing must be allocated.
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
            assert!(read(&Config::default(), &bytes).is_err(), "{bytes:?}");
            assert!(config_text(&bytes).is_err(), "{bytes:?}");
        }
        assert!(read(&Config::default(), &header("[4]", 16)).unwrap_err().to_string().contains("decoder"));
    }

    #[test]
    fn every_truncation_is_an_error() {
        let model = model(Family::Drsae);
        let bytes = to_bytes(&model, CONFIG_TEXT).unwrap();
        for length in 0..bytes.len() {
            assert!(read(model.config(), &bytes[..length]).is_err(), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read(&Config::default(), &bytes).is_err());
            prop_assert!(config_text(&bytes).is_err());
        }

        #[test]
        fn a_damaged_header_never_panics(at in 0usize..400, byte: u8) {
            let model = model(Family::Drsae);
            let mut bytes = to_bytes(&model, CONFIG_TEXT).unwrap();
            bytes[at] = byte;
            let _ = (read(model.config(), &bytes), config_text(&bytes));
        }
    }
}
