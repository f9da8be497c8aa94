//! The assignment of a sweep's dimensions to position, colour and panel of a figure.

use indexmap::IndexMap;

use super::chart::{LegendEntry, Look};
use super::data::{FacetAxis, ReportData};
use crate::analysis::{self, CellTrials};
use crate::spec::{LABEL, is_name, symbol_beside};
use crate::value::Value;

/// Maximum number of panels of a figure.
pub const PANELS: usize = 12;
/// Number of colours, and maximum number of series of a panel if their axis is not compared.
const SERIES: usize = 6;
/// Families, which have the same colour and mark in every sweep.
const FAMILIES: [&str; 6] = ["drsae", "untied", "untied-recurrent", "mlp", "untied-encoder", "residual-mlp"];

/// A figure's panels, each with its series of cells.
pub struct Facets<'m> {
    /// In plan order, by their values on the axes shown by panel, which are empty if one panel holds all.
    pub panels: IndexMap<String, Facet<'m>>,
    /// Panels beyond [`PANELS`], which are not shown.
    pub left_out: usize,
    /// Every series, in plan order.
    pub series: Vec<Series>,
}

/// Cells of one colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Values on the axes shown by colour, as `comparison.csv` writes them.
    pub key: String,
    /// The same for a reader; empty if there is one series alone.
    pub name: String,
    /// Colour and mark.
    pub look: Look,
}

/// Cells that agree on the axes shown by panel: those of each series, by its position, in plan order.
pub type Facet<'m> = IndexMap<usize, Vec<&'m CellTrials>>;

impl<'m> Facets<'m> {
    /// Divides the cells. The axis at `x` is shown by position. Compared axes are shown by colour; without any, the family
    /// is, or an axis with few values. All other axes are shown by panel.
    pub fn of(data: &'m ReportData<'_>, x: Option<usize>) -> Self {
        Self::divide(data, x, &by_colour(&data.dimensions, x))
    }

    /// Divides the cells for lines without marks, of which no two may have one colour: more labels than colours are
    /// shown by panel.
    pub fn of_lines(data: &'m ReportData<'_>) -> Self {
        let mut by_colour = by_colour(&data.dimensions, None);
        by_colour
            .retain(|&at| data.dimensions[at].column != LABEL || data.dimensions[at].values.len() <= SERIES);
        Self::divide(data, None, &by_colour)
    }

    fn divide(data: &'m ReportData<'_>, x: Option<usize>, by_colour: &[usize]) -> Self {
        let axes = &data.dimensions;
        let is_free = |at: &usize| Some(*at) != x && !by_colour.contains(at);
        let by_panel: Vec<usize> = (0..axes.len()).filter(is_free).collect();
        let mut facets = Self { panels: IndexMap::new(), left_out: 0, series: Vec::new() };
        for cell in data.cells() {
            let at = facets.series_at(key(axes, cell, by_colour), values(axes, cell, by_colour));
            let panel = facets.panels.entry(values(axes, cell, &by_panel)).or_default();
            panel.entry(at).or_default().push(cell);
        }
        facets.left_out = facets.panels.len().saturating_sub(PANELS);
        facets.panels.truncate(PANELS);
        facets
    }

    fn series_at(&mut self, key: String, name: String) -> usize {
        let known = self.series.iter().position(|series| series.key == key);
        known.unwrap_or_else(|| {
            let at = self.series.len();
            let look = FAMILIES.iter().position(|family| *family == key).unwrap_or(at);
            self.series.push(Series { key, name, look: Look::of(look) });
            at
        })
    }

    /// Names of the panels; none if one holds all.
    pub fn headings(&self) -> Vec<String> {
        self.panels.keys().filter(|heading| !heading.is_empty()).cloned().collect()
    }

    /// Colour and mark of a series.
    pub fn look(&self, series: usize) -> Look {
        self.series[series].look
    }

    /// Offset of a series to the right, for `step` pixels between two series.
    pub fn dodge(&self, series: usize, step: f64) -> f64 {
        step * (series as f64 - 0.5 * (self.series.len() - 1) as f64)
    }

    /// The series for a legend; none if there is one alone.
    pub fn entries(&self) -> Vec<LegendEntry> {
        let named = self.series.iter().filter(|series| !series.name.is_empty());
        named.map(|series| LegendEntry::Series(series.look, series.name.clone())).collect()
    }

    /// All cells that are shown.
    pub fn cells(&self) -> impl Iterator<Item = &'m CellTrials> {
        self.panels.values().flat_map(IndexMap::values).flatten().copied()
    }
}

