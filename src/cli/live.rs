//! Running trials with their learning curves: those of any process as the disk shows them, those of this process as they
//! train.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::clock::duration;
use crate::analysis::TableView;
use crate::plan::{Plan, Trial};
use crate::store::{Concern, EpochRow, Holder, Store, TimingRow};
use crate::text::printable;
use crate::text::table::{Space, TextTable};

/// Epochs whose wall-clock predicts that of the others.
const RECENT: usize = 5;
/// Characters of a curve.
const CURVE: usize = 16;

/// Columns of the table of running trials, and the order in which a narrow terminal loses them.
const COLUMNS: [&str; 9] =
    ["running", "phase", "epoch", "loss", "valid %", "curve", "images/s", "left", "process"];
const DISPENSABLE: [&str; 6] = ["images/s", "phase", "process", "loss", "curve", "valid %"];

/// A running trial.
pub struct LiveTrial<'a> {
    trial: &'a Trial,
    /// Absent for a trial of this process.
    holder: Option<&'a Holder>,
    epochs: Vec<EpochRow>,
    timings: Vec<TimingRow>,
    classes: usize,
    /// The epoch in progress, if this process trains it.
    begun: Option<BegunEpoch>,
}

/// An epoch in progress.
struct BegunEpoch {
    since: Instant,
    images: usize,
}

impl BegunEpoch {
    fn now() -> Self {
        Self { since: Instant::now(), images: 0 }
    }
}

impl<'a> LiveTrial<'a> {
    /// Reads the curve of a trial that `holder` runs.
    pub fn read(plan: &Plan, store: &Store, trial: &'a Trial, holder: &'a Holder) -> Result<Self> {
        let (epochs, timings) = store.running_curve(&store.trial(&trial.id)?, trial.paused_id())?;
        let classes = plan.facts(trial).shape.classes;
        Ok(Self { trial, holder: Some(holder), epochs, timings, classes, begun: None })
    }

    /// A trial that this process begins, with the curve of earlier runs.
    pub fn begin(plan: &Plan, trial: &'a Trial, (epochs, timings): (Vec<EpochRow>, Vec<TimingRow>)) -> Self {
        let classes = plan.facts(trial).shape.classes;
        Self { trial, holder: None, epochs, timings, classes, begun: Some(BegunEpoch::now()) }
    }

    /// Adds images that it has trained on.
    pub fn advance(&mut self, images: usize) {
        if let Some(begun) = &mut self.begun {
            begun.images += images;
        }
    }

    /// Adds a finished epoch.
    pub fn finish_epoch(&mut self, row: EpochRow) {
        let begun = self.begun.replace(BegunEpoch::now()).unwrap_or_else(BegunEpoch::now);
        let (epoch, seconds) = (row.epoch, begun.since.elapsed().as_secs_f64());
        // An earlier run that was of no use begins anew.
        self.epochs.retain(|earlier| earlier.epoch < epoch);
        self.timings.retain(|earlier| earlier.epoch < epoch);
        let images_per_second = begun.images as f64 / seconds.max(f64::MIN_POSITIVE);
        self.timings.push(TimingRow { epoch, seconds, images_per_second, ..TimingRow::default() });
        self.epochs.push(row);
    }

    /// Its last epoch in words.
    pub fn last_epoch(&self) -> String {
        let Some(row) = self.epochs.last() else { return String::new() };
        let error = row.valid_error.map(|error| format!(", validation error {error:.2} %"));
        let speed = self.timings.last().map(|row| format!(", {:.0} images/s", row.images_per_second));
        let (error, speed) = (error.unwrap_or_default(), speed.unwrap_or_default());
        let (phase, epoch, loss) = (row.phase, row.epoch, row.train_loss);
        format!("phase {phase}, epoch {epoch}/{}, loss {loss:.4}{error}{speed}", self.total())
    }

