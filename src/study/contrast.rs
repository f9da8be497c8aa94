//! The contrasts of a study: every cell that is not of the reference, against its reference.

use toml::Value;

use crate::plan;
use crate::spec::{self, Sweep};

/// Positions of each challenger's cell and of its reference's. A cell without a reference is left out.
pub(super) fn pairs(study: &Sweep) -> impl Iterator<Item = (usize, usize)> {
    let references = plan::references(study).into_iter().enumerate();
    references.filter_map(|(cell, reference)| Some((cell, reference.filter(|other| *other != cell)?)))
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
    pairs(study).map(text).collect()
}
