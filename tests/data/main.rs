//! Data sets of one's own: `drsae data`, and training from folders and files.

mod arrays;
mod init;
mod moved;
mod python;

use std::fs;
use std::path::Path;
use std::process::Command;

use arrays::{idx, npy, npz, small_idx, spec};
use serde_json::{Value, json};

/// Exit code, standard output and standard error of a command.
fn drsae(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_drsae")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The standard output of a command that must succeed.
fn succeed(args: &[&str]) -> String {
    let (code, text, error) = drsae(args);
    assert_eq!(code, Some(0), "{text}{error}");
    text
}

/// Trains the trials of a spec, and returns the test error of the first, percent.
fn test_error(spec: &Path, results: &Path) -> f64 {
    succeed(&["sweep", spec.to_str().unwrap(), "--results", results.to_str().unwrap()]);
    let name = spec.file_stem().unwrap();
    let trials = fs::read_to_string(results.join(name).join("trials.csv")).unwrap();
    let row: Vec<&str> = trials.lines().nth(1).unwrap().split(',').collect();
    let at = trials.lines().next().unwrap().split(',').position(|column| column == "test_error").unwrap();
    row[at].parse().unwrap()
}

#[test]
fn a_folder_is_checked_counted_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    small_idx(folder.path());
    let name = folder.path().to_str().unwrap();
    let (code, text, notes) = drsae(&["data", "check", name]);
    assert_eq!(code, Some(0));
    for line in [
        "images of 2 × 3 pixels, uint8, in 3 classes",
        "training       4 images; by label 0: 1, 2: 2, 3: 1",
        "test           1 images; by label 0: 0, 2: 1, 3: 0",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let expected = format!(
        "note: {name}: the classes from 0 on are the labels 0, 2, 3\nnote: {name}: no test image has the label 0 or 3\n"
    );
    assert_eq!(notes, expected);
    let json: Value = serde_json::from_str(&succeed(&["data", "check", name, "--json"])).unwrap();
    assert_eq!((&json["labels"], &json["train"]["by_class"]), (&json!([0, 2, 3]), &json!([1, 2, 1])));
    assert_eq!(
        (&json["shape"], &json["type"], &json["test"]["images"]),
        (&json!([2, 3]), &"uint8".into(), &1.into())
    );
    assert_eq!(json["checksums"]["train-labels-idx1-ubyte"].as_str().map(str::len), Some(64));
    assert_eq!(json["checksums"]["labels"], "0, 2, 3");

    let text = succeed(&["data", "show", "--source", name, "--index", "3"]);
    assert_eq!(text.lines().count(), 3);
    assert!(text.starts_with("index 3, label 3\n"), "{text}");
    let (code, _, error) = drsae(&["data", "show", "--source", name, "--index", "4"]);
    assert!(code == Some(2) && error.contains("go beyond the last image, which is 3"), "{error}");
}

#[test]
fn what_is_no_data_set_is_refused_by_its_name() {
    let (code, _, error) = drsae(&["data", "check", "nowhere"]);
    let expected = "SOURCE nowhere: neither `mnist`, `fashion-mnist`, `kmnist`, `qmnist`, `strokes` nor a folder of IDX or \
                    .npy files nor an .npz file";
    assert!(code == Some(2) && error.contains(expected), "{error}");
    let (code, _, error) = drsae(&["data", "fetch", "nowhere"]);
    let expected = "there is no published set nowhere: name one of mnist, fashion-mnist, kmnist, qmnist";
    assert!(code == Some(2) && error.contains(expected), "{error}");
    let folder = tempfile::tempdir().unwrap();
    small_idx(folder.path());
    fs::remove_file(folder.path().join("t10k-labels-idx1-ubyte")).unwrap();
    let (code, _, error) = drsae(&["data", "show", "--source", folder.path().to_str().unwrap()]);
    assert!(code == Some(2) && error.contains("t10k-labels-idx1-ubyte"), "{error}");
}

/// A folder of arrays is what the archive of them is, and json has every number.
#[test]
fn arrays_are_checked_and_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let colour: Vec<u8> = (0..24).collect();
    let arrays = [
        ("x_train", npy("|u1", &[2, 2, 2, 3], &colour)),
        ("y_train", npy("|i1", &[2], &[1, 0])),
        ("x_test", npy("|u1", &[1, 2, 2, 3], &colour[..12])),
        ("y_test", npy("|i1", &[1], &[0])),
    ];
    let file = folder.path().join("colour.npz");
    npz(&file, &arrays);
    for (name, array) in &arrays {
        fs::write(folder.path().join(format!("{name}.npy")), array).unwrap();
    }
    let [file, folder] = [&file, folder.path()].map(|path| path.to_str().unwrap());
    let (_, text, notes) = drsae(&["data", "check", file]);
    assert!(text.starts_with("colour.npz: colour images of 2 × 2 pixels, uint8, in 2 classes\n"), "{text}");
    assert_eq!(notes, format!("note: {file}: no test image has the label 1\n"));
    let checksums = |source| {
        let json: Value = serde_json::from_str(&succeed(&["data", "check", source, "--json"])).unwrap();
        json["checksums"].clone()
    };
    assert_eq!(checksums(file), checksums(folder));
    let text = succeed(&["data", "show", "--source", file, "--count", "2", "--json"]);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = json!({ "index": 1, "label": 0, "shape": [2, 2, 3], "pixels": colour[12..] });
    assert!(lines.len() == 2 && lines[1] == expected, "{text}");
    assert_eq!(succeed(&["data", "show", "--source", folder, "--count", "2", "--json"]), text);
    // Two rows of two pixels, each of two characters.
    assert_eq!(succeed(&["data", "show", "--source", file]).lines().count(), 3);
}

