//! The facts that all rows of a table share.

/// The columns that tell nothing about a row, as part of a caption.
pub struct Folded {
    /// The other columns.
    pub kept: Vec<usize>,
    constant: Vec<String>,
    absent: Vec<String>,
    repeated: Vec<String>,
}

impl Folded {
    /// All columns, as they are.
    pub fn nothing(kept: Vec<usize>) -> Self {
        Self { kept, constant: Vec::new(), absent: Vec::new(), repeated: Vec::new() }
    }

    /// The columns of a table, of which the last `additional` are folded in silence.
    pub fn of(head: &[String], rows: &[Vec<String>], additional: usize) -> Self {
        let ordinary = head.len() - additional;
        let mut folded = Self::nothing(Vec::new());
        for column in 0..head.len() {
            let first = rows[0][column].as_str();
            let is_constant = rows.iter().all(|row| row[column] == first);
            let alike = |&&other: &&usize| rows.iter().all(|row| row[other] == row[column]);
            if is_constant && column >= ordinary {
                continue;
            }
            if is_constant && (first.is_empty() || first == "–") {
                folded.absent.push(head[column].clone());
            } else if is_constant {
                let equals = if first.starts_with('<') { "" } else { "= " };
                folded.constant.push(format!("{} {equals}{first}", head[column]));
            } else if let Some(&other) = folded.kept.iter().find(alike).filter(|_| column < ordinary) {
                folded.repeated.push(format!("{} = {}", head[column], head[other]));
            } else {
                folded.kept.push(column);
            }
        }
        // Rows that are all the same are shown as they are.
        if folded.kept.is_empty() { Self::nothing((0..ordinary).collect()) } else { folded }
    }

    /// The title with what all rows share.
    pub fn caption(&self, title: &str) -> String {
        let mut parts: Vec<String> =
            Some(title.to_owned()).filter(|title| !title.is_empty()).into_iter().collect();
        let mut add = |before: &str, texts: &[String]| {
            if !texts.is_empty() {
                parts.push(format!("{before} {}", texts.join(", ")));
            }
        };
        add("all with", &self.constant);
        add("in every row", &self.repeated);
        add("without", &self.absent);
        parts.join("; ")
    }
}
