//! From the measures of several seeds to verdicts.

use super::measure::{CLAIMS, Expected, MEASURES, Measure};
use crate::stats::{CONFIDENCE, Interval, LEVEL, mean, t_interval};

/// What became of a network when it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Trained to its end.
    Trained,
    /// The same after its first phase, before labels were seen.
    AfterPhase1,
    /// The same before any training.
    Untrained,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 3] = [Self::Trained, Self::AfterPhase1, Self::Untrained];

    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::AfterPhase1 => "after phase 1",
            Self::Untrained => "untrained",
        }
    }
}

/// One measured number.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Seed of the network.
    pub seed: u64,
    /// When in its life it was measured.
    pub stage: Stage,
    /// Name of the measure.
    pub measure: String,
    /// The number.
    pub value: f64,
}

/// Whether what a claim leads one to expect was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The interval lies on the expected side; of one network, its value.
    Holds,
    /// It lies on the other side.
    Fails,
    /// It lies on both.
    Undecided,
}

impl Verdict {
    /// The words in tables.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "does not hold",
            Self::Undecided => "not decided",
        }
    }
}

/// A measure over the seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The measure.
    pub measure: &'static Measure,
    /// Trained networks.
    pub n: usize,
    /// Their mean; of p-values the largest.
    pub value: f64,
    /// Student's interval of the mean, of two or more networks.
    pub interval: Option<Interval>,
    /// Mean after phase 1.
    pub after_phase_1: Option<f64>,
    /// Mean of the untrained networks.
    pub untrained: Option<f64>,
    /// Mean of trained − after phase 1, by seed.
    pub difference: Option<f64>,
    /// Student's interval of that.
    pub difference_interval: Option<Interval>,
    /// Whether what is expected was found; absent where nothing is expected, or the control is missing.
    pub verdict: Option<Verdict>,
}

/// The findings of what was taken, in the order of the measures, and of each measure that was taken
/// in a trained network.
#[must_use]
pub fn findings(taken: &[Taken]) -> Vec<Finding> {
    MEASURES.iter().filter_map(|measure| finding(measure, taken)).collect()
}

fn finding(measure: &'static Measure, taken: &[Taken]) -> Option<Finding> {
    let of = |stage: Stage| -> Vec<(u64, f64)> {
        let own = taken.iter().filter(|one| one.measure == measure.name && one.stage == stage);
        own.map(|one| (one.seed, one.value)).collect()
    };
    let values = |pairs: &[(u64, f64)]| pairs.iter().map(|pair| pair.1).collect::<Vec<_>>();
    let (trained, before) = (of(Stage::Trained), of(Stage::AfterPhase1));
    let differences: Vec<f64> = trained
        .iter()
        .filter_map(|(seed, value)| Some(value - before.iter().find(|(other, _)| other == seed)?.1))
        .collect();
    let found = values(&trained);
    let is_p = measure.expected == Expected::Significant;
    let summary = |values: &[f64]| {
        if is_p { values.iter().copied().reduce(f64::max) } else { mean(values) }
    };
    let interval = if is_p { None } else { t_interval(&found, CONFIDENCE) };
    let difference = mean(&differences).filter(|_| !is_p);
    let difference_interval = if is_p { None } else { t_interval(&differences, CONFIDENCE) };
    let value = summary(&found)?;
    let verdict = match measure.expected {
        Expected::Above(bound) => Some(side(value, interval, bound)),
        Expected::Below(bound) => Some(side(-value, interval.map(Interval::negated), -bound)),
        Expected::Grows => difference.map(|change| side(change, difference_interval, 0.0)),
        Expected::Significant if found.iter().all(|&p| p < LEVEL) => Some(Verdict::Holds),
        Expected::Significant if found.iter().all(|&p| p >= LEVEL) => Some(Verdict::Fails),
        Expected::Significant => Some(Verdict::Undecided),
        Expected::Nothing => None,
    };
    Some(Finding {
        measure,
        n: found.len(),
        value,
        interval,
        after_phase_1: summary(&values(&before)),
        untrained: summary(&values(&of(Stage::Untrained))),
        difference,
        difference_interval,
        verdict,
    })
}

/// On which side of `bound` a mean lies, where more is expected.
fn side(value: f64, interval: Option<Interval>, bound: f64) -> Verdict {
    let Interval { low, high } = interval.unwrap_or(Interval { low: value, high: value });
    match (low > bound, high <= bound) {
        (true, _) => Verdict::Holds,
        (false, true) => Verdict::Fails,
        (false, false) => Verdict::Undecided,
    }
}

/// A claim as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Conclusion<'a> {
    /// Its number, from 1.
    pub claim: usize,
    /// What it says.
    pub text: &'static str,
    /// Its primary findings.
    pub findings: Vec<&'a Finding>,
    /// In a few words.
    pub verdict: String,
}

