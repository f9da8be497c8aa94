//! `drsae report`: the files that it writes, and its page in a browser.

mod browser;
mod usable;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use browser::Browser;
use drsae::analysis::TableView;
use drsae::report::{LivePage, live_page};

const SPEC: &str = r#"name = "tiny"
question = "Is <b> & \"c\" safe?"
seeds = 3

[data]
source = "strokes"
train = 200
validation = 50
test = 100

[model]
hidden = 8

[training]
batch = 20
phases = [{ epochs = 1, rate = 3e-3 }, { epochs = 2, rate = 3e-3, discriminative = true }]

[sweep.grid]
"model.steps" = [1, 3]
"model.family" = ["drsae", "untied", "mlp"]

[compare]
reference = { "model.family" = "drsae" }
match = "parameters"
"#;

/// A folder with a sweep that has run.
struct Lab {
    folder: TempDir,
}

impl Lab {
    fn run() -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap() };
        lab.sweep(SPEC);
        lab
    }

    /// Runs a sweep of this spec as well.
    fn sweep(&self, spec: &str) {
        fs::write(self.path("spec.toml"), spec).unwrap();
        self.drsae(&["sweep", "spec.toml"]);
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    fn text(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Edits a merged table, and has it taken as it is.
    fn replace_table(&self, name: &str, content: &[u8]) {
        fs::write(self.path(&format!("results/tiny/{name}")), content).unwrap();
        fs::remove_file(self.path("results/tiny/SHA256SUMS")).unwrap();
    }

    fn drsae(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drsae"));
        let output = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output
    }

    /// Names and texts of the figures.
    fn figures(&self) -> Vec<(String, String)> {
        let folder = fs::read_dir(self.path("results/tiny/analysis/figures")).unwrap();
        let paths = folder.map(|entry| entry.unwrap().path());
        let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut figures: Vec<_> =
            paths.map(|path| (name(&path), fs::read_to_string(path).unwrap())).collect();
        figures.sort();
        figures
    }
}

#[test]
fn figures_are_named_and_finite_and_come_out_the_same_again() {
    let lab = Lab::run();
    let output = lab.drsae(&["report", "spec.toml"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "results/tiny/analysis/report.html\n");
    let (figures, page) = (lab.figures(), lab.text("results/tiny/analysis/report.html"));
    let names: Vec<_> = figures.iter().map(|(name, _)| name.as_str()).collect();
    for expected in
        ["learning_curves", "paired_differences", "sparsity_reconstruction", "test_error_by_steps"]
    {
        assert!(names.contains(&expected), "{names:?}");
    }
    for (name, svg) in &figures {
        assert!(svg.starts_with("<svg xmlns") && svg.contains("<title>"), "{name}: {svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf,"), "{name}: {svg}");
    }
    fs::write(lab.path("results/tiny/analysis/report.html"), "old").unwrap();
    lab.drsae(&["analyze", "results/tiny/sweep.toml"]);
    assert_eq!((figures, page), (lab.figures(), lab.text("results/tiny/analysis/report.html")));
}

/// Three zipped settings, which change nothing that is trained when they get names.
#[test]
fn labels_name_zipped_cells_in_tables_and_figures_of_the_same_trials() {
    let base = &SPEC[..SPEC.find("[sweep.grid]").unwrap()];
    let zip = "[sweep.zip]\n\"model.steps\" = [1, 3, 3]\n\"training.batch\" = [20, 20, 10]\n\
               \"objective.sparsity\" = [0.01, 0.01, 0.02]\n";
    let labels = ["short", "+ two more iterations", "+ small batches, \"our\" λ"];
    let lab = Lab { folder: tempfile::tempdir().unwrap() };
    lab.sweep(&format!("{base}{zip}"));
    let trials = || {
        let folders = fs::read_dir(lab.path("results/tiny/trials")).unwrap();
        let facts = |folder: PathBuf| fs::read(folder.join("provenance.json")).unwrap();
        let mut trials: Vec<_> = folders.map(|entry| entry.unwrap().path()).collect();
        trials.sort();
        trials.into_iter().map(|folder| (folder.clone(), facts(folder))).collect::<Vec<_>>()
    };
    let before = trials();
    assert_eq!(before.len(), 9);
    lab.sweep(&format!("{base}{zip}label = {labels:?}\n[compare]\nreference = {{ label = \"short\" }}\n"));
    assert_eq!(trials(), before);

    let header = |name: &str| lab.text(name).lines().next().unwrap().to_owned();
    assert_eq!(header("results/tiny/plan.csv"), "index,trial,label,seed,parameters,training_flops");
    assert!(header("results/tiny/trials.csv").ends_with(",test_images,label"));
    assert!(header("results/tiny/analysis/summary.csv").starts_with("label,family,steps,hidden,"));
    let comparison = lab.text("results/tiny/analysis/comparison.csv");
    assert!(comparison.contains("\nshort,+ two more iterations,"), "{comparison}");
    assert!(comparison.contains("\nshort,\"+ small batches, \"\"our\"\" λ\","), "{comparison}");

    lab.drsae(&["report", "spec.toml"]);
    let figures = lab.figures();
    let figure = |name: &str| &figures.iter().find(|(known, _)| known == name).unwrap().1;
    for (name, labels) in [("test_error_by_label", &labels[..]), ("paired_differences", &labels[1..])] {
        let svg = figure(name).split("</desc>").nth(1).unwrap();
        let places: Vec<_> = labels.iter().map(|label| svg.find(&format!(">{label}</text>"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{name}: {places:?} {svg}");
    }
    assert!(lab.text("results/tiny/analysis/tables.md").contains("| label |"));
}

#[test]
fn merged_tables_suffice_for_cost_and_provenance() {
    let lab = Lab::run();
    fs::remove_dir_all(lab.path("results/tiny/trials")).unwrap();
    let trials = lab.text("results/tiny/trials.csv");
    let row = |(index, row): (usize, &str)| {
        let (id, day, seconds) = (row.split(',').next().unwrap(), index % 9 + 1, 1.5 * (index + 1) as f64);
        format!(
            "{index},{id},0.1.0,1,0123abcd,false,,0,1,a=00; b=11,Some CPU,2,1,linux,2026-01-0{day}T00:00:00Z,{seconds}\n"
        )
    };
    let rows: String = trials.lines().skip(1).enumerate().map(row).collect();
    let header = "index,trial,version,numerics,commit,dirty,rustc,lockfile,binary,data,cpu,cores,threads,system,started,seconds";
    let provenance = format!("{header}\n{rows}");
    lab.replace_table("provenance.csv", provenance.as_bytes());
    lab.drsae(&["report", "results/tiny/sweep.toml"]);
    assert!(lab.figures().iter().any(|(name, _)| name == "error_by_seconds"));
    let page = lab.text("results/tiny/analysis/report.html");
    for expected in [
        "<dd>0123abcd</dd>",
        "<dd>a=00</dd>\n<dd>b=11</dd>",
        "2026-01-01T00:00:00Z to 2026-01-09T00:00:00Z",
        "<code>git checkout 0123abcd</code>",
        "<td>complete: its error is that of a guess</td>",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    // 18 trials: 1.5 s · 18 · 19 / 2.
    assert!(page.contains(&format!("{:.2} h of wall-clock", 256.5 / 3600.0)));
}

#[test]
fn trials_that_are_not_complete_are_listed() {
    let lab = Lab::run();
    fs::remove_dir_all(lab.path("results/tiny/trials")).unwrap();
    let trials = lab.text("results/tiny/trials.csv");
    let last = trials.lines().last().unwrap();
    let (known, _) = last.split_once(",complete,").unwrap();
    let empty = ",".repeat(last.split(',').count() - known.split(',').count() - 1);
    let trials = trials.replace(last, &format!("{known},diverged{empty}"));
    lab.replace_table("trials.csv", trials.as_bytes());
    fs::remove_file(lab.path("results/tiny/mistakes.csv")).unwrap_or_default();
    lab.drsae(&["report", "results/tiny/sweep.toml"]);
    let page = lab.text("results/tiny/analysis/report.html");
    let id = last.split(',').next().unwrap();
    assert!(page.contains("17 of 18 trials complete"));
    assert!(page.contains(&format!("<tr><td>{id}</td><td>diverged</td><td class=\"number\">3</td>")));
}

#[test]
fn verify_knows_figures_and_page() {
    let lab = Lab::run();
    lab.drsae(&["report", "spec.toml"]);
    lab.drsae(&["verify", "spec.toml"]);
    let verify = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drsae"));
        let output = command.args(["verify", "spec.toml"]).current_dir(lab.folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let folder = "results/tiny/analysis";
    fs::write(lab.path(&format!("{folder}/figures/of_old.svg")), "<svg/>").unwrap();
    let (code, message) = verify();
    assert!(code == Some(0) && message.contains("of_old.svg is not a figure of this sweep"), "{message}");
    for name in ["report.html", "figures/learning_curves.svg"] {
        let path = lab.path(&format!("{folder}/{name}"));
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, whole.replacen('1', "2", 1)).unwrap();
        let (code, message) = verify();
        assert!(
            code == Some(1) && message.contains(&format!("{name} does not match the tables")),
            "{message}"
        );
        fs::write(&path, whole).unwrap();
    }
}

/// The script that returns the texts of a table, row by row.
fn cells(table: &str) -> String {
    format!(
        "Array.from(document.querySelectorAll('#{table} tbody tr')).map((row) => \
         Array.from(row.cells).map((cell) => cell.textContent))"
    )
}

fn rows(browser: &mut Browser, table: &str) -> Vec<Vec<String>> {
    serde_json::from_value(browser.value(&cells(table))).unwrap()
}

#[test]
fn the_page_opens_from_disk_and_says_what_the_tables_say() {
    let Some(mut browser) = Browser::start() else {
        eprintln!("skipped: there is no Chromium on the path");
        return;
    };
    let lab = Lab::run();
    lab.drsae(&["report", "spec.toml"]);
    let page = lab.path("results/tiny/analysis/report.html");
    browser.open(&page);

    assert_eq!(browser.value("document.querySelector('.question').textContent"), "Is <b> & \"c\" safe?");
    numbers_are_those_of_the_comparison(&mut browser, &lab);
    a_click_and_a_key_sort(&mut browser);
    filters_act_on_every_table_that_has_the_setting(&mut browser);
    marks_say_cell_seed_and_value(&mut browser, &lab);
    it_has_the_colours_of_every_scheme(&mut browser);
    usable::assert_usable(&mut browser, "tiny-summary");
    nothing_scrolls_at_the_width_of_a_notebook(&mut browser);

    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(browser.requests(), [format!("file://{}", page.display())]);
}

fn numbers_are_those_of_the_comparison(browser: &mut Browser, lab: &Lab) {
    let text = lab.text("results/tiny/analysis/comparison.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let expected: Vec<Vec<String>> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let number = |name: &str| row[at(name)].parse::<f64>().unwrap();
            let difference = format!(
                "{:+.2} [{:.2}, {:.2}]",
                number("mean_difference"),
                number("low_95"),
                number("high_95")
            );
            vec![row[at("steps")].to_owned(), row[at("challenger")].to_owned(), difference]
        })
        .collect();
    let shown = rows(browser, "tiny-comparison");
    let shown: Vec<_> =
        shown.iter().map(|row| vec![row[0].clone(), row[1].clone(), row[4].clone()]).collect();
    assert_eq!(shown, expected);
    assert_eq!(expected.len(), 4);
}

fn a_click_and_a_key_sort(browser: &mut Browser) {
    let column = |browser: &mut Browser, at: usize| -> Vec<f64> {
        let rows = rows(browser, "tiny-summary");
        let number = |row: &Vec<String>| row[at].split(' ').next().unwrap().parse().unwrap();
        rows.iter().map(number).collect()
    };
    let (hidden, errors) = (2, 5);
    let planned = column(browser, errors);
    let mut ascending = planned.clone();
    ascending.sort_by(f64::total_cmp);
    assert_ne!(planned, ascending, "the sweep has its cells in the order of their errors");

    let head = format!("#tiny-summary th:nth-child({}) button", errors + 1);
    browser.click(&head);
    assert_eq!(column(browser, errors), ascending);
    assert_eq!(sorted(browser), ["ascending"]);
    browser.click(&head);
    ascending.reverse();
    assert_eq!(column(browser, errors), ascending);
    assert_eq!(sorted(browser), ["descending"]);

    let head = format!("#tiny-summary th:nth-child({}) button", hidden + 1);
    browser.press(&head, "Enter");
    assert!(column(browser, hidden).is_sorted());
    browser.press(&head, " ");
    let mut descending = column(browser, hidden);
    descending.reverse();
    assert!(descending.is_sorted() && descending.first() < descending.last());
}

/// The sort states of the columns.
fn sorted(browser: &mut Browser) -> Vec<String> {
    let heads = "Array.from(document.querySelectorAll('[aria-sort]')).map((head) => head.ariaSort)";
    serde_json::from_value(browser.value(heads)).unwrap()
}

fn filters_act_on_every_table_that_has_the_setting(browser: &mut Browser) {
    let counts = |browser: &mut Browser| -> Vec<String> {
        let counts =
            "Array.from(document.querySelectorAll('[role=status]')).map((count) => count.textContent)";
        serde_json::from_value(browser.value(counts)).unwrap()
    };
    let shown = |browser: &mut Browser, table: &str| -> Vec<String> {
        let script = format!(
            "Array.from(document.querySelectorAll('#{table} tbody tr')).filter((row) => row.offsetHeight > 0)\
             .map((row) => row.cells[0].textContent)"
        );
        serde_json::from_value(browser.value(&script)).unwrap()
    };
    let all = ["6 of 6 rows", "2 of 2 rows", "4 of 4 rows", "16 of 16 rows"];
    assert_eq!(counts(browser), all);
    browser.press(".filters label:first-child select", "ArrowDown");
    assert_eq!(counts(browser), ["3 of 6 rows", all[1], "2 of 4 rows", all[3]]);
    assert_eq!(shown(browser, "tiny-summary"), ["1"; 3]);
    assert_eq!(shown(browser, "tiny-comparison"), ["1"; 2]);
    browser.press(".filters button", "Enter");
    assert_eq!(counts(browser), all);
}

/// The marks of every complete trial in the figure of the error by T, by mouse and by keyboard.
fn marks_say_cell_seed_and_value(browser: &mut Browser, lab: &Lab) {
    let text = lab.text("results/tiny/trials.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let mut expected: Vec<String> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let [steps, family, seed] = ["steps", "family", "seed"].map(|name| &row[at(name)]);
            let error: f64 = row[at("test_error")].parse().unwrap();
            format!("T = {steps}, {family}\nseed {seed}\ntest error {error} %")
        })
        .collect();
    expected.sort();
    let marks = "#tiny-test_error_by_steps svg g";
    let all =
        format!("Array.from(document.querySelectorAll('{marks}')).map((mark) => mark.ariaLabel).sort()");
    let labels: Vec<String> = serde_json::from_value(browser.value(&all)).unwrap();
    let (means, seeds): (Vec<_>, Vec<_>) = labels.into_iter().partition(|label| label.contains("\nmean of "));
    assert_eq!(seeds, expected);
    assert!(means.len() == 6 && means.iter().all(|mean| mean.ends_with(']')), "{means:?}");

    browser.hover(&format!("{marks}:nth-of-type(3) circle"));
    let label = format!("document.querySelector('{marks}:nth-of-type(3)').ariaLabel");
    let hovered = usable::tip(browser).unwrap();
    assert_eq!(browser.value(&label), hovered);
    browser.press(&format!("{marks}:nth-of-type(2)"), "ArrowRight");
    assert!(usable::tip(browser).unwrap().starts_with(&hovered));

    // The page scrolls below the pointer, which rests: the mark with the focus stays shown.
    browser.hover(&format!("{marks}:nth-of-type(3) circle"));
    for figure in ["figure:last-of-type", "figure:first-of-type"] {
        let focused = format!("Array.from(document.querySelectorAll('{figure} svg [tabindex=\"0\"]')).pop()");
        let label = browser
            .value(&format!("(() => {{ const mark = {focused}; mark.focus(); return mark.ariaLabel; }})()"));
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(usable::tip(browser).is_some_and(|tip| tip.starts_with(label.as_str().unwrap())), "{label}");
    }
}

fn it_has_the_colours_of_every_scheme(browser: &mut Browser) {
    let paper = "getComputedStyle(document.documentElement).backgroundColor";
    let mut papers: Vec<Value> = Vec::new();
    for scheme in ["light", "dark"] {
        browser.show(1280, scheme);
        papers.push(browser.value(paper));
        let ink = browser.value("getComputedStyle(document.querySelector('svg text')).fill");
        assert_ne!(ink, papers[papers.len() - 1]);
        let rect = browser.value("getComputedStyle(document.querySelector('svg rect')).fill");
        assert_eq!(rect, papers[papers.len() - 1]);
    }
    assert_ne!(papers[0], papers[1]);
}

fn nothing_scrolls_at_the_width_of_a_notebook(browser: &mut Browser) {
    browser.show(1280, "light");
    let scrolling = "Array.from(document.querySelectorAll('.scroll')).filter((box) => box.scrollWidth > box.clientWidth)\
                     .map((box) => box.ariaLabel)";
    assert_eq!(browser.value(scrolling), serde_json::json!([]));
}

#[test]
fn intervals_of_errors_end_at_zero() {
    let lab = Lab::run();
    fs::remove_dir_all(lab.path("results/tiny/trials")).unwrap();
    fs::remove_file(lab.path("results/tiny/mistakes.csv")).unwrap_or_default();
    let text = lab.text("results/tiny/trials.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for row in reader.records() {
        // Of three seeds, two have small errors: Student's interval of their mean begins below 0.
        let row = row.unwrap();
        let error = if &row[at("seed")] == "3" { "20.0" } else { "0.5" };
        let cells = row.iter().enumerate();
        writer
            .write_record(cells.map(|(column, cell)| if column == at("test_error") { error } else { cell }))
            .unwrap();
    }
    lab.replace_table("trials.csv", &writer.into_inner().unwrap());
    lab.drsae(&["report", "results/tiny/sweep.toml"]);
    let figures = lab.figures();
    let (_, svg) = figures.iter().find(|(name, _)| name == "test_error_by_steps").unwrap();
    assert_eq!(svg.matches("test error 7 % [0, 34.97]").count(), 6, "{svg}");
    assert!(svg.contains(">0</text>") && !svg.contains("[−"), "{svg}");
}

#[test]
fn the_live_page_fits_every_width() {
    let Some(mut browser) = Browser::start() else { return };
    let long = "x".repeat(200);
    let running = TableView {
        name: "running trials",
        caption: String::new(),
        head: ["running", "host", "phase", "epoch", "loss", "valid / %", "rate", "left", "curve"]
            .map(str::to_owned)
            .to_vec(),
        texts: 3,
        rows: vec![
            ["λ=0.005 T=5 seed 1", &long, "2", "3", "0.1", "1.2", "0.003", "5 min", "▁▂▃"]
                .map(str::to_owned)
                .to_vec(),
        ],
        file: None,
    };
    let page = live_page(&LivePage {
        name: &format!("search/{long}"),
        question: "Why?",
        line: format!("{long}: 3 trials: 1 running"),
        time: "2026-01-01 12:00:00".to_owned(),
        has_ended: false,
        running,
        messages: vec![format!("failed: /{long}/{long}")],
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("live.html");
    fs::write(&file, page.unwrap()).unwrap();
    browser.open(&file);
    usable::assert_fits(&mut browser);
    browser.key("Tab");
    let focused = browser.value("document.activeElement.getAttribute('aria-label')");
    assert_eq!(focused, "Running trials");
}

#[test]
fn index_and_comparison_of_sweeps_fit_every_width_and_take_the_keyboard() {
    let Some(mut browser) = Browser::start() else { return };
    let lab = Lab::run();
    for name in ["one", "two", "three"] {
        lab.sweep(
            &SPEC.replace("\"tiny\"", &format!("{name:?}")).replace("[1, 3]", "[3]").replace("200", "150"),
        );
    }
    lab.drsae(&["index"]);
    lab.drsae(&["compare", "results", "--output", "cells.html"]);
    for (page, table, rows) in [("results/index.html", "studies", 4), ("cells.html", "compare", 15)] {
        browser.open(&lab.path(page));
        usable::assert_usable(&mut browser, table);
        assert_eq!(self::rows(&mut browser, table).len(), rows);
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
    let pages =
        ["results/index.html", "cells.html"].map(|page| format!("file://{}", lab.path(page).display()));
    assert_eq!(browser.requests(), pages);
}

/// A setting of more values than a list takes is searched.
#[test]
fn many_values_are_searched() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.html");
    let rows: Vec<_> = (1..=13).map(|row| format!("<tr><td>Rate {row}<td class=number>{row}")).collect();
    let rows = rows.concat();
    let table = "<table><thead><tr><th>rate<th class=number>error<tbody>";
    let script = include_str!("../../src/report/page/filter.js");
    let page = format!(
        "<section class=table><div class=scroll>{table}{rows}</table></div></section><script>{script}</script>"
    );
    fs::write(&file, page).unwrap();
    browser.open(&file);
    browser.enter(".filters input", "rate 1");
    let count = "document.querySelector('[role=status]').textContent";
    assert_eq!(browser.value(count), "5 of 13 rows");
    assert_eq!(browser.value("document.querySelectorAll('.filters label').length"), 1);
}

#[test]
fn the_assertions_notice_what_is_cut_or_out_of_reach() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.html");
    let wide = "style='width: 2000px'";
    let page = format!(
        "<body style='overflow-x: hidden'><p id=cut {wide}>a</p><div style='overflow-x: auto'><p {wide}>b</p></div>\
         <button tabindex=-1>c</button><button>d</button>"
    );
    fs::write(&file, page).unwrap();
    browser.open(&file);
    browser.show(1280, "light");
    let cut = usable::cut(&mut browser);
    assert!(cut.len() == 1 && cut[0].contains("id=\"cut\""), "{cut:?}");
    assert_eq!(usable::out_of_reach(&mut browser, "button"), ["c"]);
}

#[test]
fn two_sweeps_stand_side_by_side() {
    let lab = Lab::run();
    lab.sweep(&SPEC.replace("\"tiny\"", "\"other\"").replace("[1, 3]", "[3]").replace("200", "150"));
    let output = lab.drsae(&["report", "results/tiny/sweep.toml", "results/other/sweep.toml"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "results/tiny-and-other.html\n");
    let page = lab.text("results/tiny-and-other.html");
    assert!(page.contains("<article id=\"tiny\"") && page.contains("<article id=\"other\""));
    assert!(page.contains("<section class=\"table\" id=\"common\">"));
    lab.drsae(&["report", "results/tiny/sweep.toml", "results/other/sweep.toml", "--out", "both.html"]);
    assert_eq!(lab.text("both.html"), page);
    // The page appears by a rename, so another name of the old file keeps the old page.
    fs::write(lab.path("both.html"), "old").unwrap();
    fs::hard_link(lab.path("both.html"), lab.path("old.html")).unwrap();
    lab.drsae(&["report", "results/tiny/sweep.toml", "results/other/sweep.toml", "--out", "both.html"]);
    assert_eq!((lab.text("both.html"), lab.text("old.html")), (page, "old".to_owned()));
}

#[test]
fn the_browser_notices_what_a_page_must_not_do() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("bad.html");
    // Nobody listens on the discard port.
    let bad =
        "<img src='http://127.0.0.1:9/a.png'><script>console.error('b'); throw new Error('c');</script>";
    fs::write(&page, bad).unwrap();
    browser.open(&page);
    assert!(browser.requests().iter().any(|address| address == "http://127.0.0.1:9/a.png"));
    let complaints = browser.complaints().join("\n");
    for expected in ["\"b\"", "Error: c", "ERR_"] {
        assert!(complaints.contains(expected), "{complaints}");
    }
}
