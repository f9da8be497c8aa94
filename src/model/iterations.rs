//! The recurrent encoder's iterations as one operation of candle, differentiable with respect to the
//! drive and S: fused kernels for objectives that are written as candle graphs.
//!
//! With g_t the gradient of z^t that does not come through later iterations, for t from T to 1,
//!
//! ```text
//! δ_T = g_T ⊙ [z^T > 0]    δ_t = (g_t + δ_(t+1)·S) ⊙ [z^t > 0]
//! ∂drive = Σ_t δ_t         ∂S = Σ_t δ_tᵀ·z^(t−1)
//! ```

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Storage, Tensor, WithDType, bail};

use super::active;
use super::product::Matrix;
use super::rows::Padded;
use super::scalar::Scalar;
use super::unroll::{activate, correlate, gate, sum_blocks};

/// The codes z^1 … z^T, `[steps, batch, hidden]`, of z^(t+1) = max(0, drive + S·z^t) from z^0 = 0. The drive E·x − b
/// `[batch, hidden]` and S `[hidden, hidden]` are both f32 or both f64, on the CPU.
///
/// # Errors
/// When the shapes or types do not match, or the tensors are on another device.
pub fn iterate(drive: &Tensor, recurrent: &Tensor, steps: usize) -> Result<Tensor> {
    if steps == 0 {
        bail!("an encoder has at least one iteration");
    }
    drive.contiguous()?.apply_op2(&recurrent.contiguous()?, Iterations { steps })
}

struct Iterations {
    steps: usize,
}

impl CustomOp2 for Iterations {
    fn name(&self) -> &'static str {
        "encoder-iterations"
    }

    fn cpu_fwd(
        &self,
        drive: &CpuStorage,
        drive_layout: &Layout,
        recurrent: &CpuStorage,
        recurrent_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (batch, hidden) = drive_layout.shape().dims2()?;
        if recurrent_layout.dims() != [hidden, hidden] {
            bail!("S has shape {:?}, not [{hidden}, {hidden}]", recurrent_layout.dims());
        }
        let codes = match (drive, recurrent) {
            (CpuStorage::F32(drive), CpuStorage::F32(recurrent)) => CpuStorage::F32(self.forward(
                contiguous(drive, drive_layout)?,
                contiguous(recurrent, recurrent_layout)?,
                hidden,
            )),
            (CpuStorage::F64(drive), CpuStorage::F64(recurrent)) => CpuStorage::F64(self.forward(
                contiguous(drive, drive_layout)?,
                contiguous(recurrent, recurrent_layout)?,
                hidden,
            )),
            _ => bail!("the drive and S are not both f32 or both f64 numbers"),
        };
        Ok((codes, Shape::from((self.steps, batch, hidden))))
    }

    fn bwd(
        &self,
        drive: &Tensor,
        recurrent: &Tensor,
        codes: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let (by_drive, by_recurrent) = match drive.dtype() {
            candle_core::DType::F32 => backward::<f32>(recurrent, codes, &gradient)?,
            _ => backward::<f64>(recurrent, codes, &gradient)?,
        };
        Ok((Some(by_drive), Some(by_recurrent)))
    }
}

impl Iterations {
    fn forward<T: Scalar>(&self, drive: &[T], recurrent: &[T], hidden: usize) -> Vec<T> {
        let unit = drive.len();
        let mut memory = Padded::default();
        let columns = memory.rows(Matrix::new(recurrent, hidden, hidden).t());
        let mut codes = vec![T::zero(); self.steps * unit];
        for t in 0..self.steps {
            let (before, code) = codes.split_at_mut(t * unit);
            let code = &mut code[..unit];
            if t > 0 {
                active::product(code, &before[(t - 1) * unit..], columns);
            }
            activate(code, drive, t > 0);
        }
        codes
    }
}

/// The gradients with respect to the drive and S.
fn backward<T: Scalar + WithDType>(
    recurrent: &Tensor,
    codes: &Tensor,
    gradient: &Tensor,
) -> Result<(Tensor, Tensor)> {
    let (steps, batch, hidden) = codes.dims3()?;
    let unit = batch * hidden;
    let (mut by_drive, mut by_recurrent) = (vec![T::zero(); unit], vec![T::zero(); hidden * hidden]);
    with_slices([recurrent, codes, gradient], |[recurrent, codes, gradient]: [&[T]; 3]| {
        let mut memory = Padded::default();
        let rows = memory.rows(Matrix::new(recurrent, hidden, hidden));
        let mut deltas = vec![T::zero(); steps * unit];
        let mut flow = gradient[(steps - 1) * unit..].to_vec();
        for t in (0..steps).rev() {
            let range = t * unit..(t + 1) * unit;
            gate(&mut deltas[range.clone()], &flow, &codes[range.clone()]);
            if t > 0 {
                active::product(&mut flow, &deltas[range], rows);
                let outside = &gradient[(t - 1) * unit..t * unit];
                flow.iter_mut().zip(outside).for_each(|(flow, &outside)| *flow += outside);
            }
        }
        sum_blocks(&mut by_drive, &deltas);
        let before = &codes[..(steps - 1) * unit];
        let memory = (&mut Vec::new(), &mut memory);
        correlate(&mut by_recurrent, &deltas[unit..], before, hidden, memory);
    })?;
    let device = codes.device();
    Ok((
        Tensor::from_vec(by_drive, (batch, hidden), device)?,
        Tensor::from_vec(by_recurrent, (hidden, hidden), device)?,
    ))
}

/// The numbers of a contiguous tensor.
fn contiguous<'a, T>(numbers: &'a [T], layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&numbers[start..end]),
        None => bail!("a tensor is not contiguous"),
    }
}

/// Calls `work` with the numbers of each tensor.
fn with_slices<T: WithDType, const N: usize>(
    tensors: [&Tensor; N],
    work: impl FnOnce([&[T]; N]),
) -> Result<()> {
    let guards = tensors.map(Tensor::storage_and_layout);
    let mut slices = [&[] as &[T]; N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else { bail!("a tensor is not on the CPU") };
        *slice = contiguous(storage.as_slice::<T>()?, layout)?;
    }
    work(slices);
    Ok(())
}
