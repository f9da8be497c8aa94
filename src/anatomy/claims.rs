//! Summaries of the measures over several seeds, and verdicts on the claims.

use super::Error;
use super::measure::{CLAIMS, Definition, Expected, Measure};
use super::tables::{Measurement, Rounded, Stage, write};
use crate::stats::{CONFIDENCE, Interval, LEVEL, mean, t_interval};

/// Verdict on a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimVerdict {
    /// The interval is on the predicted side; for one network, its value.
    Holds,
    /// The interval is on the other side.
    Fails,
    /// The interval contains the bound.
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
    /// Mean after phase 1.
    pub after_phase_1: Option<f64>,
    /// Mean of the untrained networks.
    pub untrained: Option<f64>,
    /// Mean of trained − after phase 1, paired by seed.
    pub difference: Option<f64>,
    /// Student's interval of `difference`.
    pub difference_interval: Option<Interval>,
    /// Verdict on the prediction; absent if there is none, or the control is missing.
    pub verdict: Option<ClaimVerdict>,
}

/// Summaries of all measures of trained networks, in the order of [`Measure::ALL`].
#[must_use]
pub fn summarise(measurements: &[Measurement]) -> Vec<MeasureSummary> {
    Measure::ALL.iter().filter_map(|&measure| summary(measure, measurements)).collect()
}

fn summary(measure: Measure, measurements: &[Measurement]) -> Option<MeasureSummary> {
    let of = |stage: Stage| -> Vec<(u64, f64)> {
        let own = measurements.iter().filter(|one| one.measure == measure && one.network == stage);
        own.map(|one| (one.seed, one.value)).collect()
    };
    let values = |pairs: &[(u64, f64)]| pairs.iter().map(|pair| pair.1).collect::<Vec<_>>();
    let (trained, before) = (of(Stage::Trained), of(Stage::AfterPhase1));
    let differences: Vec<f64> = trained
        .iter()
        .filter_map(|(seed, value)| Some(value - before.iter().find(|(other, _)| other == seed)?.1))
        .collect();
    let found = values(&trained);
    let expected = measure.definition().expected;
    let is_p = expected == Expected::Significant;
    let average = |values: &[f64]| {
        if is_p { values.iter().copied().reduce(f64::max) } else { mean(values) }
    };
    let interval = |values: &[f64]| if is_p { None } else { t_interval(values, CONFIDENCE) };
    let (own, change) = (interval(&found), interval(&differences));
    let difference = mean(&differences).filter(|_| !is_p);
    let value = average(&found)?;
    let verdict = match expected {
        Expected::Above(bound) => Some(side(value, own, bound)),
        Expected::Below(bound) => Some(side(-value, own.map(Interval::negated), -bound)),
        Expected::Grows => difference.map(|mean| side(mean, change, 0.0)),
        Expected::Significant if found.iter().all(|&p| p < LEVEL) => Some(ClaimVerdict::Holds),
        Expected::Significant if found.iter().all(|&p| p >= LEVEL) => Some(ClaimVerdict::Fails),
        Expected::Significant => Some(ClaimVerdict::Undecided),
        Expected::Nothing => None,
    };
    Some(MeasureSummary {
        measure,
        n: found.len(),
        value,
        interval: own,
        after_phase_1: average(&values(&before)),
        untrained: average(&values(&of(Stage::Untrained))),
        difference,
        difference_interval: change,
        verdict,
    })
}

/// Verdict on the prediction that a mean is above `bound`.
fn side(value: f64, interval: Option<Interval>, bound: f64) -> ClaimVerdict {
    let Interval { low, high } = interval.unwrap_or(Interval { low: value, high: value });
    match (low > bound, high <= bound) {
        (true, _) => ClaimVerdict::Holds,
        (false, true) => ClaimVerdict::Fails,
        (false, false) => ClaimVerdict::Undecided,
    }
}

/// A claim with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedClaim<'a> {
    /// Its number, from 1.
    pub claim: usize,
    /// Its text.
    pub text: &'static str,
    /// Summaries of its primary measures.
    pub evidence: Vec<&'a MeasureSummary>,
    /// Its verdict in a few words.
    pub verdict: String,
}

/// Conclusions on the claims whose primary measures were measured.
#[must_use]
pub fn conclusions(summaries: &[MeasureSummary]) -> Vec<JudgedClaim<'_>> {
    let conclusion = |(claim, &text): (usize, &&'static str)| {
        let own = |summary: &&MeasureSummary| {
            let definition = summary.measure.definition();
            definition.claim == claim && definition.primary
        };
        let evidence: Vec<&MeasureSummary> = summaries.iter().filter(own).collect();
        (!evidence.is_empty()).then(|| JudgedClaim { claim, text, verdict: overall(&evidence), evidence })
    };
    (1..).zip(&CLAIMS).filter_map(conclusion).collect()
}

