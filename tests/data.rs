//! `drsae data` on a folder of one's own.

use std::fs;
use std::path::Path;
use std::process::Command;

fn idx(dimensions: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(body);
    bytes
}

/// Four training images of 2 × 3 pixels in classes 0, 2, 2 and 3, and one test image.
fn write(folder: &Path) {
    let pixels: Vec<u8> = (0..24).map(|pixel| 10 * pixel).collect();
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).unwrap();
    write("train-images-idx3-ubyte", idx(&[4, 2, 3], &pixels));
    write("train-labels-idx1-ubyte", idx(&[4], &[0, 2, 2, 3]));
    write("t10k-images-idx3-ubyte", idx(&[1, 2, 3], &pixels[..6]));
    write("t10k-labels-idx1-ubyte", idx(&[1], &[2]));
}

fn drsae(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_drsae")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_folder_is_checked_counted_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let name = folder.path().to_str().unwrap();
    let (code, text, _) = drsae(&["data", "check", name]);
    assert_eq!(code, Some(0));
    for line in [
        "images of 2 × 3 pixels in 4 classes",
        "training       4 images; by class 0: 1, 1: 0, 2: 2, 3: 1",
        "note: class 1 has no training image",
        "test           1 images; by class 0: 0, 1: 0, 2: 1, 3: 0",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let (_, json, _) = drsae(&["data", "check", name, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["train"]["by_class"], serde_json::json!([1, 0, 2, 1]));
    assert_eq!((&json["rows"], &json["columns"], &json["test"]["images"]), (&2.into(), &3.into(), &1.into()));
    assert_eq!(json["checksums"]["train-labels-idx1-ubyte"].as_str().map(str::len), Some(64));

    let (code, text, _) = drsae(&["data", "show", "--source", name, "--index", "3"]);
    assert_eq!((code, text.lines().count()), (Some(0), 3));
    assert!(text.starts_with("index 3, label 3\n"), "{text}");
    let (code, _, error) = drsae(&["data", "show", "--source", name, "--index", "4"]);
    assert!(code == Some(2) && error.contains("go beyond the last image, which is 3"), "{error}");
}

#[test]
fn what_is_no_data_set_is_refused_by_its_name() {
    let (code, _, error) = drsae(&["data", "check", "nowhere"]);
    let expected = "SOURCE nowhere: neither `mnist` nor `strokes` nor a folder of IDX files";
    assert!(code == Some(2) && error.contains(expected), "{error}");
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    fs::remove_file(folder.path().join("t10k-labels-idx1-ubyte")).unwrap();
    let (code, _, error) = drsae(&["data", "show", "--source", folder.path().to_str().unwrap()]);
    assert!(code == Some(2) && error.contains("t10k-labels-idx1-ubyte"), "{error}");
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
    let (_, json, error) = drsae(&["data", "check", folder.path().to_str().unwrap(), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect(&error);
    assert_eq!((&json["classes"], &json["train"]["images"]), (&10.into(), &8000.into()));

    let spec = folder.path().join("kannada.toml");
    let text = format!(
        "name = \"kannada\"\nseeds = 1\n[data]\nsource = \"idx\"\nfolder = {:?}\nvalidation = 1000\n[model]\nsteps = 2\n\
         hidden = 40\n[training]\nphases = [{{ epochs = 1, rate = 3e-3 }}, {{ epochs = 3, rate = 3e-3, discriminative = true }}]\n",
        folder.path()
    );
    fs::write(&spec, text).unwrap();
    let results = folder.path().join("results");
    let (code, _, error) = drsae(&["sweep", spec.to_str().unwrap(), "--results", results.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{error}");
    let trials = fs::read_to_string(results.join("kannada/trials.csv")).unwrap();
    let row: Vec<&str> = trials.lines().nth(1).unwrap().split(',').collect();
    let at = trials.lines().next().unwrap().split(',').position(|column| column == "test_error").unwrap();
    let test_error: f64 = row[at].parse().unwrap();
    assert!(test_error < 30.0, "{test_error} % of the test images are wrong; 90 % by guessing");
}
