//! The codes of images for evaluation, without a graph.

use candle_core::Tensor;

use crate::model::Model;
use crate::model::kernels::Unroll;

/// Computes codes: by fused kernels, or by the graph of a network of the program.
pub(super) struct Coder<'m> {
    model: &'m Model,
    codes: Codes,
}

enum Codes {
    /// Those of every iteration.
    Fused(Box<Unroll<f32>>),
    /// The last.
    Candle(Vec<f32>),
}

impl<'m> Coder<'m> {
    /// Memory for up to `batch` images.
    pub fn new(model: &'m Model, batch: usize) -> Self {
        let codes = match model.encoder().recursion() {
            Some(recursion) => Codes::Fused(Box::new(Unroll::new(recursion, model.inputs(), batch))),
            None => Codes::Candle(Vec::new()),
        };
        Self { model, codes }
    }

    /// Encodes images `[batch, inputs]` with the weights of each slot.
    pub fn encode(&mut self, weights: &[&[f32]], images: &[f32]) -> candle_core::Result<()> {
        match &mut self.codes {
            Codes::Fused(unroll) => unroll.forward(weights, images),
            Codes::Candle(code) => {
                let shape = (images.len() / self.model.inputs(), self.model.inputs());
                let images = Tensor::from_slice(images, shape, self.model.parameters().device())?;
                *code = self.model.encode(&images)?.flatten_all()?.to_vec1()?;
            }
        }
        Ok(())
    }

    /// The last code `[batch, width]` of the images.
    pub fn code(&self) -> &[f32] {
        match &self.codes {
            Codes::Fused(unroll) => unroll.code(),
            Codes::Candle(code) => code,
        }
    }

    /// The codes z^1 … z^T of a recursion, each `[batch, hidden]`; that of a network of the program is the last alone.
    pub fn codes(&self) -> Vec<&[f32]> {
        match &self.codes {
            Codes::Fused(unroll) => (0..self.model.config().steps).map(|t| unroll.code_at(t)).collect(),
            Codes::Candle(code) => vec![code],
        }
    }
}
