//! Summaries of the measures over several seeds, and a verdict on each prediction.

use super::measure::{Definition, Expected, Measure, Role};
use super::tables::{Measurement, Stage};
use crate::stats::{CONFIDENCE, Interval, LEVEL, mean, t_interval};

/// Verdict on a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimVerdict {
    /// The trained networks are on the predicted side of the bound and of both controls.
    Holds,
    /// They are on the other side of one of them.
    Fails,
    /// Neither is shown.
    Undecided,
}

impl ClaimVerdict {
    /// The text in tables.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "does not hold",
            Self::Undecided => "not decided",
        }
    }
}

/// The number that a measure of trained networks is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// The bound of the prediction.
    Bound,
    /// The same measure of a control.
    Control(Stage),
}

impl Standard {
    /// The text in tables.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Control(stage) => stage.name(),
        }
    }
}

/// A control of a measure.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlSummary {
    /// Its stage.
    pub stage: Stage,
    /// Mean of the control; for p-values the largest.
    pub value: f64,
    /// Mean of trained − control, paired by seed; absent for p-values.
    pub difference: Option<f64>,
    /// Student's interval of `difference`, for two or more pairs.
    pub interval: Option<Interval>,
}

/// A measure over the seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureSummary {
    /// The measure.
    pub measure: Measure,
    /// Number of trained networks.
    pub n: usize,
    /// Their mean; for p-values the largest.
    pub value: f64,
    /// Student's interval of the mean, for two or more networks.
    pub interval: Option<Interval>,
    /// The controls for which the measure is defined: the networks after phase 1, and before training.
    pub controls: Vec<ControlSummary>,
    /// Verdict on the prediction, and the standard that decided: one that the networks miss, or the least clear one.
    /// Absent without a prediction, and while a control was not measured at all.
    pub verdict: Option<(ClaimVerdict, Standard)>,
}

impl MeasureSummary {
    /// The control of a stage.
    #[must_use]
    pub fn control(&self, stage: Stage) -> Option<&ControlSummary> {
        self.controls.iter().find(|control| control.stage == stage)
    }
}

/// Summaries of all measures of trained networks, in the order of [`Measure::ALL`].
#[must_use]
pub fn summarise(measurements: &[Measurement]) -> Vec<MeasureSummary> {
    let is_there = |stage: &Stage| measurements.iter().any(|one| one.network == *stage);
    let complete = CONTROLS.iter().all(is_there);
    Measure::ALL.iter().filter_map(|&measure| summary(measure, measurements, complete)).collect()
}

/// The stages of the controls.
pub(super) const CONTROLS: [Stage; 2] = [Stage::AfterPhase1, Stage::Untrained];

fn summary(measure: Measure, measurements: &[Measurement], complete: bool) -> Option<MeasureSummary> {
    let of = |stage: Stage| -> Vec<(u64, f64)> {
        let own = measurements.iter().filter(|one| one.measure == measure && one.network == stage);
        own.map(|one| (one.seed, one.value)).collect()
    };
    let Definition { expected, role, .. } = measure.definition();
    let trained = of(Stage::Trained);
    let found: Vec<f64> = trained.iter().map(|pair| pair.1).collect();
    let (value, interval) = (average(&found, expected)?, interval(&found, expected));
    let controls: Vec<ControlSummary> =
        CONTROLS.iter().filter_map(|&stage| control(stage, &trained, &of(stage), expected)).collect();
    let rivals = if role == Role::Condition { &[] } else { controls.as_slice() };
    let verdict = if complete { verdict(expected, &found, interval, rivals) } else { None };
    Some(MeasureSummary { measure, n: found.len(), value, interval, controls, verdict })
}