    /// The trial.
    pub fn trial(&self) -> &'a Trial {
        self.trial
    }

    /// Share of its epochs that are finished.
    fn share(&self) -> f64 {
        self.epochs.len() as f64 / self.total().max(1) as f64
    }

    /// The concern about the network at present.
    pub fn concern(&self) -> Option<Concern> {
        let of = |row: &EpochRow| {
            let error = row.train_class_loss.and(row.valid_error);
            Concern::of(row.live_fraction, error, self.classes)
        };
        let mut validated = self.epochs.iter().rev().filter(|row| row.valid_error.is_some()).map(of);
        let now = validated.next()?;
        Concern::lasting(validated.next().flatten(), now)
    }

    /// The name of the trial.
    pub fn name(&self) -> &str {
        &self.trial.name
    }

    fn total(&self) -> usize {
        self.trial.config.training.epochs()
    }

    /// Wall-clock until its end; absent before its first epoch.
    fn left(&self) -> Option<Duration> {
        let recent = &self.timings[self.timings.len().saturating_sub(RECENT)..];
        let seconds = recent.iter().map(|row| row.seconds).sum::<f64>() / recent.len() as f64;
        let rest = self.total() as f64 - self.epochs.len() as f64 - self.begun_share();
        (!recent.is_empty()).then(|| Duration::from_secs_f64(seconds * rest.max(0.0)))
    }

    /// Share of the epoch in progress.
    fn begun_share(&self) -> f64 {
        let images = self.trial.images() as f64 / self.total().max(1) as f64;
        self.begun.as_ref().map_or(0.0, |begun| (begun.images as f64 / images.max(1.0)).min(1.0))
    }

    /// Images a second in its last epoch, or so far in its first.
    fn speed(&self) -> Option<f64> {
        let begun = || {
            let begun = self.begun.as_ref().filter(|begun| begun.images > 0)?;
            Some(begun.images as f64 / begun.since.elapsed().as_secs_f64())
        };
        self.timings.last().map(|row| row.images_per_second).or_else(begun)
    }

    /// Floating-point operations that are left.
    pub fn rest(&self) -> f64 {
        let share = self.share() + self.begun_share() / self.total().max(1) as f64;
        self.trial.training_flops as f64 * (1.0 - share).max(0.0)
    }

    /// Floating-point operations that it does in a second.
    fn rate(&self) -> f64 {
        self.speed().unwrap_or_default() * self.trial.flops_per_image as f64
    }

    fn cells(&self) -> Vec<String> {
        let last = self.epochs.last();
        let valid = self.epochs.iter().rev().find_map(|row| row.valid_error);
        let text = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
        vec![
            self.name().to_owned(),
            text(last.map(|row| row.phase.to_string())),
            self.begun.as_ref().map_or_else(
                || format!("{}/{}", self.epochs.len(), self.total()),
                |_| format!("{:.1}/{}", self.epochs.len() as f64 + self.begun_share(), self.total()),
            ),
            text(last.map(|row| format!("{:.4}", row.train_loss))),
            text(valid.map(|error| format!("{error:.2}"))),
            sparkline(&self.curve()),
            text(self.speed().map(|speed| format!("{speed:.0}"))),
            text(self.left().map(duration)),
            text(self.holder.map(|holder| format!("{}:{}", holder.host, holder.pid))),
        ]
    }

    /// Validation errors so far, or training losses if there are none.
    fn curve(&self) -> Vec<f64> {
        let errors: Vec<f64> = self.epochs.iter().filter_map(|row| row.valid_error).collect();
        if errors.is_empty() { self.epochs.iter().map(|row| row.train_loss).collect() } else { errors }
    }
}

