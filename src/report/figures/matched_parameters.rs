//! The parameter counts of the networks that are compared.

use super::{Figure, tip};
use crate::analysis::{CellTrials, Compared};
use crate::report::Error;
use crate::report::chart::{ChartRow, Colour, RowChart, Scale, Weight};
use crate::report::data::ReportData;
use crate::report::facets::{Facet, Facets, Series};

const QUANTITY: &str = "parameters beyond those of the reference (%)";

/// A cell that is compared, and the excess of its parameters over its reference's, percent.
struct Count<'m> {
    /// The values that it shares with its reference, and the size of that.
    group: String,
    series: &'m Series,
    cell: &'m CellTrials,
    excess: f64,
}

/// The figure; `None` if all that is compared has equally many parameters.
pub fn figure(data: &ReportData<'_>) -> Result<Option<Figure>, Error> {
    let Some(Compared { contrast, .. }) = &data.analysis.compared else { return Ok(None) };
    let facets = Facets::of(data, None);
    let panels = facets.panels.iter();
    let counts: Vec<Count<'_>> =
        panels.flat_map(|(heading, panel)| counts(&facets, heading, panel, &contrast.reference)).collect();
    if counts.iter().all(|count| count.excess == 0.0) {
        return Ok(None);
    }
    let row = |count: &Count<'_>| ChartRow {
        group: count.group.clone(),
        label: count.series.name.clone(),
        text: size(count.cell),
    };
    let rows = RowChart {
        lines: counts.iter().map(row).collect(),
        scale: Scale::even(counts.iter().map(|count| count.excess).chain([0.0])),
        scale_name: QUANTITY.to_owned(),
        band: None,
        legend: RowChart::legend(Vec::new()),
    };
    let caption = "Parameters of every cell compared with those of its reference. The text on the right gives the number \
                   of parameters and the hidden units n.";
    let figure = Figure::draw("matched_parameters", "Parameter counts", caption, rows.size(), |canvas| {
        rows.draw(canvas, |panel, at, y| {
            let Count { group, series, cell, excess } = &counts[at];
            let beyond = tip::value(QUANTITY, *excess, None);
            canvas.titled(&tip::text(&[group, &series.name, &size(cell), &beyond]), || {
                canvas.line(&[panel.place((0.0, y)), panel.place((*excess, y))], Colour::Faint, 1.0, 1.0)?;
                panel.mark((*excess, y), 0.0, series.look, Weight::Mean)
            })
        })
    });
    figure.map(Some)
}

/// The cells of a panel, where their reference is among them.
fn counts<'m>(
    facets: &'m Facets<'m>,
    heading: &str,
    facet: &'m Facet<'m>,
    reference: &str,
) -> Vec<Count<'m>> {
    let cells = || facet.iter().flat_map(|(at, cells)| cells.iter().map(|cell| (*at, *cell)));
    let is_reference = |at: usize| facets.series[at].key == reference;
    let Some((at, referred)) = cells().find(|(at, _)| is_reference(*at)) else { return Vec::new() };
    let own = format!("{} has {}", facets.series[at].name, size(referred));
    let group = if heading.is_empty() { own } else { format!("{heading}: {own}") };
    let excess = |cell: &CellTrials| {
        100.0 * (cell.network().parameters as f64 / referred.network().parameters as f64 - 1.0)
    };
    let count =
        |(at, cell)| Count { group: group.clone(), series: &facets.series[at], cell, excess: excess(cell) };
    cells().filter(|(at, _)| !is_reference(*at)).map(count).collect()
}

/// `167 900 (n = 100)`.
fn size(cell: &CellTrials) -> String {
    format!("{} (n = {})", grouped(cell.network().parameters), cell.network().hidden)
}

/// Formats a count with narrow spaces between groups of three digits.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202F}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_go_in_threes() {
        let texts = [7, 123, 1_234, 167_900, 1_000_000].map(grouped);
        let bare: Vec<_> = texts.iter().map(|text| text.replace('\u{202F}', " ")).collect();
        assert_eq!(bare, ["7", "123", "1 234", "167 900", "1 000 000"]);
    }
}
