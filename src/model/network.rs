//! A network: an encoder and the two linear decoders.

use candle_core::{D, DType, Device, Error, Result, Tensor, Var, bail};

use super::initial::Draw;
use super::registry::Encoder;
use super::slot::{Group, Slot};
use super::{Config, Parameters, definition, initial};

/// Added to ‖z‖₂² before the root is taken, so that an all-zero code has scores and a gradient.
pub const NORM_FLOOR: f64 = 1e-12;

/// A network with its weights.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use drsae::model::{Config, Model};
///
/// let config = Config { hidden: 6, steps: 3, ..Config::default() };
/// let model = Model::new(&config, 4, 2, 0.01, 1, DType::F32, &Device::Cpu)?;
/// let image = Tensor::new(&[[0.5f32, 0.5, -0.5, -0.5]], &Device::Cpu)?;
/// let codes = model.codes(&image)?;
/// assert_eq!(codes.len(), 3);
/// assert_eq!(model.reconstruct(&codes[2])?.dims(), &[1, 4]);
/// assert_eq!(model.scores(&codes[2])?.dims(), &[1, 2]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Model {
    config: Config,
    encoder: Encoder,
    inputs: usize,
    classes: usize,
    parameters: Parameters,
}

impl Model {
    /// A network for images of `inputs` pixels in `classes` classes, with the initial
    /// weights of `seed` as numbers of type `dtype` on `device`; λ = `sparsity` sets the
    /// initial thresholds. The weights are drawn on the CPU and are the same on every device. D starts as noise, without
    /// images.
    ///
    /// # Errors
    /// When the network has no such settings, or the tensors cannot be allocated.
    pub fn new(
        config: &Config,
        inputs: usize,
        classes: usize,
        sparsity: f64,
        seed: u64,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let draw = Draw { seed, sparsity, images: &[] };
        Self::drawn(config, (inputs, classes), draw, dtype, device)
    }

    /// As [`Model::new`], for images of `inputs` pixels in `classes` classes, with training images for
    /// `model.initial_images`.
    ///
    /// # Errors
    /// See [`Model::new`]; and when there is not one image for each column of D.
    pub fn drawn(
        config: &Config,
        (inputs, classes): (usize, usize),
        draw: Draw,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let encoder = Encoder::of(config).map_err(Error::wrap)?;
        encoder.validate(inputs).map_err(Error::wrap)?;
        let slots = definition::slots(&*encoder, config, inputs, classes)?;
        let values = initial::values(&slots, config, draw)?.into_iter();
        let values = values.map(|value| Var::from_tensor(&value.to_dtype(dtype)?.to_device(device)?));
        let values = values.collect::<Result<_>>()?;
        Ok(Self::from_values(config, encoder, (inputs, classes), slots, values))
    }

    /// A network with these values of its parameters, which have their slots' shapes.
    pub(super) fn from_values(
        config: &Config,
        encoder: Encoder,
        (inputs, classes): (usize, usize),
        slots: Vec<Slot>,
        values: Vec<Var>,
    ) -> Self {
        let (config, parameters) = (config.clone(), Parameters::new(slots, values));
        Self { config, encoder, inputs, classes, parameters }
    }

    /// Family and size.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Number of pixels m.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Units of the last code.
    #[must_use]
    pub fn width(&self) -> usize {
        self.encoder.width()
    }

    /// Number of classes l.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Excludes the parameters of `groups` from training, and no others.
    pub fn freeze(&mut self, groups: &[Group]) {
        self.parameters.freeze(groups);
    }

    /// The encoder.
    #[must_use]
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The codes z^1 … z^T of an input `[batch, inputs]`, the last of shape `[batch, width]`, by operations of candle:
    /// the definition of the network, on any device.
    ///
    /// # Errors
    /// When the input's width is not the network's.
    pub fn codes(&self, input: &Tensor) -> Result<Vec<Tensor>> {
        self.encoder.codes(&self.parameters, input)
    }

    /// As [`Model::codes`], every code multiplied by `gains` `[batch, width]` if there are any: dropout with one mask over all
    /// iterations.
    ///
    /// # Errors
    /// As [`Model::codes`]; there are gains, and the network is no recursion.
    pub fn codes_with(&self, input: &Tensor, gains: Option<&Tensor>) -> Result<Vec<Tensor>> {
        match (gains, self.encoder.recursion()) {
            (None, _) => self.codes(input),
            (gains, Some(recursion)) => recursion.codes_with(&self.parameters, input, gains),
            (Some(_), None) => bail!("only a recursion has units that are silent in all iterations"),
        }
    }

    /// The last code z^T `[batch, width]` of an input `[batch, inputs]`.
    ///
    /// # Errors
    /// When the input's width is not the network's.
    pub fn encode(&self, input: &Tensor) -> Result<Tensor> {
        match self.codes(input)?.pop() {
            Some(code) => Ok(code),
            None => bail!("the network has no iterations"),
        }
    }

    /// The reconstruction D·z `[batch, inputs]` of a code `[batch, width]`.
    ///
    /// # Errors
    /// When the code's width is not the network's.
    pub fn reconstruct(&self, code: &Tensor) -> Result<Tensor> {
        code.matmul(&self.parameters.get("decoder")?.t()?)
    }

    /// The class scores C·z/‖z‖₂ `[batch, classes]` of a code `[batch, width]`, plus the bias if the network has one.
    ///
    /// # Errors
    /// When the code's width is not the network's.
    pub fn scores(&self, code: &Tensor) -> Result<Tensor> {
        let norm = (code.sqr()?.sum_keepdim(D::Minus1)? + NORM_FLOOR)?.sqrt()?;
        let scores = code.matmul(&self.parameters.get("classifier")?.t()?)?.broadcast_div(&norm)?;
        if self.config.classifier_bias {
            return scores.broadcast_add(&self.parameters.get("classifier_bias")?);
        }
        Ok(scores)
    }
}
