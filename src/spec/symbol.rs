//! Symbols of settings, for texts that name a value.

/// Setting and symbol, as in the paper.
const SYMBOLS: [(&str, &str); 4] =
    [("steps", "T"), ("hidden", "n"), ("sparsity", "λ"), ("discriminative_weight", "γ")];

/// The symbol of the setting at a dotted path or in a column of `trials.csv`; the last part of the path if it has none.
#[must_use]
pub fn symbol(path: &str) -> &str {
    let last = path.rsplit('.').next().unwrap_or(path);
    SYMBOLS.iter().find(|(setting, _)| *setting == last).map_or(last, |(_, symbol)| symbol)
}

/// The symbol of a setting that stands beside `others`; its path within its table if another one has the same symbol, such
/// as the rates of two phases.
#[must_use]
pub fn symbol_beside<'p, 'o>(path: &'p str, others: impl IntoIterator<Item = &'o str>) -> &'p str {
    let own = symbol(path);
    if others.into_iter().any(|other| other != path && symbol(other) == own) {
        path.split_once('.').map_or(path, |(_, rest)| rest)
    } else {
        own
    }
}

/// Returns true if the values of an axis, or of a column of `trials.csv`, are names, which need no symbol.
#[must_use]
pub fn is_name(path: &str) -> bool {
    matches!(path, "family" | "model.family" | super::LABEL)
}

/// The name of a trial of the cell with these swept values, such as `drsae T=5 λ=0.005 seed 1`.
#[must_use]
pub fn trial_name(cell: &str, seed: u64) -> String {
    if cell.is_empty() { format!("seed {seed}") } else { format!("{cell} seed {seed}") }
}

/// The name of a cell: its swept values by path or column, each with its symbol, such as `drsae T=5 λ=0.005`.
#[must_use]
pub fn cell_name(settings: &[(&str, &str)]) -> String {
    let mut parts = Vec::new();
    for &(path, value) in settings {
        let others = settings.iter().map(|(other, _)| *other);
        let symbol = if is_name(path) { String::new() } else { format!("{}=", symbol_beside(path, others)) };
        parts.push(symbol + &shortened(value));
    }
    parts.join(" ")
}

/// A value that fits into a name: many zeros become a power of ten, and the middle of a long text, such as a list of phases,
/// is left out.
fn shortened(value: &str) -> String {
    const LONGEST: usize = 32;
    const KEPT: usize = 15;
    if let Some(number) = value.parse::<f64>().ok().filter(|number| number.abs() >= 1e9 && number.is_finite())
    {
        return format!("{number:e}");
    }
    let length = value.chars().count();
    if length <= LONGEST {
        return value.to_owned();
    }
    let (start, end) = (value.chars().take(KEPT), value.chars().skip(length - KEPT));
    start.chain(['…']).chain(end).collect()
}
