//! A network: an encoder of one of the families and the two linear decoders.

use std::collections::HashMap;

use candle_core::{D, DType, Device, Result, Tensor, bail};

use super::wiring::{self, Step};
use super::{Config, Family, Group, Parameters, graph, initial, iterate};

/// Added under the root of ‖z‖₂, so that an all-zero code has scores and a gradient.
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
    classes: usize,
    steps: Vec<Step>,
    parameters: Parameters,
}

impl Model {
    /// A network for images of `inputs` pixels in `classes` classes, with the initial
    /// weights of `seed` as numbers of type `dtype` on `device`; λ = `sparsity` sets the
    /// initial thresholds. The weights are drawn on the CPU, so they are the same on every
    /// device.
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
        let slots = wiring::slots(config, inputs, classes);
        let values = initial::values(config, &slots, sparsity, seed)?;
        let parameters = Parameters::new(slots, values, dtype, device)?;
        Ok(Self { config: config.clone(), classes, steps: wiring::steps(config), parameters })
    }

    /// A network with stored weights, by name.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn from_tensors(config: &Config, tensors: &HashMap<String, Tensor>) -> Result<Self> {
        let rows = |name: &str| match tensors.get(name) {
            Some(tensor) => tensor.dim(0),
            None => bail!("there is no tensor `{name}`"),
        };
        let classes = rows("classifier")?;
        let slots = wiring::slots(config, rows("decoder")?, classes);
        let values = slots
            .iter()
            .map(|slot| match tensors.get(&slot.name) {
                Some(tensor) => Ok(tensor.clone()),
                None => bail!("there is no tensor `{}`", slot.name),
            })
            .collect::<Result<_>>()?;
        let parameters = Parameters::new(slots, values, DType::F32, &Device::Cpu)?;
        Ok(Self { config: config.clone(), classes, steps: wiring::steps(config), parameters })
    }

    /// What the network is made of.
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
        self.classes
    }

    /// Its trainable tensors.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Leaves exactly the parameters of `groups` out of training.
    pub fn freeze(&mut self, groups: &[Group]) {
        self.parameters.freeze(groups);
    }

    /// The same network, sharing its weights, for use without gradients.
    #[must_use]
    pub fn detached(&self) -> Self {
        let mut copy = self.clone();
        copy.freeze(&Group::ALL);
        copy
    }

    /// The codes z^1 … z^T `[batch, hidden]` of an input `[batch, inputs]`, differentiable by
    /// candle. The recurrent encoder's iterations are one operation where the weights lie in
    /// this machine's memory; the other families, and other devices, take
    /// [`Model::codes_by_graph`].
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

    /// What [`Model::codes`] gives, from candle's own operations: the reference that all
    /// fused kernels are tested against.
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
        match self.codes(input)?.pop() {
            Some(code) => Ok(code),
            None => bail!("the network has no iterations"),
        }
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
