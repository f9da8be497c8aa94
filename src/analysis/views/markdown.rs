//! `tables.md`.

use super::TableView;
use crate::analysis::Compared;
use crate::text::printable;

/// The verdict and the views, each with its caption.
pub fn page(views: &[TableView], compared: Option<&Compared>) -> String {
    let mut parts = Vec::new();
    parts.extend(compared.map(|compared| format!("{}\n", escaped(&compared.verdict))));
    parts.extend(views.iter().map(table));
    parts.extend(compared.map(left_out));
    parts.join("\n")
}

/// Cells that are not compared, and a reference to the table that is too long for a page, or the reason why it is
/// missing.
fn left_out(compared: &Compared) -> String {
    let cells = match &compared.contrast.unmatched[..] {
        [] => String::new(),
        cells => {
            format!("Cells without a reference, which are not compared: {}\n\n", escaped(&cells.join("; ")))
        }
    };
    match &compared.examples {
        Ok(_) => format!("{cells}Single networks are compared on the same test images in examples.csv.\n"),
        Err(absent) => {
            format!("{cells}Not compared on the same test images: {}.\n", escaped(&absent.to_string()))
        }
    }
}

fn table(view: &TableView) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = |at| if at < view.texts { "---" } else { "---:" };
    let rules: Vec<_> = (0..view.head.len()).map(rule).collect();
    let rows: String = view.rows.iter().map(|row| line(row)).collect();
    format!(
        "**{}.** {}\n\n{}|{}|\n{rows}",
        view.title(),
        escaped(&view.caption),
        line(&view.head),
        rules.join("|")
    )
}

/// Text with escaped markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in printable(text).chars() {
        if "\\`*_|<>[]".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_its_row() {
        assert_eq!(escaped("a\n\u{1b}b"), r"a\\n\\u001bb");
    }

    #[test]
    fn a_sheet_is_a_table_of_plain_text() {
        let view = TableView {
            name: "grid",
            caption: "Over *all* cells.".to_owned(),
            head: ["model_family", "n"].map(str::to_owned).to_vec(),
            texts: 1,
            rows: vec![["a|b", "<0.001"].map(str::to_owned).to_vec()],
            file: None,
        };
        insta::assert_snapshot!(table(&view), @r"
        **Grid.** Over \*all\* cells.

        | model\_family | n |
        |---|---:|
        | a\|b | \<0.001 |
        ");
    }
}