/// The labels of the file are those of the results, and said once.
#[test]
fn an_archive_of_floats_is_trained_and_evaluated_by_its_labels() {
    let folder = tempfile::tempdir().unwrap();
    arrays::bars(&folder.path().join("bars.npz"));
    let file = folder.path().join("bars.toml");
    fs::write(&file, spec("bars", "source = \"npz\"\nfile = \"bars.npz\"\nvalidation = 20")).unwrap();
    let results = folder.path().join("results");
    let args = ["sweep", file.to_str().unwrap(), "--results", results.to_str().unwrap()];
    let (code, out, notes) = drsae(&args);
    assert_eq!(code, Some(0), "{notes}");
    assert_eq!(
        notes.matches("bars.npz: the classes from 0 on are the labels 1, 2, 3, 4").count(),
        1,
        "{notes}"
    );
    assert!(!out.contains("labels"), "{out}");
    let trial = fs::read_dir(results.join("bars/trials")).unwrap().next().unwrap().unwrap().path();
    let predictions = fs::read_to_string(trial.join("predictions.csv")).unwrap();
    let rows: Vec<_> = predictions.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>()).collect();
    assert_eq!(rows.len(), arrays::BARS[1]);
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row[1], (1 + index % 4).to_string());
        assert!(["1", "2", "3", "4"].contains(&row[2]), "{row:?}");
    }
    assert!(rows.iter().filter(|row| row[1] != row[2]).count() < 3, "{predictions}");
    succeed(&["verify", file.to_str().unwrap(), "--results", results.to_str().unwrap()]);
    let network = trial.join("model.safetensors");
    let (code, text, notes) = drsae(&["eval", network.to_str().unwrap()]);
    assert!(code == Some(0) && text.contains("of 30 test images wrong"), "{text}{notes}");
    assert_eq!(notes.matches("the labels 1, 2, 3, 4").count(), 1, "{notes}");
    let (code, text, error) = drsae(&["inspect", network.to_str().unwrap(), "--results", args[3]]);
    assert!(code == Some(0) || error.contains("phase 1"), "{text}{error}");
}

#[test]
fn a_limit_that_leaves_a_class_without_images_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    arrays::bars(&folder.path().join("bars.npz"));
    let file = folder.path().join("bars.toml");
    let data = "source = \"npz\"\nfile = \"bars.npz\"\nvalidation = 1\ntrain = 3";
    fs::write(&file, spec("bars", data)).unwrap();
    let (code, _, error) = drsae(&["plan", file.to_str().unwrap()]);
    let expected = "`data.train` leaves no image of label 4 among the first 3: raise it, or shuffle";
    assert!(code == Some(2) && error.contains(expected), "{error}");
}

/// The ten thousand real images of Kannada digits, split in order.
#[test]
fn kannada_digits_are_trained_from_their_folder() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/kannada");
    let read = |name: &str| {
        let file = fs::File::open(shared.join(format!("{name}.gz"))).ok()?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file), &mut bytes).unwrap();
        Some(bytes)
    };
    let Some((images, labels)) = read("images-idx3-ubyte").zip(read("labels-idx1-ubyte")) else {
        return eprintln!("skipped: there are no Kannada digits in ../shared/kannada");
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, range) in [("train", 0..8000), ("t10k", 8000..10_000)] {
        let count = range.len() as u32;
        let pixels = &images[16 + 784 * range.start..16 + 784 * range.end];
        let images = idx(&[count, 28, 28], pixels);
        fs::write(folder.path().join(format!("{name}-images-idx3-ubyte")), images).unwrap();
        let labels = idx(&[count], &labels[8 + range.start..8 + range.end]);
        fs::write(folder.path().join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
    }
    let json: Value =
        serde_json::from_str(&succeed(&["data", "check", folder.path().to_str().unwrap(), "--json"]))
            .unwrap();
    assert_eq!((&json["classes"], &json["train"]["images"]), (&10.into(), &8000.into()));

    let file = folder.path().join("kannada.toml");
    let text = "name = \"kannada\"\nseeds = 1\n[data]\nsource = \"idx\"\nfolder = \".\"\nvalidation = 1000\n[model]\n\
                steps = 2\nhidden = 40\n[training]\nphases = [{ epochs = 1, rate = 3e-3 }, { epochs = 3, rate = 3e-3, \
                discriminative = true }]\n";
    fs::write(&file, text).unwrap();
    let error = test_error(&file, &folder.path().join("results"));
    assert!(error < 30.0, "{error} % of the test images are wrong; 90 % by guessing");
}
