//! Labels of zipped cells.

use super::*;

const LABELLED: &str = r#"[sweep.grid]
"objective.sparsity" = [0.1, 0.2]
[sweep.zip]
"model.steps" = [1, 2, 2]
label = ["short", "+ deep", "+ wide"]
"model.hidden" = [40, 40, 50]
[[sweep.exclude]]
label = "+ deep"
"objective.sparsity" = 0.1
[compare]
reference = { label = "short" }
"#;

/// The same cells, named by their settings.
fn unlabelled() -> String {
    LABELLED
        .lines()
        .filter(|line| !line.starts_with("label = ["))
        .map(|line| match line {
            "label = \"+ deep\"" => "\"model.steps\" = 2\n\"model.hidden\" = 40\n".to_owned(),
            "reference = { label = \"short\" }" => "reference = { \"model.steps\" = 1 }\n".to_owned(),
            line => format!("{line}\n"),
        })
        .collect()
}

fn configs(sweep: &Sweep) -> Vec<&CellConfig> {
    sweep.cells.iter().map(|cell| &cell.config).collect()
}

#[test]
fn a_label_names_the_cells_and_is_no_setting() {
    let sweep = with(LABELLED).unwrap();
    let cells: Vec<_> = sweep.cells.iter().map(|cell| label(&cell.settings)).collect();
    let expected = [
        "`objective.sparsity` = 0.1, `label` = short",
        "`objective.sparsity` = 0.1, `label` = + wide",
        "`objective.sparsity` = 0.2, `label` = short",
        "`objective.sparsity` = 0.2, `label` = + deep",
        "`objective.sparsity` = 0.2, `label` = + wide",
    ];
    assert_eq!(cells, expected);
    let paths = |axes: &[Axis]| axes.iter().map(|axis| axis.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&sweep.axes), ["objective.sparsity", LABEL]);
    assert_eq!(paths(&sweep.labelled), ["model.steps", "model.hidden"]);
    assert_eq!(sweep.compare.as_ref().unwrap().reference[LABEL], "short".into());

    let settings = with(&unlabelled()).unwrap();
    assert_eq!(configs(&sweep), configs(&settings));
}

#[test]
fn a_label_is_written_and_read_back() {
    for more in [
        LABELLED.to_owned(),
        "[[sweep.zip]]\nlabel = [\"a\", \"b\"]\nmodel.steps = [1, 2]\n[[sweep.zip]]\nmodel.hidden = [3, 4]\n"
            .into(),
        "[[sweep.zip]]\nmodel.hidden = [3, 4]\n[[sweep.zip]]\nmodel.steps = [1, 2]\nlabel = [\"a\", \"b\"]\n"
            .into(),
    ] {
        let sweep = with(&more).unwrap();
        let written = sweep.to_toml().unwrap();
        assert_eq!(parse(&written, &[]).unwrap(), sweep, "{written}");
    }
}

#[test]
fn labels_are_overridden_as_other_axes_are() {
    let text = format!("{BASE}{LABELLED}");
    let sets = ["sweep.zip.label=[\"one\", \"+ deep\", \"three\"]", "compare.reference.label=three"];
    let sweep = parse(&text, &sets).unwrap();
    assert_eq!(sweep.cells[1].settings[1], (LABEL.to_owned(), "three".into()));
    assert_eq!(sweep.compare.unwrap().reference[LABEL], "three".into());
    let refused = parse(&text, &["model.steps=5"]).unwrap_err().to_string();
    assert!(refused.contains("has no effect: the axis `model.steps` is swept"), "{refused}");
}

