//! The challengers over the whole grid under each condition.

use super::{DIFFERENCE, TableView, of_tests, paired, seeds, tests, words};
use crate::analysis::{CONDITION_GRID, ComparedUnder, ConditionTables};
use crate::value::Value;

/// The view; `None` without conditions, or without a comparison.
pub fn view(all: &[ConditionTables]) -> Option<TableView> {
    let compared: Vec<_> = all.iter().filter_map(|it| Some((&it.condition, it.compared.as_ref()?))).collect();
    let (_, ComparedUnder { contrast, .. }) = compared.first()?;
    let reference = contrast.reference_label();
    // Neither a validation error nor equivalence is measured under a condition.
    let mut head =
        vec!["condition", "level", "challenger", "IQM challenger / %", "IQM reference / %", DIFFERENCE[0]];
    head.extend(&DIFFERENCE[2..]);
    let rows: Vec<Vec<String>> = compared
        .iter()
        .flat_map(|(condition, under)| {
            under.grid.iter().map(|row| {
                let iqm = |estimate: Option<crate::stats::Estimate>| {
                    words::estimate(estimate.map(|it| it.value), None)
                };
                let mut cells = vec![
                    condition.name.clone(),
                    Value::from(condition.level).short().to_owned(),
                    row.challenger.clone(),
                    iqm(row.iqm_challenger),
                    iqm(row.iqm_reference),
                    words::of_planned(row.differences.len() - row.missing, row.missing),
                    paired(row.test),
                ];
                cells.extend(tests(&row.tests, None));
                cells
            })
        })
        .collect();
    Some(TableView {
        name: "conditions",
        caption: format!(
            "Each challenger compared with {reference} over all cells, tested under conditions that no training saw: \
             difference in test error, challenger − {reference}, in percentage points (pp), positive if {reference} is \
             better; averaged over the cells within each seed, then over n seeds{}, with the 95 % interval of Student's \
             t. {} The weights are those of the other tables.",
            seeds(&contrast.seeds),
            of_tests(rows.len(), contrast.seeds.len(), None)
        ),
        head: head.into_iter().map(str::to_owned).collect(),
        texts: 3,
        rows,
        file: Some(CONDITION_GRID),
    })
}
