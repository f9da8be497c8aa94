//! A network: an encoder of one of the families and the two linear decoders.

use candle_core::{D, DType, Device, Result, Tensor, Var, bail};

use super::family::{self, Slot, Step};
use super::{Config, Family, Group, Parameters, graph, initial, iterate};

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
    steps: Vec<Step>,
    parameters: Parameters,
}

impl Model {
    /// A network for images of `inputs` pixels in `classes` classes, with the initial
    /// weights of `seed` as numbers of type `dtype` on `device`; λ = `sparsity` sets the
    /// initial thresholds. The weights are drawn on the CPU and are the same on every device.
    ///
    /// # Errors
    /// When the tensors cannot be allocated.
    pub fn new(
        config: &Config,
        inputs: usize,
        classes: usize,
        sparsity: f64,
        seed: u64,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let slots = family::slots(config, inputs, classes);
        let values = initial::values(config, &slots, sparsity, seed)?.into_iter();
        let values = values.map(|value| Var::from_tensor(&value.to_dtype(dtype)?.to_device(device)?));
        let values = values.collect::<Result<_>>()?;
        Ok(Self::from_values(config, slots, values))
    }

    /// A network with these values of its parameters, which have their slots' shapes.
    pub(super) fn from_values(config: &Config, slots: Vec<Slot>, values: Vec<Var>) -> Self {
        let steps = family::steps(config);
        Self { config: config.clone(), steps, parameters: Parameters::new(slots, values) }
    }

    /// Family and size.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Number of pixels m.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.parameters.get("decoder").dims()[0]
    }

    /// Number of classes l.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.parameters.get("classifier").dims()[0]
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

    /// The codes z^1 … z^T `[batch, hidden]` of an input `[batch, inputs]`, differentiable by
    /// candle. On the CPU the iterations of the recurrent encoder are one operation; other families
    /// and devices use [`Model::codes_by_graph`].
    ///
    /// # Errors
    /// When the input's width is not the network's.
    pub fn codes(&self, input: &Tensor) -> Result<Vec<Tensor>> {
        if self.config.family != Family::Drsae || !input.device().is_cpu() {
            return self.codes_by_graph(input);
        }
        let drive = input.matmul(&self.parameters.get("encoder").t()?)?;
        let drive = drive.broadcast_sub(&self.parameters.get("threshold"))?;
        if self.config.steps == 1 {
            return Ok(vec![drive.relu()?]);
        }
        let codes = iterate(&drive, &self.parameters.get("recurrent"), self.config.steps)?;
        (0..self.config.steps).map(|t| codes.get(t)).collect()
    }

    /// The same codes by candle operations: the reference for tests of all fused kernels.
    ///
    /// # Errors
    /// When the input's width is not the network's.
    pub fn codes_by_graph(&self, input: &Tensor) -> Result<Vec<Tensor>> {
        graph::codes(&self.parameters, &self.steps, input)
    }

    /// The last code z^T `[batch, hidden]` of an input `[batch, inputs]`.
    ///
    /// # Errors
    /// When the input's width is not the network's.
    pub fn encode(&self, input: &Tensor) -> Result<Tensor> {
        last(self.codes(input)?)
    }

    /// The same code by candle operations.
    ///
    /// # Errors
    /// When the input's width is not the network's.
    pub fn encode_by_graph(&self, input: &Tensor) -> Result<Tensor> {
        last(self.codes_by_graph(input)?)
    }

    /// The reconstruction D·z `[batch, inputs]` of a code `[batch, hidden]`.
    ///
    /// # Errors
    /// When the code's width is not the network's.
    pub fn reconstruct(&self, code: &Tensor) -> Result<Tensor> {
        code.matmul(&self.parameters.get("decoder").t()?)
    }

    /// The class scores C·z/‖z‖₂ `[batch, classes]` of a code `[batch, hidden]`.
    ///
    /// # Errors
    /// When the code's width is not the network's.
    pub fn scores(&self, code: &Tensor) -> Result<Tensor> {
        let norm = (code.sqr()?.sum_keepdim(D::Minus1)? + NORM_FLOOR)?.sqrt()?;
        code.matmul(&self.parameters.get("classifier").t()?)?.broadcast_div(&norm)
    }
}

fn last(mut codes: Vec<Tensor>) -> Result<Tensor> {
    match codes.pop() {
        Some(code) => Ok(code),
        None => bail!("the network has no iterations"),
    }
}
