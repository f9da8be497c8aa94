//! Distribution of trials over tasks, and of tasks over arrays.
//!
//! A cluster starts tasks slowly, and thousands of short tasks slow it down for all users. So a task gets enough
//! trials to keep it busy for minutes.

use std::num::NonZeroUsize;
use std::time::Duration;

/// Target duration of a task, by the estimated time of its trials.
const TARGET_DURATION: Duration = Duration::from_mins(5);

/// Size of tasks.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    /// Trials that a task runs in parallel.
    pub cpus: usize,
    /// Trials per task; if absent, their estimated time decides.
    pub trials: Option<NonZeroUsize>,
}

impl Packing {
    /// Groups trials, each with its seconds on one thread, into tasks in their order.
    ///
    /// By time, a task is full when its trials keep its CPUs busy for five minutes and each CPU has at least one trial.
    #[must_use]
    pub fn tasks<T>(&self, trials: Vec<(T, f64)>) -> Vec<Vec<T>> {
        let mut tasks = Vec::new();
        let (mut task, mut seconds) = (Vec::new(), 0.0);
        for (trial, cost) in trials {
            task.push(trial);
            seconds += cost;
            let full = match self.trials {
                Some(trials) => task.len() >= trials.get(),
                None => {
                    task.len() >= self.cpus && seconds >= TARGET_DURATION.as_secs_f64() * self.cpus as f64
                }
            };
            if full {
                tasks.push(std::mem::take(&mut task));
                seconds = 0.0;
            }
        }
        tasks.extend(Some(task).filter(|task| !task.is_empty()));
        tasks
    }
}

/// Splits tasks into arrays of at most `max` tasks, in their order and of lengths that differ by at most one.
#[must_use]
pub fn arrays<T>(mut tasks: Vec<T>, max: usize) -> Vec<Vec<T>> {
    let count = tasks.len().div_ceil(max.max(1));
    let mut arrays = Vec::with_capacity(count);
    for left in (1..=count).rev() {
        let rest = tasks.split_off(tasks.len().div_ceil(left));
        arrays.push(std::mem::replace(&mut tasks, rest));
    }
    arrays
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(cpus: usize, trials: Option<usize>, seconds: &[f64]) -> Vec<usize> {
        let packing = Packing { cpus, trials: trials.and_then(NonZeroUsize::new) };
        packing.tasks(seconds.iter().map(|&cost| ((), cost)).collect()).iter().map(Vec::len).collect()
    }

    #[test]
    fn a_task_is_full_when_it_lasts_minutes() {
        assert_eq!(lengths(1, None, &[100.0; 7]), [3, 3, 1]);
        assert_eq!(lengths(2, None, &[100.0; 7]), [6, 1], "two in parallel take half the time");
        assert_eq!(lengths(1, None, &[4000.0, 1.0, 1.0]), [1, 2]);
        assert_eq!(lengths(4, None, &[4000.0; 6]), [4, 2], "no CPU of a task is left without a trial");
        assert_eq!(lengths(1, Some(2), &[4000.0; 5]), [2, 2, 1], "unless `pack` decides");
        assert_eq!(lengths(1, None, &[]), [] as [usize; 0]);
    }

    #[test]
    fn arrays_are_of_one_length_but_for_one_task() {
        let lengths = |count: usize, most| -> Vec<_> {
            arrays((0..count).collect(), most).iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(10, 10), [10]);
        assert_eq!(lengths(11, 10), [6, 5]);
        assert_eq!(lengths(2003, 1001), [668, 668, 667]);
        assert_eq!(lengths(0, 10), [] as [usize; 0]);
    }

    proptest! {
        #[test]
        fn every_trial_is_in_one_task_of_one_array_in_order(
            costs in prop::collection::vec(0.0..900.0, 0..200),
            cpus in 1_usize..9,
            pack in 0_usize..5,
            most in 1_usize..20,
        ) {
            let packing = Packing { cpus, trials: NonZeroUsize::new(pack) };
            let trials: Vec<_> = costs.iter().copied().enumerate().collect();
            let arrays = arrays(packing.tasks(trials), most);
            prop_assert!(arrays.iter().all(|array| (1..=most).contains(&array.len())));
            let flat: Vec<_> = arrays.into_iter().flatten().flatten().collect();
            prop_assert_eq!(flat, (0..costs.len()).collect::<Vec<_>>());
        }
    }
}
