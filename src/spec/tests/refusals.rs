//! The text of every refusal.

use toml::Value;

use super::*;

fn refusal(result: Result<Sweep, Error>) -> String {
    result.unwrap_err().to_string()
}

/// The error for the base spec with `from` replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(BASE.contains(from));
    refusal(parse(&BASE.replacen(from, to, 1), &[]))
}

#[test]
fn unknown_keys_name_the_line_and_the_nearest_key() {
    let refused = [
        changed("steps = 3", "stpes = 3"),
        changed("seeds = 2", "sedes = 2"),
        changed("rate = 1e-3 }", "rate = 1e-3, mask = 0.1 }"),
        changed("hidden = 40", "sparsity = 0.1"),
        changed("hidden = 40", "zzz = 1"),
        refusal(parse(BASE, &["model.stpes=3"])),
    ];
    let expected = [
        "a.toml:11:1: unknown key `model.stpes`; did you mean `model.steps`?",
        "a.toml:3:1: unknown key `sedes`; did you mean `seeds`?",
        "a.toml:16:30: unknown key `training.phases.0.mask`; did you mean `training.phases.0.masking`?",
        "a.toml:12:1: unknown key `model.sparsity`; did you mean `objective.sparsity`?",
        "a.toml:12:1: unknown key `model.zzz`; possible here: `family`, `steps`, `hidden`, \
         `decoder_nonnegative`, `initial_step`, `initial_threshold`, `initial_images`, `initial_classifier`, \
         `classifier_bias`, `input`, `start`, `bounds`, `tie`, `options`",
        "--set model.stpes=3: unknown key `model.stpes`; did you mean `model.steps`?",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn bad_values_name_the_line_and_what_is_right() {
    let refused = [
        changed("steps = 3", "steps = 0"),
        changed("steps = 3", "steps = \"three\""),
        changed("steps = 3", "steps = -1"),
        changed("steps = 3", "steps = 1.5"),
        changed("\"strokes\"", "\"stroke\""),
        changed("\"strokes\"", "3"),
        changed("\"strokes\"", "\"idx\""),
        changed("epochs = 2, ", ""),
        changed("epochs = 2", "epochs = 0"),
        changed("name = \"small\"\n", ""),
        changed("seeds = 2", "seeds = 2 2"),
        refusal(parse(&BASE[..BASE.find("[training]").unwrap()], &[])),
        refusal(parse(BASE, &["model.steps=0"])),
        refusal(parse(BASE, &["training.phases.2.rate=1"])),
    ];
    let expected = [
        "a.toml:11:1: `model.steps` must be between 1 and 1000, not 0",
        "a.toml:11:1: `model.steps` must be a whole number, zero or more, not \"three\"",
        "a.toml:11:1: `model.steps` must be a whole number, zero or more, not -1",
        "a.toml:11:1: `model.steps` must be a whole number, zero or more, not 1.5",
        "a.toml:6:1: unknown value \"stroke\" for `data.source`; did you mean `strokes`?",
        "a.toml:6:1: `data.source` must be a text in quotes, not a value of another kind",
        "a.toml:5:2: `data.folder` is required for `data.source` = \"idx\"",
        "a.toml:17:3: `training.phases.1.epochs` is missing",
        "a.toml:17:5: `training.phases.1.epochs` must be between 1 and 1000000, not 0",
        "a.toml: `name` is missing",
        "a.toml:3:9: not valid TOML: string values must be quoted, expected literal string",
        "a.toml: `training.phases` is missing",
        "--set model.steps=0: `model.steps` must be between 1 and 1000, not 0",
        "--set training.phases.2.rate=1: `training.phases` has no element 2: it has 2, counted from 0",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn schedules_and_initial_values_that_cannot_be_used_are_named() {
    let phase = |settings: &str| changed("rate = 1e-3 }", &format!("rate = 1e-3, {settings} }}"));
    let model = |setting: &str| changed("hidden = 40", setting);
    let training = |settings: &str| changed("[training]", &format!("[training]\n{settings}"));
    let refused = [
        phase("schedule = \"hyperbolic\""),
        phase("schedule = \"hyperbolic\", decay = -1.0"),
        model("initial_threshold = -1e-5"),
        model("initial_images = nan"),
        model("initial_classifier = -1.0"),
        model("bounds = { every = 0 }"),
        training("keep_every = 0"),
        training("validate_every = 2\nkeep_every = 3"),
        training("keep_every = 3\nstop_after = 2"),
        changed("validation = 500", "validation = 500\nholdout = \"first\""),
    ];
    let expected = [
        "a.toml:16:3: `training.phases.0.decay` is required for `schedule` = \"hyperbolic\"",
        "a.toml:16:55: `training.phases.0.decay` must be zero or more, not -1",
        "a.toml:12:1: `model.initial_threshold` must be zero or more, not -0.00001",
        "a.toml:12:1: `model.initial_images` must be zero or more, not NaN",
        "a.toml:12:1: `model.initial_classifier` must be zero or more, not -1",
        "a.toml:12:12: `model.bounds.every` must be between 1 and 1000000, not 0",
        "a.toml:15:1: `training.keep_every` must be between 1 and 1000000, not 0",
        "a.toml:16:1: `training.keep_every` must be a multiple of `training.validate_every` = 2, not 3",
        "a.toml:16:1: `training.stop_after` is 2, after which `training.keep_every` = 3 keeps no weights",
        "a.toml:9:1: unknown value \"first\" for `data.holdout`; possible here: `random`, `last`",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn names_become_folders() {
    let climbing = [
        "../a",
        "..",
        ".a",
        "a/../b",
        "a//b",
        "a/",
        "a/.b",
        "a/con",
        "a/trials",
        "a/unsealed",
        "a\\b",
        "/a",
        "c:",
        "a\0",
        "\u{2024}\u{2024}",
    ];
    let unusual = ["", "a b", "A", "é", "a\n", "con", "nul.a", "lpt1", "a.", &"a".repeat(65)];
    for name in climbing.into_iter().chain(unusual) {
        let refused = changed("\"small\"", &Value::from(name).to_string());
        assert!(refused.starts_with("a.toml:1:1: `name` becomes a folder"), "{refused}");
    }
    assert!(parse(BASE, &[&format!("name={}", "a".repeat(64)), "seeds=1"]).is_ok());
    assert!(parse(BASE, &["name='search/rates'"]).is_ok());
    assert_eq!(
        parse(BASE, &["name=0.1_a-b"]).err().map(|error| error.to_string()),
        Some(
            "--set name=0.1_a-b: `0.1_a-b` is not a value; as a text it needs quotes: \
             `--set 'name=\"0.1_a-b\"'`"
                .to_owned(),
        )
    );
}

#[test]
fn seeds_are_a_count_or_distinct_numbers() {
    let refused = ["0", "-1", "\"a\"", "2000000", "[]", "[1, 2, 1]", "[1, -2]", "[1.5]"]
        .map(|seeds| changed("seeds = 2", &format!("seeds = {seeds}")));
    let count = "must be a count from 1 to 1000000, or a list of whole numbers, not";
    let expected = [
        format!("a.toml:3:1: `seeds` {count} 0"),
        format!("a.toml:3:1: `seeds` {count} -1"),
        format!("a.toml:3:1: `seeds` {count} \"a\""),
        format!("a.toml:3:1: `seeds` {count} 2000000"),
        "a.toml:3:1: `seeds` must list at least one seed".into(),
        "a.toml:3:16: `seeds.2` repeats the seed 1".into(),
        "a.toml:3:13: `seeds.1` must be a whole number, zero or more, not -2".into(),
        "a.toml:3:10: `seeds.0` must be a whole number, zero or more, not 1.5".into(),
    ];
    assert_eq!(refused, expected);
}

#[test]
fn bad_axes_name_the_value() {
    let grid = |axes: &str| refusal(with(&format!("[sweep.grid]\n{axes}\n")));
    let refused = [
        grid("\"model.steps\" = []"),
        grid("\"model.steps\" = 3"),
        grid("\"model.stpes\" = [3]"),
        grid("seed = [1]"),
        grid("\"model.stpes\" = [\n  1,\n]"),
        grid("\"training.phases.5.rate\" = [1]"),
        grid("\"model.steps\" = [1,\n  0]"),
        grid("\"model.family\" = [\"drsae\", \"mpl\"]"),
        grid("\"model.steps\" = [1, 2]\nmodel.steps = [3]"),
        grid("\"model.bounds\" = [{ decoder = 1 }]\n\"model.bounds.decoder\" = [3]"),
        grid("\"model.steps\" = [1, 2]\n\"objective.sparsity\" = [1, 2, 1.0]"),
        grid("\"data.source\" = [\"strokes\", \"idx\"]"),
        grid("optimizer = [\"sgd\"]"),
        grid("decoder = [1]"),
        grid("\"training.phases.rate\" = [1]"),
        grid("\"model.family\" = [\"drsae\", \"gated\"]"),
    ];
    let expected = [
        "a.toml:20:1: axis `model.steps` has no values; list at least one, or remove the axis",
        "a.toml:20:1: `sweep.grid.model.steps` must be a list of values, not 3",
        "a.toml:20:1: unknown key `model.stpes`; did you mean `model.steps`?",
        "a.toml:20:1: `seed` cannot be an axis; name a setting with its table, such as `model.steps`",
        "a.toml:20:1: unknown key `model.stpes`; did you mean `model.steps`?",
        "a.toml:20:1: `training.phases` has no element 5: it has 2, counted from 0",
        "a.toml:21:3: `model.steps` must be between 1 and 1000, not 0",
        "a.toml:20:28: unknown value \"mpl\" for `model.family`; did you mean `mlp`?",
        "a.toml:21:7: axis `model.steps` is swept twice; keep one of the lists",
        "a.toml:21:1: axes `model.bounds` and `model.bounds.decoder` set the same values; keep one of them",
        "a.toml:21:31: duplicate trial: the cells `model.steps` = 1, `objective.sparsity` = 1 and \
         `model.steps` = 1, `objective.sparsity` = 1 are the same config",
        "a.toml:5:2: `data.folder` is required for `data.source` = \"idx\" \
         (in the cell `data.source` = idx)",
        "a.toml:20:1: `optimizer` cannot be an axis without its table; did you mean `training.phases.*.optimizer`?",
        "a.toml:20:1: `decoder` cannot be an axis without its table; possible here: `model.bounds.decoder`, \
         `training.phases.*.multipliers.decoder`",
        "a.toml:20:1: `training.phases` is a list: write `training.phases.*.rate` for all of its elements, or an \
         index from 0 in place of `*`",
        "a.toml:20:28: unknown value \"gated\" for `model.family`; \
         possible here: `drsae`, `untied`, `untied-recurrent`, `untied-encoder`, `mlp`, `residual-mlp`; \
         networks of your own exist only in the program that registers them",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn zips_move_together() {
    let zip = |lines: &str| refusal(with(lines));
    let refused = [
        zip("[sweep.zip]\n\"model.steps\" = [1, 2]\n\"model.hidden\" = [1, 2, 3]\n"),
        zip("[sweep]\nzip = 3\n"),
        zip("[sweep]\nzip = [3]\n"),
        zip("[sweep]\nziip = [3]\n"),
    ];
    let expected = [
        "a.toml:21:1: zipped axes need lists of equal length: `model.steps` has 2, `model.hidden` has 3",
        "a.toml:20:1: `sweep.zip` must be a table of lists, not 3",
        "a.toml:20:8: `sweep.zip.0` must be a table of lists, not 3",
        "a.toml:20:1: unknown key `sweep.ziip`; did you mean `sweep.zip`?",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn excludes_and_comparisons_are_about_axes() {
    let axes = "[sweep.grid]\n\"model.family\" = [\"drsae\", \"untied-recurrent\"]\n";
    let after = |lines: &str| refusal(with(&format!("{axes}{lines}")));
    let refused = [
        after("[[sweep.exclude]]\n\"model.famly\" = \"drsae\"\n"),
        after("[[sweep.exclude]]\n\"model.family\" = \"mpl\"\n"),
        after("[[sweep.exclude]]\n"),
        after("[compare]\nreference = { \"model.steps\" = 3 }\n"),
        after("[compare]\nreference = { model.family = \"untied-encoder\" }\n"),
        after("[compare]\nreference = {}\n"),
        after("[compare]\nmatch = \"parameters\"\n"),
        after("[compare]\nmatch = \"flops\"\nreference = { \"model.family\" = \"drsae\" }\n"),
    ];
    let expected = [
        "a.toml:22:1: `model.famly` is not an axis of this sweep; did you mean `model.family`?",
        "a.toml:22:1: unknown value \"mpl\" for `model.family`; did you mean `mlp`?",
        "a.toml:21:9: every cell is excluded; narrow `sweep.exclude`",
        "a.toml:22:15: `model.steps` is not an axis of this sweep; possible here: `model.family`",
        "a.toml:22:21: \"untied-encoder\" is not a value of the axis `model.family`; \
         possible here: `drsae`, `untied-recurrent`",
        "a.toml:22:1: `compare.reference` must name a value of some axis",
        "a.toml:21:2: `compare.reference` is missing",
        "a.toml:22:1: unknown value \"flops\" for `compare.match`; possible here: `parameters`, `operations`",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn a_swept_setting_cannot_be_set() {
    let text = format!("{BASE}[sweep.grid]\nmodel.steps = [1, 2]\n");
    assert_eq!(
        refusal(parse(&text, &["model.steps=5"])),
        "--set model.steps=5: has no effect: the axis `model.steps` is swept; \
         set `sweep.grid.model.steps=[…]` instead"
    );
    assert!(parse(&text, &["model.hidden=5"]).is_ok());
}

#[test]
fn a_star_sets_every_phase_and_is_blamed_for_what_it_sets() {
    let sweep = parse(BASE, &["training.phases.*.rate=0.5"]).unwrap();
    let rates: Vec<f64> = sweep.base.training.phases.iter().map(|phase| phase.rate).collect();
    assert_eq!(rates, [0.5, 0.5]);
    assert_eq!(
        refusal(parse(BASE, &["training.phases.*.rate=-1"])),
        "--set training.phases.*.rate=-1: `training.phases.0.rate` must be positive, not -1"
    );
    let swept = |axis: &str| {
        let text = format!("{BASE}[sweep.grid]\n\"{axis}\" = [1, 2]\n");
        parse(&text, &["training.phases.*.rate=0.5"])
    };
    assert!(refusal(swept("training.phases.*.rate")).contains("has no effect"));
    // The other phase has the value.
    assert_eq!(swept("training.phases.0.rate").unwrap().cells[0].config.training.phases[1].rate, 0.5);
}

#[test]
fn matched_widths_cannot_be_the_reference() {
    let more = "[sweep.grid]\nmodel.hidden = [1, 2]\n[compare]\nmatch = \"parameters\"\nreference = { model.hidden = 1 }\n";
    assert_eq!(
        refusal(with(more)),
        "a.toml:22:1: `compare.match` chooses `model.hidden`, which therefore cannot be an axis of the reference"
    );
}

#[test]
fn a_margin_is_a_difference_that_there_can_be() {
    let refused = |margin: &str| {
        refusal(with(&format!(
            "[sweep.grid]\nmodel.steps = [1, 2]\n[compare]\nreference = {{ model.steps = 1 }}\nmargin = {margin}\n"
        )))
    };
    let reason = "`compare.margin` is a difference in percentage points, more than 0 and less than 100, not";
    for (margin, shown) in [("0", "0"), ("-0.1", "-0.1"), ("100", "100"), ("nan", "NaN")] {
        assert_eq!(refused(margin), format!("a.toml:23:1: {reason} {shown}"));
    }
    assert_eq!(refused("\"a\""), "a.toml:23:1: `compare.margin` must be a number, not \"a\"");
}

#[test]
fn an_effect_has_as_many_cells_on_both_sides_that_the_sweep_has() {
    let refused = |effect: &str| {
        refusal(with(&format!(
            "[sweep.grid]\nmodel.steps = [1, 2]\nmodel.hidden = [3, 4]\n[[sweep.exclude]]\nmodel = {{ steps = 2, hidden = 4 }}\n\
             [compare]\nreference = {{ model.steps = 1 }}\n[[compare.effects]]\n{effect}\n"
        )))
    };
    let of = |plus: &str, minus: &str, more: &str| {
        refused(&format!("name = \"depth\"\nplus = [{plus}]\nminus = [{minus}]\n{more}"))
    };
    let (one, two) = ("{ model.steps = 1 }", "{ model.steps = 2 }");
    insta::assert_snapshot!(of(two, "", ""), @"a.toml:29:1: `compare.effects.0.minus` must list as many cells as `plus`, and at least one: 1 and 0");
    insta::assert_snapshot!(of("", "", ""), @"a.toml:29:1: `compare.effects.0.minus` must list as many cells as `plus`, and at least one: 0 and 0");
    insta::assert_snapshot!(of(two, "{ model.hidden = 3 }", ""), @"a.toml:29:1: `compare.effects.0.minus` names other axes (`model.hidden`) than the first cell (`model.steps`)");
    insta::assert_snapshot!(of(two, two, ""), @"a.toml:29:1: `compare.effects.0.minus` names a cell that the effect has already");
    insta::assert_snapshot!(of(two, "{ model.steps = 3 }", ""), @"a.toml:29:18: 3 is not a value of the axis `model.steps`; possible here: `1`, `2`");
    insta::assert_snapshot!(of(two, "{ model.setps = 1 }", ""), @"a.toml:29:18: `model.setps` is not an axis of this sweep; did you mean `model.steps`?");
    insta::assert_snapshot!(of(two, "{}", ""), @"a.toml:29:10: `compare.effects.0.minus.0` must name a value of some axis");
    insta::assert_snapshot!(of(two, one, "by = [\"model.steps\"]"), @"a.toml:30:7: `compare.effects.0.by` has `model.steps`, which is tuned, follows from the effect's cells, or is listed twice");
    insta::assert_snapshot!(of(two, one, "by = [\"model.tied\"]"), @"a.toml:30:7: `model.tied` is not an axis of this sweep; possible here: `model.hidden`");
    insta::assert_snapshot!(of("{ model = { steps = 2, hidden = 4 } }", "{ model = { steps = 1, hidden = 4 } }", ""), @"a.toml:28:1: `compare.effects.0.plus` and `minus` name cells that the sweep never has all at the same values of its other axes");
    insta::assert_snapshot!(refused("name = \" \"\nplus = []\nminus = []"), @"a.toml:27:1: `compare.effects.0.name` must be a text that no other effect has");
    insta::assert_snapshot!(refused("plus = []\nminus = []"), @"a.toml:26:1: `compare.effects.0.name` is missing");
    let again = format!("name = \"depth\"\nplus = [{two}]\nminus = [{one}]\n");
    insta::assert_snapshot!(refused(&format!("{again}[[compare.effects]]\n{again}")), @"a.toml:31:1: `compare.effects.1.name` must be a text that no other effect has");
    assert!(with(&format!(
        "[sweep.grid]\nmodel.steps = [1, 2]\n[compare]\nreference = {{ model.steps = 1 }}\n[[compare.effects]]\n{again}"
    ))
    .is_ok());
}

#[test]
fn a_published_error_is_a_share_of_the_images() {
    let refused = |error: &str| {
        refusal(with(&format!("[[published]]\nsystem = \"one\"\nerror = {error}\nsource = \"a table\"\n")))
    };
    let reason = "`published.0.error` must be a share in percent, from 0 to 100, not";
    for (error, shown) in [("-1", "-1"), ("100.5", "100.5"), ("nan", "NaN")] {
        assert_eq!(refused(error), format!("a.toml:21:1: {reason} {shown}"));
    }
    assert!(
        refused("1\nyear = 2013")
            .ends_with("unknown key `published.0.year`; possible here: `system`, `error`, `source`")
    );
}

#[test]
fn sweeps_too_large_are_refused_before_they_are_made() {
    let values: Vec<String> = (1..=1000).map(|value| value.to_string()).collect();
    let list = format!("[{}]", values.join(", "));
    let more =
        format!("[sweep.grid]\nmodel.steps = {list}\nmodel.hidden = {list}\ntraining.batch = {list}\n");
    assert_eq!(
        refusal(with(&more)),
        "a.toml:19:2: the sweep has 1000000000 cells × 2 seeds; at most 1000000 trials fit in one sweep"
    );
}

#[test]
fn depth_has_an_end() {
    let deep = 100_000;
    for text in ["a.".repeat(deep) + "a = 1", "a = ".to_owned() + &"[".repeat(deep), "[a.".repeat(deep)] {
        assert!(refusal(parse(&text, &[])).contains("not valid TOML"));
    }
    assert!(parse(BASE, &[&("a.".repeat(deep) + "a=1")]).is_err());
    assert!(parse(BASE, &[&("a=".to_owned() + &"[".repeat(deep))]).is_err());
}

/// Products of these would not fit into 64 bits.
#[test]
fn schedules_have_an_end() {
    let refused = [
        changed("epochs = 2", "epochs = 9223372036854775807"),
        changed("[training]", "[training]\nbatch = 1000001"),
        changed("phases = [\n", &format!("phases = [{}\n", "{ epochs = 1, rate = 1 }, ".repeat(999))),
        changed("rate = 1e-3 }", "rate = 1e-3, frozen = [\"decoder\", \"encoder\", \"decoder\"] }"),
    ];
    let expected = [
        "a.toml:17:5: `training.phases.1.epochs` must be between 1 and 1000000, not 9223372036854775807",
        "a.toml:15:1: `training.batch` must be between 1 and 1000000, not 1000001",
        "a.toml:15:1: `training.phases` needs 1 to 1000 phases, not 1001",
        "a.toml:16:62: `training.phases.0.frozen.2` is in the list already",
    ];
    assert_eq!(refused, expected);
}

/// As a table in a table in a table it would overflow the stack.
#[test]
fn a_quoted_axis_has_an_end_too() {
    let axis = "model".to_owned() + &".a".repeat(100_000);
    let expected = "no setting is as deep as the axis `model.a.a.a.a.a.a.a…`: a path has at most 8 parts";
    let spec = format!("[sweep.grid]\n{axis:?} = [1]\n");
    assert_eq!(refusal(with(&spec)), format!("a.toml:20:1: {expected}"));
    let set = format!("sweep.grid.{axis:?}=[1]");
    assert_eq!(refusal(parse(BASE, &[&set])), format!("--set {set}: {expected}"));
}

/// Two spellings of one path would be two axes that set one value.
#[test]
fn an_element_has_one_spelling() {
    for index in ["00", "+0"] {
        let refused = refusal(with(&format!("[sweep.grid]\n\"training.phases.{index}.rate\" = [1]\n")));
        assert_eq!(
            refused,
            format!("a.toml:20:1: `training.phases` has no element {index}: it has 2, counted from 0")
        );
    }
}

#[test]
fn files_are_read_up_to_a_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    std::fs::write(&path, BASE).unwrap();
    assert_eq!(Sweep::load(&path, &[]).unwrap(), with("").unwrap());
    std::fs::write(&path, "#".repeat(1 << 21)).unwrap();
    let refused = Sweep::load(&path, &[]).unwrap_err().to_string();
    assert!(
        refused.ends_with("a.toml: the spec is 2097152 bytes long; at most 1048576 are read"),
        "{refused}"
    );
    let refused = Sweep::load(&folder.path().join("b.toml"), &[]).unwrap_err().to_string();
    assert!(refused.contains("b.toml: cannot read the spec: No such file"), "{refused}");
}
