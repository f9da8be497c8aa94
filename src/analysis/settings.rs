//! The columns of settings in a printed table.

use super::words;
use crate::value::Value;

/// The axes of a table, without those that repeat in every row the same setting of an earlier phase. For example, the
/// masking of two phases that is swept together is one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingColumns {
    axes: Vec<usize>,
    /// Head of each column.
    pub heads: Vec<String>,
}

impl SettingColumns {
    /// Selects from `axes`, whose values in the rows are `values`.
    pub fn of<'r>(axes: &[String], values: impl Iterator<Item = &'r Vec<Value>>) -> Self {
        let rows: Vec<_> = values.collect();
        let setting = |axis: usize| -> Vec<&str> {
            axes[axis].split('.').filter(|part| *part != "*" && part.parse::<usize>().is_err()).collect()
        };
        let repeats = |axis: usize, earlier: usize| {
            setting(axis) == setting(earlier) && rows.iter().all(|row| row[axis] == row[earlier])
        };
        let kept: Vec<_> =
            (0..axes.len()).filter(|&axis| !(0..axis).any(|earlier| repeats(axis, earlier))).collect();
        let names: Vec<_> = kept.iter().map(|&axis| axes[axis].clone()).collect();
        Self { axes: kept, heads: words::headings(&names) }
    }

    /// The settings of a row, in the order of the heads.
    pub fn of_row(&self, values: &[Value]) -> Vec<String> {
        self.axes.iter().map(|&axis| values[axis].to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_phases_have_alike_is_one_column() {
        let axes = [
            "training.phases.0.rate",
            "training.phases.0.masking",
            "training.phases.1.rate",
            "training.phases.1.masking",
        ]
        .map(str::to_owned);
        let row = |values: [&str; 4]| values.map(Value::parse).to_vec();
        let rows = [row(["0.1", "0", "0.1", "0.2"]), row(["0.3", "0.2", "0.3", "0.2"])];
        let settings = SettingColumns::of(&axes, rows.iter());
        assert_eq!(settings.heads, ["rate", "training.phases.0.masking", "training.phases.1.masking"]);
        assert_eq!(settings.of_row(&rows[0]), ["0.1", "0", "0.2"]);
    }

    #[test]
    fn the_weights_of_two_terms_stay_though_they_move_together() {
        let axes = ["objective.terms.a.weight", "objective.terms.b.weight"].map(str::to_owned);
        let rows = [vec![Value::from(0), Value::from(0)], vec![Value::from(1), Value::from(1)]];
        assert_eq!(SettingColumns::of(&axes, rows.iter()).heads.len(), 2);
    }

    #[test]
    fn axes_of_other_names_stay_though_they_agree() {
        let axes = ["model.steps", "training.batch"].map(str::to_owned);
        let rows = [vec![Value::from(2), Value::from(2)]];
        assert_eq!(SettingColumns::of(&axes, rows.iter()).heads, ["steps", "batch"]);
    }
}
