//! Devices that train networks: the CPU, or a GPU.
//!
//! A GPU adds in another order, so its results have other bits, and the device is part of a trial's id. A program can
//! open the GPUs of candle's features `cuda` and `metal`, which the crate's features of the same names enable.

use candle_core::Device;
use candle_core::utils::{cuda_is_available, metal_is_available};
use serde::{Deserialize, Serialize};

/// A kind of device; of several of one kind, the first is used.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The CPU: fused kernels, one thread for each trial.
    #[default]
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
}

/// A device that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program was built without it.
    #[error(
        "this program was built without {0}: build it with `cargo build --release --features {0}`, or leave \
         `--device` out to train on the CPU"
    )]
    NotBuilt(&'static str),
    /// The machine has no such device, or its driver does not answer.
    #[error("no {name} device answers on this machine: leave `--device` out to train on the CPU")]
    Unavailable {
        /// The kind.
        name: &'static str,
        /// The error of the driver.
        source: candle_core::Error,
    },
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Cuda, Self::Metal];

    /// The name on the command line and in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Metal => "metal",
        }
    }

    /// Opens the device.
    ///
    /// # Errors
    /// The program was built without it, or the machine has none.
    pub fn open(self) -> Result<Device, Error> {
        let (built, opened): (bool, fn(usize) -> candle_core::Result<Device>) = match self {
            Self::Cpu => return Ok(Device::Cpu),
            Self::Cuda => (cuda_is_available(), Device::new_cuda),
            Self::Metal => (metal_is_available(), Device::new_metal),
        };
        if !built {
            return Err(Error::NotBuilt(self.name()));
        }
        opened(0).map_err(|source| Error::Unavailable { name: self.name(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_in_files() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn the_cpu_always_opens_and_a_missing_feature_is_named() {
        assert!(Kind::Cpu.open().unwrap().is_cpu());
        let features = [(Kind::Cuda, cfg!(feature = "cuda")), (Kind::Metal, cfg!(feature = "metal"))];
        for (kind, _) in features.into_iter().filter(|(_, built)| !built) {
            let error = kind.open().unwrap_err().to_string();
            let command = format!("cargo build --release --features {}", kind.name());
            assert!(error.contains(&command), "{error}");
        }
    }
}