#[test]
fn labels_that_name_no_cell_are_refused() {
    let zip = |lines: &str| with(&format!("[sweep.zip]\n{lines}\n")).unwrap_err().to_string();
    let labels = |list: &str| zip(&format!("label = {list}\nmodel.steps = [1, 2]"));
    let long = format!("[\"a\", \"{}\"]", "b".repeat(33));
    let refused = [
        labels("\"a\""),
        labels("[]"),
        labels("[\"a\", 2]"),
        labels("[\"a\", \"\"]"),
        labels("[\"a\", \"b \"]"),
        labels("[\"a\", \"b\\nc\"]"),
        labels(&long),
        labels("[\"a\", \"1e3\"]"),
        labels("[\"a\", \"a\"]"),
        labels("[\"a\"]"),
        zip("label = [\"a\", \"b\"]"),
        with("[sweep.grid]\nlabel = [\"a\", \"b\"]\n").unwrap_err().to_string(),
    ];
    let short = "must be 1 to 32 characters on one line, without spaces around them, not";
    let expected = [
        "a.toml:20:1: `sweep.zip.label` must be a list of values, not \"a\"".to_owned(),
        "a.toml:20:1: axis `label` has no values; list at least one, or remove the axis".into(),
        "a.toml:20:15: `sweep.zip.label.1` must be a text in quotes, not 2".into(),
        format!("a.toml:20:15: `sweep.zip.label.1` {short} \"\""),
        format!("a.toml:20:15: `sweep.zip.label.1` {short} \"b \""),
        format!("a.toml:20:15: `sweep.zip.label.1` {short} \"\"\"\\nb\\nc\"\"\""),
        format!("a.toml:20:15: `sweep.zip.label.1` {short} \"{}\"", "b".repeat(33)),
        "a.toml:20:15: `sweep.zip.label.1` must be more than a number, as which tables would read \"1e3\"".into(),
        "a.toml:20:15: `sweep.zip.label.1` repeats \"a\"; every cell needs a label of its own".into(),
        "a.toml:21:7: zipped axes need lists of equal length: `label` has 1, `model.steps` has 2".into(),
        "a.toml:20:1: `sweep.zip.label` names cells without settings; list those beside it".into(),
        "a.toml:20:1: `sweep.grid.label` names zipped cells; write it in `[sweep.zip]`, beside their settings".into(),
    ];
    assert_eq!(refused, expected);
}

#[test]
fn a_label_replaces_its_settings_as_axes() {
    let zip = "[[sweep.zip]]\nlabel = [\"a\", \"b\"]\nmodel.hidden = [40, 50]\n";
    let after = |lines: &str| with(&format!("{zip}{lines}")).unwrap_err().to_string();
    let refused = [
        after("[[sweep.exclude]]\nmodel.hidden = 40\n"),
        after("[[sweep.exclude]]\nlabel = \"c\"\n"),
        after("[compare]\nreference = { model.hidden = 40 }\n"),
        after("[compare]\nreference = { label = \"c\" }\n"),
        after("[compare]\nreference = { label = \"a\" }\ntuned = [\"model.hidden\"]\n"),
        after("[compare]\nreference = { label = \"a\" }\nmatch = \"parameters\"\n"),
        after("[[sweep.zip]]\nlabel = [\"c\"]\nmodel.steps = [2]\n"),
        after("[search]\nmethod = \"grid\"\nseeds = 1\n[search.space]\nobjective.sparsity = [0.1, 0.2]\n"),
        with(&zip.replace("50", "40")).unwrap_err().to_string(),
    ];
    let expected = [
        "a.toml:23:7: `model.hidden` is not an axis of this sweep; possible here: `label`",
        "a.toml:23:1: \"c\" is not a value of the axis `label`; possible here: `a`, `b`",
        "a.toml:23:21: `model.hidden` is not an axis of this sweep; possible here: `label`",
        "a.toml:23:15: \"c\" is not a value of the axis `label`; possible here: `a`, `b`",
        "a.toml:24:10: `model.hidden` is not an axis of this sweep; possible here: `label`",
        "a.toml:24:1: `compare.match` chooses `model.hidden`, which therefore cannot be an axis of the reference",
        "a.toml:23:1: axis `label` is swept twice; keep one of the lists",
        "a.toml:20:1: `sweep.zip.0.label` cannot name the cells of a study, whose settings the search chooses; \
         remove the labels",
        "a.toml:21:21: duplicate trial: the cells `label` = a and `label` = b are the same config",
    ];
    assert_eq!(refused, expected);
}
