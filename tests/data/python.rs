//! Data sets that Python writes, in the lines of `docs/DATA.md`, and reads back.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::arrays::spec;
use super::{succeed, test_error};

/// The output of a script in a folder, by the Python that `DRSAE_PYTHON` names.
fn python(folder: &Path, script: &str, arguments: &[&str]) -> String {
    let python = env::var_os("DRSAE_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let output =
        Command::new(python).args(["-c", script]).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A block of code of `docs/DATA.md` that has some text.
fn documented(text: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/DATA.md");
    let page = fs::read_to_string(page).unwrap();
    let mut blocks = page.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.contains(text)).unwrap_or_else(|| panic!("no code with {text}")).to_owned()
}

/// Compares the images that `drsae` shows with the arrays of a file, to the last bit.
const COMPARE: &str = r#"
import json, sys
import numpy as np
data = np.load(sys.argv[1])
for split in ["train", "test"]:
    x, y = data["x_" + split], data["y_" + split]
    lines = [json.loads(line) for line in open(split + ".json")]
    assert [line["index"] for line in lines] == list(range(len(x)))
    assert np.array_equal([line["label"] for line in lines], y.reshape(-1))
    shown = np.array([np.reshape(line["pixels"], line["shape"]) for line in lines])
    x = x if x.dtype == np.uint8 else x.astype(np.float32)
    assert shown.astype(x.dtype).reshape(x.shape).tobytes() == x.tobytes()
print(len(data["x_train"]), len(data["x_test"]))
"#;

/// Shows all images of a file, and lets NumPy compare them with it.
fn compare(folder: &Path, file: &str, counts: [usize; 2]) {
    for (split, count) in ["train", "test"].into_iter().zip(counts) {
        let path = folder.join(file);
        let (source, count) = (path.to_str().unwrap(), count.to_string());
        let shown =
            succeed(&["data", "show", "--source", source, "--split", split, "--count", &count, "--json"]);
        fs::write(folder.join(format!("{split}.json")), shown).unwrap();
    }
    assert_eq!(python(folder, COMPARE, &[file]), format!("{} {}\n", counts[0], counts[1]));
}

/// The test error of a network on a file, percent.
fn trained(folder: &Path, name: &str, data: &str) -> f64 {
    let file = folder.join(format!("{name}.toml"));
    let text = spec(name, &format!("source = \"npz\"\nfile = \"{name}.npz\"\n{data}"));
    fs::write(&file, text).unwrap();
    test_error(&file, &folder.join("results"))
}

#[test]
#[ignore = "needs Python with NumPy and scikit-learn"]
fn the_digits_of_scikit_learn_are_trained_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    python(folder.path(), &documented("load_digits"), &[]);
    compare(folder.path(), "digits.npz", [1400, 397]);
    let error = trained(folder.path(), "digits", "validation = 200");
    assert!(error < 30.0, "{error} % of the test images are wrong; 90 % by guessing");
}

#[test]
#[ignore = "needs Python with NumPy and scikit-learn"]
fn a_colour_set_is_trained_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let script = "
import numpy as np
draw = np.random.default_rng(1)
y = draw.integers(1, 4, 400)
x = draw.integers(0, 100, (400, 6, 5, 3)).astype(np.uint8)
x[np.arange(400), :, :, y - 1] += 120
np.savez('colour.npz', x_train=x[:300], y_train=y[:300, None], x_test=x[300:], y_test=y[300:, None])";
    python(folder.path(), script, &[]);
    compare(folder.path(), "colour.npz", [300, 100]);
    let error = trained(folder.path(), "colour", "validation = 50");
    assert!(error < 20.0, "{error} % of the test images are wrong; 67 % by guessing");
}

/// Kannada-MNIST's 10,000 images, split by five lines into 7,000, 1,000 and 2,000.
#[test]
#[ignore = "needs Python with NumPy and scikit-learn"]
fn kannada_digits_are_split_by_a_script_and_trained() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/kannada");
    if !shared.is_dir() {
        return eprintln!("skipped: there are no Kannada digits in ../shared/kannada");
    }
    let folder = tempfile::tempdir().unwrap();
    python(folder.path(), &documented("images-idx3-ubyte.gz"), &[shared.to_str().unwrap()]);
    let file = folder.path().join("kannada.npz");
    let json = succeed(&["data", "check", file.to_str().unwrap(), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["train"]["images"], &json["test"]["images"]), (&7500.into(), &2500.into()));
    let error = trained(folder.path(), "kannada", "validation = 1000");
    assert!(error < 30.0, "{error} % of the test images are wrong; 90 % by guessing");
}
