//! A network's trainable tensors, in a fixed order.

use std::collections::HashMap;

use candle_core::{DType, Device, Result, Storage, Tensor, Var, WithDType, bail};

use super::Group;
use super::wiring::Slot;

/// One trainable tensor.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name in `model.safetensors`.
    pub name: String,
    /// Part in the equations.
    pub group: Group,
    /// The variable that the optimiser updates in place.
    pub value: Var,
    frozen: bool,
}

/// Every trainable tensor of a network, in the order of its slots.
#[derive(Debug, Clone)]
pub struct Parameters {
    entries: Vec<Parameter>,
    index: HashMap<String, usize>,
    device: Device,
}

impl Parameters {
    /// Takes one value for each slot, in order, as numbers of type `dtype` on `device`.
    ///
    /// # Errors
    /// When a value has not the shape of its slot.
    pub fn new(slots: Vec<Slot>, values: Vec<Tensor>, dtype: DType, device: &Device) -> Result<Self> {
        let index = slots.iter().enumerate().map(|(i, slot)| (slot.name.clone(), i)).collect();
        let entries = slots
            .into_iter()
            .zip(values)
            .map(|(slot, value)| {
                if value.dims() != slot.shape {
                    bail!("`{}` has shape {:?}, not {:?}", slot.name, value.dims(), slot.shape);
                }
                let value = Var::from_tensor(&value.to_dtype(dtype)?.to_device(device)?)?;
                Ok(Parameter { name: slot.name, group: slot.group, value, frozen: false })
            })
            .collect::<Result<_>>()?;
        Ok(Self { entries, index, device: device.clone() })
    }

    /// Where the numbers lie.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The tensor of that name; one that is frozen takes no gradient.
    ///
    /// # Panics
    /// When the network has no such parameter: names come from its own wiring.
    #[must_use]
    pub fn get(&self, name: &str) -> Tensor {
        let entry = &self.entries[self.index[name]];
        if entry.frozen { entry.value.as_detached_tensor() } else { entry.value.as_tensor().clone() }
    }

    /// Leaves exactly the parameters of `groups` out of differentiation and updates.
    pub fn freeze(&mut self, groups: &[Group]) {
        for entry in &mut self.entries {
            entry.frozen = groups.contains(&entry.group);
        }
    }

    /// Which parameters take updates, in order.
    #[must_use]
    pub fn trained(&self) -> Vec<bool> {
        self.entries.iter().map(|entry| !entry.frozen).collect()
    }

    /// All parameters, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.entries.iter()
    }

    /// Calls `work` with each parameter's numbers, in order and row by row; those on another
    /// device are copied into this machine's memory first.
    ///
    /// # Errors
    /// When the numbers are of another type than `T`, or the device does not give them.
    pub fn with_slices<T: WithDType, R>(&self, work: impl FnOnce(&[&[T]]) -> R) -> Result<R> {
        let here = self.entries.iter().map(|entry| entry.value.to_device(&Device::Cpu));
        let here = here.collect::<Result<Vec<_>>>()?;
        let guards: Vec<_> = here.iter().map(|tensor| tensor.storage_and_layout()).collect();
        let slices = guards
            .iter()
            .map(|(storage, layout)| match (&**storage, layout.contiguous_offsets()) {
                (Storage::Cpu(storage), Some((start, end))) => Ok(&storage.as_slice::<T>()?[start..end]),
                _ => bail!("the weights do not lie in one piece"),
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(work(&slices))
    }

    /// A copy of the numbers now, in order.
    ///
    /// # Errors
    /// As [`Parameters::with_slices`].
    pub fn snapshot(&self) -> Result<Vec<Vec<f32>>> {
        self.with_slices(|slices| slices.iter().map(|numbers| numbers.to_vec()).collect())
    }

    /// Overwrites the numbers with those of a [`Parameters::snapshot`].
    ///
    /// # Errors
    /// When the snapshot is of another network.
    pub fn restore(&self, snapshot: &[Vec<f32>]) -> Result<()> {
        if snapshot.len() != self.entries.len() {
            bail!("{} parameters were stored, the network has {}", snapshot.len(), self.entries.len());
        }
        for (entry, numbers) in self.entries.iter().zip(snapshot) {
            let shape = entry.value.dims();
            entry.value.set(&Tensor::from_slice(numbers, shape, entry.value.device())?)?;
        }
        Ok(())
    }
}
