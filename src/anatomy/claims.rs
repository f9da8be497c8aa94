//! Verdicts on the claims, and their table.

use super::Error;
use super::measure::{CLAIMS, Definition, Measure};
use super::summary::{CONTROLS, ClaimVerdict, MeasureSummary};
use super::tables::Rounded;
use crate::stats::Interval;
use crate::store;

/// A claim with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedClaim<'a> {
    /// Its number, from 1.
    pub claim: usize,
    /// Its text.
    pub text: &'static str,
    /// Summaries of the measures that decide it.
    pub evidence: Vec<&'a MeasureSummary>,
    /// Its verdict in a few words.
    pub verdict: String,
}

/// Conclusions on the claims of which a deciding measure was taken.
#[must_use]
pub fn conclusions(summaries: &[MeasureSummary]) -> Vec<JudgedClaim<'_>> {
    let conclusion = |(claim, &text): (usize, &&'static str)| {
        let decides = |measure: Measure| {
            let definition = measure.definition();
            definition.claim == claim && definition.role.decides()
        };
        let evidence: Vec<&MeasureSummary> =
            summaries.iter().filter(|summary| decides(summary.measure)).collect();
        let all = Measure::ALL.iter().filter(|&&measure| decides(measure)).count();
        let verdict = overall(&evidence, all);
        (!evidence.is_empty()).then_some(JudgedClaim { claim, text, evidence, verdict })
    };
    (1..).zip(&CLAIMS).filter_map(conclusion).collect()
}

/// The verdict on a claim from those on the `all` measures that decide it, some of which may not have been taken.
fn overall(evidence: &[&MeasureSummary], all: usize) -> String {
    let verdicts = || evidence.iter().map(|summary| summary.verdict.map(|(verdict, _)| verdict));
    let count = |verdict| verdicts().filter(|own| *own == Some(verdict)).count();
    let [holds, fails, undecided] =
        [ClaimVerdict::Holds, ClaimVerdict::Fails, ClaimVerdict::Undecided].map(count);
    for (verdict, count) in
        [(ClaimVerdict::Holds, holds), (ClaimVerdict::Fails, fails), (ClaimVerdict::Undecided, undecided)]
    {
        if count == all {
            return verdict.text().to_owned();
        }
    }
    let missing = all - holds - fails - undecided;
    let counts = [(holds, "hold"), (fails, "fail"), (undecided, "not decided"), (missing, "not measured")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let verdict = match (holds, fails) {
        (0, 0) => ClaimVerdict::Undecided.text(),
        (0, _) => ClaimVerdict::Fails.text(),
        _ => "in part",
    };
    format!("{verdict}: of {all} measures {}", counts.collect::<Vec<_>>().join(", "))
}

/// Name of the table of claims.
pub const CLAIMS_CSV: &str = "claims.csv";

const CLAIMS_HEADER: &str = "claim,measure,unit,role,expected,n,value,low_95,high_95,\
                             after_phase_1,difference,difference_low_95,difference_high_95,\
                             untrained,untrained_difference,untrained_difference_low_95,\
                             untrained_difference_high_95,verdict,decided_by";

/// The bytes of [`CLAIMS_CSV`].
///
/// # Errors
/// Memory is exhausted.
pub fn claims_csv(summaries: &[MeasureSummary]) -> Result<Vec<u8>, Error> {
    let row = |summary: &MeasureSummary| {
        let Definition { claim, role, name, unit, expected } = summary.measure.definition();
        let ends = |interval: Option<Interval>| {
            (Rounded(interval.map(|interval| interval.low)), Rounded(interval.map(|interval| interval.high)))
        };
        let control = |stage| {
            let control = summary.control(stage);
            let difference = control.and_then(|control| control.difference);
            let interval = control.and_then(|control| control.interval);
            (Rounded(control.map(|control| control.value)), Rounded(difference), ends(interval))
        };
        (
            (claim, name, unit, role.name(), expected.text()),
            (summary.n, Rounded(Some(summary.value)), ends(summary.interval)),
            CONTROLS.map(control),
            summary.verdict.map(|(verdict, standard)| (verdict.text(), standard.text())).unzip(),
        )
    };
    let header: Vec<String> = CLAIMS_HEADER.split(',').map(str::to_owned).collect();
    Ok(store::table(&header, &summaries.iter().map(row).collect::<Vec<_>>())?)
}

#[cfg(test)]
mod tests {
    use super::super::measure::Role;
    use super::super::summary::summarise;
    use super::super::summary::tests::{measured, summarised};
    use super::super::tables::Stage;
    use super::*;

    #[test]
    fn a_claim_holds_where_all_its_primary_measures_do() {
        let input = summarised(Measure::InputShareGap, [&[0.2], &[0.1], &[0.0]]);
        let rise = summarised(Measure::HalfRiseGap, [&[-1.0], &[0.0], &[0.0]]);
        let all = [input, rise];
        let conclusions = conclusions(&all);
        assert_eq!(conclusions.len(), 1);
        assert_eq!(conclusions[0].verdict, "in part: of 4 measures 1 hold, 1 fail, 2 not measured");
    }

    #[test]
    fn names_of_measures_are_distinct_and_each_claim_has_a_primary_one() {
        let definitions: Vec<_> = Measure::ALL.iter().map(|measure| measure.definition()).collect();
        for (at, measure) in definitions.iter().enumerate() {
            assert!(definitions[..at].iter().all(|other| other.name != measure.name), "{}", measure.name);
        }
        for claim in 1..=CLAIMS.len() {
            let is_evidence = |one: &Definition| one.claim == claim && one.role == Role::Primary;
            assert!(definitions.iter().any(is_evidence), "{claim}");
        }
    }

    #[test]
    fn the_table_of_claims_has_a_row_for_each_summary() {
        let summaries = summarise(&measured(Measure::MeanSelectivity, Stage::Trained, &[1.0]));
        let claims = String::from_utf8(claims_csv(&summaries).unwrap()).unwrap();
        let row = "1,mean selectivity,,primary,> controls,1,1,,,,,,,,,,,,";
        assert_eq!(claims, format!("{CLAIMS_HEADER}\n{row}\n"));
    }
}
