//! The page of an anatomy: claims with their verdicts, every measure, figures.

use serde::Serialize;

use super::ReportedAnatomy;
use crate::analysis::TableView;
use crate::anatomy::claims::conclusions;
use crate::anatomy::measure::{Definition, Expected, Role};
use crate::anatomy::summary::{ClaimVerdict, MeasureSummary};
use crate::anatomy::tables::Stage;
use crate::report::Error;
use crate::report::figures::Figure;
use crate::report::page::{PageTable, fill};

#[derive(Serialize)]
struct AnatomyPage<'p> {
    name: &'p str,
    counts: String,
    tables: Vec<PageTable>,
    figures: &'p [Figure],
}

/// The page.
///
/// # Errors
/// The template cannot be filled in.
pub fn render(source: &ReportedAnatomy<'_>, figures: &[Figure]) -> Result<String, Error> {
    let seeds = source.summaries.iter().map(|summary| summary.n).max().unwrap_or_default();
    let networks =
        if seeds == 1 { "One network".to_owned() } else { format!("{seeds} networks with {seeds} seeds") };
    let page = AnatomyPage {
        name: source.name,
        counts: format!(
            "{networks}. Intervals are Student's 95 % intervals over seeds. Controls are the same networks after phase 1 \
             and before training, with the trained network's division of units."
        ),
        tables: vec![
            PageTable::of(claims(source.summaries), "claims"),
            PageTable::of(measures(source.summaries), "measures"),
        ],
        figures,
    };
    fill(include_str!("page.html"), &page)
}

fn claims(summaries: &[MeasureSummary]) -> TableView {
    let rows = conclusions(summaries)
        .into_iter()
        .map(|conclusion| vec![conclusion.claim.to_string(), conclusion.text.to_owned(), conclusion.verdict]);
    TableView {
        name: "claims",
        caption:
            "The paper's claims about hidden units, with verdicts for these networks. A claim holds if all its \
                  primary measures hold, each against its bound and against both controls, and so do its conditions, each \
                  against its bound."
                .to_owned(),
        head: ["claim", "text", "verdict"].map(str::to_owned).to_vec(),
        texts: 3,
        rows: rows.collect(),
        file: None,
    }
}

/// The claims as a table in Markdown, each with the first of its primary measures.
pub fn markdown(source: &ReportedAnatomy<'_>) -> String {
    let rows = conclusions(source.summaries).into_iter().filter_map(|conclusion| {
        let summary = conclusion.evidence.first()?;
        let [value, before, untrained] = summary_texts(summary);
        let (number, text, verdict) = (conclusion.claim, conclusion.text, conclusion.verdict);
        let name = named(summary);
        Some(format!("| {number}. {text} | {name} | {value} | {before} | {untrained} | {verdict} |\n"))
    });
    let head = "| claim | first measure | trained [95 %] | after phase 1 | untrained | verdict on the claim |\n\
                |---|---|---|---|---|---|\n";
    head.to_owned() + &rows.collect::<String>()
}

/// A measure with its unit.
fn named(summary: &MeasureSummary) -> String {
    let Definition { name, unit, .. } = summary.measure.definition();
    if unit.is_empty() { name.to_owned() } else { format!("{name} / {unit}") }
}

fn measures(summaries: &[MeasureSummary]) -> TableView {
    let row = |summary: &MeasureSummary| {
        let Definition { claim, role, expected, .. } = summary.measure.definition();
        let [value, before, untrained] = summary_texts(summary);
        vec![
            claim.to_string(),
            named(summary),
            match role {
                Role::Secondary => expected.text(),
                role => format!("{}, {}", expected.text(), role.name()),
            },
            verdict_text(summary),
            value,
            before,
            untrained,
        ]
    };
    TableView {
        name: "measures",
        caption:
            "Every measure: mean over the networks with its interval, and the means of both controls. A measure holds \
                  where the networks are beyond its bound and beyond both controls; after a colon stands the one \
                  that they are not beyond. For p-values the largest value is given instead of the mean."
                .to_owned(),
        head: ["claim", "measure", "expected", "verdict", "trained [95 %]", "after phase 1", "untrained"]
            .map(str::to_owned)
            .to_vec(),
        texts: 4,
        rows: summaries.iter().map(row).collect(),
        file: None,
    }
}

/// Value of a measure in the trained networks, with its interval, and in both controls, rounded.
#[must_use]
pub fn summary_texts(summary: &MeasureSummary) -> [String; 3] {
    let own = match summary.interval {
        Some(interval) => {
            format!("{} [{}, {}]", short(summary.value), short(interval.low), short(interval.high))
        }
        None => short(summary.value),
    };
    let control = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), short);
    let [before, untrained] = [Stage::AfterPhase1, Stage::Untrained]
        .map(|stage| control(summary.control(stage).map(|control| control.value)));
    [own, before, untrained]
}

/// The verdict on a measure, with the standard that it misses or may miss.
#[must_use]
pub fn verdict_text(summary: &MeasureSummary) -> String {
    match summary.verdict {
        None if summary.measure.definition().expected == Expected::Nothing => String::new(),
        None => "a control is missing".to_owned(),
        Some((ClaimVerdict::Holds, _)) => ClaimVerdict::Holds.text().to_owned(),
        Some((verdict, standard)) => format!("{}: {}", verdict.text(), standard.text()),
    }
}

/// A number with three significant digits; a small one with two.
fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.abs() < 1e-3 {
        return format!("{value:.1e}");
    }
    let digits = (2 - value.abs().log10().floor() as i32).clamp(0, 5) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let texts = [0.0, 0.123_456, -4.567, 45.67, 456.7, 4567.0, 0.000_123].map(short);
        assert_eq!(texts, ["0", "0.123", "-4.57", "45.7", "457", "4567", "1.2e-4"]);
    }
}
