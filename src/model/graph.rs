//! The encoder's iterations as a graph of candle's own operations: the reference that the
//! fused kernels are tested against, differentiable by candle on any device.

use candle_core::{Result, Tensor};

use super::Parameters;
use super::wiring::Step;

/// The codes z^1 … z^T `[batch, hidden]` for an input `[batch, inputs]` (equation 1), by
/// way of z^0 = 0. A product E·x that iterations share is computed once.
///
/// # Errors
/// When the input's width is not the network's.
pub(super) fn codes(parameters: &Parameters, steps: &[Step], input: &Tensor) -> Result<Vec<Tensor>> {
    let mut codes: Vec<Tensor> = Vec::with_capacity(steps.len());
    let mut applied: Option<(&str, Tensor)> = None;
    for step in steps {
        let drive = match (&step.encoder, &applied) {
            (None, _) => None,
            (Some(name), Some((last, drive))) if last == name => Some(drive.clone()),
            (Some(name), _) => {
                let drive = input.matmul(&parameters.get(name).t()?)?;
                applied = Some((name, drive.clone()));
                Some(drive)
            }
        };
        let fed_back = match (&step.recurrent, codes.last()) {
            (Some(name), Some(code)) => Some(code.matmul(&parameters.get(name).t()?)?),
            _ => None,
        };
        let sum = match (drive, fed_back) {
            (Some(drive), Some(fed_back)) => (drive + fed_back)?,
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => candle_core::bail!("an iteration reads neither the input nor a code"),
        };
        codes.push(sum.broadcast_sub(&parameters.get(&step.threshold))?.relu()?);
    }
    Ok(codes)
}
