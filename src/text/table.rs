//! Tables of text within the columns that a terminal has.
//!
//! A column that is the same in every row goes to the caption, one that repeats another is named there. Headings are broken
//! between words, numbers never. What is still too wide loses its least important columns, and then becomes a block a row.

mod folded;

use std::collections::HashSet;

use self::folded::Folded;
use super::wrap::{self, width, words};

/// The space of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Columns; if there is no limit, all columns are shown, as they are.
    pub columns: Option<usize>,
    /// Rows; if there is no limit, all rows are shown.
    pub rows: Option<usize>,
}

impl Space {
    /// No limit, for other programs.
    pub const UNLIMITED: Self = Self { columns: None, rows: None };

    /// A width without a limit of the rows.
    #[must_use]
    pub fn of_columns(columns: usize) -> Self {
        Self { columns: Some(columns), rows: None }
    }
}

/// A table of texts and numbers.
#[derive(Debug, Clone, Copy)]
pub struct TextTable<'t> {
    /// The sentence above the table, without its full stop; may be empty.
    pub title: &'t str,
    /// Head of each column.
    pub head: &'t [String],
    /// Rows as long as the head.
    pub rows: &'t [Vec<String>],
    /// Number of columns, from the first, that hold texts, which tell the rows apart; the others hold numbers, the last of
    /// which matters most.
    pub texts: usize,
    /// Heads of the columns that a narrow terminal loses first, in this order.
    pub dispensable: &'t [&'t str],
    /// Number of columns, from the last, that a terminal shows if it has room for all of them.
    pub additional: usize,
    /// The file or command that shows all of it.
    pub source: &'t str,
    /// True if the table is drawn again and again: it keeps its columns whatever they hold, and has no rule.
    pub is_live: bool,
}

/// Columns between two columns.
const GAP: usize = 2;
/// Lines of a heading.
const HEAD_LINES: usize = 3;

impl<'t> TextTable<'t> {
    /// A table that loses its numbers from the first to the last but one.
    #[must_use]
    pub fn new(head: &'t [String], rows: &'t [Vec<String>], texts: usize) -> Self {
        Self { title: "", head, rows, texts, dispensable: &[], additional: 0, source: "", is_live: false }
    }

    /// The lines of the table, with its title and what is not shown.
    #[must_use]
    pub fn lines(&self, space: Space) -> Vec<String> {
        let all: Vec<usize> = (0..self.head.len()).collect();
        let Some(limit) = space.columns else {
            let mut lines: Vec<String> =
                Some(self.title.to_owned()).filter(|it| !it.is_empty()).into_iter().collect();
            let widths = self.widths(&all, self.rows, 1);
            lines.extend(self.grid(&all, &widths, self.rows, false));
            return lines;
        };
        let count = space.rows.filter(|most| self.rows.len() > *most).unwrap_or(self.rows.len());
        let rows = &self.rows[..count];
        let is_folded = !self.is_live && self.rows.len() > 1;
        let folded =
            if is_folded { Folded::of(self.head, self.rows, self.additional) } else { Folded::nothing(all) };
        let mut lines = Vec::new();
        let caption = folded.caption(self.title);
        if !caption.is_empty() {
            lines.extend(wrap::lines(&caption, limit.min(wrap::READABLE)));
        }
        let shown = match self.fit(&folded.kept, rows, limit) {
            Some((shown, widths)) => {
                lines.extend(self.grid(&shown, &widths, rows, !self.is_live));
                shown
            }
            None if self.is_live => {
                let shown = self.least(&folded.kept);
                let widths = self.widths(&shown, rows, 1);
                lines.extend(self.grid(&shown, &widths, rows, false).iter().map(|line| cut(line, limit)));
                shown
            }
            None => {
                let shown = self.important(&folded.kept);
                lines.extend(self.blocks(&shown, rows, limit));
                shown
            }
        };
        lines.extend(
            self.missing(&folded.kept, &shown, count).iter().flat_map(|note| wrap::lines(note, limit)),
        );
        lines
    }

