//! The contrasts of a study: every cell that is not of the reference, against its reference.

use toml::Value;

use crate::spec::{self, Sweep};

/// Positions of each challenger's cell and of the reference cell that has the same values on the other axes. A cell
/// without one is left out.
pub(super) fn pairs(study: &Sweep) -> Vec<(usize, usize)> {
    let Some(compare) = &study.compare else { return Vec::new() };
    let referred = |settings: &[(String, Value)]| -> Vec<Value> {
        let wanted = |(path, value): &(String, Value)| compare.reference.get(path).unwrap_or(value).clone();
        settings.iter().map(wanted).collect()
    };
    let position = |wanted: Vec<Value>| {
        let has = |cell: &spec::Cell| cell.settings.iter().map(|(_, value)| value).eq(&wanted);
        study.cells.iter().position(has)
    };
    let cells = study.cells.iter().enumerate();
    let paired = cells.filter_map(|(at, cell)| Some((at, position(referred(&cell.settings))?)));
    paired.filter(|(challenger, reference)| challenger != reference).collect()
}

/// The contrasts as text: `model.family = mlp, model.steps = 2 against model.family = drsae`.
pub(super) fn texts(study: &Sweep) -> Vec<String> {
    let Some(compare) = &study.compare else { return Vec::new() };
    let setting = |path: &String, value: &Value| format!("{path} = {}", spec::text(value));
    let reference: Vec<_> = compare.reference.iter().map(|(path, value)| setting(path, value)).collect();
    let text = |(challenger, _): (usize, usize)| {
        let settings = study.cells[challenger].settings.iter();
        let challenger: Vec<_> = settings.map(|(path, value)| setting(path, value)).collect();
        format!("{} against {}", challenger.join(", "), reference.join(", "))
    };
    pairs(study).into_iter().map(text).collect()
}