/// Each claim that was measured, judged by its primary findings.
#[must_use]
pub fn conclusions(findings: &[Finding]) -> Vec<Conclusion<'_>> {
    let conclusion = |(at, &text): (usize, &&'static str)| {
        let claim = at + 1;
        let own = |finding: &&Finding| finding.measure.claim == claim && finding.measure.primary;
        let findings: Vec<&Finding> = findings.iter().filter(own).collect();
        (!findings.is_empty()).then(|| Conclusion { claim, text, verdict: whole(&findings), findings })
    };
    CLAIMS.iter().enumerate().filter_map(conclusion).collect()
}

/// The verdict on a claim from those on its primary measures.
fn whole(findings: &[&Finding]) -> String {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == Some(verdict)).count();
    let (holds, fails, all) = (count(Verdict::Holds), count(Verdict::Fails), findings.len());
    if holds == all {
        return Verdict::Holds.text().to_owned();
    }
    if fails == all {
        return Verdict::Fails.text().to_owned();
    }
    if holds + fails == 0 {
        return Verdict::Undecided.text().to_owned();
    }
    let counts = [(holds, "hold"), (fails, "fail"), (all - holds - fails, "not decided")];
    let told = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let told = told.collect::<Vec<_>>().join(", ");
    let verdict = if holds > 0 { "in part" } else { Verdict::Fails.text() };
    format!("{verdict}: of {all} measures {told}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(measure: &str, stage: Stage, values: &[f64]) -> Vec<Taken> {
        let one = |(seed, &value): (u64, &f64)| Taken { seed, stage, measure: measure.to_owned(), value };
        (1..).zip(values).map(one).collect()
    }

    fn only(taken: &[Taken]) -> Finding {
        let mut found = findings(taken);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn a_mean_is_judged_by_its_interval_and_one_network_by_its_value() {
        let verdict =
            |values: &[f64]| only(&taken("mean S between classes", Stage::Trained, values)).verdict.unwrap();
        assert_eq!(verdict(&[-0.2, -0.21, -0.19]), Verdict::Holds);
        assert_eq!(verdict(&[0.2, 0.21, 0.19]), Verdict::Fails);
        assert_eq!(verdict(&[-0.2, 0.3, -0.1]), Verdict::Undecided);
        assert_eq!(verdict(&[-0.01]), Verdict::Holds);
        let finding = only(&taken("mean S between classes", Stage::Trained, &[-0.2, -0.21, -0.19]));
        // t(0.975, 2) = 4.303, s = 0.01.
        let half = 4.303 * 0.01 / 3.0_f64.sqrt();
        assert!((finding.interval.unwrap().high - (-0.2 + half)).abs() < 1e-4);
    }

    #[test]
    fn growth_is_paired_by_seed_and_needs_its_control() {
        let name = "mean selectivity";
        let mut all = taken(name, Stage::Trained, &[0.5, 0.6, 0.7]);
        assert_eq!(only(&all).verdict, None);
        all.extend(taken(name, Stage::AfterPhase1, &[0.3, 0.41, 0.49]));
        let finding = only(&all);
        assert_eq!((finding.n, finding.verdict), (3, Some(Verdict::Holds)));
        assert!((finding.difference.unwrap() - 0.2).abs() < 1e-12);
        assert!((finding.after_phase_1.unwrap() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_test_holds_where_every_network_passes_it() {
        let verdict = |values: &[f64]| {
            only(&taken("mean S between classes, permutation p", Stage::Trained, values)).verdict.unwrap()
        };
        assert_eq!(verdict(&[0.001, 0.02]), Verdict::Holds);
        assert_eq!(verdict(&[0.001, 0.2]), Verdict::Undecided);
        assert_eq!(verdict(&[0.3, 0.2]), Verdict::Fails);
    }

    #[test]
    fn a_claim_holds_where_all_its_primary_measures_do() {
        let mut all = taken("input share, part − categorical", Stage::Trained, &[0.2]);
        all.extend(taken("half-rise, categorical − part", Stage::Trained, &[-1.0]));
        let found = findings(&all);
        let conclusions = conclusions(&found);
        assert_eq!(conclusions.len(), 1);
        assert_eq!(conclusions[0].verdict, "in part: of 2 measures 1 hold, 1 fail");
    }

    #[test]
    fn names_of_measures_are_distinct_and_each_claim_has_a_primary_one() {
        for (at, measure) in MEASURES.iter().enumerate() {
            assert!(MEASURES[..at].iter().all(|other| other.name != measure.name), "{}", measure.name);
        }
        for claim in 1..=CLAIMS.len() {
            assert!(MEASURES.iter().any(|measure| measure.claim == claim && measure.primary), "{claim}");
        }
    }
}
