//! `drsae index`: the page that lists the studies of a folder.

use std::fs;
use std::path::Path;

use crate::lab::{Lab, SPEC, output_of};

/// Writes the page and returns it, slashes and quotation marks as they are shown.
fn index(lab: &Lab, folder: &str) -> String {
    let (out, log) = output_of(&lab.drsae_in(".", &["index", folder]).success());
    assert_eq!((out, log.as_str()), (format!("{folder}/index.html\n"), ""));
    lab.read(format!("{folder}/index.html")).replace("&#x2f;", "/").replace("&#x27;", "'")
}

/// The cells of the row of a sweep, as HTML.
fn row<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let rows = page.split("<tr>").map(|row| row.split("</tr>").next().unwrap());
    let cells = |row: &'p str| -> Vec<&str> {
        row.split("<td")
            .skip(1)
            .map(|cell| cell.split_once('>').unwrap().1.trim_end_matches("</td>"))
            .collect()
    };
    let is_named = |cells: &Vec<&str>| {
        cells.first().is_some_and(|cell| cell.contains(&format!("{name}<")) || *cell == name)
    };
    rows.map(cells).find(is_named).unwrap_or_else(|| panic!("{name} is not in {page}"))
}

#[test]
fn every_sweep_is_listed_and_equal_tables_give_equal_bytes() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    lab.drsae("report", &[]).success();
    lab.write("second.toml", SPEC.replace("name = \"tiny\"", "name = \"group/half\""));
    lab.drsae_in(".", &["trial", "second.toml", "--index", "0"]).success();
    lab.drsae_in(".", &["analyze", "second.toml"]).success();
    lab.write("third.toml", SPEC.replace("name = \"tiny\"", "name = \"begun\""));
    lab.drsae_in(".", &["trial", "third.toml", "--index", "0"]).success();
    let before = lab.files("tiny");
    let page = index(&lab, "results");
    assert_eq!(lab.files("tiny"), before);

    let tiny = row(&page, "tiny");
    assert_eq!(tiny[0], "<a href=\"tiny/analysis/report.html\">tiny</a>");
    assert!(lab.path("results/tiny/analysis/report.html").is_file());
    assert_eq!(tiny[1], "Which family is better?");
    assert!(tiny[2].starts_with("At equal parameter count drsae has "), "{tiny:?}");
    assert_eq!((tiny[3], tiny[5], tiny[6]), ("exploratory", "drsae sweep tiny", "4"));
    let started = lab.read("results/tiny/provenance.csv");
    let started: Vec<&str> = started.lines().skip(1).map(|row| row.rsplit(',').nth(1).unwrap()).collect();
    assert_eq!(tiny[4], started.iter().max().unwrap().split('T').next().unwrap());
    let summary = lab.read("results/tiny/analysis/tables.md");
    assert!(summary.contains(&format!("| {} |", tiny[7])), "{tiny:?} {summary}");
    let half = row(&page, "group/half");
    assert_eq!((half[0], half[6]), ("group/half", "1/4"));
    assert_eq!(row(&page, "begun")[6..], ["0/4", "–", "–"]);
    // The trial of `group/half` is one of `tiny`.
    assert!(page.contains("3 sweeps with 4 complete trials in all"), "{page}");

    for hidden in [lab.path("").to_str().unwrap(), "src=", "http://", "https://"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    assert!(page.contains("<section class=\"table\" id=\"studies\">"));
    fs::remove_dir_all(lab.path("results/tiny/trials")).unwrap();
    assert_eq!(index(&lab, "results"), page);
    fs::rename(lab.path("results"), lab.path("moved")).unwrap();
    assert_eq!(index(&lab, "moved"), page);
}

/// Copies a folder of this repository's results.
fn copy(lab: &Lab, from: &Path, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = format!("{to}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            copy(lab, &path, &to);
        } else {
            lab.write(&to, fs::read(&path).unwrap());
        }
    }
}

#[test]
fn a_study_is_confirmatory_and_an_anatomy_has_its_verdicts() {
    let lab = Lab::new(SPEC);
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    for name in ["study/families", "anatomy/strokes"] {
        copy(&lab, &stored.join(name), &format!("all/{name}"));
    }
    let page = index(&lab, "all");
    let study = row(&page, "study/families");
    assert_eq!((study[3], study[5], study[6]), ("confirmatory", "drsae study study/families", "80"));
    let search = row(&page, "study/families/search");
    assert_eq!((search[2], search[3], search[5]), ("", "sealed", "drsae search study/families"));
    let anatomy = row(&page, "anatomy/strokes");
    assert_eq!(anatomy[0], "<a href=\"anatomy/strokes/anatomy.html\">anatomy/strokes</a>");
    let claims = fs::read_to_string(stored.join("anatomy/strokes/claims.md")).unwrap();
    // A head, a rule, and a row for each claim.
    assert_eq!(anatomy[2], (claims.lines().filter(|line| line.starts_with('|')).count() - 2).to_string());
}

#[test]
fn a_folder_without_results_is_refused() {
    let lab = Lab::new(SPEC);
    let refusal = |folder: &str| output_of(&lab.drsae_in(".", &["index", folder]).code(2)).1;
    assert_eq!(refusal("results"), "error: there is no folder results\n");
    fs::create_dir(lab.path("empty")).unwrap();
    assert_eq!(
        refusal("empty"),
        "error: there are no results in empty or below: `drsae sweep` writes some\n"
    );
    assert!(!lab.path("empty/index.html").exists());
}