    /// The columns that fit, and their widths.
    fn fit(&self, kept: &[usize], rows: &[Vec<String>], limit: usize) -> Option<(Vec<usize>, Vec<usize>)> {
        let mut shown = kept.to_vec();
        loop {
            // Columns for wide terminals are worth no narrow headings.
            let has_additional = shown.last().is_some_and(|&last| last >= self.head.len() - self.additional);
            for lines in 1..=if self.is_live || has_additional { 1 } else { HEAD_LINES } {
                let widths = self.widths(&shown, rows, lines);
                if widths.iter().sum::<usize>() + GAP * (widths.len() - 1) <= limit {
                    return Some((shown, widths));
                }
            }
            shown = self.without_the_least(&shown)?;
        }
    }

    /// The columns without those of a wide terminal, or else without the least important one.
    fn without_the_least(&self, shown: &[usize]) -> Option<Vec<usize>> {
        let ordinary = self.head.len() - self.additional;
        if shown.last().is_some_and(|&last| last >= ordinary) && shown[0] < ordinary {
            return Some(shown.iter().copied().filter(|&column| column < ordinary).collect());
        }
        let lost = self.least_important(shown)?;
        Some(shown.iter().copied().filter(|&column| column != lost).collect())
    }

    /// The column that can be left out next.
    fn least_important(&self, shown: &[usize]) -> Option<usize> {
        let is_number = |column: &usize| *column >= self.texts;
        let numbers = shown.iter().filter(|column| is_number(column)).count();
        let can_go = |column: &usize| if is_number(column) { numbers > 1 } else { shown.len() > 1 };
        let listed = || {
            let mut columns =
                self.dispensable.iter().filter_map(|head| shown.iter().find(|&&at| self.head[at] == *head));
            columns.find(|column| can_go(column)).copied()
        };
        let implied = || {
            let texts: Vec<usize> = shown.iter().copied().filter(|column| !is_number(column)).collect();
            let without = |lost: usize| texts.iter().copied().filter(|&at| at != lost).collect::<Vec<_>>();
            let all = self.distinct(&texts);
            texts.iter().rev().copied().find(|&lost| texts.len() > 1 && self.distinct(&without(lost)) == all)
        };
        let first = || shown.iter().copied().find(|column| is_number(column) && numbers > 1);
        listed().or_else(implied).or_else(first)
    }

    /// Number of rows that these columns tell apart.
    fn distinct(&self, columns: &[usize]) -> usize {
        let row = |row: &'t Vec<String>| columns.iter().map(|&at| row[at].as_str()).collect::<Vec<_>>();
        self.rows.iter().map(row).collect::<HashSet<_>>().len()
    }

    /// The columns that even a narrow terminal shows.
    fn least(&self, kept: &[usize]) -> Vec<usize> {
        let mut shown = kept.to_vec();
        while let Some(fewer) = self.without_the_least(&shown) {
            shown = fewer;
        }
        shown
    }

    /// The columns without those that are lost first.
    fn important(&self, kept: &[usize]) -> Vec<usize> {
        let is_lost = |column: usize| {
            column >= self.head.len() - self.additional
                || self.dispensable.contains(&self.head[column].as_str())
        };
        let important: Vec<usize> = kept.iter().copied().filter(|&column| !is_lost(column)).collect();
        if important.is_empty() { kept.to_vec() } else { important }
    }

    /// Widths of columns whose headings have at most `lines` lines.
    fn widths(&self, columns: &[usize], rows: &[Vec<String>], lines: usize) -> Vec<usize> {
        let of = |&column: &usize| {
            let cells = rows.iter().map(|row| width(&row[column])).max().unwrap_or_default();
            cells.max(head_width(&self.head[column], lines))
        };
        columns.iter().map(of).collect()
    }

