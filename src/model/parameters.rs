//! A network's parameters, in a fixed order.

use std::collections::HashMap;

use candle_core::{DType, Device, Result, Storage, Tensor, Var, WithDType, bail};

use super::slot::{Group, Slot};

/// One parameter tensor.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name in `model.safetensors`.
    pub name: String,
    /// Role in the equations.
    pub group: Group,
    /// The variable that the optimiser updates in place.
    pub value: Var,
    /// Number of iterations in which a weight acts, which divides its learning rate and bound.
    pub uses: usize,
    /// True if a row of E has a bound.
    pub bounded: bool,
    frozen: bool,
}

/// Every parameter of a network, in the order of its slots.
#[derive(Debug, Clone)]
pub struct Parameters {
    entries: Vec<Parameter>,
    index: HashMap<String, usize>,
}

impl Parameters {
    /// The parameters of these slots, with one value of the slot's shape for each, in order.
    pub(super) fn new(slots: Vec<Slot>, values: Vec<Var>) -> Self {
        let index = slots.iter().enumerate().map(|(i, slot)| (slot.name.clone(), i)).collect();
        let parameter = |(slot, value): (Slot, Var)| {
            let Slot { name, group, uses, bounded, .. } = slot;
            Parameter { name, group, value, uses, bounded, frozen: false }
        };
        Self { entries: slots.into_iter().zip(values).map(parameter).collect(), index }
    }

    /// The device that holds the values.
    #[must_use]
    pub fn device(&self) -> &Device {
        self.entries[0].value.device()
    }

    /// Type of the values.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.entries[0].value.dtype()
    }

    /// The tensor of that name; a frozen one has no gradient.
    ///
    /// # Errors
    /// When the network has no such parameter.
    pub fn get(&self, name: &str) -> Result<Tensor> {
        let Some(entry) = self.index.get(name).map(|&slot| &self.entries[slot]) else {
            let known: Vec<_> = self.entries.iter().map(|entry| format!("`{}`", entry.name)).collect();
            bail!("the network has no parameter `{name}`, but {}", known.join(", "))
        };
        Ok(if entry.frozen { entry.value.as_detached_tensor() } else { entry.value.as_tensor().clone() })
    }

    /// The slot of D; those of C and of its bias follow.
    ///
    /// # Errors
    /// When the network has no D.
    pub fn decoder(&self) -> Result<usize> {
        match self.index.get("decoder") {
            Some(&slot) => Ok(slot),
            None => bail!("the network has no decoder"),
        }
    }

    /// Excludes the parameters of `groups`, and no others, from differentiation and updates.
    pub fn freeze(&mut self, groups: &[Group]) {
        for entry in &mut self.entries {
            entry.frozen = groups.contains(&entry.group);
        }
    }

    /// For each parameter, whether it is trained.
    #[must_use]
    pub fn trained(&self) -> Vec<bool> {
        self.entries.iter().map(|entry| !entry.frozen).collect()
    }

    /// The values without the graph that they are variables of, in order; they follow every update.
    #[must_use]
    pub fn detached(&self) -> Vec<Tensor> {
        self.entries.iter().map(|entry| entry.value.as_detached_tensor()).collect()
    }

    /// All parameters, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.entries.iter()
    }

    /// Number of values of all parameters.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.iter().map(|entry| entry.value.elem_count()).sum()
    }

    /// Calls `work` with the values of each parameter, in order and row-major. Values on another device
    /// are copied to the CPU first.
    ///
    /// # Errors
    /// When the values are not of type `T`, or the copy fails.
    pub fn with_slices<T: WithDType, R>(&self, work: impl FnOnce(&[&[T]]) -> R) -> Result<R> {
        let here = self.entries.iter().map(|entry| entry.value.to_device(&Device::Cpu));
        let here = here.collect::<Result<Vec<_>>>()?;
        with_slices(&here, work)
    }

    /// A copy of the values, in order.
    ///
    /// # Errors
    /// See [`Parameters::with_slices`].
    pub fn snapshot(&self) -> Result<Vec<Vec<f32>>> {
        self.with_slices(|slices| slices.iter().map(|numbers| numbers.to_vec()).collect())
    }

    /// Overwrites the values with those of a [`Parameters::snapshot`].
    ///
    /// # Errors
    /// When the snapshot belongs to another network.
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

/// Calls `work` with the numbers of each tensor, row-major, without a copy.
///
/// # Errors
/// When a tensor is not contiguous, not on the CPU or not of type `T`.
pub fn with_slices<T: WithDType, R>(tensors: &[Tensor], work: impl FnOnce(&[&[T]]) -> R) -> Result<R> {
    let guards: Vec<_> = tensors.iter().map(Tensor::storage_and_layout).collect();
    let slices = guards
        .iter()
        .map(|(storage, layout)| match (&**storage, layout.contiguous_offsets()) {
            (Storage::Cpu(storage), Some((start, end))) => Ok(&storage.as_slice::<T>()?[start..end]),
            _ => bail!("a tensor is not contiguous, or not on the CPU"),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(work(&slices))
}