fn control(
    stage: Stage,
    trained: &[(u64, f64)],
    control: &[(u64, f64)],
    expected: Expected,
) -> Option<ControlSummary> {
    let values: Vec<f64> = control.iter().map(|pair| pair.1).collect();
    let other = |seed: u64| control.iter().find(|(other, _)| *other == seed);
    let differences: Vec<f64> =
        trained.iter().filter_map(|(seed, value)| Some(value - other(*seed)?.1)).collect();
    let is_p = expected == Expected::Significant;
    Some(ControlSummary {
        stage,
        value: average(&values, expected)?,
        difference: mean(&differences).filter(|_| !is_p),
        interval: interval(&differences, expected),
    })
}

/// The mean of values; the largest of p-values.
fn average(values: &[f64], expected: Expected) -> Option<f64> {
    match expected {
        Expected::Significant => values.iter().copied().reduce(f64::max),
        _ => mean(values),
    }
}

fn interval(values: &[f64], expected: Expected) -> Option<Interval> {
    if expected == Expected::Significant { None } else { t_interval(values, CONFIDENCE) }
}

/// The verdict by every standard together: the prediction holds if all say so, and fails if one does.
fn verdict(
    expected: Expected,
    found: &[f64],
    interval: Option<Interval>,
    controls: &[ControlSummary],
) -> Option<(ClaimVerdict, Standard)> {
    use ClaimVerdict::{Fails, Holds, Undecided};
    let below = |value: f64, interval: Option<Interval>, bound: f64| {
        above(-value, interval.map(Interval::negated), -bound)
    };
    let by_bound = match expected {
        Expected::Above(bound) => Some(above(mean(found)?, interval, bound)),
        Expected::Below(bound) => Some(below(mean(found)?, interval, bound)),
        Expected::Significant if found.iter().all(|&p| p < LEVEL) => Some(Holds),
        Expected::Significant if found.iter().all(|&p| p >= LEVEL) => Some(Fails),
        Expected::Significant => Some(Undecided),
        Expected::Larger => None,
        Expected::Nothing => return None,
    };
    let by_control = |control: &ControlSummary| {
        let verdict = match expected {
            Expected::Below(_) => below(control.difference?, control.interval, 0.0),
            // Every network of the control passes the test as well.
            Expected::Significant if control.value < LEVEL => Fails,
            Expected::Significant => Holds,
            _ => above(control.difference?, control.interval, 0.0),
        };
        Some((verdict, Standard::Control(control.stage)))
    };
    let by_bound = by_bound.map(|verdict| (verdict, Standard::Bound));
    let verdicts = by_bound.into_iter().chain(controls.iter().filter_map(by_control));
    let worst = |verdict: &ClaimVerdict| match verdict {
        Fails => 0,
        Undecided => 1,
        Holds => 2,
    };
    verdicts.min_by_key(|(verdict, _)| worst(verdict))
}

