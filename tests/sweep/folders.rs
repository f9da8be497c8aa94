//! Commands use the folder of their argument, with any name and from any current folder.

use std::fs;

use crate::lab::{Lab, SPEC, output_of};

/// A lab with a damaged copy of its results, so that commands on the two differ.
fn copied() -> Lab {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    for (path, bytes) in lab.files("tiny") {
        lab.write(&format!("results/copy/{path}"), bytes);
    }
    lab
}

#[test]
fn the_copy_that_is_named_is_verified_and_not_the_original() {
    let lab = copied();
    lab.write("results/copy/plan.csv", "index\n");
    for (folder, spec, code) in [
        (".", "results/copy/sweep.toml", 1),
        (".", "results/copy", 1),
        (".", "results/copy/", 1),
        ("results/copy", "sweep.toml", 1),
        ("results/copy", ".", 1),
        ("results/copy", "./sweep.toml", 1),
        ("results", "copy/sweep.toml", 1),
        ("results/tiny", "../copy", 1),
        ("results/copy", "../tiny/sweep.toml", 0),
        (".", "results/tiny", 0),
        (".", "spec.toml", 0),
    ] {
        let (out, log) = output_of(&lab.drsae_in(folder, &["verify", spec]).code(code));
        assert_eq!(out.contains("plan.csv differs"), code == 1, "{spec} in {folder}: {out}{log}");
    }
}

#[test]
fn a_renamed_and_moved_folder_is_read_and_written_where_it_is() {
    let lab = copied();
    fs::create_dir(lab.path("elsewhere")).unwrap();
    fs::rename(lab.path("results/copy"), lab.path("elsewhere/renamed")).unwrap();
    let original = lab.files("tiny");
    let gone = lab.column("tiny", "trial")[1].clone();
    fs::remove_dir_all(lab.path(format!("elsewhere/renamed/trials/{gone}"))).unwrap();
    let inside = "elsewhere/renamed";
    let (out, _) = output_of(&lab.drsae_in(inside, &["status", "."]).success());
    assert!(out.contains("     3 complete\n     1 stored\n"), "{out}");
    let (out, _) =
        output_of(&lab.drsae_in(".", &["sweep", "elsewhere/renamed/sweep.toml", "--dry-run"]).success());
    assert_eq!(out, format!("{gone}\n"));
    let (out, log) = output_of(&lab.drsae_in(".", &["sweep", "elsewhere/renamed/sweep.toml"]).success());
    assert!(log.contains("1 of 4 trials to run"), "{log}");
    assert!(out.ends_with("results in elsewhere/renamed\n"), "{out}");
    assert!(lab.path(format!("elsewhere/renamed/trials/{gone}/result.json")).exists());
    lab.drsae_in(inside, &["analyze", "sweep.toml"]).success();
    let (out, _) = output_of(&lab.drsae_in(inside, &["report", "."]).success());
    assert_eq!(out, "./analysis/report.html\n");
    lab.drsae_in("elsewhere", &["verify", "renamed"]).success();
    assert!(lab.files("tiny") == original);
    assert!(!lab.path("elsewhere/renamed/results").exists() && !lab.path("elsewhere/results").exists());

    // A page of two sweeps is written next to the first.
    let (out, _) = output_of(&lab.drsae_in(inside, &["report", ".", "../../results/tiny"]).success());
    assert_eq!(out, "./../tiny-and-tiny.html\n");
    assert!(lab.path("elsewhere/tiny-and-tiny.html").exists());
}

