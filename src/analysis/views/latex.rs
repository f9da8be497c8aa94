//! `tables.tex`: floats of the `booktabs` package, to be read into a paper by `\input`.

use super::TableView;
use crate::text::printable;

/// The views, each a float with its caption and the label `tab:<name>`.
pub fn tables(views: &[TableView]) -> String {
    let tables: Vec<_> = views.iter().map(table).collect();
    format!("% Needs \\usepackage{{booktabs}}.\n\n{}", tables.join("\n"))
}

fn table(view: &TableView) -> String {
    let columns: String = (0..view.head.len()).map(|at| if at < view.texts { 'l' } else { 'r' }).collect();
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("    {} \\\\\n", cells.join(" & "))
    };
    let rows: String = view.rows.iter().map(|row| line(row)).collect();
    format!(
        "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n  \\label{{tab:{}}}\n  \
         \\begin{{tabular}}{{{columns}}}\n    \\toprule\n{}    \\midrule\n{rows}    \\bottomrule\n  \
         \\end{{tabular}}\n\\end{{table}}\n",
        escaped(&view.caption),
        view.name,
        line(&view.head)
    )
}

/// Escaped text for LaTeX; a hyphen before a digit becomes a minus.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let text = printable(text);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let digit_follows = letters.peek().is_some_and(char::is_ascii_digit);
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', letter]),
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '-' if digit_follows && !before.is_alphanumeric() => out.push_str("$-$"),
            '−' => out.push_str("$-$"),
            '+' | '<' | '>' | '=' => out.extend(['$', letter, '$']),
            '±' => out.push_str("$\\pm$"),
            'Δ' => out.push_str("$\\Delta$"),
            'λ' => out.push_str("$\\lambda$"),
            'γ' => out.push_str("$\\gamma$"),
            '–' => out.push_str("--"),
            other => out.push(other),
        }
        before = letter;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_a_float() {
        let view = TableView {
            name: "grid",
            caption: "Challenger − reference, 95 % interval.".to_owned(),
            head: ["model_family", "Δ / pp"].map(str::to_owned).to_vec(),
            texts: 1,
            rows: vec![["untied-recurrent", "+0.50 [-0.12, 1.12]"].map(str::to_owned).to_vec()],
            file: None,
        };
        insta::assert_snapshot!(tables(&[view]), @r"
        % Needs \usepackage{booktabs}.

        \begin{table}
          \centering
          \caption{Challenger $-$ reference, 95 \% interval.}
          \label{tab:grid}
          \begin{tabular}{lr}
            \toprule
            model\_family & $\Delta$ / pp \\
            \midrule
            untied-recurrent & $+$0.50 [$-$0.12, 1.12] \\
            \bottomrule
          \end{tabular}
        \end{table}
        ");
    }

    #[test]
    fn no_value_ends_its_line() {
        assert_eq!(escaped("a\n\u{1b}b"), "a\\textbackslash{}n\\textbackslash{}u001bb");
    }

    #[test]
    fn what_latex_would_read_is_written_out() {
        assert_eq!(
            escaped("a_b & 5 % {~^} \\"),
            "a\\_b \\& 5 \\% \\{\\textasciitilde{}\\textasciicircum{}\\} \\textbackslash{}"
        );
        assert_eq!(escaped("+ our λ and γ"), "$+$ our $\\lambda$ and $\\gamma$");
        assert_eq!(escaped("1.25 ± 0.35, <0.001, –, t-2"), "1.25 $\\pm$ 0.35, $<$0.001, --, t-2");
    }
}