/// Wall-clock until all is done, from the speed of the running trials; absent if none has finished an epoch.
pub fn time_left(live: &[LiveTrial<'_>], pending: impl Iterator<Item = u64>) -> Option<Duration> {
    let rest: f64 = live.iter().map(LiveTrial::rest).sum();
    let waiting: f64 = pending.map(|flops| flops as f64).sum();
    let rate: f64 = live.iter().map(LiveTrial::rate).sum();
    (rate > 0.0).then(|| Duration::from_secs_f64((rest + waiting) / rate))
}

/// The table of the running trials.
pub fn table(live: &[LiveTrial<'_>]) -> TableView {
    TableView {
        name: "running trials",
        caption: "Trials that run now, as of their last epoch on disk. The curve is the validation error, or the loss \
                  without validation images."
            .to_owned(),
        head: COLUMNS.map(str::to_owned).to_vec(),
        texts: 1,
        rows: live.iter().map(LiveTrial::cells).collect(),
        file: None,
    }
}

/// The lines of the table of the running trials; a narrow terminal loses the least important columns. The processes are
/// absent if all are this one.
pub fn lines(live: &[LiveTrial<'_>], columns: Option<usize>) -> Vec<String> {
    let view = table(live);
    let count = COLUMNS.len() - usize::from(live.iter().all(|trial| trial.holder.is_none()));
    let printed = |row: &Vec<String>| row[..count].iter().map(|cell| printable(cell).into_owned()).collect();
    let rows: Vec<Vec<String>> = view.rows.iter().map(printed).collect();
    let table = TextTable {
        dispensable: &DISPENSABLE,
        is_live: true,
        ..TextTable::new(&view.head[..count], &rows, view.texts)
    };
    table.lines(Space { columns, rows: None })
}

/// A curve in block characters, from its smallest to its largest value; the last of them are the latest.
fn sparkline(values: &[f64]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let group = values.len().div_ceil(CURVE).max(1);
    let means: Vec<f64> =
        values.chunks(group).map(|part| part.iter().sum::<f64>() / part.len() as f64).collect();
    let low = means.iter().copied().fold(f64::INFINITY, f64::min);
    let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let level = |value: &f64| if high > low { 7.0 * (value - low) / (high - low) } else { 0.0 };
    means.iter().map(|value| LEVELS[level(value).round() as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::plan;

    /// A plan whose trials have so many epochs.
    fn plan_of(epochs: usize, more: &str) -> Plan {
        let mut plan = plan(more);
        for trial in &mut plan.trials {
            trial.config.training.phases[0].epochs = epochs;
            trial.training_flops *= epochs as u64;
        }
        plan
    }

    fn live<'a>(trial: &'a Trial, holder: &'a Holder, errors: &[f64]) -> LiveTrial<'a> {
        let row = |(epoch, &error): (usize, &f64)| EpochRow {
            epoch,
            phase: 1,
            train_loss: 0.25 / epoch as f64,
            train_class_loss: Some(0.1),
            valid_error: Some(error),
            live_fraction: Some(0.5),
            ..EpochRow::default()
        };
        let time =
            |epoch| TimingRow { epoch, seconds: 30.0, images_per_second: 2000.0, ..TimingRow::default() };
        LiveTrial {
            trial,
            holder: Some(holder),
            epochs: (1..).zip(errors).map(row).collect(),
            timings: (1..=errors.len()).map(time).collect(),
            classes: 10,
            begun: None,
        }
    }

    fn holder() -> Holder {
        let json = r#"{"host": "node07", "pid": 4711, "since": "2026-01-01T00:00:00Z", "token": "0123456789abcdef"}"#;
        serde_json::from_str(json).unwrap()
    }

    fn screen(width: usize) -> String {
        let plan = plan_of(35, "[sweep.grid]\nmodel.steps = [2, 11]\nobjective.sparsity = [0.005, 0.01]\n");
        let holder = holder();
        let trials = [
            live(&plan.trials[0], &holder, &[12.0, 6.0, 4.0, 3.0, 2.5, 2.25, 2.0]),
            live(&plan.trials[2], &holder, &[]),
        ];
        lines(&trials, Some(width)).join("\n")
    }

    #[test]
    fn a_wide_terminal_shows_all_columns_and_a_narrow_one_the_most_important() {
        insta::assert_snapshot!(screen(200), @r"
        running              phase  epoch    loss  valid %  curve    images/s        left  process
        T=2 λ=0.005 seed 1       1   7/35  0.0357     2.00  █▄▂▂▁▁▁      2000  14 min 0 s  node07:4711
        T=11 λ=0.005 seed 1      –   0/35       –        –                  –           –  node07:4711
        ");
        insta::assert_snapshot!(screen(80), @r"
        running              epoch    loss  valid %  curve          left  process
        T=2 λ=0.005 seed 1    7/35  0.0357     2.00  █▄▂▂▁▁▁  14 min 0 s  node07:4711
        T=11 λ=0.005 seed 1   0/35       –        –                    –  node07:4711
        ");
        assert!(screen(40).lines().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn the_time_left_is_that_of_the_work_at_the_present_speed() {
        let plan = plan_of(10, "");
        let holder = holder();
        let half = [live(&plan.trials[0], &holder, &[9.0; 5])];
        let pending = plan.trials[1].training_flops;
        let left = time_left(&half, [pending].into_iter()).unwrap();
        let whole = plan.trials[0].images() as f64 / 2000.0;
        assert!((left.as_secs_f64() - 1.5 * whole).abs() < 0.01 * whole, "{left:?} of {whole} s");
        assert_eq!(time_left(&[live(&plan.trials[0], &holder, &[])], [pending].into_iter()), None);
    }

    #[test]
    fn a_curve_has_a_character_for_each_epoch_until_it_is_long() {
        assert_eq!(sparkline(&[3.0, 1.0, 2.0]), "█▁▅");
        assert_eq!(sparkline(&[1.0; 4]), "▁▁▁▁");
        assert_eq!(sparkline(&(0..160).map(f64::from).collect::<Vec<_>>()).chars().count(), CURVE);
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn a_network_that_guesses_after_its_first_epochs_is_a_concern() {
        let plan = plan_of(10, "");
        let holder = holder();
        let concern = |errors: &[f64]| live(&plan.trials[0], &holder, errors).concern();
        assert_eq!(concern(&[90.2]), None);
        assert_eq!(concern(&[90.2, 90.2, 90.2]), Some(Concern::Chance));
        assert_eq!(concern(&[90.2, 20.0, 9.0]), None);
    }
}