/// The axes to be shown by colour.
fn by_colour(axes: &[FacetAxis], x: Option<usize>) -> Vec<usize> {
    let free = || (0..axes.len()).filter(|at| Some(*at) != x);
    let compared: Vec<usize> = free().filter(|&at| axes[at].compared).collect();
    if !compared.is_empty() {
        return compared;
    }
    let family = free().find(|&at| axes[at].column == "family");
    family.or_else(|| free().find(|&at| axes[at].values.len() <= SERIES)).into_iter().collect()
}

/// A cell's values on some axes, as `comparison.csv` writes them.
fn key(axes: &[FacetAxis], cell: &CellTrials, chosen: &[usize]) -> String {
    let columns: Vec<_> = chosen.iter().map(|&at| axes[at].column.as_str()).collect();
    let values: Vec<_> = chosen.iter().map(|&at| axes[at].value(cell)).collect();
    analysis::side(&columns, &values)
}

/// A cell's values on some axes, each with its symbol.
fn values(axes: &[FacetAxis], cell: &CellTrials, chosen: &[usize]) -> String {
    let value = |&at: &usize| with_value(&axes[at].column, columns(axes), axes[at].value(cell));
    chosen.iter().map(value).collect::<Vec<_>>().join(", ")
}

/// A cell's values on all axes, each with its symbol; empty if there is one cell alone.
pub fn cell_name(axes: &[FacetAxis], cell: &CellTrials) -> String {
    values(axes, cell, &(0..axes.len()).collect::<Vec<_>>())
}

/// Title of a scale for a column of `trials.csv`.
pub fn title(column: &str) -> &str {
    match column {
        "steps" => "iterations T",
        "model.hidden" => "requested hidden units n",
        "sparsity" => "weight λ of the sparsity term",
        "discriminative_weight" => "weight γ of the class term",
        other => other,
    }
}

/// The columns of some axes.
pub fn columns(axes: &[FacetAxis]) -> impl Iterator<Item = &str> {
    axes.iter().map(|axis| axis.column.as_str())
}

/// `T = 5`, distinct from the `others` that it stands beside; a name needs no symbol.
pub fn with_value<'o>(column: &str, others: impl IntoIterator<Item = &'o str>, value: &Value) -> String {
    if is_name(column) {
        return value.to_string();
    }
    format!("{} = {}", symbol_beside(column, others), value.short())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(column: &str, values: &[&str], compared: bool) -> FacetAxis {
        let values = values.iter().map(|value| Value::parse(value)).collect();
        FacetAxis { axis: usize::from(column == "steps"), column: column.to_owned(), values, compared }
    }

    #[test]
    fn compared_axes_have_colours_then_the_family_then_one_of_few_values() {
        let steps = || axis("steps", &["1", "2"], false);
        let family = |compared| axis("family", &["drsae", "mlp"], compared);
        let weight = || axis("discriminative_weight", &["0.0", "1.0"], true);
        assert_eq!(by_colour(&[steps(), family(true), weight()], None), [1, 2]);
        assert_eq!(by_colour(&[steps(), weight(), family(false)], Some(1)), [2]);
        assert_eq!(by_colour(&[steps(), axis("data.train", &["1"; 9], false)], None), [0]);
        assert_eq!(by_colour(&[steps(), axis("data.train", &["1"; 9], false)], Some(0)), Vec::<usize>::new());
    }

    #[test]
    fn series_have_the_names_of_sides_in_comparison_csv() {
        let axes = [axis("family", &["mlp"], true), axis("steps", &["5"], true)];
        let cell = CellTrials { values: ["mlp", "5"].map(Value::parse).to_vec(), trials: Vec::new() };
        assert_eq!(key(&axes, &cell, &[0, 1]), "mlp (steps = 5)");
        assert_eq!(key(&axes, &cell, &[0]), "mlp");
    }

    #[test]
    fn values_have_the_symbols_of_the_paper() {
        let named = [
            ("steps", "5"),
            ("discriminative_weight", "0.0"),
            ("family", "mlp"),
            ("label", "+ masking"),
            ("data.train", "100"),
        ];
        let all = named.map(|(column, _)| column);
        let named = named.map(|(column, value)| with_value(column, all, &Value::parse(value)));
        assert_eq!(named, ["T = 5", "γ = 0", "mlp", "+ masking", "train = 100"]);
    }

    #[test]
    fn values_of_settings_with_one_last_part_are_told_apart() {
        let [every, random] =
            ["every-step", "random-step"].map(|term| format!("objective.terms.{term}.weight"));
        let axes = [axis(&every, &["1", "0"], true), axis(&random, &["0", "1"], true)];
        let cell = CellTrials { values: ["1", "0"].map(Value::parse).to_vec(), trials: Vec::new() };
        assert_eq!(values(&axes, &cell, &[0]), "terms.every-step.weight = 1");
    }
}