/// The verdict on a claim from those on its primary measures.
fn overall(evidence: &[&MeasureSummary]) -> String {
    let count = |verdict| evidence.iter().filter(|summary| summary.verdict == Some(verdict)).count();
    let (holds, fails, all) = (count(ClaimVerdict::Holds), count(ClaimVerdict::Fails), evidence.len());
    let unanimous = if holds == all {
        Some(ClaimVerdict::Holds)
    } else if fails == all {
        Some(ClaimVerdict::Fails)
    } else if holds + fails == 0 {
        Some(ClaimVerdict::Undecided)
    } else {
        None
    };
    if let Some(verdict) = unanimous {
        return verdict.text().to_owned();
    }
    let counts = [(holds, "hold"), (fails, "fail"), (all - holds - fails, "not decided")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let verdict = if holds > 0 { "in part" } else { ClaimVerdict::Fails.text() };
    format!("{verdict}: of {all} measures {}", counts.collect::<Vec<_>>().join(", "))
}

/// Name of the table of claims.
pub const CLAIMS_CSV: &str = "claims.csv";

const CLAIMS_HEADER: &str = "claim,measure,unit,primary,expected,n,value,low_95,high_95,after_phase_1,\
                             untrained,difference,difference_low_95,difference_high_95,verdict";

/// The bytes of [`CLAIMS_CSV`].
///
/// # Errors
/// Memory is exhausted.
pub fn claims_csv(summaries: &[MeasureSummary]) -> Result<Vec<u8>, Error> {
    let row = |summary: &MeasureSummary| {
        let Definition { claim, primary, name, unit, expected } = summary.measure.definition();
        let ends = |interval: Option<Interval>| {
            (Rounded(interval.map(|interval| interval.low)), Rounded(interval.map(|interval| interval.high)))
        };
        (
            (claim, name, unit, primary, expected.text()),
            (summary.n, Rounded(Some(summary.value)), ends(summary.interval)),
            (Rounded(summary.after_phase_1), Rounded(summary.untrained)),
            (Rounded(summary.difference), ends(summary.difference_interval)),
            summary.verdict.map(ClaimVerdict::text),
        )
    };
    write(CLAIMS_HEADER, summaries.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(measure: Measure, network: Stage, values: &[f64]) -> Vec<Measurement> {
        let one = |(seed, &value): (u64, &f64)| Measurement { seed, network, measure, value };
        (1..).zip(values).map(one).collect()
    }

    fn only(measurements: &[Measurement]) -> MeasureSummary {
        let mut found = summarise(measurements);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn a_mean_is_judged_by_its_interval_and_one_network_by_its_value() {
        let verdict = |values: &[f64]| {
            only(&measured(Measure::BetweenClasses, Stage::Trained, values)).verdict.unwrap()
        };
        assert_eq!(verdict(&[-0.2, -0.21, -0.19]), ClaimVerdict::Holds);
        assert_eq!(verdict(&[0.2, 0.21, 0.19]), ClaimVerdict::Fails);
        assert_eq!(verdict(&[-0.2, 0.3, -0.1]), ClaimVerdict::Undecided);
        assert_eq!(verdict(&[-0.01]), ClaimVerdict::Holds);
        let summary = only(&measured(Measure::BetweenClasses, Stage::Trained, &[-0.2, -0.21, -0.19]));
        // t(0.975, 2) = 4.303, s = 0.01.
        let half = 4.303 * 0.01 / 3.0_f64.sqrt();
        assert!((summary.interval.unwrap().high - (-0.2 + half)).abs() < 1e-4);
    }

    #[test]
    fn growth_is_paired_by_seed_and_needs_its_control() {
        let name = Measure::MeanSelectivity;
        let mut all = measured(name, Stage::Trained, &[0.5, 0.6, 0.7]);
        assert_eq!(only(&all).verdict, None);
        all.extend(measured(name, Stage::AfterPhase1, &[0.3, 0.41, 0.49]));
        let summary = only(&all);
        assert_eq!((summary.n, summary.verdict), (3, Some(ClaimVerdict::Holds)));
        assert!((summary.difference.unwrap() - 0.2).abs() < 1e-12);
        assert!((summary.after_phase_1.unwrap() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_test_holds_where_every_network_passes_it() {
        let verdict = |values: &[f64]| {
            only(&measured(Measure::BetweenClassesP, Stage::Trained, values)).verdict.unwrap()
        };
        assert_eq!(verdict(&[0.001, 0.02]), ClaimVerdict::Holds);
        assert_eq!(verdict(&[0.001, 0.2]), ClaimVerdict::Undecided);
        assert_eq!(verdict(&[0.3, 0.2]), ClaimVerdict::Fails);
    }

    #[test]
    fn a_claim_holds_where_all_its_primary_measures_do() {
        let mut all = measured(Measure::InputShareGap, Stage::Trained, &[0.2]);
        all.extend(measured(Measure::HalfRiseGap, Stage::Trained, &[-1.0]));
        let found = summarise(&all);
        let conclusions = conclusions(&found);
        assert_eq!(conclusions.len(), 1);
        assert_eq!(conclusions[0].verdict, "in part: of 2 measures 1 hold, 1 fail");
    }

    #[test]
    fn names_of_measures_are_distinct_and_each_claim_has_a_primary_one() {
        let definitions: Vec<_> = Measure::ALL.iter().map(|measure| measure.definition()).collect();
        for (at, measure) in definitions.iter().enumerate() {
            assert!(definitions[..at].iter().all(|other| other.name != measure.name), "{}", measure.name);
        }
        for claim in 1..=CLAIMS.len() {
            assert!(definitions.iter().any(|measure| measure.claim == claim && measure.primary), "{claim}");
        }
    }

    #[test]
    fn the_table_of_claims_has_a_row_for_each_summary() {
        let summaries = summarise(&measured(Measure::MeanSelectivity, Stage::Trained, &[1.0]));
        let claims = String::from_utf8(claims_csv(&summaries).unwrap()).unwrap();
        let row = "1,mean selectivity,,true,> after phase 1,1,1,,,,,,,,";
        assert_eq!(claims, format!("{CLAIMS_HEADER}\n{row}\n"));
    }
}
