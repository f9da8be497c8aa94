//! A safetensors file: as the weights of a network, and as the state of a trial.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use candle_core::{DType, Device, Tensor};
use drsae::data::{Dataset, Holdout, Images, Layout, Preprocessing};
use drsae::device::Kind;
use drsae::model::{self, Checkpoint, weights};
use drsae::spec::TrialConfig;
use drsae::train::{Objective, State, Task, Trainer};

/// Id of the trial whose state is in the seeds.
const TRIAL: &str = "trial-0";
const TRAINING: &str = "batch = 6\n[[phases]]\nepochs = 4\nrate = 1e-2\ndiscriminative = true\n";

/// Reads the file in both ways.
pub fn run(input: &[u8]) -> bool {
    let fixed = model::Config { steps: 2, hidden: 3, ..model::Config::default() };
    let mut is_accepted = network(&fixed, input);
    if let Ok(checkpoint) = Checkpoint::parse(input)
        && let Ok(text) = checkpoint.config()
        && let Ok(config) = TrialConfig::parse(text)
    {
        is_accepted |= network(&config.model, input);
    }
    if let Ok(state) = State::from_bytes(input, TRIAL) {
        let again = State::from_bytes(&state.to_bytes(TRIAL), TRIAL);
        assert_eq!(again.ok().as_ref(), Some(&state));
        is_accepted |= resume(&fixed, state);
    }
    is_accepted
}

/// A network that is read computes, and is written as it was read.
fn network(config: &model::Config, input: &[u8]) -> bool {
    let read = |bytes: &[u8]| Checkpoint::parse(bytes)?.model(config);
    let Ok(model) = read(input) else { return false };
    let inputs = model.inputs();
    let image = Tensor::zeros((1, inputs), DType::F32, &Device::Cpu).expect("room for one image");
    let code = model.encode(&image).expect("an image of its width");
    assert_eq!(model.reconstruct(&code).expect("its own code").dims(), [1, inputs]);
    assert_eq!(model.scores(&code).expect("its own code").dims(), [1, model.classes()]);
    let numbers = model.parameters().snapshot().expect("weights in memory");
    assert!(numbers.iter().flatten().all(|number| number.is_finite()), "a weight that is not finite");
    let written = weights::to_bytes(&model, "").expect("weights in memory");
    read(&written).expect("what was written is read");
    true
}

/// A trial that goes on from the state ends, if it is its own at all.
fn resume(config: &model::Config, state: State) -> bool {
    let images = Images { inputs: 4, pixels: (0..96).collect(), labels: [0, 1, 2].repeat(8) };
    let dataset = Dataset {
        name: "input".to_owned(),
        layout: Layout::square(2),
        labels: vec![0, 1, 2],
        classes: 3,
        train: images.clone(),
        test: images,
        checksums: BTreeMap::new(),
    };
    let training = toml::from_str(TRAINING).expect("a good schedule");
    let objective = Objective::default();
    let task = Task {
        dataset: &dataset,
        validation: 6,
        holdout: Holdout::Random,
        preprocessing: Preprocessing::CENTRED,
        model: config,
        objective: &objective,
        training: &training,
        seed: 1,
        device: Kind::Cpu,
    };
    let Ok(mut trainer) = Trainer::resume(task, state) else { return false };
    for _ in 0..=training.epochs() {
        match trainer.next_epoch(&mut |_| ControlFlow::Continue(())) {
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return true,
        }
    }
    panic!("it goes on for more epochs than the schedule has");
}
