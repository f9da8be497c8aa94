//! The view of the effects of several cells.

use super::super::settings::SettingColumns;
use super::{
    CROSSED, DIFFERENCE, EQUIVALENCE, TableView, crossed, of_tests, paired, seeds, selection, tests,
};
use crate::analysis::{Compared, EFFECTS, EffectRow, words};
use crate::value::Value;

/// The effects; `None` if the spec names none.
pub fn view(Compared { contrast, effects, .. }: &Compared) -> Option<TableView> {
    if effects.rows.is_empty() {
        return None;
    }
    let values: Vec<Vec<Value>> = effects.rows.iter().map(values).collect();
    let settings = SettingColumns::of(&effects.axes, values.iter());
    let is_crossed = effects.rows.iter().any(|row| row.crossed.is_some());
    let mut head = vec!["effect".to_owned()];
    head.extend(settings.heads.iter().cloned());
    head.extend(DIFFERENCE.map(str::to_owned));
    head.extend(contrast.margin.map(|_| EQUIVALENCE.to_owned()));
    head.extend(is_crossed.then(|| CROSSED.to_owned()));
    let cells = |(row, values): (&EffectRow, &Vec<Value>)| {
        let mut cells = vec![row.name.clone()];
        cells.extend(settings.of_row(values));
        cells.extend([
            words::of_planned(row.differences.len() - row.missing, row.missing),
            paired(row.valid),
            paired(row.test),
        ]);
        cells.extend(tests(&row.tests, contrast.margin));
        cells.extend(is_crossed.then(|| crossed(row.crossed)));
        cells
    };
    Some(TableView {
        name: "effects",
        caption: format!(
            "Mean error of the cells `plus` of each effect less that of its cells `minus`, in percentage points (pp), \
             positive if `plus` has more error; averaged over the cells within each seed, then over n seeds{}, with the \
             95 % interval of Student's t. {} {}",
            seeds(&contrast.seeds),
            of_tests(effects.rows.len(), contrast.seeds.len(), contrast.margin),
            selection(effects.rows.iter().all(|row| row.test.is_none() && row.valid.is_some()))
        ),
        texts: 1 + settings.heads.len(),
        head,
        rows: effects.rows.iter().zip(&values).map(cells).collect(),
        file: Some(EFFECTS),
    })
}

/// The values of a row's axes.
fn values(row: &EffectRow) -> Vec<Value> {
    let value = |value: &Option<Value>| value.clone().unwrap_or_else(|| Value::parse("averaged"));
    row.values.iter().map(value).collect()
}