    /// Headings, rule and rows.
    fn grid(&self, columns: &[usize], widths: &[usize], rows: &[Vec<String>], has_rule: bool) -> Vec<String> {
        let right: Vec<bool> = columns.iter().map(|&column| self.is_right(column)).collect();
        let line = |cells: &[&str]| {
            let cells = cells
                .iter()
                .zip(widths)
                .zip(&right)
                .map(|((cell, width), right)| padded(cell, *width, *right));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let heads: Vec<Vec<String>> = columns
            .iter()
            .zip(widths)
            .map(|(&column, &width)| wrap::lines(&self.head[column], width))
            .collect();
        let height = heads.iter().map(Vec::len).max().unwrap_or_default();
        let head = |at: usize| {
            let part =
                |lines: &'_ Vec<String>| (at + lines.len()).checked_sub(height).map(|at| lines[at].clone());
            let parts: Vec<String> = heads.iter().map(|lines| part(lines).unwrap_or_default()).collect();
            line(&parts.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let mut lines: Vec<String> = (0..height).map(head).collect();
        if has_rule {
            lines.push("─".repeat(widths.iter().sum::<usize>() + GAP * (widths.len() - 1)));
        }
        lines.extend(
            rows.iter().map(|row| line(&columns.iter().map(|&at| row[at].as_str()).collect::<Vec<_>>())),
        );
        lines
    }

    /// True if the cells of a column end at its right edge.
    fn is_right(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().map(|row| row[column].as_str()).filter(|cell| !cell.is_empty());
        if column < self.texts {
            return cells.all(|cell| cell.parse::<f64>().is_ok());
        }
        cells.any(|cell| cell.starts_with(|letter: char| letter.is_ascii_digit() || "+-<[–".contains(letter)))
    }

    /// A block for each row: its texts, and below them a line for each number.
    fn blocks(&self, columns: &[usize], rows: &[Vec<String>], limit: usize) -> Vec<String> {
        let (texts, numbers): (Vec<usize>, Vec<usize>) =
            columns.iter().partition(|&&column| column < self.texts);
        let name = numbers.iter().map(|&at| width(&self.head[at])).max().unwrap_or_default();
        let block = |row: &Vec<String>| {
            let texts: Vec<String> =
                texts.iter().map(|&at| format!("{} {}", self.head[at], row[at]).trim().to_owned()).collect();
            let mut lines = wrap::lines(&texts.join(", "), limit);
            for &at in &numbers {
                let (head, cell) = (&self.head[at], &row[at]);
                if 2 + name + GAP + width(cell) <= limit {
                    lines.push(format!("  {}  {cell}", padded(head, name, false)));
                } else {
                    let indented = |line: String| format!("  {line}");
                    lines.extend(wrap::lines(head, limit.saturating_sub(2)).into_iter().map(indented));
                    lines.push(padded(cell, limit, true));
                }
            }
            lines
        };
        rows.iter().flat_map(block).collect()
    }

    /// Sentences about the rows and columns that are not shown.
    fn missing(&self, kept: &[usize], shown: &[usize], count: usize) -> Vec<String> {
        let ordinary = self.head.len() - self.additional;
        let is_lost = |column: &&usize| **column < ordinary && !shown.contains(*column);
        let lost: Vec<&str> = kept.iter().filter(is_lost).map(|&at| self.head[at].as_str()).collect();
        let mut notes = Vec::new();
        if count < self.rows.len() {
            notes.push(format!("{} more rows", self.rows.len() - count));
        }
        if !lost.is_empty() {
            notes.push(format!("also {}", lost.join(", ")));
        }
        let is_told = !notes.is_empty() && !self.source.is_empty();
        is_told.then(|| format!("… {}: {}", notes.join("; "), self.source)).into_iter().collect()
    }
}

/// The least width at which a heading has at most `lines` lines.
fn head_width(head: &str, lines: usize) -> usize {
    let least = words(head).iter().map(|word| width(word)).max().unwrap_or_default();
    (least..width(head)).find(|&width| wrap::lines(head, width).len() <= lines).unwrap_or_else(|| width(head))
}

fn padded(text: &str, columns: usize, right: bool) -> String {
    let space = " ".repeat(columns.saturating_sub(width(text)));
    if right { space + text } else { text.to_owned() + &space }
}

/// The beginning of a line that is too long, with an ellipsis.
fn cut(line: &str, columns: usize) -> String {
    if width(line) <= columns {
        return line.to_owned();
    }
    let mut kept = String::new();
    for letter in line.chars() {
        if width(&kept) + width(letter.encode_utf8(&mut [0; 4])) + 1 > columns {
            break;
        }
        kept.push(letter);
    }
    kept + "…"
}

#[cfg(test)]
mod tests;