/// A FIFO would block, a device would be read without end, and a link would lead to other files of the user.
#[cfg(unix)]
#[test]
fn links_and_devices_are_reported_and_not_followed() {
    use std::os::unix::fs::symlink;

    let lab = copied();
    let trial = |id: &str| lab.path(format!("results/tiny/trials/{id}"));
    let [one, two, three, four] = lab.column("tiny", "trial").try_into().unwrap();
    let outside = lab.path("outside");
    fs::rename(trial(&four), &outside).unwrap();
    fs::remove_file(outside.join("result.json")).unwrap();
    fs::rename(trial(&three).join("result.json"), outside.join("mine.json")).unwrap();
    let mine = fs::read(outside.join("mine.json")).unwrap();
    let (fifo, device) = (trial(&one).join("epochs.csv"), trial(&two).join("predictions.csv"));
    for file in [&fifo, &device] {
        fs::remove_file(file).unwrap();
    }
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    symlink("/dev/zero", &device).unwrap();
    symlink(outside.join("mine.json"), trial(&three).join("result.json")).unwrap();
    symlink(&outside, trial(&four)).unwrap();
    let (out, _) = output_of(&lab.drsae("verify", &[]).code(1));
    for (id, file) in
        [(&one, "epochs.csv"), (&two, "predictions.csv"), (&three, "result.json"), (&four, "result.json")]
    {
        let message =
            format!("wrong results/tiny/trials/{id}/{file} cannot be read: it is not the regular file");
        assert!(out.contains(&message), "{out}");
    }
    lab.drsae("analyze", &[]).code(1);
    let spec = lab.path("results/tiny/sweep.toml");
    let text = fs::read(&spec).unwrap();
    fs::remove_file(&spec).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&spec).status().unwrap().success());
    let (_, err) = output_of(&lab.drsae_in(".", &["verify", "results/tiny"]).code(2));
    assert!(err.contains("not a regular file"), "{err}");
    fs::remove_file(&spec).unwrap();
    fs::write(&spec, text).unwrap();
    fs::remove_file(trial(&three).join("result.json")).unwrap();
    lab.drsae("sweep", &[]).code(1);
    assert!(fs::read(outside.join("mine.json")).unwrap() == mine);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 7, "nothing is written or removed there");
    assert!(trial(&four).join("result.json").exists() && !trial(&four).is_symlink());
}

#[test]
fn explicit_results_take_the_spec_alone_from_the_folder() {
    let lab = copied();
    fs::rename(lab.path("results/copy"), lab.path("renamed")).unwrap();
    let before = lab.files("tiny");
    let (out, _) =
        output_of(&lab.drsae_in(".", &["sweep", "renamed/sweep.toml", "--results", "new"]).success());
    assert!(out.ends_with("results in new/tiny\n"), "{out}");
    let (_, log) = output_of(&lab.drsae_in("renamed", &["status", ".", "--results", "nowhere"]).code(2));
    assert!(log.contains("no results in nowhere/tiny"), "{log}");
    assert!(lab.files("tiny") == before);
}

#[test]
fn the_command_that_is_reported_means_the_same_folder() {
    let lab = copied();
    fs::rename(lab.path("results/copy"), lab.path("renamed")).unwrap();
    for id in lab.column("tiny", "trial") {
        fs::remove_dir_all(lab.path(format!("renamed/trials/{id}"))).unwrap();
    }
    for table in ["trials.csv", "SHA256SUMS"] {
        fs::remove_file(lab.path(format!("renamed/{table}"))).unwrap();
    }
    let message = |folder: &str, words: &[&str]| {
        let (out, _) = output_of(&lab.drsae_in(folder, &[&["status"], words].concat()).code(1));
        out.lines().last().unwrap().to_owned()
    };
    assert_eq!(message(".", &["renamed"]), "`drsae sweep renamed` runs pending trials");
    assert_eq!(message("renamed", &["."]), "`drsae sweep .` runs pending trials");
    fs::rename(lab.path("renamed"), lab.path("results/tiny/../moved")).unwrap();
    fs::create_dir(lab.path("new")).unwrap();
    fs::rename(lab.path("results/moved"), lab.path("new/tiny")).unwrap();
    let line = message(".", &["spec.toml", "--results", "new"]);
    assert_eq!(line, "`drsae sweep spec.toml --results new` runs pending trials");
}

#[test]
fn a_file_called_sweep_toml_beside_no_results_is_a_spec_like_any_other() {
    let lab = Lab::new(SPEC);
    lab.write("specs/sweep.toml", SPEC);
    let (out, _) = output_of(&lab.drsae_in(".", &["sweep", "specs/sweep.toml"]).success());
    assert!(out.ends_with("results in results/tiny\n"), "{out}");
    let (_, log) = output_of(&lab.drsae_in(".", &["sweep", "specs"]).code(2));
    assert!(log.starts_with("error: there is no sweep specs: "), "{log}");
}
