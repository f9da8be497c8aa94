//! Names of the files of `analysis/`.

/// The table of cells.
pub const SUMMARY: &str = "summary.csv";
/// The table of comparisons; absent if the spec compares nothing, as the two that follow.
pub const COMPARISON: &str = "comparison.csv";
/// The table of challengers over the whole grid.
pub const GRID: &str = "grid.csv";
/// The table of effects of several cells; absent if the spec names none.
pub const EFFECTS: &str = "effects.csv";
/// The table of comparisons on the test images; absent without `mistakes.csv`, too.
pub const EXAMPLES: &str = "examples.csv";
/// The table of cells under each condition; absent without conditions.
pub const CONDITIONS: &str = "conditions.csv";
/// The table of challengers over the whole grid under each condition; absent also if the spec compares nothing.
pub const CONDITION_GRID: &str = "condition_grid.csv";
/// The table of effects under each condition; absent also if the spec names none.
pub const CONDITION_EFFECTS: &str = "condition_effects.csv";
/// The tables as Markdown.
pub const MARKDOWN: &str = "tables.md";
/// The tables as LaTeX.
pub const LATEX: &str = "tables.tex";
/// The versions of the tables, and the units of their columns.
pub const FORMAT: &str = "format.json";

/// Every file that an analysis may write.
pub const FILES: [&str; 11] = [
    SUMMARY,
    COMPARISON,
    GRID,
    EFFECTS,
    EXAMPLES,
    CONDITIONS,
    CONDITION_GRID,
    CONDITION_EFFECTS,
    MARKDOWN,
    LATEX,
    FORMAT,
];
