//! A page of tables without figures.

use serde::Serialize;

use super::Error;
use super::page::{PageTable, fill};
use crate::analysis::TableView;

/// The data of the page.
#[derive(Serialize)]
pub struct TablesPage {
    /// Its title.
    pub title: String,
    /// A line with the numbers of its rows.
    pub counts: String,
    /// Facts that a reader must know.
    pub notes: Vec<String>,
    /// The tables.
    pub tables: Vec<PageTable>,
}

impl TablesPage {
    /// The page as HTML.
    pub fn render(&self) -> Result<String, Error> {
        fill(include_str!("tables.html"), self)
    }
}

/// The page of a comparison of several sweeps.
///
/// # Errors
/// The template cannot be filled in.
pub fn comparison_page(counts: String, notes: Vec<String>, cells: TableView) -> Result<String, Error> {
    let tables = vec![PageTable::of(cells, "compare")];
    TablesPage { title: "Comparison of sweeps".to_owned(), counts, notes, tables }.render()
}
