//! The encoder's iterations as a graph of candle operations, on any device: the reference for tests of the fused
//! kernels.

use candle_core::{Result, Tensor, bail};

use super::Parameters;
use super::family::Step;

/// The codes z^1 … z^T `[batch, hidden]` of an input `[batch, inputs]` (equation 1), from z^0 = 0. A
/// product E·x that iterations share is computed once.
///
/// # Errors
/// When the input's width is not the network's.
pub(super) fn codes(parameters: &Parameters, steps: &[Step], input: &Tensor) -> Result<Vec<Tensor>> {
    let product = |input: &Tensor, name: &str| input.matmul(&parameters.get(name).t()?);
    let mut codes: Vec<Tensor> = Vec::with_capacity(steps.len());
    let mut applied: Option<(&str, Tensor)> = None;
    for step in steps {
        if let Some(name) = &step.encoder
            && applied.as_ref().is_none_or(|(last, _)| last != name)
        {
            applied = Some((name, product(input, name)?));
        }
        let drive = step.encoder.as_ref().and(applied.as_ref()).map(|(_, drive)| drive.clone());
        let recurrent = step.recurrent.as_ref().zip(codes.last());
        let recurrent = recurrent.map(|(name, code)| product(code, name)).transpose()?;
        let sum = match (drive, recurrent) {
            (Some(drive), Some(recurrent)) => (drive + recurrent)?,
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => bail!("an iteration reads neither the input nor a code"),
        };
        codes.push(sum.broadcast_sub(&parameters.get(&step.threshold))?.relu()?);
    }
    Ok(codes)
}
