//! A gated encoder: every iteration moves each unit a share g of the way to what the recurrent encoder computes,
//! z^(t+1) = z^t + g ⊙ (max(0, E·x + S·z^t − b) − z^t) with g = σ(G·x + H·z^t + c).

use std::process::ExitCode;

use candle_core::{Result, Tensor};
use candle_nn::ops::sigmoid;
use drsae::model::{Config, Group, Initial, Network, Parameters, Slot};
use serde::{Deserialize, Serialize};

/// `[model.options.gated]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// c before training: the gates are first open by σ(c).
    open: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { open: 2.0 }
    }
}

#[derive(Debug)]
struct Gated {
    steps: usize,
    hidden: usize,
    open: f64,
}

impl Network for Gated {
    fn slots(&self, inputs: usize) -> Vec<Slot> {
        let (n, step) = (self.hidden, 1.0 / self.steps as f64);
        let slot =
            |name, group, shape: &[_], initial| Slot::new(name, group, shape, initial).used(self.steps);
        vec![
            slot("encoder", Group::Encoder, &[n, inputs], Initial::Transpose(step)),
            slot("recurrent", Group::Recurrent, &[n, n], Initial::Shrinkage(step)),
            slot("threshold", Group::Threshold, &[n], Initial::Sparsity(step)),
            slot("gate-encoder", Group::Encoder, &[n, inputs], Initial::Normal(0.01)),
            slot("gate-recurrent", Group::Recurrent, &[n, n], Initial::Normal(0.01)),
            slot("gate-threshold", Group::Threshold, &[n], Initial::Constant(self.open)),
        ]
    }

    fn width(&self) -> usize {
        self.hidden
    }

    fn codes(&self, parameters: &Parameters, input: &Tensor) -> Result<Vec<Tensor>> {
        let product = |left: &Tensor, name: &str| left.matmul(&parameters.get(name)?.t()?);
        let drive = product(input, "encoder")?.broadcast_sub(&parameters.get("threshold")?)?;
        let gate = product(input, "gate-encoder")?.broadcast_add(&parameters.get("gate-threshold")?)?;
        let mut codes = vec![(sigmoid(&gate)? * drive.relu()?)?];
        for t in 1..self.steps {
            let code = &codes[t - 1];
            let next = (&drive + product(code, "recurrent")?)?.relu()?;
            let open = sigmoid(&(&gate + product(code, "gate-recurrent")?)?)?;
            codes.push((code + (open * (next - code)?)?)?);
        }
        Ok(codes)
    }

    fn training_flops(&self, inputs: usize) -> u64 {
        let (m, n, t) = (inputs as u64, self.hidden as u64, self.steps as u64);
        2 * 2 * (2 * m * n + 3 * (t - 1) * n * n)
    }

    fn activations(&self, _inputs: usize) -> usize {
        12 * self.steps * self.hidden
    }
}

fn main() -> ExitCode {
    let gated = |&Config { steps, hidden, .. }: &Config, Options { open }| Ok(Gated { steps, hidden, open });
    drsae::Cli::new().network("gated", gated).run()
}