/// Verdict on the prediction that a mean is above `bound`.
fn above(value: f64, interval: Option<Interval>, bound: f64) -> ClaimVerdict {
    let Interval { low, high } = interval.unwrap_or(Interval { low: value, high: value });
    match (low > bound, high <= bound) {
        (true, _) => ClaimVerdict::Holds,
        (false, true) => ClaimVerdict::Fails,
        (false, false) => ClaimVerdict::Undecided,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    use ClaimVerdict::{Fails, Holds, Undecided};
    use Stage::{AfterPhase1, Trained, Untrained};

    pub fn measured(measure: Measure, network: Stage, values: &[f64]) -> Vec<Measurement> {
        let one = |(seed, &value): (u64, &f64)| Measurement { seed, network, measure, value };
        (1..).zip(values).map(one).collect()
    }

    /// The summary of a measure of the trained networks, of those after phase 1 and of the untrained ones.
    pub fn summarised(measure: Measure, values: [&[f64]; 3]) -> MeasureSummary {
        let stages = [Trained, AfterPhase1, Untrained].into_iter().zip(values);
        let mut all: Vec<_> = stages.flat_map(|(stage, values)| measured(measure, stage, values)).collect();
        // A measure that is defined at every stage, so that no control is missing.
        let there = Measure::LiveUnits;
        all.extend([AfterPhase1, Untrained].into_iter().flat_map(|stage| measured(there, stage, &[1.0])));
        summarise(&all).into_iter().find(|summary| summary.measure == measure).unwrap()
    }

    fn verdict(measure: Measure, values: [&[f64]; 3]) -> (ClaimVerdict, Standard) {
        summarised(measure, values).verdict.unwrap()
    }

    #[test]
    fn a_mean_is_judged_by_its_interval_and_one_network_by_its_value() {
        let verdict = |values: &[f64]| verdict(Measure::BetweenClasses, [values, &[], &[]]);
        assert_eq!(verdict(&[-0.2, -0.21, -0.19]), (Holds, Standard::Bound));
        assert_eq!(verdict(&[0.2, 0.21, 0.19]), (Fails, Standard::Bound));
        assert_eq!(verdict(&[-0.2, 0.3, -0.1]), (Undecided, Standard::Bound));
        assert_eq!(verdict(&[-0.01]), (Holds, Standard::Bound));
        let summary = summarised(Measure::BetweenClasses, [&[-0.2, -0.21, -0.19], &[], &[]]);
        // t(0.975, 2) = 4.303, s = 0.01.
        let half = 4.303 * 0.01 / 3.0_f64.sqrt();
        assert!((summary.interval.unwrap().high - (-0.2 + half)).abs() < 1e-4);
    }

    /// Values on the predicted side, this far from the bound.
    fn predicted(measure: Measure, far: f64) -> [f64; 2] {
        match measure.definition().expected {
            Expected::Above(bound) => [bound + far, bound + 1.1 * far],
            Expected::Below(bound) => [bound - far, bound - 1.1 * far],
            Expected::Larger => [far, 1.1 * far],
            Expected::Significant => [LEVEL / (1.0 + far); 2],
            Expected::Nothing => panic!("`{}` has no prediction", measure.definition().name),
        }
    }

    /// No measure is evidence for a claim where a control does as well.
    #[test]
    fn a_primary_measure_fails_where_a_control_does_as_well() {
        let role = |measure: Measure| measure.definition().role;
        for &measure in Measure::ALL.iter().filter(|&&measure| role(measure) == Role::Primary) {
            let name = measure.definition().name;
            let [near, far, further] = [1.0, 2.0, 4.0].map(|far| predicted(measure, far));
            // A control that passes a test beats it; one that does not has a larger p-value.
            let near = if measure.definition().expected == Expected::Significant { [0.5; 2] } else { near };
            assert_eq!(verdict(measure, [&far, &near, &near]).0, Holds, "{name}");
            let by_phase_1 = (Fails, Standard::Control(AfterPhase1));
            assert_eq!(verdict(measure, [&far, &further, &near]), by_phase_1, "{name}");
            assert_eq!(verdict(measure, [&far, &far, &near]), by_phase_1, "{name}");
            assert_eq!(
                verdict(measure, [&far, &near, &further]),
                (Fails, Standard::Control(Untrained)),
                "{name}"
            );
        }
    }

    /// A measure, its values by stage, and its verdict.
    type Case<'a> = (Measure, [&'a [f64]; 3], (ClaimVerdict, Standard));

    /// Measurements by which claims held, although a control does as well or a unit receives the opposite.
    #[test]
    fn what_a_control_does_as_well_is_no_longer_evidence() {
        let untrained = Standard::Control(Untrained);
        let before = Standard::Control(AfterPhase1);
        let cases: [Case<'_>; 8] = [
            // Untrained networks stay in the class more often.
            (Measure::AlwaysCorrect, [&[0.62, 0.63], &[0.5, 0.51], &[0.80, 0.81]], (Fails, untrained)),
            // Weights between classes are negative, and yet what active units receive is positive.
            (
                Measure::DriveFromOtherClasses,
                [&[0.002, 0.0021], &[0.01, 0.01], &[0.02, 0.02]],
                (Fails, Standard::Bound),
            ),
            // ISTA has a negative slope; so has a network in which prototypes compete with their parts.
            (
                Measure::AlignedSlope,
                [&[-0.01, -0.011], &[-0.1, -0.1], &[-0.1, -0.1]],
                (Fails, Standard::Bound),
            ),
            // Without masking, the parts' share of input is hardly larger.
            (
                Measure::InputShareGap,
                [&[0.0001, -0.0001, 0.0003], &[0.0; 3], &[0.0; 3]],
                (Undecided, Standard::Bound),
            ),
            // The correlation with the residual falls by training.
            (Measure::ResidualCorrelation, [&[0.47, 0.48], &[0.71, 0.70], &[0.4, 0.4]], (Fails, before)),
            // Noise is rough and stays unrecognised; training must be ahead of it.
            (Measure::SharpPrototypes, [&[0.27, 0.28], &[0.1, 0.1], &[0.1, 0.1]], (Fails, Standard::Bound)),
            // ISTA among parts and among all others is no structure of parts.
            (Measure::IstaAngleGap, [&[0.5, 0.6], &[0.9, 1.0], &[0.0, 0.0]], (Fails, before)),
            // Groups that exist before labels are used are not learnt from them.
            (Measure::SelectivityDipP, [&[0.001, 0.002], &[0.01, 0.02], &[0.9, 0.9]], (Fails, before)),
        ];
        for (measure, values, expected) in cases {
            let Definition { name, role, .. } = measure.definition();
            assert_eq!(role, Role::Primary, "{name}");
            assert_eq!(verdict(measure, values), expected, "{name}");
        }
        for measure in [Measure::BetweenClasses, Measure::WithinClass, Measure::LeastRoughness] {
            assert_eq!(measure.definition().role, Role::Secondary);
        }
    }

    #[test]
    fn a_condition_needs_its_bound_alone() {
        let name = Measure::CorrelationPartToPart;
        assert_eq!(verdict(name, [&[0.8, 0.81], &[0.9, 0.9], &[1.0, 1.0]]), (Holds, Standard::Bound));
        assert_eq!(verdict(name, [&[0.1, 0.11], &[0.0, 0.0], &[0.0, 0.0]]), (Fails, Standard::Bound));
    }

    #[test]
    fn a_gap_to_a_control_is_paired_by_seed() {
        let values: [&[f64]; 3] = [&[0.5, 0.6, 0.7], &[0.3, 0.41, 0.49], &[0.1, 0.6, 0.1]];
        let summary = summarised(Measure::MeanSelectivity, values);
        assert_eq!(summary.verdict, Some((Undecided, Standard::Control(Untrained))));
        let control = summary.control(AfterPhase1).unwrap();
        assert!((control.difference.unwrap() - 0.2).abs() < 1e-12 && (control.value - 0.4).abs() < 1e-12);
        assert!(control.interval.unwrap().low > 0.0);
    }

    #[test]
    fn there_is_no_verdict_while_a_control_was_not_measured() {
        let mut all = measured(Measure::BetweenClasses, Trained, &[-0.2, -0.21]);
        assert_eq!(summarise(&all)[0].verdict, None);
        all.extend(measured(Measure::BetweenClasses, Untrained, &[0.0, 0.01]));
        assert_eq!(summarise(&all)[0].verdict, None);
        all.extend(measured(Measure::BetweenClasses, AfterPhase1, &[0.0, 0.01]));
        assert_eq!(summarise(&all)[0].verdict.unwrap().0, Holds);
    }

    #[test]
    fn a_test_holds_where_every_network_passes_it() {
        let verdict = |values: &[f64]| verdict(Measure::BetweenClassesP, [values, &[], &[]]).0;
        assert_eq!(verdict(&[0.001, 0.02]), Holds);
        assert_eq!(verdict(&[0.001, 0.2]), Undecided);
        assert_eq!(verdict(&[0.3, 0.2]), Fails);
    }
}
